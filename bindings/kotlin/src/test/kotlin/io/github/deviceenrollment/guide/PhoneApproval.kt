package io.github.deviceenrollment.guide

import io.github.deviceenrollment.AppEnrollment
import io.github.deviceenrollment.SignOptions
import io.github.deviceenrollment.expectedOfSignOptions
import io.github.deviceenrollment.signOptions

/** The phone's side of an approval: of a transfer, or of a consent. */
class PhoneApproval(answer: String, private val origin: String) {
    val options: SignOptions = signOptions(answer)

    /** The body to send, or why there is no use in sending it. */
    fun body(authenticationResponseJson: String): String {
        val body = AppEnrollment.assertion(authenticationResponseJson)
        val report = AppEnrollment.preflight(body, expectedOfSignOptions(options, listOf(origin)))
        if (!report.ready) throw WouldBeRefused(report.message.orEmpty(), report.refusal?.code.orEmpty())
        return body
    }
}
