package io.github.deviceenrollment

import java.nio.ByteBuffer
import java.util.Base64

/**
 * Bytes that compare by value and cannot be changed: challenges, keys, identifiers. Kotlin may call it
 * `Bytes`.
 *
 * Its text tells the length and nothing else, since challenges are among them.
 */
public class ByteString private constructor(private val bytes: ByteArray) : Comparable<ByteString> {
    /** How many they are. */
    public val size: Int get() = bytes.size

    /** A copy. */
    public fun toByteArray(): ByteArray = bytes.copyOf()

    /** In base64url without padding, as WebAuthn writes them. */
    public fun toBase64Url(): String = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)

    override fun equals(other: Any?): Boolean = other is ByteString && bytes.contentEquals(other.bytes)

    override fun hashCode(): Int = bytes.contentHashCode()

    override fun compareTo(other: ByteString): Int = java.util.Arrays.compareUnsigned(bytes, other.bytes)

    override fun toString(): String = "ByteString($size)"

    public companion object {
        /** A copy of [bytes]. */
        @JvmStatic
        public fun of(bytes: ByteArray): ByteString = ByteString(bytes.copyOf())

        /** What is left in [buffer], direct or not, which stays as it was. */
        @JvmStatic
        public fun of(buffer: ByteBuffer): ByteString = ByteString(buffer.remainingBytes())

        /**
         * From base64url without padding.
         *
         * @throws IllegalArgumentException where [text] is something else
         */
        @JvmStatic
        public fun ofBase64Url(text: String): ByteString = ByteString(Base64.getUrlDecoder().decode(text))
    }
}

internal fun ByteBuffer.remainingBytes(): ByteArray = ByteArray(remaining()).also { duplicate().get(it) }
