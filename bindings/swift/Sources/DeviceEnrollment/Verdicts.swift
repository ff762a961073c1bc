import Foundation

/// What became of a registration.
public enum RegistrationOutcome: Sendable, Equatable {
    /// Store the credential, under a unique constraint on its id.
    case accepted(CredentialToStore)
    /// Refused, and why.
    case refused(RefusalRecord)
}

/// What became of an assertion.
public enum AuthenticationOutcome: Sendable, Equatable {
    /// Store the update, on the condition that the stored counter is still the one judged on.
    case accepted(CredentialUpdate)
    /// Refused, and why.
    case refused(RefusalRecord)
}

extension VerdictRecord {
    /// The outcome of a registration; `nil` for the verdict of an assertion.
    public var registration: RegistrationOutcome? {
        switch (credential, refusal) {
        case (let credential?, nil): .accepted(credential)
        case (nil, let refusal?): .refused(refusal)
        default: nil
        }
    }

    /// The outcome of an assertion; `nil` for the verdict of a registration.
    public var authentication: AuthenticationOutcome? {
        switch (update, refusal) {
        case (let update?, nil): .accepted(update)
        case (nil, let refusal?): .refused(refusal)
        default: nil
        }
    }

    /// What became of one check.
    ///
    /// - Parameter id: the id of the check, `X-11`.
    public func check(_ id: String) -> CheckRecord? {
        checks.first { $0.id == id }
    }
}

extension EnrollmentVerifier {
    /// Verifies a registration at a date.
    ///
    /// - Parameters:
    ///   - request: a `device_credential_*` body, an Open Finance Brasil `fido-registration` body
    ///     or a `RegistrationResponseJSON`, as UTF-8.
    ///   - expected: what was stored with the challenge.
    ///   - date: when it is judged; the dates of certificates are judged by it.
    /// - Throws: ``EnrollmentError/Misuse(problem:)`` where the expectation cannot be one. Whatever
    ///   is wrong with the request is in the verdict.
    public func verifyRegistration(
        request: Data, expected: ExpectedRegistration, at date: Date
    ) throws -> VerdictRecord {
        try verifyRegistration(
            request: request, expected: expected, nowMillis: Int64(unixMillisOf: date))
    }

    /// Verifies an assertion at a date.
    ///
    /// - Parameters:
    ///   - request: an `authorise` body of Open Finance Brasil or an `AuthenticationResponseJSON`,
    ///     as UTF-8.
    ///   - expected: what was stored with the challenge, with the credentials of the account.
    ///   - date: when it is judged.
    /// - Throws: ``EnrollmentError/Misuse(problem:)`` where the expectation cannot be one. Whatever
    ///   is wrong with the request is in the verdict.
    public func verifyAuthentication(
        request: Data, expected: ExpectedAuthentication, at date: Date
    ) throws -> VerdictRecord {
        try verifyAuthentication(
            request: request, expected: expected, nowMillis: Int64(unixMillisOf: date))
    }
}
