package io.github.deviceenrollment.guide

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import io.github.deviceenrollment.RegistrationOptions
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.spec.ECGenParameterSpec
import java.util.Base64

/**
 * The certificates of a key that this app makes in the phone's hardware, over the challenge of the
 * registration, in base64url: `x5c` of the evidence that goes to the bank beside the body. They say
 * which app on what kind of phone took part, not that the passkey lies in that phone.
 */
fun keyEvidence(options: RegistrationOptions): List<String> {
    val alias = "enrollment-evidence"
    val parameters = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
        .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
        .setDigests(KeyProperties.DIGEST_SHA256)
        .setAttestationChallenge(options.challenge.toByteArray())
        .build()
    KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, "AndroidKeyStore")
        .apply { initialize(parameters) }
        .generateKeyPair()
    val store = KeyStore.getInstance("AndroidKeyStore").apply { load(null) }
    val encoder = Base64.getUrlEncoder().withoutPadding()
    return store.getCertificateChain(alias).map { encoder.encodeToString(it.encoded) }
}
