package io.github.deviceenrollment.guide

import android.content.Context
import androidx.credentials.CreatePublicKeyCredentialRequest
import androidx.credentials.CreatePublicKeyCredentialResponse
import androidx.credentials.CredentialManager
import io.github.deviceenrollment.RegistrationOptions

// The ceremony on an Android phone. Here it is compiled against stand-ins for Android's classes
// (../../../../standins), so that it is at least Kotlin that fits the documented interface.

/** `registrationResponseJson`, from the dialog of Credential Manager. Needs the activity as context. */
suspend fun createPasskey(activity: Context, options: RegistrationOptions): String {
    val request = CreatePublicKeyCredentialRequest(requestJson = options.json.reveal())
    val response = CredentialManager.create(activity).createCredential(activity, request)
    return (response as CreatePublicKeyCredentialResponse).registrationResponseJson
}
