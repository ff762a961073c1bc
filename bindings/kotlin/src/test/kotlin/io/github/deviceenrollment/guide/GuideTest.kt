package io.github.deviceenrollment.guide

import io.github.deviceenrollment.Enrollment
import io.github.deviceenrollment.RegistrationForm
import io.github.deviceenrollment.registrationRequest
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** The code of docs/android.md, on a key that the test authenticator made. */
class GuideTest {
    private val made = Enrollment.packed()
    private val origin = made.expected.origins.single()
    private val responseJson = registrationRequest(made.source, RegistrationForm.WEBAUTHN)

    private fun answer(challenge: String) = """
        {"data": {"rp": {"id": "${made.expected.rpId}", "name": "Bank"},
         "user": {"id": "AQIDBA", "name": "conta", "displayName": "Conta"}, "challenge": "$challenge",
         "pubKeyCredParams": [{"type": "public-key", "alg": -7}], "attestation": "direct",
         "authenticatorSelection": {"userVerification": "required"}}}
    """

    @Test
    fun `an enrollment goes from the options to what the bank stores`() {
        val phone = PhoneEnrollment(answer(made.challenge.toBase64Url()), origin)
        val body = phone.body(responseJson)
        Bank(made.configuration).use { bank ->
            val credential = bank.enroll(body, made.expected, made.now)
            assertEquals("basic", credential.attestationType)
        }
    }

    @Test
    fun `an answer to another challenge is refused on the phone, and by the bank as well`() {
        val other = PhoneEnrollment(answer("BwcHBwcHBwcHBwcHBwcHBw"), origin)
        assertEquals("client_data.challenge", assertFailsWith<WouldBeRefused> { other.body(responseJson) }.code)
        Bank(made.configuration).use { bank ->
            val expected = made.expected.copy(challenge = other.options.challenge)
            val refused = assertFailsWith<Refused> { bank.enroll(made.request, expected, made.now) }
            assertEquals("CD-7" to "CHALLENGE_INVALIDO", refused.check to refused.publishedCode)
        }
    }
}
