package io.github.deviceenrollment.guide

import io.github.deviceenrollment.CredentialToStore
import io.github.deviceenrollment.DeviceEnrollment
import io.github.deviceenrollment.ExpectedRegistration
import io.github.deviceenrollment.Outcome
import io.github.deviceenrollment.VerifierConfiguration
import java.time.Instant

/** The bank's side, for a backend on the JVM. A bank with the HTTP service has the same there. */
class Bank(configuration: VerifierConfiguration) : AutoCloseable {
    private val enrollment = DeviceEnrollment.open(configuration)

    /** What to store, where the enrollment is accepted. */
    fun enroll(body: String, expected: ExpectedRegistration, now: Instant): CredentialToStore {
        val outcome = enrollment.register(body, expected, now)
        // Keep `outcome.verdict.json` with the enrollment: what was checked, and under what data.
        return when (outcome) {
            is Outcome.Accepted -> outcome.stored
            is Outcome.Refused -> throw Refused(outcome.refusal.check, outcome.refusal.openFinanceCode)
            is Outcome.Malformed -> throw Refused(outcome.refusal.check, outcome.refusal.openFinanceCode)
        }
    }

    override fun close() = enrollment.close()
}

/** The enrollment was refused, by this check; the code is that of the Open Finance Brasil contract. */
class Refused(val check: String, val publishedCode: String) : Exception("$check: $publishedCode")
