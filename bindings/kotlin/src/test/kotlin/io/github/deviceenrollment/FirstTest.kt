package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse

class FirstTest {
    private val configuration = VerifierConfiguration(PolicyProfile.OPEN_FINANCE_BRASIL, TrustSource.Bundled)

    @Test
    fun `an empty request is malformed`() {
        EnrollmentVerifier(configuration).use { verifier ->
            val expected = ExpectedRegistration(
                challenge = ByteArray(32) { 7 }, rpId = "bank.example", origins = listOf("https://bank.example"),
            )
            val verdict = verifier.verifyRegistration(ByteArray(0), expected, 1_780_000_000_000)
            assertFalse(verdict.accepted)
            assertEquals(VerdictDecision.MALFORMED, verdict.decision)
        }
    }
}
