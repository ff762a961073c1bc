package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs

/** Whatever comes, there is an answer and the process lives. */
class HostileInputTest {
    private val packed = Enrollment.packed()
    private val tenMegabytes = ByteArray(10 * 1024 * 1024) { 'x'.code.toByte() }
    private val hostile = mapOf(
        "empty" to ByteArray(0),
        "10 MB" to tenMegabytes,
        "10 MB of JSON" to "{\"a\":\"".toByteArray() + tenMegabytes + "\"}".toByteArray(),
        "not UTF-8" to byteArrayOf('{'.code.toByte(), '"'.code.toByte(), -1, -2, '"'.code.toByte(), '}'.code.toByte()),
        "zeros" to ByteArray(1000),
        "deep" to "[".repeat(20_000).toByteArray(),
    )

    @Test
    fun `requests that are none are malformed`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            for ((name, bytes) in hostile) {
                val direct = ByteBuffer.allocateDirect(bytes.size).put(bytes).flip()
                for (buffer in listOf(ByteBuffer.wrap(bytes), direct)) {
                    val outcome = enrollment.register(buffer, packed.expected, packed.now)
                    assertEquals("EN-2", assertIs<Outcome.Malformed>(outcome, name).refusal.check, name)
                }
            }
        }
    }

    @Test
    fun `inspection, options and builders say what is wrong`() {
        for ((name, bytes) in hostile) {
            val text = String(bytes, Charsets.ISO_8859_1)
            assertFailsWith<EnrollmentException.Malformed>(name) { inspectBytes(bytes) }
            assertFailsWith<EnrollmentException.Malformed>(name) { registrationOptions(text) }
            assertFailsWith<EnrollmentException.Malformed>(name) { signOptions(text) }
            assertFailsWith<EnrollmentException.Malformed>(name) { AppEnrollment.deviceCredential(text) }
        }
    }

    @Test
    fun `trust data that is none is a misuse`() {
        for ((name, bytes) in hostile) {
            val text = String(bytes, Charsets.ISO_8859_1)
            for (trust in listOf(TrustSource.Json(text), TrustSource.Pem(text), TrustSource.Certificates(listOf(Bytes.of(bytes))))) {
                assertFailsWith<EnrollmentException.Misuse>(name) { DeviceEnrollment.open(packed.configuration.copy(trust = trust)) }
            }
        }
    }

    /** Such a text has no UTF-8. A request that is handed over as one has a question mark there. */
    @Test
    fun `a text with half a surrogate is refused before the border`() {
        assertFailsWith<CharacterCodingException> { registrationOptions("{\"a\":\"\uD800\"}") }
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            assertIs<Outcome.Malformed>(enrollment.register("{\"a\":\"\uD800\"}", packed.expected, packed.now))
        }
    }
}
