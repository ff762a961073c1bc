package io.github.deviceenrollment

/**
 * What a call costs: `mvn -f bindings/kotlin verify -DskipTests`, then
 * `mvn -f bindings/kotlin exec:java@speed`.
 */
internal object Speed {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val packed = Enrollment.packed()
        val request = packed.request.toByteArray()
        val now = packed.now.toEpochMilli()
        EnrollmentVerifier(packed.configuration.copy(verdictJson = false)).use { plain ->
            EnrollmentVerifier(packed.configuration).use { withJson ->
                CodeEntry(0).use { entry ->
                    measure("a small record (CodeEntry.view)") { entry.view(1, TextLanguage.EN_US) }
                }
                measure("verify") { plain.verifyRegistration(request, packed.expected, now) }
                measure("verify with verdict JSON") { withJson.verifyRegistration(request, packed.expected, now) }
            }
        }
    }

    /** The median of the averages of batches, after two seconds of warming up. */
    private fun measure(name: String, call: () -> Any) {
        val warm = System.nanoTime() + 2_000_000_000
        while (System.nanoTime() < warm) call()
        val batches = List(101) {
            val begin = System.nanoTime()
            repeat(50) { call() }
            (System.nanoTime() - begin) / 50.0
        }.sorted()
        println("%-34s median %8.1f us (p10 %.1f, p90 %.1f)".format(name, batches[50] / 1e3, batches[10] / 1e3, batches[90] / 1e3))
    }
}
