package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.nio.ByteBuffer
import java.time.Instant
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

class VerificationTest {
    private val packed = Enrollment.packed()

    @Test
    fun `an attested enrollment is accepted, and its credential is what the verdict says`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            val outcome = enrollment.register(packed.request, packed.expected, packed.now)
            val accepted = assertIs<Outcome.Accepted<CredentialToStore>>(outcome, outcome.verdict.json)
            assertEquals(accepted.verdict.facts.credentialId, accepted.stored.id)
            assertEquals("basic", accepted.stored.attestationType)
            assertTrue(accepted.stored.aaguidVerified)
        }
    }

    @Test
    fun `the record says what the canonical JSON says`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            for (expected in listOf(packed.expected, packed.expected.copy(rpId = "other.example"))) {
                val verdict = enrollment.register(packed.request, expected, packed.now).verdict
                val json = Vectors.mapper.readTree(assertNotNull(verdict.json))
                assertEquals(json.get("decision").asText(), verdict.decision.name.lowercase())
                assertEquals(json.get("checks").map { it.get("id").asText() }, verdict.checks.map { it.id })
                assertEquals(json.get("checks").map { it.get("outcome").asText() }, verdict.checks.map { it.outcome.name.lowercase() })
                assertEquals(json.get("failure").get("check")?.asText(), verdict.refusal?.check)
                assertEquals(json.get("failure").get("code")?.asText(), verdict.refusal?.code)
                assertEquals(json.get("failure").get("message")?.get("pt-BR")?.asText(), verdict.refusal?.textPt)
                assertEquals(json.get("facts").get("origin").asText(), verdict.facts.origin)
            }
        }
    }

    @Test
    fun `another challenge is refused by the check of the challenge`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            val other = packed.expected.copy(challenge = Bytes.of(ByteArray(32)))
            val outcome = enrollment.register(packed.request, other, packed.now)
            val refused = assertIs<Outcome.Refused>(outcome)
            assertEquals("CD-7", refused.refusal.check)
            assertEquals("CHALLENGE_INVALIDO", refused.refusal.openFinanceCode)
            assertNull(refused.verdict.credential)
        }
    }

    @Test
    fun `the same question has an equal answer`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            fun ask() = enrollment.register(packed.request, packed.expected, packed.now)
            assertEquals(ask(), ask())
            assertEquals(ask().hashCode(), ask().hashCode())
        }
    }

    @Test
    fun `a stored enrollment is judged again at its own time`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            val years = packed.now.plusSeconds(20L * 365 * 86_400)
            assertIs<Outcome.Refused>(enrollment.register(packed.request, packed.expected, years))
            val again = enrollment.registerAgain(packed.request.toByteArray(), packed.expected, packed.now, years)
            assertIs<Outcome.Accepted<CredentialToStore>>(again)
            assertContains(assertNotNull(again.verdict.json), "\"status_time\"")
        }
    }

    @Test
    fun `an assertion is accepted once its credential is known`() {
        val case = Vectors.cases(Vectors.repository.resolve("tests/vectors/w3c-webauthn-l3.json"))!!
            .first { it.get("kind").asText() == "authentication" }
        fun bytes(name: String) = Bytes.ofBase64Url(case.get(name).asText())
        val request = assertionRequest(
            AssertionSource.Raw(
                bytes("credential_id"), bytes("client_data_json"), bytes("authenticator_data"), bytes("signature"), Bytes.of(ByteArray(0)),
            ),
            AssertionForm.AUTHORISE,
        )
        val stored = DeviceEnrollment.storedCredential(bytes("credential_id"), bytes("credential_public_key"), 0)
        val expected = DeviceEnrollment.expectAuthentication(
            bytes("challenge"), case.get("rp_id").asText(), listOf(case.get("origin").asText()), listOf(stored),
        ).copy(userVerification = UserVerificationRequirement.PREFERRED)
        DeviceEnrollment.open(PolicyProfile.WEBAUTHN).use { enrollment ->
            val outcome = enrollment.approve(request, expected, Instant.parse("2026-06-01T00:00:00Z"))
            val accepted = assertIs<Outcome.Accepted<CredentialUpdate>>(outcome, outcome.verdict.json)
            assertEquals(bytes("credential_id"), accepted.stored.id)
            val unknown = enrollment.approve(request, expected.copy(credentials = emptyList()), packed.now)
            assertEquals("AS-1", assertIs<Outcome.Refused>(unknown).refusal.check)
        }
    }

    @Test
    fun `what the caller gets wrong is told apart from what was sent`() {
        fun misuse(code: String, call: () -> Unit) =
            assertEquals(code, assertFailsWith<EnrollmentException.Misuse> { call() }.problem.code)
        val good = packed.configuration
        misuse("misuse.policy") { DeviceEnrollment.open(good.copy(policyChanges = "{\"no_such_field\": 1}")) }
        misuse("misuse.policy") { DeviceEnrollment.open(good.copy(policyChanges = "no JSON")) }
        misuse("misuse.trust_store") { DeviceEnrollment.open(good.copy(trust = TrustSource.Pem("no PEM"))) }
        misuse("misuse.trust_store") { DeviceEnrollment.open(good.copy(trust = TrustSource.Json("{}"))) }
        misuse("misuse.trust_store") {
            DeviceEnrollment.open(good.copy(trust = TrustSource.Certificates(listOf(Bytes.of(byteArrayOf(1))))))
        }
        misuse("misuse.android_status") {
            DeviceEnrollment.open(good.copy(androidStatus = AndroidStatusSource(Bytes.of(ByteArray(0)), 0)))
        }
        misuse("misuse.metadata") {
            DeviceEnrollment.open(good.copy(metadata = MetadataSource(Bytes.of("x.y.z".toByteArray()), 0)))
        }
        DeviceEnrollment.open(good).use { enrollment ->
            fun ask(expected: ExpectedRegistration, now: Instant = packed.now) {
                enrollment.register(packed.request, expected, now)
            }
            misuse("misuse.origin") { ask(packed.expected.copy(origins = emptyList())) }
            misuse("misuse.origin") { ask(packed.expected.copy(origins = listOf("bank.example"))) }
            misuse("misuse.challenge") { ask(packed.expected.copy(challenge = Bytes.of(ByteArray(0)))) }
            misuse("misuse.time") { ask(packed.expected, Instant.ofEpochMilli(Long.MAX_VALUE)) }
            misuse("misuse.time") { ask(packed.expected, Instant.ofEpochMilli(-1)) }
        }
    }

    @Test
    fun `a policy is changed by the names of its fields`() {
        val changed = packed.configuration.copy(policyChanges = "{\"name\": \"mine\", \"formats\": [\"none\"]}")
        DeviceEnrollment.open(changed).use { enrollment ->
            val refused = assertIs<Outcome.Refused>(enrollment.register(packed.request, packed.expected, packed.now))
            assertEquals("PO-1", refused.refusal.check)
            assertEquals("mine", refused.verdict.profile)
        }
    }

    @Test
    fun `verdicts leave their JSON out where nobody asked`() {
        DeviceEnrollment.open(packed.configuration.copy(verdictJson = false)).use { enrollment ->
            assertNull(enrollment.register(packed.request, packed.expected, packed.now).verdict.json)
        }
    }

    @Test
    fun `buffers of either kind are read and left as they were`() {
        val bytes = packed.request.toByteArray()
        val direct = ByteBuffer.allocateDirect(bytes.size + 2).put(0).put(bytes).put(0).flip().position(1).limit(bytes.size + 1)
        val heap = ByteBuffer.wrap(byteArrayOf(0) + bytes + byteArrayOf(0), 1, bytes.size)
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            for (buffer in listOf(direct, heap, heap.slice(), heap.asReadOnlyBuffer())) {
                val outcome = enrollment.register(buffer, packed.expected, packed.now)
                assertIs<Outcome.Accepted<CredentialToStore>>(outcome, outcome.verdict.json)
                assertEquals(bytes.size, buffer.remaining())
            }
        }
    }

    @Test
    fun `inspection shows a tree and judges nothing`() {
        val tree = Vectors.mapper.readTree(inspectBytes(packed.request.toByteArray()))
        assertContains(tree.toString(), "bank.example")
        assertEquals("malformed.input", assertFailsWith<EnrollmentException.Malformed> { inspectBytes(ByteArray(0)) }.problem.code)
    }

    @Test
    fun `bytes compare by value and print no content`() {
        val bytes = Bytes.of(byteArrayOf(1, 2, -1))
        assertEquals(bytes, Bytes.of(byteArrayOf(1, 2, -1)))
        assertFalse(bytes == Bytes.of(byteArrayOf(1, 2)))
        assertEquals("ByteString(3)", bytes.toString())
        assertEquals("AQL_", bytes.toBase64Url())
        assertEquals(bytes, Bytes.ofBase64Url("AQL_"))
        assertFalse(packed.expected.toString().contains(packed.challenge.toBase64Url()))
    }
}
