package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.security.KeyPairGenerator
import java.security.SecureRandom
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.util.Base64
import java.util.UUID
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** A backend that registers devices, its parts written in Kotlin. */
class DeviceBackendTest {
    private val now = 1_780_000_000_000L
    private val account = UUID.randomUUID().toString()
    private val device = UUID.randomUUID().toString()
    private val random = SecureRandom()
    private fun entropy() = ByteArray(96).also(random::nextBytes)
    private val key = CodeKeyRecord("k1", Bytes.of(ByteArray(32).also(random::nextBytes)))

    private class Sent : CodeDelivery {
        val codes = mutableListOf<String>()
        override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean {
            assertEquals(CodeChannel.SMS, channel)
            assertEquals("+5511999990000", contact)
            return codes.add(code)
        }
    }

    private val contacts = ContactsRecord(phone = Confidential.of("+5511999990000"), email = null)
    private val facts = DeviceRequestFacts(
        accountKey = account, account = AccountState.OPEN, requester = RequesterState.ALLOWED,
        approver = contacts, deviceKeyUsed = false, spent = SpentRecord(),
    )

    private fun body(contact: String, imageKey: String? = null): ByteArray {
        val tfa = mutableMapOf("approver_document_number" to "52998224725", "contact_type" to contact)
        imageKey?.let { tfa["image_key"] = it }
        val body = mapOf("device_key" to device, "session_id" to UUID.randomUUID().toString(), "tfa_info" to tfa)
        return Vectors.mapper.writeValueAsBytes(body)
    }

    private fun backend(delivery: CodeDelivery) = DeviceBackend(DeviceBackendConfiguration(key), delivery, null)

    @Test
    fun `a device is registered by the code that was delivered`() {
        val sent = Sent()
        backend(sent).use { backend ->
            val summary = readDeviceRequest(body("sms"))
            assertEquals("52998224725", summary.approverDocument?.reveal())
            val requested = backend.request(body("sms"), facts, entropy(), now)
            assertNull(requested.refusal)
            assertEquals("pending_2fa_approval", requested.view?.deviceStatus)
            assertEquals(listOf(DeviceNextStep.ENTER_CODE, DeviceNextStep.RESEND_CODE, DeviceNextStep.DISABLE), requested.view?.nextSteps)
            assertEquals(DeviceWorkKind.SEND_CODE, requested.work.single().kind())
            assertFalse(requested.toString().contains("+5511999990000"))
            assertTrue(sent.codes.isEmpty(), "nothing is sent before the state is stored")

            var stored = backend.report(requested.stored!!, backend.send(requested.work.single()), now).stored!!
            val wrong = if (sent.codes.single() == "000000") "111111" else "000000"
            val counted = backend.attempt(stored, SpentRecord(), now)
            assertEquals(4.toUByte(), counted.view?.attemptsLeft)
            val judged = backend.report(counted.stored!!, backend.compare(counted.work.single(), wrong), now)
            assertEquals("OBD0000100", judged.refusal?.code)

            stored = judged.stored!!
            val second = backend.attempt(stored, SpentRecord(), now)
            val approved = backend.report(second.stored!!, backend.compare(second.work.single(), sent.codes.single()), now)
            assertNull(approved.refusal)
            assertEquals("active", approved.view?.state)
            assertEquals(listOf(DeviceNextStep.DISABLE), approved.view?.nextSteps)
            assertContains(assertNotNull(approved.view?.answer), "\"created\"")

            val disabled = backend.disable(approved.stored!!, now)
            assertEquals(DeviceWorkKind.REVOKE_CREDENTIALS, disabled.work.single().kind())
        }
    }

    @Test
    fun `five wrong codes lock the device`() {
        val sent = Sent()
        backend(sent).use { backend ->
            val requested = backend.request(body("sms"), facts, entropy(), now)
            var stored = backend.report(requested.stored!!, backend.send(requested.work.single()), now).stored!!
            val wrong = if (sent.codes.single() == "000000") "111111" else "000000"
            var last: DeviceStep? = null
            repeat(5) {
                val counted = backend.attempt(stored, SpentRecord(), now)
                last = backend.report(counted.stored!!, backend.compare(counted.work.single(), wrong), now)
                stored = last!!.stored!!
            }
            assertEquals("OBD000099", last?.refusal?.code)
            assertEquals("locked", last?.view?.state)
        }
    }

    @Test
    fun `a crash between the count and the comparison has spent the attempt`() {
        val sent = Sent()
        backend(sent).use { backend ->
            val requested = backend.request(body("sms"), facts, entropy(), now)
            val stored = backend.report(requested.stored!!, backend.send(requested.work.single()), now).stored!!
            val lost = backend.attempt(stored, SpentRecord(), now).stored!!
            assertEquals(3.toUByte(), backend.attempt(lost, SpentRecord(), now).view?.attemptsLeft)
        }
    }

    @Test
    fun `whatever a delivery throws is a code that was not sent`() {
        val throwing = listOf(
            object : CodeDelivery {
                override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean =
                    throw IllegalStateException("gateway says no to $contact: $code")
            },
            object : CodeDelivery {
                override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean = throw PortException.Failed()
            },
            // JNA prints it and lets nothing out, which is a false here.
            object : CodeDelivery {
                override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean = throw StackOverflowError()
            },
            object : CodeDelivery {
                override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean = false
            },
        )
        for (delivery in throwing) {
            backend(delivery).use { backend ->
                val requested = backend.request(body("sms"), facts, entropy(), now)
                val failed = backend.report(requested.stored!!, backend.send(requested.work.single()), now)
                assertEquals("OBD000097", failed.refusal?.code)
                assertEquals("dropped", failed.view?.state)
                assertEquals(DeviceWorkKind.DROP, failed.work.single().kind())
            }
        }
    }

    @Test
    fun `work and reports are used once, and the right way`() {
        backend(Sent()).use { backend ->
            val requested = backend.request(body("sms"), facts, entropy(), now)
            val work = requested.work.single()
            fun misuse(code: String, call: () -> Unit) =
                assertEquals(code, assertFailsWith<EnrollmentException.Misuse> { call() }.problem.code)
            misuse("misuse.work") { backend.compare(work, "000000") }
            val report = backend.send(work)
            misuse("misuse.work") { backend.send(work) }
            backend.report(requested.stored!!, report, now)
            misuse("misuse.work") { backend.report(requested.stored!!, report, now) }
            misuse("misuse.stored") { backend.tick(Bytes.of("{}".toByteArray()), now) }
            misuse("misuse.entropy") { backend.request(body("sms"), facts, ByteArray(8), now) }
            misuse("misuse.uuid") { backend.request(body("sms"), facts.copy(accountKey = "1"), entropy(), now) }
            misuse("misuse.backend") {
                DeviceBackend(DeviceBackendConfiguration(CodeKeyRecord("k1", Bytes.of(ByteArray(3)))), Sent(), null)
            }
        }
    }

    @Test
    fun `a refused request leaves nothing to store`() {
        backend(Sent()).use { backend ->
            fun code(facts: DeviceRequestFacts, body: ByteArray = body("sms")) =
                backend.request(body, facts, entropy(), now).also { assertNull(it.stored) }.refusal?.code
            assertEquals("QIT000001", code(facts, "no JSON".toByteArray()))
            assertEquals("OBD000002", code(facts.copy(account = AccountState.UNKNOWN)))
            assertEquals("OBD000094", code(facts.copy(requester = RequesterState.NOT_ALLOWED)))
            assertEquals("LIM000001", code(facts.copy(spent = SpentRecord(codesOfApprover = 10u))))
        }
    }

    @Test
    fun `a device is registered by liveness, and a result counts once`() {
        val keys = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()
        val imageKey = "i".repeat(36)
        fun base64(bytes: ByteArray) = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)
        fun signed(nonce: String): ByteArray {
            val claims = mapOf(
                "iss" to "face", "aud" to "bank", "sub" to device, "nonce" to nonce, "jti" to "1",
                "iat" to now / 1000, "result" to "approved", "image_key" to imageKey,
            )
            val text = base64("""{"alg":"ES256","kid":"f1"}""".toByteArray()) + "." + base64(Vectors.mapper.writeValueAsBytes(claims))
            val signature = Signature.getInstance("SHA256withECDSAinP1363Format")
                .apply { initSign(keys.private); update(text.toByteArray()) }.sign()
            return "$text.${base64(signature)}".toByteArray()
        }
        class Results(val nonce: String) : LivenessResults {
            val ids = mutableSetOf<String>()
            var storageFails = false
            var gone = false
            override fun signedResult(imageKey: String): ByteArray =
                if (gone) throw StackOverflowError() else signed(nonce)
            override fun insertResultId(issuer: String, id: String): Boolean {
                check(!storageFails) { "no connection" }
                return ids.add("$issuer $id")
            }
        }
        val nonce = issueLivenessNonce(account, device, entropy(), now)
        val results = Results(nonce.value.reveal())
        val provider = LivenessProviderRecord("face", "bank", listOf(LivenessKeyRecord("f1", -7, Bytes.of(keys.public.encoded))))
        DeviceBackend(DeviceBackendConfiguration(key, liveness = provider), Sent(), results).use { backend ->
            fun judge(): DeviceStep {
                val requested = backend.request(body("liveness", imageKey), facts, entropy(), now)
                val report = backend.judgeLiveness(requested.work.single(), nonce.stored, now)
                return backend.report(requested.stored!!, report, now)
            }
            // The work of a storage that did not answer is there to be done again.
            val requested = backend.request(body("liveness", imageKey), facts, entropy(), now)
            results.storageFails = true
            val error = assertFailsWith<EnrollmentException.Unavailable> {
                backend.judgeLiveness(requested.work.single(), nonce.stored, now)
            }
            assertTrue(error.problem.retryable)
            results.storageFails = false
            val report = backend.judgeLiveness(requested.work.single(), nonce.stored, now)
            assertEquals("active", backend.report(requested.stored!!, report, now).view?.state)
            val replayed = judge()
            assertEquals("LIV000001", replayed.refusal?.code)
            results.gone = true
            // Nothing came out of the callback, so there is no result.
            val without = judge()
            assertEquals("QIT000500", without.refusal?.code)
            assertFalse(without.toString().contains("52998224725"))
        }
    }
}
