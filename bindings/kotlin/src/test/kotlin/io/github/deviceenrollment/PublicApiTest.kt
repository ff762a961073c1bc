package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.io.PrintWriter
import java.io.StringWriter
import java.nio.file.Files
import java.nio.file.Path
import java.util.spi.ToolProvider
import kotlin.io.path.name
import kotlin.io.path.readText
import kotlin.io.path.writeText
import kotlin.test.assertEquals

class PublicApiTest {
    /** Holds `api.txt`, so that a change of the interface is seen in review; `UPDATE_API=1` writes it. */
    @Test
    fun `the public interface is the one that was reviewed`() {
        val classes = Path.of(System.getProperty("target")).resolve("classes/io/github/deviceenrollment")
        val files = Files.list(classes).use { all ->
            all.filter { it.name.endsWith(".class") && !isMachinery(it.name) }.map(Path::toString).sorted().toList()
        }
        val out = StringWriter()
        ToolProvider.findFirst("javap").orElseThrow().run(PrintWriter(out), PrintWriter(out), "-public", *files.toTypedArray())
        val found = out.toString().lines()
            // The generator's own members, and the numbers of the compiler.
            .filterNot { it.startsWith("Compiled from") || "uniffi" in it.lowercase() || "\$default" in it || "com.sun.jna" in it }
            .joinToString("\n")
        val file = Vectors.repository.resolve("bindings/kotlin/api.txt")
        if (System.getenv("UPDATE_API") == "1") file.writeText(found)
        assertEquals(file.readText(), found, "the public interface changed; UPDATE_API=1 writes it down")
    }

    /** What the generator makes for itself. */
    private fun isMachinery(name: String): Boolean =
        name.startsWith("FfiConverter") || name.startsWith("Uniffi") || name.startsWith("uniffi") ||
            name.startsWith("RustBuffer") || name.startsWith("ForeignBytes") || name.startsWith("Device_enrollment") ||
            listOf("JavaLangRefCleaner", "ByteBuffer", "IntegrityChecking", "InternalException", "DisposableUtil", "NoHandle", "WhenMappings", "Kt\$")
                .any { it in name }
}
