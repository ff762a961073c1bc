package io.github.deviceenrollment

import io.github.deviceenrollment.hooks.panicForTests
import org.junit.jupiter.api.Test
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import io.github.deviceenrollment.hooks.EnrollmentException as HookedException

class BorderTest {
    private val packed = Enrollment.packed()

    @Test
    fun `a panic is an error that tells nothing of the panic`() {
        repeat(3) {
            val error = assertFailsWith<HookedException.Internal> { panicForTests() }
            assertEquals("internal.panic", error.problem.code)
            assertFalse(error.toString().contains("a test asked for"))
        }
    }

    @Test
    fun `use after close is an exception`() {
        val enrollment = DeviceEnrollment.open(packed.configuration)
        enrollment.close()
        assertFailsWith<IllegalStateException> { enrollment.register(packed.request, packed.expected, packed.now) }
        enrollment.close()
    }

    @Test
    fun `sixteen threads share one verifier and get one answer`() {
        DeviceEnrollment.open(packed.configuration).use { enrollment ->
            val threads = Executors.newFixedThreadPool(16)
            try {
                val work = List(16) {
                    Callable { List(25) { enrollment.register(packed.request, packed.expected, packed.now) }.toSet() }
                }
                val answers = threads.invokeAll(work).flatMap { it.get() }.toSet()
                assertEquals(1, answers.size)
                assertTrue(answers.single() is Outcome.Accepted)
            } finally {
                threads.shutdown()
            }
        }
    }

    @Test
    fun `a verifier that is closed while it works ends its work`() {
        repeat(20) {
            val enrollment = DeviceEnrollment.open(packed.configuration)
            val threads = Executors.newFixedThreadPool(4)
            val work = List(4) {
                threads.submit(Callable {
                    runCatching { repeat(10) { enrollment.register(packed.request, packed.expected, packed.now) } }
                })
            }
            enrollment.close()
            for (result in work.map { it.get() }) {
                assertTrue(result.isSuccess || result.exceptionOrNull() is IllegalStateException, result.toString())
            }
            threads.shutdown()
        }
    }
}
