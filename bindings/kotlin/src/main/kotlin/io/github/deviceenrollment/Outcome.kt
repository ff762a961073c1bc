@file:JvmName("Outcomes")

package io.github.deviceenrollment

/**
 * What a verification came to, for a `when` that the compiler holds complete.
 *
 * @param T what has to be stored: a [CredentialToStore] or a [CredentialUpdate]
 */
public sealed interface Outcome<out T> {
    /** Everything that the verification has to say. */
    public val verdict: VerdictRecord

    /** Every check was settled: [stored] has to be stored. */
    public data class Accepted<out T>(val stored: T, override val verdict: VerdictRecord) : Outcome<T>

    /** A check refused. */
    public data class Refused(val refusal: RefusalRecord, override val verdict: VerdictRecord) : Outcome<Nothing>

    /** The request around the response could not be read. */
    public data class Malformed(val refusal: RefusalRecord, override val verdict: VerdictRecord) : Outcome<Nothing>

    public companion object {
        internal fun <T : Any> of(verdict: VerdictRecord, stored: T?): Outcome<T> {
            val refusal = verdict.refusal
            return when (verdict.decision) {
                VerdictDecision.ACCEPTED -> Accepted(checkNotNull(stored) { "accepted, and nothing to store" }, verdict)
                VerdictDecision.REFUSED -> Refused(checkNotNull(refusal) { "refused without a reason" }, verdict)
                VerdictDecision.MALFORMED -> Malformed(checkNotNull(refusal) { "malformed without a reason" }, verdict)
            }
        }
    }
}

/** The registration as an [Outcome]. */
public fun VerdictRecord.registrationOutcome(): Outcome<CredentialToStore> = Outcome.of(this, credential)

/** The assertion as an [Outcome]. */
public fun VerdictRecord.authenticationOutcome(): Outcome<CredentialUpdate> = Outcome.of(this, update)
