package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.security.SecureRandom
import java.util.UUID
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** A backend at the account holder: an enrollment, and a consent that it approves. */
class OpenFinanceBackendTest {
    private val now = 1_780_000_000_000L
    private val origin = "https://payer.example"
    private val random = SecureRandom()
    private fun entropy() = ByteArray(96).also(random::nextBytes)
    private val id = UUID.randomUUID().toString()
    private val cpf = "52998224725"
    private val configuration = OpenFinanceConfiguration(
        release = ContractRelease.V21, namespace = "bank", rpId = "payer.example", rpName = "A payer", origins = listOf(origin),
    )
    private val create = """{"client_redirect_url": "https://payer.example/back", "participant_id": "p",
        "logged_user_document": "$cpf", "permissions": ["PAYMENTS_INITIATE"]}""".toByteArray()
    private val signals = """{"deviceId": "d", "isRootedDevice": false, "screenBrightness": 90,
        "elapsedTimeSinceBoot": 28800000, "osVersion": "16.6", "userTimeZoneOffset": "-03", "language": "pt",
        "screenDimensions": {"height": 1080, "width": 1920}, "accountTenure": "2023-01-01"}"""
    private val approval = HolderApproval(
        ispb = "12345678", branch = Confidential.of("0001"), number = Confidential.of("7654321"), accountType = "CACC",
        userName = Confidential.of("conta 7654321"), userDisplayName = Confidential.of("Ana Souza"),
        terms = EnrollmentTerms(transactionLimit = "500.00"),
    )

    private class Backends(val enrollments: EnrollmentBackend, val consents: ConsentBackend)

    private fun backends(test: Backends.() -> Unit) = DeviceEnrollment.open(trust = TrustSource.Empty).use { verifier ->
        verifier.enrollments(configuration).use { enrollments ->
            verifier.consents(configuration).use { consents -> Backends(enrollments, consents).test() }
        }
    }

    /** The state of an enrollment whose person has approved. */
    private fun Backends.approved(): EnrollmentStep {
        val created = enrollments.create(create, BodyForm.FLAT, id, UUID.randomUUID().toString(), true, now)
        assertEquals(EnrollmentNextStep.SEND_RISK_SIGNALS, created.view?.nextSteps?.first())
        assertEquals(300UL, created.view?.secondsLeft)
        val data = """{"data": $signals}""".toByteArray()
        val signalled = enrollments.riskSignals(created.stored!!, data, BodyForm.OPEN_FINANCE_BRASIL, true, now)
        assertNull(signalled.refusal)
        assertIs<EnrollmentTask.AskAccountHolder>(signalled.tasks.single())
        assertEquals(listOf(EnrollmentNextStep.ANSWER_OF_HOLDER, EnrollmentNextStep.END), signalled.view?.nextSteps)
        return enrollments.holderApproved(signalled.stored!!, approval, now)
    }

    private fun Backends.issued(): EnrollmentStep {
        val approved = approved()
        assertEquals(EnrollmentNextStep.ASK_OPTIONS, approved.view?.nextSteps?.first())
        val platform = CeremonyPlatform.ANDROID
        return enrollments.options(approved.stored!!, "key 1", platform, null, emptyList(), entropy(), now)
    }

    /** An enrollment that is bound, its key, and the handle of its person. */
    private fun Backends.bound(): Triple<EnrollmentStep, Authenticator, EnrollmentTask.StoreCredential> {
        val issued = issued()
        val options = issued.view!!.options!!
        assertEquals(300UL, options.secondsLeft)
        val key = Authenticator(origin)
        val body = AppEnrollment.deviceCredential(key.create(Vectors.mapper.readTree(options.webauthn.reveal())))
        val sent = enrollments.register(issued.stored!!, body.toByteArray(), BodyForm.FLAT, now)
        val work = assertIs<EnrollmentTask.JudgeRegistration>(sent.tasks.single()).work
        val judged = enrollments.judge(work, now)
        assertTrue(judged.verdict.accepted, judged.verdict.refusal?.textEn)
        assertEquals("misuse.work", assertFailsWith<EnrollmentException.Misuse> { enrollments.judge(work, now) }.problem.code)

        // The unique constraint was lost: told again, on the same state.
        val taken = enrollments.report(sent.stored!!, judged.report, now, credentialTaken = true)
        assertEquals("PUBLIC_KEY_INVALIDA", taken.refusal?.code)
        val done = enrollments.report(sent.stored!!, judged.report, now)
        assertNull(done.refusal)
        assertEquals("AUTHORISED", done.view?.status)
        assertEquals("CREATED", done.view?.deviceStatus)
        val store = assertIs<EnrollmentTask.StoreCredential>(done.tasks.single())
        assertEquals(Bytes.of(key.credentialId), store.credential.id)
        assertEquals(id, store.enrollmentId)
        return Triple(done, key, store)
    }

    private fun authorise(assertionJson: String): ByteArray {
        val assertion = Vectors.mapper.readTree(AppEnrollment.assertion(assertionJson, AssertionForm.AUTHORISE)).get("data")
        return """{"data": {"enrollmentId": "urn:bank:$id", "riskSignals": $signals,
            "fidoAssertion": ${assertion.get("fidoAssertion")}}}""".toByteArray()
    }

    @Test
    fun `an enrollment is bound, and approves a consent`() = backends {
        val (bound, key, store) = bound()
        val made = consents.create(NewConsentRecord(id = "urn:bank:c1", expiresMillis = now + 600_000), now)
        assertEquals("AWAITING_AUTHORISATION", made.view.status)
        assertEquals(600UL, made.view.secondsLeft)
        assertEquals(listOf(ConsentNextStep.GIVE_SIGN_OPTIONS), made.view.nextSteps)

        val platform = CeremonyPlatform.ANDROID
        val given = consents.signOptions(made.stored, bound.stored!!, "key 2", platform, null, entropy(), now)
        assertNull(given.refusal)
        assertEquals(ConsentNextStep.AUTHORISE, given.view.nextSteps.first())
        val noted = assertIs<ConsentTask.NoteSigningAsked>(given.tasks.single())
        assertEquals(id, noted.enrollmentId)
        val waiting = enrollments.signingAsked(bound.stored!!, now)
        assertEquals("WAITING_SIGN_IN", waiting.view?.deviceStatus)

        val json = Vectors.mapper.readTree(given.view.options!!.webauthn.reveal())
        val body = authorise(key.sign(json))
        val sent = consents.authorise(given.stored, waiting.stored!!, body, key.stored(store.userHandle), true, now)
        assertNull(sent.refusal)
        assertTrue(sent.view.nextSteps.isEmpty(), "an assertion is being judged")
        val judged = consents.judge(assertIs<ConsentTask.JudgeAssertion>(sent.tasks.single()).work, now)
        assertTrue(judged.verdict.accepted, judged.verdict.refusal?.textEn)
        val lost = consents.report(sent.stored, judged.report, true, now, counterLost = true)
        assertEquals("RISCO", lost.refusal?.code)
        val done = consents.report(sent.stored, judged.report, true, now)
        assertEquals("AUTHORISED", done.view.status)
        val counter = assertIs<ConsentTask.StoreSignCount>(done.tasks.first())
        assertEquals(1u, counter.signCount)
        assertIs<ConsentTask.NoteSigningDone>(done.tasks.last())
        assertEquals("SIGNED_IN", enrollments.signingDone(waiting.stored!!, now).view?.deviceStatus)

        for (step in listOf<Any>(bound, given, sent, done)) {
            val printed = step.toString()
            for (secret in listOf(cpf, "7654321", "Ana Souza", json.get("challenge").asText())) {
                assertFalse(printed.contains(secret), "$secret in $printed")
            }
        }
    }

    @Test
    fun `an answer to another challenge ends the enrollment`() = backends {
        val issued = issued()
        val options = issued.view!!.options!!.webauthn.reveal()
        val challenge = Vectors.mapper.readTree(options).get("challenge").asText()
        val other = options.replace(challenge, Bytes.of(ByteArray(32)).toBase64Url())
        val body = AppEnrollment.deviceCredential(Authenticator(origin).create(Vectors.mapper.readTree(other)))
        val sent = enrollments.register(issued.stored!!, body.toByteArray(), BodyForm.FLAT, now)
        val judged = enrollments.judge(assertIs<EnrollmentTask.JudgeRegistration>(sent.tasks.single()).work, now)
        assertEquals("CD-7", judged.verdict.refusal?.check)
        val ended = enrollments.report(sent.stored!!, judged.report, now)
        assertEquals("CHALLENGE_INVALIDO", ended.refusal?.code)
        assertEquals(422.toUShort(), ended.refusal?.httpStatus)
        assertContains(ended.refusal!!.bodyPt, "CHALLENGE_INVALIDO")
        assertEquals("REJECTED", ended.view?.status)
        assertEquals("REJEITADO_FALHA_FIDO", ended.view?.endedBy)
        assertIs<EnrollmentTask.NotifyInitiator>(ended.tasks.single())
        assertTrue(ended.view!!.nextSteps.isEmpty())
    }

    @Test
    fun `the same key gets the same challenge, and time ends what waits`() = backends {
        val issued = issued()
        val platform = CeremonyPlatform.ANDROID
        val again = enrollments.options(issued.stored!!, "key 1", platform, null, emptyList(), entropy(), now + 1000)
        assertEquals(issued.view!!.options!!.webauthn, again.view!!.options!!.webauthn)
        val late = enrollments.tick(issued.stored!!, now + 301_000)
        assertEquals("REJEITADO_TEMPO_EXPIRADO_ENROLLMENT", late.view?.endedBy)
    }

    @Test
    fun `an enrollment is ended by its holder, and the credential with it`() = backends {
        val (bound, _, store) = bound()
        val revoked = enrollments.holderRevoked(bound.stored!!, "REVOGADO_MANUALMENTE", null, now)
        assertEquals("REVOKED", revoked.view?.status)
        val credential = assertIs<EnrollmentTask.RevokeCredential>(revoked.tasks.first()).credentialId
        assertEquals(store.credential.id, credential)
        fun misuse(code: String, call: () -> Unit) =
            assertEquals(code, assertFailsWith<EnrollmentException.Misuse> { call() }.problem.code)
        misuse("misuse.word") { enrollments.holderRevoked(bound.stored!!, "x", null, now) }
        misuse("misuse.amount") { enrollments.termsChanged(bound.stored!!, EnrollmentTerms("500"), now) }
        misuse("misuse.account") { enrollments.holderApproved(bound.stored!!, approval.copy(ispb = "1"), now) }
        misuse("misuse.stored") { enrollments.tick(Bytes.of("{}".toByteArray()), now) }
        misuse("misuse.namespace") {
            DeviceEnrollment.open(trust = TrustSource.Empty).use { it.consents(configuration.copy(namespace = "")) }
        }
        val nobody = enrollments.create("{}".toByteArray(), BodyForm.FLAT, id, id, true, now)
        assertNull(nobody.stored)
        assertEquals("PARAMETRO_NAO_INFORMADO" to "client_redirect_url", nobody.refusal!!.code to nobody.refusal!!.member)
    }
}
