package io.github.deviceenrollment

import java.nio.ByteBuffer
import java.time.Instant

/**
 * The way in for Kotlin and Java: a verifier whose answers are [Outcome]s and whose times are
 * [Instant]s. It is loaded once, may be shared by threads, and is closed when it is no longer needed.
 *
 * ```kotlin
 * DeviceEnrollment.open(trust = TrustSource.Bundled).use { enrollment ->
 *     when (val outcome = enrollment.register(request, expected, Instant.now())) {
 *         is Outcome.Accepted -> store(outcome.stored)
 *         is Outcome.Refused -> answer(outcome.refusal.openFinanceCode)
 *         is Outcome.Malformed -> answer(outcome.refusal.openFinanceCode)
 *     }
 * }
 * ```
 *
 * Every call may throw an [EnrollmentException]; after [close] it is an [IllegalStateException].
 */
public class DeviceEnrollment private constructor(private val verifier: EnrollmentVerifier) : AutoCloseable {
    /** Verifies a registration in any of its JSON forms, as UTF-8. */
    @Throws(EnrollmentException::class)
    public fun register(request: ByteArray, expected: ExpectedRegistration, now: Instant): Outcome<CredentialToStore> =
        verifier.verifyRegistration(request, expected, now.toEpochMilli()).registrationOutcome()

    /** Verifies a registration in any of its JSON forms. */
    @Throws(EnrollmentException::class)
    public fun register(request: String, expected: ExpectedRegistration, now: Instant): Outcome<CredentialToStore> =
        register(request.toByteArray(), expected, now)

    /** The same from a buffer, direct or not, which stays as it was. */
    @Throws(EnrollmentException::class)
    public fun register(request: ByteBuffer, expected: ExpectedRegistration, now: Instant): Outcome<CredentialToStore> =
        register(request.remainingBytes(), expected, now)

    /**
     * Verifies a registration and the [evidence] of the app and the device that came beside it, into one
     * verdict.
     */
    @Throws(EnrollmentException::class)
    public fun register(
        request: ByteArray,
        evidence: DeviceEvidenceSource,
        expected: ExpectedRegistration,
        now: Instant,
    ): Outcome<CredentialToStore> = verifier
        .verifyRegistration(request, expected, now.toEpochMilli(), evidence)
        .registrationOutcome()

    /**
     * Drives transfers with this verifier; [delivery] sends the codes. It is closed by itself, and
     * outlives this.
     */
    @Throws(EnrollmentException::class)
    public fun transfers(configuration: TransferBackendConfiguration, delivery: CodeDelivery): TransferBackend =
        TransferBackend(configuration, verifier, delivery)

    /** Drives enrollments of Open Finance Brasil with this verifier. It is closed by itself, and outlives this. */
    @Throws(EnrollmentException::class)
    public fun enrollments(configuration: OpenFinanceConfiguration): EnrollmentBackend =
        EnrollmentBackend(configuration, verifier)

    /** Drives consents of Open Finance Brasil with this verifier. It is closed by itself, and outlives this. */
    @Throws(EnrollmentException::class)
    public fun consents(configuration: OpenFinanceConfiguration): ConsentBackend =
        ConsentBackend(configuration, verifier)

    /** Judges a stored registration again, with what is known now of authenticators and certificates. */
    @Throws(EnrollmentException::class)
    public fun registerAgain(
        request: ByteArray,
        expected: ExpectedRegistration,
        ceremony: Instant,
        now: Instant,
    ): Outcome<CredentialToStore> = verifier
        .judgeRegistrationAgain(request, expected, ceremony.toEpochMilli(), now.toEpochMilli())
        .registrationOutcome()

    /** Verifies an assertion in any of its JSON forms, as UTF-8. */
    @Throws(EnrollmentException::class)
    public fun approve(request: ByteArray, expected: ExpectedAuthentication, now: Instant): Outcome<CredentialUpdate> =
        verifier.verifyAuthentication(request, expected, now.toEpochMilli()).authenticationOutcome()

    /** Verifies an assertion in any of its JSON forms. */
    @Throws(EnrollmentException::class)
    public fun approve(request: String, expected: ExpectedAuthentication, now: Instant): Outcome<CredentialUpdate> =
        approve(request.toByteArray(), expected, now)

    /** The same from a buffer, direct or not, which stays as it was. */
    @Throws(EnrollmentException::class)
    public fun approve(request: ByteBuffer, expected: ExpectedAuthentication, now: Instant): Outcome<CredentialUpdate> =
        approve(request.remainingBytes(), expected, now)

    override fun close(): Unit = verifier.close()

    public companion object {
        /** Loads policy and trust data, by default the bank's policy and the anchors of this release. */
        @JvmStatic
        @JvmOverloads
        @Throws(EnrollmentException::class)
        public fun open(
            profile: PolicyProfile = PolicyProfile.OPEN_FINANCE_BRASIL,
            trust: TrustSource = TrustSource.Bundled,
        ): DeviceEnrollment = open(VerifierConfiguration(profile = profile, trust = trust))

        /** Loads what [configuration] says. */
        @JvmStatic
        @Throws(EnrollmentException::class)
        public fun open(configuration: VerifierConfiguration): DeviceEnrollment =
            DeviceEnrollment(EnrollmentVerifier(configuration))

        /** What a registration is expected to be, everything else at its strict default. */
        @JvmStatic
        @JvmOverloads
        public fun expectRegistration(
            challenge: Bytes,
            rpId: String,
            origins: List<String>,
            algorithms: List<Long>? = null,
        ): ExpectedRegistration =
            ExpectedRegistration(challenge = challenge, rpId = rpId, origins = origins, algorithms = algorithms)

        /** What an assertion is expected to be, everything else at its strict default. */
        @JvmStatic
        public fun expectAuthentication(
            challenge: Bytes,
            rpId: String,
            origins: List<String>,
            credentials: List<StoredCredential>,
        ): ExpectedAuthentication =
            ExpectedAuthentication(challenge = challenge, rpId = rpId, origins = origins, credentials = credentials)

        /** A credential as it was stored. */
        @JvmStatic
        @JvmOverloads
        public fun storedCredential(
            id: Bytes,
            publicKey: Bytes,
            signCount: Long,
            backupEligible: Boolean? = null,
            userHandle: Bytes? = null,
        ): StoredCredential = StoredCredential(id, publicKey, signCount.toUInt(), backupEligible, userHandle)

        /** The counter of an update, for Java, which has no unsigned numbers. */
        @JvmStatic
        public fun signCount(update: CredentialUpdate): Long = update.signCount.toLong()

        /** The counter of a new credential, for Java, which has no unsigned numbers. */
        @JvmStatic
        public fun signCount(credential: CredentialToStore): Long = credential.signCount.toLong()
    }
}
