package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.security.SecureRandom
import java.util.UUID
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** A backend that has transfers approved, by a code and by the enrolled device. */
class TransferBackendTest {
    private val now = 1_780_000_000_000L
    private val origin = "https://bank.example"
    private val account = UUID.randomUUID().toString()
    private val device = UUID.randomUUID().toString()
    private val random = SecureRandom()
    private fun entropy() = ByteArray(96).also(random::nextBytes)
    private val cpf = "52998224725"
    private val phone = "+5511999990000"
    private val configuration = TransferBackendConfiguration(
        codeKey = CodeKeyRecord("k1", Bytes.of(ByteArray(32).also(random::nextBytes))),
        rpId = "bank.example", origins = listOf(origin),
    )
    private val facts = TransferRequestFacts(
        accountKey = account, account = AccountState.OPEN, requesterConfigured = true,
        approver = ContactsRecord(phone = Confidential.of(phone), email = null), requestControlKeyUsed = false,
        deviceKey = device, spent = SpentRecord(), feeCentavos = 150uL,
    )
    private val codes = mutableListOf<String>()
    private val delivery = object : CodeDelivery {
        override fun deliver(channel: CodeChannel, contact: String, code: String): Boolean = codes.add(code)
    }

    private fun body(contact: String): ByteArray {
        val tfa = mutableMapOf("approver_document_number" to cpf, "contact_type" to contact)
        if (contact == "device") tfa["session_id"] = UUID.randomUUID().toString()
        val payee = mapOf(
            "account_branch" to "0001", "account_number" to "7654321", "account_digit" to "0",
            "owner_document_number" to "98765432100", "owner_name" to "Ana Souza", "ispb" to "12345678",
            "account_type" to "checking_account",
        )
        val body = mapOf(
            "request_control_key" to UUID.randomUUID().toString(), "transaction_amount" to 1234.5,
            "target_account" to payee, "tfa_info" to tfa,
        )
        return Vectors.mapper.writeValueAsBytes(body)
    }

    private fun backend(test: (TransferBackend) -> Unit) {
        // The backend outlives the verifier that it was made of.
        val backend = DeviceEnrollment.open(trust = TrustSource.Empty).use { it.transfers(configuration, delivery) }
        backend.use(test)
    }

    private fun TransferBackend.requested(contact: String): TransferStep =
        request(body(contact), UUID.randomUUID().toString(), facts, entropy(), now).also { assertNull(it.refusal) }

    private fun TransferBackend.sent(step: TransferStep): Bytes {
        val work = assertIs<TransferTask.SendCode>(step.tasks.single()).work
        return report(step.stored!!, send(work), now).stored!!
    }

    private fun token(code: String) = """{"token": "$code"}""".toByteArray()

    @Test
    fun `a transfer is approved by the code that was delivered, handed to the rail and sent`() = backend { backend ->
        val requested = backend.requested("sms")
        val shown = requested.view!!.shown
        assertEquals("1234.50", shown.amount)
        assertEquals("1.50", shown.fee)
        assertEquals("Ana Souza", shown.payeeName.reveal())
        assertEquals("7654321-0", shown.payeeAccount.reveal())
        assertEquals(listOf(TransferNextStep.ENTER_CODE, TransferNextStep.RESEND_CODE), requested.view!!.nextSteps)
        assertTrue(codes.isEmpty(), "nothing is sent before the state is stored")
        var stored = backend.sent(requested)

        val wrong = if (codes.single() == "000000") "111111" else "000000"
        val counted = backend.approve(stored, token(wrong), SpentRecord(), false, now)
        assertEquals(4.toUByte(), counted.view?.attemptsLeft)
        assertEquals(300UL, counted.view?.secondsLeft)
        val work = assertIs<TransferTask.CompareCode>(counted.tasks.single()).work
        val report = backend.compare(work)
        val judged = backend.report(counted.stored!!, report, now)
        assertEquals("TED000084", judged.refusal?.code)
        assertFailsWith<EnrollmentException.Misuse> { backend.compare(work) }
        // A state takes a report once.
        assertNotNull(backend.report(judged.stored!!, report, now).fault)

        stored = judged.stored!!
        val second = backend.approve(stored, token(codes.single()), SpentRecord(), false, now)
        val compared = backend.compare(assertIs<TransferTask.CompareCode>(second.tasks.single()).work)
        val approved = backend.report(second.stored!!, compared, now)
        assertNull(approved.refusal)
        assertEquals("handing", approved.view?.state)
        assertEquals(listOf(TransferNextStep.AWAIT_RAIL), approved.view?.nextSteps)
        val order = assertIs<TransferTask.HandToRail>(approved.tasks.single()).order
        assertContains(order.reveal(), "7654321")

        val taken = backend.railAnswered(approved.stored!!, RailAnswer.Pending, now)
        assertEquals("pending", taken.view?.tedStatus)
        val key = UUID.randomUUID().toString()
        val settled = backend.railTold(taken.stored!!, RailNews.Settled(key), now)
        assertEquals("sent", settled.view?.tedStatus)
        assertEquals(201.toUShort(), settled.view?.httpStatus)
        assertContains(assertIs<TransferTask.Announce>(settled.tasks.single()).transfer.reveal(), key)
        for (step in listOf(requested, judged, approved, settled)) {
            for (secret in listOf(phone, cpf, "98765432100", "Ana Souza", "7654321", codes.single())) {
                assertFalse(step.toString().contains(secret), secret)
            }
        }
    }

    @Test
    fun `five wrong codes reject a transfer, and the answer says so`() = backend { backend ->
        var stored = backend.sent(backend.requested("sms"))
        val wrong = if (codes.single() == "000000") "111111" else "000000"
        var last: TransferStep? = null
        repeat(5) {
            val counted = backend.approve(stored, token(wrong), SpentRecord(), false, now)
            val work = assertIs<TransferTask.CompareCode>(counted.tasks.single()).work
            last = backend.report(counted.stored!!, backend.compare(work), now)
            stored = last!!.stored!!
        }
        assertEquals("TED000082", last?.refusal?.code)
        assertEquals("rejected", last?.view?.tedStatus)
        assertContains(last!!.refusalBody!!.reveal(), "\"rejected\"")
        assertTrue(last!!.view!!.nextSteps.isEmpty())
    }

    @Test
    fun `a transfer is approved by the enrolled device, over what is moved`() = backend { backend ->
        val key = Authenticator(origin)
        val credentials = listOf(BoundCredentialRecord(account, Confidential.of(cpf), device, key.stored()))
        val requested = backend.requested("device")
        assertEquals(device, requested.view?.deviceKey)
        assertEquals(listOf(TransferNextStep.GIVE_SIGN_OPTIONS), requested.view?.nextSteps)
        val early = backend.approve(requested.stored!!, ByteArray(0), SpentRecord(), true, now)
        assertEquals("TED000084", early.refusal?.code)

        val given = backend.signOptions(requested.stored!!, credentials, entropy(), now)
        val json = assertIs<TransferTask.GiveSignOptions>(given.tasks.single()).json.reveal()
        assertEquals(TransferNextStep.PRESENT_ASSERTION, given.view?.nextSteps?.first())
        // The phone finds nothing to refuse in what it signed.
        val signed = key.sign(Vectors.mapper.readTree(json))
        val report = AppEnrollment.preflight(signed, expectedOfSignOptions(signOptions(json), listOf(origin)))
        assertTrue(report.ready, report.message)

        // What cannot be read spends nothing.
        assertEquals("QIT000001", backend.present(given.stored!!, "{}".toByteArray(), now).refusal?.code)
        val presented = backend.present(given.stored!!, signed.toByteArray(), now)
        assertEquals(4.toUByte(), presented.view?.attemptsLeft)
        val work = assertIs<TransferTask.JudgeAssertion>(presented.tasks.single()).work
        val judged = backend.judge(work, credentials, now)
        assertTrue(judged.verdict.accepted, judged.verdict.refusal?.textEn)
        val accepted = backend.report(presented.stored!!, judged.report, now)
        val counter = assertIs<TransferTask.StoreSignCount>(accepted.tasks.single())
        assertEquals(0u to 1u, counter.storedSignCount to counter.signCount)
        assertEquals(TransferNextStep.APPROVE, accepted.view?.nextSteps?.first())

        val inactive = backend.approve(accepted.stored!!, ByteArray(0), SpentRecord(), false, now)
        assertEquals("TED000084", inactive.refusal?.code)
        val approved = backend.approve(accepted.stored!!, ByteArray(0), SpentRecord(), true, now)
        assertIs<TransferTask.HandToRail>(approved.tasks.single())
        assertFalse(given.toString().contains(Vectors.mapper.readTree(json).get("challenge").asText()))
    }

    @Test
    fun `what the device signed for one transfer approves no other`() = backend { backend ->
        val key = Authenticator(origin)
        val credentials = listOf(BoundCredentialRecord(account, Confidential.of(cpf), device, key.stored()))
        val given = List(2) { backend.signOptions(backend.requested("device").stored!!, credentials, entropy(), now) }
        val first = assertIs<TransferTask.GiveSignOptions>(given.first().tasks.single()).json.reveal()
        val presented = backend.present(given.last().stored!!, key.sign(Vectors.mapper.readTree(first)).toByteArray(), now)
        val judged = backend.judge(assertIs<TransferTask.JudgeAssertion>(presented.tasks.single()).work, credentials, now)
        assertEquals("CD-7", judged.verdict.refusal?.check)
        assertEquals("TED000084", backend.report(presented.stored!!, judged.report, now).refusal?.code)
    }

    @Test
    fun `a backend is asked for what has its form`() = backend { backend ->
        fun misuse(code: String, call: () -> Unit) =
            assertEquals(code, assertFailsWith<EnrollmentException.Misuse> { call() }.problem.code)
        val requested = backend.requested("sms")
        val summary = readTransferRequest(body("device"))
        assertEquals(cpf, summary.approverDocument.reveal())
        assertNotNull(summary.sessionId)
        misuse("misuse.stored") { backend.tick(Bytes.of("{}".toByteArray()), now) }
        misuse("misuse.uuid") { backend.request(body("sms"), "1", facts, entropy(), now) }
        misuse("misuse.word") { backend.railAnswered(requested.stored!!, RailAnswer.Rejected("X"), now) }
        misuse("misuse.document") {
            val other = BoundCredentialRecord(account, Confidential.of("1"), device, Authenticator(origin).stored())
            backend.signOptions(requested.stored!!, listOf(other), entropy(), now)
        }
        misuse("misuse.origin") {
            DeviceEnrollment.open(trust = TrustSource.Empty).use { it.transfers(configuration.copy(origins = emptyList()), delivery) }
        }
        val unknown = facts.copy(account = AccountState.UNKNOWN)
        val refused = backend.request(body("sms"), UUID.randomUUID().toString(), unknown, entropy(), now)
        assertNull(refused.stored)
        assertContains(refused.refusalBody!!.reveal(), account)
    }
}
