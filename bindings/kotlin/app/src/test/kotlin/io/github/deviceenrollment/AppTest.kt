package io.github.deviceenrollment

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import org.junit.jupiter.api.Test
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** The smaller library, with nothing of Kotlin beside it but what an app gets. */
class AppTest {
    private fun case(id: String): JsonNode = ObjectMapper()
        .readTree(Path.of(System.getProperty("repository"), "tests/vectors/corpus/algorithms.json").toFile())
        .get("cases").first { it.get("id").asText() == id }

    private fun preflight(case: JsonNode): PreflightReport {
        fun bytes(name: String) = Bytes.ofBase64Url(case.get(name).asText())
        val source = RegistrationSource.Raw(
            bytes("credential_id"), bytes("client_data_json"), bytes("attestation_object"), attachment = null,
        )
        val expected = ExpectedRegistration(
            challenge = bytes("challenge"),
            rpId = case.get("rp_id").asText(),
            origins = listOf(case.get("origin").asText()),
            algorithms = case.get("algs").map { it.asLong() },
        )
        val body = registrationRequest(source, RegistrationForm.DEVICE_CREDENTIAL)
        return AppEnrollment.preflight(body, expected, PolicyProfile.WEBAUTHN, TextLanguage.EN_US)
    }

    @Test
    fun `what a phone makes is judged`() {
        val ready = preflight(case("valid/algorithms/ES256"))
        assertTrue(ready.ready)
        assertFalse("X-9" in ready.leftToServer)
        val refused = preflight(case("case/R4-ES256-signature"))
        assertFalse(refused.ready)
        assertEquals("PK-3", refused.refusal?.check)
    }

    @Test
    fun `what the library leaves out is left to the server`() {
        val report = preflight(case("valid/algorithms/RS256"))
        assertTrue(report.ready)
        assertNull(report.refusal)
        assertTrue("X-9" in report.leftToServer)
    }

    @Test
    fun `there is nothing of a backend in it`() {
        assertFailsWith<ClassNotFoundException> { Class.forName("io.github.deviceenrollment.EnrollmentVerifier") }
    }
}
