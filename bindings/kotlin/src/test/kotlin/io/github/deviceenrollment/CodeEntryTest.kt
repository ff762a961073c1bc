package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** The screen on which a person types a code. */
class CodeEntryTest {
    private val sent = 1_780_000_000_000L

    private fun errorBody(code: String): ByteArray {
        val entry = publishedErrors().first { it.code == code }
        val body = mapOf(
            "title" to entry.title, "description" to entry.textEn, "translation" to entry.textPt,
            "code" to code, "extra_fields" to emptyMap<String, String>(),
        )
        return Vectors.mapper.writeValueAsBytes(body)
    }

    private fun CodeEntry.refused(code: String, at: Long = sent + 1000) =
        answered(CodeEntryAnswer.Refused(errorBody(code)), at, TextLanguage.PT_BR)

    @Test
    fun `a wrong code costs an attempt and shows the published text`() {
        CodeEntry(sent).use { entry ->
            val fresh = entry.view(sent + 500, TextLanguage.EN_US)
            assertEquals(CodeEntryState.AWAITING_CODE, fresh.state)
            assertEquals(300UL, fresh.secondsLeft)
            assertEquals(5.toUByte(), fresh.attemptsLeft)
            assertEquals(listOf(CodeEntryStep.ENTER_CODE, CodeEntryStep.RESEND), fresh.nextSteps)

            val wrong = entry.refused("OBD0000100")
            assertEquals(4.toUByte(), wrong.attemptsLeft)
            assertEquals(wrong.error?.textPt, wrong.message)
            assertEquals("OBD0000100", wrong.error?.code)
        }
    }

    @Test
    fun `a code that is over costs no attempt, and another one begins anew`() {
        CodeEntry(sent).use { entry ->
            val over = sent + 5 * 60_000
            assertEquals(CodeEntryState.CODE_EXPIRED, entry.view(over, TextLanguage.EN_US).state)
            val late = entry.refused("OBD0000100", over)
            assertEquals(5.toUByte(), late.attemptsLeft)
            assertEquals(listOf(CodeEntryStep.RESEND), late.nextSteps)
            val again = entry.answered(CodeEntryAnswer.CodeSent, over, TextLanguage.EN_US)
            assertEquals(CodeEntryState.AWAITING_CODE, again.state)
            assertEquals(30UL, again.secondsToResend)
        }
    }

    @Test
    fun `the fifth failure ends it, and approval ends it too`() {
        CodeEntry(sent).use { entry ->
            val ended = entry.refused("OBD000099")
            assertEquals(CodeEntryState.CLOSED, ended.state)
            assertEquals(listOf(CodeEntryStep.START_AGAIN), ended.nextSteps)
            assertNull(ended.secondsToResend)
        }
        CodeEntry(sent).use { entry ->
            val approved = entry.answered(CodeEntryAnswer.Approved, sent + 1, TextLanguage.PT_BR)
            assertEquals(CodeEntryState.APPROVED, approved.state)
            assertTrue(approved.nextSteps.isEmpty())
        }
    }

    @Test
    fun `what is no error body leaves the screen as it was`() {
        CodeEntry(sent).use { entry ->
            val before = entry.view(sent, TextLanguage.EN_US)
            val error = assertFailsWith<EnrollmentException.Malformed> {
                entry.answered(CodeEntryAnswer.Refused("<html>".toByteArray()), sent, TextLanguage.EN_US)
            }
            assertEquals("malformed.error_body", error.problem.code)
            assertEquals(before, entry.view(sent, TextLanguage.EN_US))
        }
    }

    @Test
    fun `OBD000100 and OBD0000100 are two entries of the catalogue`() {
        assertEquals("Device not found", publishedError(errorBody("OBD000100")).title)
        assertEquals("Incorrect Token", publishedError(errorBody("OBD0000100")).title)
    }
}
