package androidx.credentials

import android.content.Context

abstract class CreateCredentialRequest

abstract class CreateCredentialResponse

class CreatePublicKeyCredentialRequest(val requestJson: String) : CreateCredentialRequest()

class CreatePublicKeyCredentialResponse(val registrationResponseJson: String) : CreateCredentialResponse()

interface CredentialManager {
    suspend fun createCredential(context: Context, request: CreateCredentialRequest): CreateCredentialResponse

    companion object {
        @Suppress("UNUSED_PARAMETER")
        fun create(context: Context): CredentialManager = throw NotImplementedError("a stand-in")
    }
}
