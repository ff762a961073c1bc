package android.security.keystore

import java.security.spec.AlgorithmParameterSpec

object KeyProperties {
    const val PURPOSE_SIGN: Int = 4
    const val DIGEST_SHA256: String = "SHA-256"
    const val KEY_ALGORITHM_EC: String = "EC"
}

class KeyGenParameterSpec private constructor() : AlgorithmParameterSpec {
    @Suppress("UNUSED_PARAMETER")
    class Builder(keystoreAlias: String, purposes: Int) {
        fun setAlgorithmParameterSpec(spec: AlgorithmParameterSpec): Builder = this
        fun setDigests(vararg digests: String): Builder = this
        fun setAttestationChallenge(challenge: ByteArray?): Builder = this
        fun build(): KeyGenParameterSpec = KeyGenParameterSpec()
    }
}
