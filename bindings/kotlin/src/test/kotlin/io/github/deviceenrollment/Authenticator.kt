package io.github.deviceenrollment

import com.fasterxml.jackson.databind.JsonNode
import java.io.ByteArrayOutputStream
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.MessageDigest
import java.security.SecureRandom
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.util.Base64

/** A passkey in software, ES256 and without attestation, as a phone would answer the options of a service. */
internal class Authenticator(private val origin: String) {
    private val keys: KeyPair =
        KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()
    val credentialId: ByteArray = ByteArray(32).also(SecureRandom()::nextBytes)
    private var counter = 0

    /** `RegistrationResponseJSON` for `PublicKeyCredentialCreationOptionsJSON`. */
    fun create(options: JsonNode): String {
        val clientData = clientData("webauthn.create", options.get("challenge").asText())
        val authData = bytes {
            write(authenticatorData(options.get("rp").get("id").asText(), 0x45))
            write(ByteArray(16))
            write(byteArrayOf(0, credentialId.size.toByte()))
            write(credentialId)
            write(coseKey())
        }
        val attestationObject = bytes {
            write("a363666d74646e6f6e656761747453746d74a068617574684461746158".hex())
            write(authData.size)
            write(authData)
        }
        return json("attestationObject" to attestationObject, clientData)
    }

    /** `AuthenticationResponseJSON` for `PublicKeyCredentialRequestOptionsJSON`. */
    fun sign(options: JsonNode): String {
        counter += 1
        val clientData = clientData("webauthn.get", options.get("challenge").asText())
        val authData = authenticatorData(options.get("rpId").asText(), 0x05)
        val signature = Signature.getInstance("SHA256withECDSA").apply {
            initSign(keys.private)
            update(authData)
            update(sha256(clientData))
        }.sign()
        return json("authenticatorData" to authData, clientData, "signature" to signature)
    }

    fun stored(userHandle: Bytes? = null): StoredCredential =
        StoredCredential(Bytes.of(credentialId), Bytes.of(coseKey()), 0u, false, userHandle)

    private fun clientData(type: String, challenge: String): ByteArray =
        """{"type":"$type","challenge":"$challenge","origin":"$origin","crossOrigin":false}""".toByteArray()

    private fun authenticatorData(rpId: String, flags: Int): ByteArray = bytes {
        write(sha256(rpId.toByteArray()))
        write(flags)
        write(byteArrayOf(0, 0, (counter shr 8).toByte(), counter.toByte()))
    }

    private fun coseKey(): ByteArray = bytes {
        val point = (keys.public as ECPublicKey).w
        write("a5010203262001215820".hex())
        write(point.affineX.toByteArray().in32())
        write("225820".hex())
        write(point.affineY.toByteArray().in32())
    }

    private fun json(first: Pair<String, ByteArray>, clientData: ByteArray, vararg more: Pair<String, ByteArray>): String {
        val id = base64(credentialId)
        val response = (listOf(first, "clientDataJSON" to clientData) + more).associate { (name, bytes) -> name to base64(bytes) }
        val members = mapOf(
            "id" to id, "rawId" to id, "type" to "public-key", "response" to response,
            "clientExtensionResults" to emptyMap<String, String>(),
        )
        return Vectors.mapper.writeValueAsString(members)
    }

    private fun bytes(write: ByteArrayOutputStream.() -> Unit) = ByteArrayOutputStream().apply(write).toByteArray()

    private fun sha256(bytes: ByteArray) = MessageDigest.getInstance("SHA-256").digest(bytes)

    private fun base64(bytes: ByteArray) = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)

    private fun String.hex() = chunked(2).map { it.toInt(16).toByte() }.toByteArray()

    /** Without the sign that Java puts ahead of a number, and with the zeros that it leaves out. */
    private fun ByteArray.in32() = ByteArray(32 - minOf(size, 32)) + takeLast(32)
}
