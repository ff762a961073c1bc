package io.github.deviceenrollment

/**
 * A text that is nothing for a log: a person's telephone, address, document number or name, a challenge,
 * a nonce, an order. Kotlin may call it `Confidential`.
 *
 * It compares by value, and its own text says nothing, so that no record that holds one can print it.
 */
public class ConfidentialText private constructor(private val text: String) {
    /** The text. */
    public fun reveal(): String = text

    override fun equals(other: Any?): Boolean = other is ConfidentialText && text == other.text

    override fun hashCode(): Int = text.hashCode()

    override fun toString(): String = "ConfidentialText"

    public companion object {
        /** Takes a text over. */
        @JvmStatic
        public fun of(text: String): ConfidentialText = ConfidentialText(text)
    }
}
