package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertTrue

class MemoryTest {
    private val packed = Enrollment.packed()

    /** `-Dsoak=100000` is the long form; the short one sees a leak of a request in every verification. */
    @Test
    fun `memory stays flat over many verifications`() {
        val rounds = System.getProperty("soak").toInt()
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            fun verify(times: Int) = repeat(times) { enrollment.register(packed.request, packed.expected, packed.now) }
            verify(maxOf(1000, rounds / 10))
            val before = residentKilobytes()
            verify(rounds)
            val after = residentKilobytes()
            println("memory: $rounds verifications, resident $before kB before, $after kB after")
            // A request and its verdict are 20 kB, so a leak of one in each verification is seen in the
            // short form and one of 160 bytes in the long; the rest is room for what the JVM compiles.
            val allowed = 16 * 1024
            assertTrue(after - before < allowed, "grew by ${after - before} kB over $rounds verifications")
        }
    }

    /** What the process holds, after the collector ran, the native side with it. */
    private fun residentKilobytes(): Long {
        repeat(3) { System.gc() }
        val status = Path.of("/proc/self/status")
        if (!Files.exists(status)) return 0
        return Files.readAllLines(status).first { it.startsWith("VmRSS") }.filter(Char::isDigit).toLong()
    }
}
