package io.github.deviceenrollment

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant
import kotlin.io.path.extension
import kotlin.io.path.readBytes

/** The vector files of the repository, made by its test authenticator, and those of `DEVICE_ENROLLMENT_VECTORS`. */
internal object Vectors {
    val mapper: ObjectMapper = ObjectMapper()
    val repository: Path = Path.of(System.getProperty("repository"))

    private val roots: List<Path> =
        listOf(repository.resolve("tests/vectors")) + listOfNotNull(System.getenv("DEVICE_ENROLLMENT_VECTORS")?.let(Path::of))

    /** Every file with cases, in the order of its path. */
    fun files(): List<Path> = roots.flatMap { root ->
        Files.walk(root).use { paths ->
            paths.filter { it.extension == "json" && cases(it) != null }.sorted().toList()
        }
    }

    fun cases(file: Path): List<JsonNode>? =
        runCatching { mapper.readTree(file.readBytes()).get("cases")?.toList() }.getOrNull()

    fun case(file: String, id: String): JsonNode =
        cases(repository.resolve("tests/vectors").resolve(file))!!.first { it.get("id").asText() == id }
}

/** A registration of a vector file through the public interface. */
internal class Enrollment(private val case: JsonNode) {
    private fun bytes(name: String): Bytes = Bytes.ofBase64Url(case.get(name).asText())

    val challenge: Bytes = bytes("challenge")
    val now: Instant = Instant.parse(case.get("time").asText())
    val trust: TrustSource = TrustSource.Certificates(case.get("trust_anchors").map { Bytes.ofBase64Url(it.asText()) })
    val expected: ExpectedRegistration = DeviceEnrollment.expectRegistration(
        challenge, case.get("rp_id").asText(), listOf(case.get("origin").asText()), case.get("algs").map { it.asLong() },
    )
    val source: RegistrationSource = RegistrationSource.Raw(
        credentialId = bytes("credential_id"),
        clientDataJson = bytes("client_data_json"),
        attestationObject = bytes("attestation_object"),
        attachment = null,
    )
    val request: String = registrationRequest(source, RegistrationForm.DEVICE_CREDENTIAL)
    val configuration: VerifierConfiguration = VerifierConfiguration(PolicyProfile.OPEN_FINANCE_BRASIL, trust)

    companion object {
        fun packed(): Enrollment = Enrollment(Vectors.case("corpus/packed.json", "valid/packed/full"))
    }
}
