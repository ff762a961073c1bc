package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.nio.file.Path
import kotlin.io.path.bufferedWriter
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ParityTest {
    /**
     * Runs every case, and writes what came of it to `target/verdicts.jsonl`. The files of all languages
     * have to be the same, byte for byte.
     */
    @Test
    fun `every vector has the right answer`() {
        val disagreeing = mutableListOf<String>()
        var cases = 0
        val out = Path.of(System.getProperty("target")).resolve("verdicts.jsonl")
        out.bufferedWriter().use { lines ->
            for (file in Vectors.files()) {
                for (case in Vectors.cases(file)!!) {
                    val outcome = judgeVector(case.toString())
                    lines.write(outcome.line + "\n")
                    cases += 1
                    if (!outcome.agrees) disagreeing += "$file ${case.get("id").asText()}"
                }
            }
        }
        println("parity: $cases cases written to $out")
        assertTrue(cases > 900, "$cases cases")
        assertEquals(emptyList(), disagreeing)
    }
}
