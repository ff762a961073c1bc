package io.github.deviceenrollment

import com.fasterxml.jackson.databind.JsonNode
import org.junit.jupiter.api.Test
import java.time.Instant
import kotlin.io.path.readBytes
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Evidence of the app and the device beside a passkey, made by the test authenticator (`bindings/evidence`). */
class EvidenceTest {
    private class Made(name: String) {
        val file: JsonNode = Vectors.mapper.readTree(Vectors.repository.resolve("bindings/evidence/$name.json").readBytes())
        val expect: JsonNode = file.get("expect")
        val now: Instant = Instant.parse(expect.get("time").asText())
        val request: ByteArray = file.get("request").toString().toByteArray()
        val evidence: JsonNode = file.get("evidence")
        val sent: DeviceEvidenceSource = DeviceEvidenceSource.Json(Confidential.of(evidence.toString()))
        val expected: ExpectedRegistration = DeviceEnrollment.expectRegistration(
            Bytes.ofBase64Url(expect.get("challenge").asText()), expect.get("rp_id").asText(),
            expect.get("origins").map { it.asText() }, expect.get("algs").map { it.asLong() },
        ).copy(app = expect.get("app_attest")?.let { ExpectedApp(it.get("app_id").asText(), AppEnvironment.PRODUCTION) })
        val changes: String = """{"device_evidence": "where_unattested",
            "android_applications": ${expect.get("android_applications") ?: "[]"}}"""
        val configuration = VerifierConfiguration(
            profile = PolicyProfile.OPEN_FINANCE_BRASIL,
            trust = TrustSource.Certificates(expect.get("trust_anchors").map { Bytes.ofBase64Url(it.asText()) }),
            policyChanges = changes,
            androidStatus = AndroidStatusSource(Bytes.of("""{"entries":{}}""".toByteArray()), now.toEpochMilli()),
        )

        fun preflight(evidence: DeviceEvidenceSource?): PreflightReport = AppEnrollment.preflight(
            String(request), expected, language = TextLanguage.EN_US, evidence = evidence, policyChanges = changes,
        )
    }

    private val made = listOf("app-attest", "android-key").map(::Made)

    @Test
    fun `a passkey and the evidence beside it come to one verdict`() {
        for (one in made) DeviceEnrollment.open(one.configuration).use { enrollment ->
            val outcome = enrollment.register(one.request, one.sent, one.expected, one.now)
            assertIs<Outcome.Accepted<CredentialToStore>>(outcome, outcome.verdict.refusal?.textEn)
            val part = outcome.verdict.parts.single()
            assertEquals("device_evidence", part.role)
            assertNull(part.refusal)
            assertEquals(part.facts.format, outcome.stored.appKey?.format)

            // Without it, the same passkey is refused.
            val without = enrollment.register(one.request, one.expected, one.now)
            assertEquals("PO-6", assertIs<Outcome.Refused>(without).refusal.check)
        }
    }

    @Test
    fun `evidence is told as it is sent, from what the platform gives`() {
        val (apple, android) = made
        val app = apple.evidence.get("app_attest")
        val keyId = Bytes.ofBase64Url(app.get("key_id").asText()).toByteArray()
        val fromApple = DeviceEvidenceSource.AppAttest(
            keyId = Confidential.of(java.util.Base64.getEncoder().encodeToString(keyId)),
            attestationObject = Bytes.ofBase64Url(app.get("attestation_object").asText()),
        )
        val x5c = android.evidence.get("android_key").get("x5c")
        val fromAndroid = DeviceEvidenceSource.AndroidKey(x5c.map { Bytes.ofBase64Url(it.asText()) })
        for ((one, source) in made.zip(listOf(fromApple, fromAndroid))) {
            assertEquals(one.evidence, Vectors.mapper.readTree(deviceEvidenceRequest(source)))
            assertEquals(one.evidence, Vectors.mapper.readTree(deviceEvidenceRequest(one.sent)))
            assertFalse(one.sent.toString().contains(one.evidence.fieldNames().next()))
        }
    }

    @Test
    fun `a preflight judges evidence, and misses what the bank asks for`() {
        for (one in made) {
            val ready = one.preflight(one.sent)
            assertTrue(ready.ready, ready.message)
            assertTrue(ready.evidenceChecks.any { it.outcome == CheckOutcome.PASSED })
            assertContains(ready.leftToServer, "X-11")
            val missing = one.preflight(null)
            assertEquals("PO-6", missing.refusal?.check)
            assertEquals("policy.device_evidence_missing", missing.refusal?.code)
        }
        val (apple, android) = made
        val foreign = Made("app-attest").let {
            AppEnrollment.preflight(
                String(it.request), it.expected.copy(app = ExpectedApp("TEAMID5678.example.other", AppEnvironment.PRODUCTION)),
                language = TextLanguage.EN_US, evidence = it.sent,
            )
        }
        assertEquals("policy.device_evidence_refused", foreign.refusal?.code)
        assertContains(foreign.message!!, "AA-4")
        assertTrue(apple.changes != android.changes)
    }

    @Test
    fun `evidence that cannot be read, or is of nobody expected, is an error`() {
        val one = made.first()
        DeviceEnrollment.open(one.configuration).use { enrollment ->
            for (text in listOf("", "{}", "[]", """{"app_attest": {}}""", """{"android_key": {"x5c": ["=="]}}""", "x".repeat(10 shl 20))) {
                val sent = DeviceEvidenceSource.Json(Confidential.of(text))
                val error = assertFailsWith<EnrollmentException.Malformed> { enrollment.register(one.request, sent, one.expected, one.now) }
                assertEquals("malformed.evidence", error.problem.code)
            }
            val error = assertFailsWith<EnrollmentException.Misuse> {
                enrollment.register(one.request, one.sent, one.expected.copy(app = null), one.now)
            }
            assertEquals("misuse.expected_app", error.problem.code)
        }
    }

    @Test
    fun `a preflight of an assertion finds what the bank would refuse`() {
        val options = signOptions("""{"challenge": "AQIDBAUGBwgJCgsMDQ4PEA", "rpId": "bank.example", "userVerification": "required"}""")
        val origin = "https://bank.example"
        val key = Authenticator(origin)
        val signed = key.sign(Vectors.mapper.readTree(options.json.reveal()))
        val expected = expectedOfSignOptions(options, listOf(origin))
        val ready = AppEnrollment.preflight(signed, expected)
        assertTrue(ready.ready, ready.message)
        assertEquals(listOf("AS-1", "AS-2", "AS-5", "X-9", "PO-4", "AS-3", "AS-4"), ready.leftToServer)

        fun refused(expected: ExpectedAuthentication, request: String = signed) =
            AppEnrollment.preflight(request, expected).also { assertFalse(it.ready) }.refusal?.code
        assertEquals("client_data.origin", refused(expected.copy(origins = listOf("https://other.example"))))
        assertEquals("client_data.challenge", refused(expected.copy(challenge = Bytes.of(ByteArray(16)))))
        val another = listOf(Bytes.of(byteArrayOf(1)))
        assertEquals("AS-1", AppEnrollment.preflight(signed, expected.copy(allowCredentials = another)).refusal?.check)
        assertTrue(AppEnrollment.preflight(signed, expected.copy(allowCredentials = another + Bytes.of(key.credentialId))).ready)
        assertEquals("EN-1", AppEnrollment.preflight("{}", expected).refusal?.check)
    }
}
