package io.github.deviceenrollment.example

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import io.github.deviceenrollment.Bytes
import io.github.deviceenrollment.AppEnrollment
import io.github.deviceenrollment.DeviceEnrollment
import io.github.deviceenrollment.Outcome
import io.github.deviceenrollment.PolicyProfile
import io.github.deviceenrollment.RegistrationForm
import io.github.deviceenrollment.RegistrationSource
import io.github.deviceenrollment.TrustSource
import io.github.deviceenrollment.registrationRequest
import java.nio.file.Path
import java.time.Instant
import kotlin.io.path.readBytes

/**
 * Builds, preflights and verifies an enrollment that the test authenticator made: a case of a vector
 * file, such as `device-enrollment testkit make packed` writes.
 *
 * ```sh
 * mvn -f bindings/kotlin exec:java@example
 * ```
 */
fun main(arguments: Array<String>) {
    val file = ObjectMapper().readTree(Path.of(arguments[0]).readBytes())
    val made = file.get("cases").first { it.get("expect").get("result").asText() == "accept" }
    fun JsonNode.bytes(name: String) = Bytes.ofBase64Url(get(name).asText())

    // On the phone: what the platform gave becomes the request.
    val platform = RegistrationSource.Raw(
        credentialId = made.bytes("credential_id"),
        clientDataJson = made.bytes("client_data_json"),
        attestationObject = made.bytes("attestation_object"),
        attachment = null,
    )
    val request = registrationRequest(platform, RegistrationForm.DEVICE_CREDENTIAL)

    // What the server stored with the challenge, and the app knows from its options.
    val expected = DeviceEnrollment.expectRegistration(
        challenge = made.bytes("challenge"),
        rpId = made.get("rp_id").asText(),
        origins = listOf(made.get("origin").asText()),
        algorithms = made.get("algs")?.map { it.asLong() },
    )
    val preflight = AppEnrollment.preflight(request, expected)
    println("preflight: ${if (preflight.ready) "nothing to refuse" else preflight.message}, " +
        "${preflight.leftToServer.size} checks left to the server")

    // On the server.
    val anchors = TrustSource.Certificates(made.get("trust_anchors").map { Bytes.ofBase64Url(it.asText()) })
    DeviceEnrollment.open(PolicyProfile.OPEN_FINANCE_BRASIL, anchors).use { enrollment ->
        when (val outcome = enrollment.register(request, expected, Instant.parse(made.get("time").asText()))) {
            is Outcome.Accepted -> println("accepted: ${outcome.stored.attestationType}, model ${outcome.stored.aaguid}")
            is Outcome.Refused -> error("refused by ${outcome.refusal.check}: ${outcome.refusal.textEn}")
            is Outcome.Malformed -> error("malformed: ${outcome.refusal.textEn}")
        }
    }
}
