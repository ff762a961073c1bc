package io.github.deviceenrollment.guide

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import io.github.deviceenrollment.Bytes
import io.github.deviceenrollment.DeviceEvidenceSource
import io.github.deviceenrollment.RegistrationOptions
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.spec.ECGenParameterSpec

/**
 * A key that this app makes in the phone's hardware, over the challenge of the registration. Its
 * certificates say which app on what kind of phone took part, not that the passkey lies in that phone.
 */
fun keyEvidence(options: RegistrationOptions): DeviceEvidenceSource {
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
    return DeviceEvidenceSource.AndroidKey(store.getCertificateChain(alias).map { Bytes.of(it.encoded) })
}
