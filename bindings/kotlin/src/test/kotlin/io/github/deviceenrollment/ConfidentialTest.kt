package io.github.deviceenrollment

import org.junit.jupiter.api.Test
import java.lang.reflect.Modifier
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.nameWithoutExtension
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** No record prints a person's data, a code or a challenge. */
class ConfidentialTest {
    @Test
    fun `a confidential text compares by value and does not print`() {
        val text = Confidential.of("52998224725")
        assertEquals(text, Confidential.of("52998224725"))
        assertEquals(text.hashCode(), Confidential.of("52998224725").hashCode())
        assertFalse(text == Confidential.of("52998224726"))
        assertEquals("ConfidentialText", text.toString())
        assertEquals("52998224725", text.reveal())
    }

    @Test
    fun `records with a person or a challenge in them print neither`() {
        val contacts = ContactsRecord(Confidential.of("+5511999990000"), Confidential.of("ana@example.com"))
        val options = registrationOptions(
            """{"rp": {"id": "bank.example"}, "user": {"id": "AQI", "name": "ana@example.com", "displayName": "Ana"},
            "challenge": "c2VjcmV0LWNoYWxsZW5nZQ", "pubKeyCredParams": [{"type": "public-key", "alg": -7}]}""",
        )
        val values = listOf<Any>(
            contacts, options, RegistrationSource.Json(options.json), AssertionSource.Json(options.json),
            DeviceRequestSummary("k", Confidential.of("52998224725")),
            issueLivenessNonce(
                "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1", "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1", ByteArray(96) { 'A'.code.toByte() }, 0,
            ),
            BoundCredentialRecord("a", Confidential.of("52998224725"), "d", StoredCredential(Bytes.of(byteArrayOf(1)), Bytes.of(byteArrayOf(2)), 0u)),
            ConsentAccount("12345678", Confidential.of("0001"), Confidential.of("7654321"), "CACC"),
        )
        for (value in values) {
            for (secret in listOf("99999", "ana", "Ana", "52998224725", "c2VjcmV0", "7654321", "QUFB")) {
                assertFalse(value.toString().contains(secret), "$secret in $value")
            }
        }
    }

    /**
     * Every member of every record whose name is that of something confidential has a type that does
     * not print. A new one that is harmless is added to [harmless] by whoever looked at it.
     */
    @Test
    fun `what is named like something confidential has a type that does not print`() {
        val classes = Path.of(System.getProperty("target")).resolve("classes/io/github/deviceenrollment")
        val records = Files.list(classes).use { all -> all.map { it.nameWithoutExtension }.sorted().toList() }
            .filterNot { name -> listOf("FfiConverter", "Uniffi", "uniffi").any(name::startsWith) }
            .map { Class.forName("io.github.deviceenrollment.$it", false, javaClass.classLoader) }
            .filter { record -> record.declaredMethods.any { it.name == "copy" || it.name.startsWith("copy-") } }
        assertTrue(records.size > 40, "${records.size} records")
        val telling = Regex("phone|email|document|name|challenge|nonce|token|secret|number|branch|account|json|body|stored|options|order|transfer|query|text|contact", RegexOption.IGNORE_CASE)
        val found = records.flatMap { record ->
            record.declaredFields
                .filter { !Modifier.isStatic(it.modifiers) && it.type == String::class.java && telling.containsMatchIn(it.name) }
                .map { "${record.name.substringAfterLast('.')}.${it.name}" }
        }
        assertEquals(harmless, found.toSortedSet())
    }

    private val harmless = sortedSetOf<String>()
}
