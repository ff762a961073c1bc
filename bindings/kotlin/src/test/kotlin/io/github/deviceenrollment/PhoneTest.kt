package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** What an app does before and after its platform's own dialog. */
class PhoneTest {
    private val packed = Enrollment.packed()

    @Test
    fun `every form of a request is built, and each says the same`() {
        val webauthn = registrationRequest(packed.source, RegistrationForm.WEBAUTHN)
        assertEquals(packed.request, AppEnrollment.deviceCredential(webauthn))
        val published = registrationRequest(packed.source, RegistrationForm.FIDO_REGISTRATION)
        assertEquals(packed.request, AppEnrollment.deviceCredential(published))
        val members = Vectors.mapper.readTree(packed.request).fieldNames().asSequence().toSet()
        assertContains(members, "device_credential_attestation_object")
    }

    @Test
    fun `a preflight finds what the server would refuse, and says what it left to it`() {
        val fine = AppEnrollment.preflight(packed.request, packed.expected)
        assertTrue(fine.ready, fine.toString())
        assertNull(fine.message)
        assertContains(fine.leftToServer, "X-11")
        assertContains(fine.leftToServer, "RG-1")
        assertFalse(fine.leftToServer.contains("CD-7"))
        for (check in fine.checks.filter { it.outcome == CheckOutcome.PASSED }) {
            assertFalse(fine.leftToServer.contains(check.id), check.id)
        }

        val wrong = packed.expected.copy(origins = listOf("https://other.example"))
        val refused = AppEnrollment.preflight(packed.request, wrong)
        assertFalse(refused.ready)
        assertEquals("CD-3", assertNotNull(refused.refusal).check)
        assertEquals(refused.refusal?.textPt, refused.message)
        assertContains(refused.leftToServer, "X-2")
        val english = AppEnrollment.preflight(packed.request, wrong, language = TextLanguage.EN_US)
        assertEquals(refused.refusal?.textEn, english.message)
    }

    @Test
    fun `what a preflight passes without an anchor the server still refuses`() {
        assertTrue(AppEnrollment.preflight(packed.request, packed.expected).ready)
        DeviceEnrollment.open(packed.configuration.copy(trust = TrustSource.Empty)).use { enrollment ->
            val outcome = enrollment.register(packed.request, packed.expected, packed.now)
            assertEquals("X-11", (outcome as Outcome.Refused).refusal.check)
        }
    }

    private val published = """
        {"data": {"enrollmentId": "urn:bank:1", "rp": {"id": "bank.example", "name": "Bank"},
         "user": {"id": "AQI", "name": "ana", "displayName": "Ana"}, "challenge": "AQIDBAUGBwgJCgsMDQ4PEA",
         "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
         "timeout": 300000, "excludeCredentials": [{"type": "public-key", "id": "BQY"}],
         "authenticatorSelection": {"authenticatorAttachment": "platform", "userVerification": "required",
         "residentKey": "preferred"}, "attestation": "direct", "extensions": {"credProps": true}}}
    """
    private val flat = """
        {"enrollment_id": "1", "rp_id": "bank.example", "rp_name": "Bank", "user_id": "AQI", "user_name": "ana",
         "user_display_name": "Ana", "challenge": "AQIDBAUGBwgJCgsMDQ4PEA",
         "pub_key_cred_params": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
         "timeout": 300000, "exclude_credentials": [{"type": "public-key", "id": "BQY"}],
         "user_verification": "required", "authenticator_attachment": "platform", "resident_key": "preferred",
         "attestation": "direct", "extensions": {"credProps": true}}
    """

    @Test
    fun `options of either page are the same options`() {
        val options = registrationOptions(published)
        assertEquals(options, registrationOptions(flat))
        assertEquals("bank.example", options.rpId)
        assertEquals(Bytes.of(byteArrayOf(1, 2)), options.userId)
        assertEquals(listOf(-7L, -257L), options.algorithms)
        assertEquals(AuthenticatorAttachment.PLATFORM, options.attachment)
        assertEquals(UserVerificationRequirement.REQUIRED, options.userVerification)
        assertEquals(300_000L, options.timeoutMillis)
        val json = Vectors.mapper.readTree(options.json.reveal())
        assertEquals("AQI", json.get("user").get("id").asText())
        assertEquals("direct", json.get("attestation").asText())
        assertTrue(json.get("extensions").get("credProps").asBoolean())
        // What is handed to Credential Manager reads back as what it came from.
        assertEquals(options, registrationOptions(options.json.reveal()))

        val expected = expectedOfOptions(options, listOf("https://bank.example"))
        assertEquals(options.challenge, expected.challenge)
        assertEquals(options.excludeCredentials, expected.excludeCredentials)
        assertFalse(expected.enterpriseAttestation)
    }

    @Test
    fun `options that lack something name it`() {
        fun detail(answer: String) =
            assertFailsWith<EnrollmentException.Malformed> { registrationOptions(answer) }.problem.detail
        assertEquals("challenge", detail(published.replace("challenge", "challange")))
        assertEquals("pubKeyCredParams", detail(published.replace("-7}", "\"ES256\"}")))
        assertEquals("rp_id", detail(published.replace("bank.example", "")))
    }

    @Test
    fun `options to sign are read`() {
        val answer = """{"data": {"challenge": "AQID", "rpId": "bank.example", "timeout": 60000,
            "allowCredentials": [{"type": "public-key", "id": "BQY"}], "userVerification": "required"}}"""
        val options = signOptions(answer)
        assertEquals(listOf(Bytes.of(byteArrayOf(5, 6))), options.allowCredentials)
        assertEquals(options, signOptions(options.json.reveal()))
    }

    @Test
    fun `the origin of an Android app is the hash of its certificate`() {
        assertEquals("android:apk-key-hash:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", androidOrigin("abc".toByteArray()))
    }
}
