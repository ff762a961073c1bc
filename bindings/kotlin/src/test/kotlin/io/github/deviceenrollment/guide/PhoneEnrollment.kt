package io.github.deviceenrollment.guide

import io.github.deviceenrollment.AppEnrollment
import io.github.deviceenrollment.RegistrationOptions
import io.github.deviceenrollment.TextLanguage
import io.github.deviceenrollment.expectedOfOptions
import io.github.deviceenrollment.registrationOptions
import java.util.Locale

/**
 * The phone's side of an enrollment: between the options that the bank answers and the body that the
 * bank is sent.
 *
 * @param answer what the bank's options endpoint answered, as it came
 * @param origin that of this app, from [io.github.deviceenrollment.androidOrigin]
 */
class PhoneEnrollment(answer: String, private val origin: String) {
    val options: RegistrationOptions = registrationOptions(answer)

    /** The body to send, or why there is no use in sending it. */
    fun body(registrationResponseJson: String): String {
        val body = AppEnrollment.deviceCredential(registrationResponseJson)
        val portuguese = Locale.getDefault().language == "pt"
        val report = AppEnrollment.preflight(
            body,
            expectedOfOptions(options, listOf(origin)),
            language = if (portuguese) TextLanguage.PT_BR else TextLanguage.EN_US,
        )
        if (!report.ready) throw WouldBeRefused(report.message.orEmpty(), report.refusal?.code.orEmpty())
        return body
    }
}

/**
 * The bank would refuse this; nothing was sent. The message is for the person, the code for the log.
 */
class WouldBeRefused(message: String, val code: String) : Exception(message)
