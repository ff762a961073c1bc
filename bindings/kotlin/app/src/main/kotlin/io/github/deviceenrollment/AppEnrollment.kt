package io.github.deviceenrollment

/**
 * What an app does before anything goes to the bank: the body to send, and what the bank would refuse
 * of it. It is the whole of the smaller library too, whose Kotlin this folder is.
 *
 * ```kotlin
 * val options = registrationOptions(answer)
 * val body = AppEnrollment.deviceCredential(registrationResponseJson)
 * val report = AppEnrollment.preflight(body, expectedOfOptions(options, listOf(origin)))
 * if (report.ready) send(body) else show(report.message)
 * ```
 */
public object AppEnrollment {
    /**
     * The `device_credential_*` body from `registrationResponseJson` of Android's Credential
     * Manager or a browser's `toJSON()`.
     */
    @JvmStatic
    @Throws(EnrollmentException::class)
    public fun deviceCredential(registrationResponseJson: String): String =
        registrationRequest(RegistrationSource.Json(Confidential.of(registrationResponseJson)), RegistrationForm.DEVICE_CREDENTIAL)

    /**
     * The body of an assertion from `authenticationResponseJson` of Android's Credential Manager or
     * a browser's `toJSON()`.
     */
    @JvmStatic
    @JvmOverloads
    @Throws(EnrollmentException::class)
    public fun assertion(
        authenticationResponseJson: String,
        form: AssertionForm = AssertionForm.WEBAUTHN,
    ): String = assertionRequest(AssertionSource.Json(Confidential.of(authenticationResponseJson)), form)

    /**
     * Judges on the phone what a server would refuse of a registration, and of the [evidence] beside
     * it. [policyChanges] are those that the server makes to the profile.
     */
    @JvmStatic
    @JvmOverloads
    @Throws(EnrollmentException::class)
    public fun preflight(
        request: String,
        expected: ExpectedRegistration,
        profile: PolicyProfile = PolicyProfile.OPEN_FINANCE_BRASIL,
        language: TextLanguage = TextLanguage.PT_BR,
        evidence: DeviceEvidenceSource? = null,
        policyChanges: String? = null,
    ): PreflightReport =
        preflightRegistration(request.toByteArray(), expected, profile, language, evidence, policyChanges)

    /**
     * Judges on the phone what a server would refuse of an assertion. Whose key signed, the server
     * knows.
     */
    @JvmStatic
    @JvmOverloads
    @Throws(EnrollmentException::class)
    public fun preflight(
        request: String,
        expected: ExpectedAuthentication,
        profile: PolicyProfile = PolicyProfile.OPEN_FINANCE_BRASIL,
        language: TextLanguage = TextLanguage.PT_BR,
        policyChanges: String? = null,
    ): PreflightReport =
        preflightAuthentication(request.toByteArray(), expected, profile, language, policyChanges)
}
