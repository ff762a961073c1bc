import Foundation

/// What a verification came to, for a `switch` that the compiler holds complete.
///
/// `Stored` is what has to be stored: ``CredentialToStore`` or ``CredentialUpdate``.
public enum Outcome<Stored: Sendable & Equatable>: Sendable, Equatable {
    /// Every check was settled. Store a credential under a unique constraint on its id; store an
    /// update on the condition that the stored counter is still the one judged on.
    case accepted(Stored, VerdictRecord)
    /// A check refused.
    case refused(RefusalRecord, VerdictRecord)
    /// The request around the response could not be read.
    case malformed(RefusalRecord, VerdictRecord)

    /// Everything that the verification has to say.
    public var verdict: VerdictRecord {
        switch self {
        case .accepted(_, let verdict), .refused(_, let verdict), .malformed(_, let verdict): verdict
        }
    }

    fileprivate init(_ verdict: VerdictRecord, stored: Stored?) throws {
        switch (verdict.decision, stored, verdict.refusal) {
        case (.accepted, let stored?, nil): self = .accepted(stored, verdict)
        case (.refused, nil, let refusal?): self = .refused(refusal, verdict)
        case (.malformed, nil, let refusal?): self = .malformed(refusal, verdict)
        default: throw EnrollmentError.Internal(problem: .contradiction)
        }
    }
}

extension VerdictRecord {
    /// What became of one check.
    ///
    /// - Parameter id: the id of the check, `X-11`.
    public func check(_ id: String) -> CheckRecord? {
        checks.first { $0.id == id }
    }
}

extension EnrollmentVerifier {
    /// Verifies a registration.
    ///
    /// - Parameters:
    ///   - request: a `device_credential_*` body, an Open Finance Brasil `fido-registration` body
    ///     or a `RegistrationResponseJSON`, as UTF-8.
    ///   - expected: what was stored with the challenge.
    ///   - date: when it is judged; the dates of certificates are judged by it.
    /// - Throws: ``EnrollmentError/Misuse(problem:)`` where the expectation cannot be one. Whatever
    ///   is wrong with the request is in the outcome.
    public func register(
        _ request: Data, expecting expected: ExpectedRegistration, at date: Date
    ) throws -> Outcome<CredentialToStore> {
        let verdict = try verifyRegistration(
            request: request, expected: expected, nowMillis: Int64(unixMillisOf: date))
        return try Outcome(verdict, stored: verdict.credential)
    }

    /// Verifies a registration and the evidence of the app and the device that came beside it, into
    /// one verdict.
    ///
    /// - Parameters:
    ///   - request: as for ``register(_:expecting:at:)``.
    ///   - evidence: what the app sent beside it.
    ///   - expected: what was stored with the challenge, with the app that is expected.
    ///   - date: when it is judged.
    /// - Throws: as for ``register(_:expecting:at:)``; ``EnrollmentError/Malformed(problem:)`` where
    ///   the evidence cannot be read.
    public func register(
        _ request: Data, with evidence: DeviceEvidenceSource, expecting expected: ExpectedRegistration,
        at date: Date
    ) throws -> Outcome<CredentialToStore> {
        let verdict = try verifyRegistration(
            request: request, expected: expected, nowMillis: Int64(unixMillisOf: date),
            evidence: evidence)
        return try Outcome(verdict, stored: verdict.credential)
    }

    /// Judges a stored registration again: at the time of its ceremony, with what is known now of
    /// authenticators and certificates.
    ///
    /// - Parameters:
    ///   - request: the body that was stored.
    ///   - expected: what was stored with the challenge.
    ///   - ceremony: when it was registered.
    ///   - date: now.
    /// - Throws: as for ``register(_:expecting:at:)``.
    public func registerAgain(
        _ request: Data, expecting expected: ExpectedRegistration, registered ceremony: Date, at date: Date
    ) throws -> Outcome<CredentialToStore> {
        let verdict = try judgeRegistrationAgain(
            request: request, expected: expected, ceremonyMillis: Int64(unixMillisOf: ceremony),
            nowMillis: Int64(unixMillisOf: date))
        return try Outcome(verdict, stored: verdict.credential)
    }

    /// Verifies an assertion.
    ///
    /// - Parameters:
    ///   - request: an `authorise` body of Open Finance Brasil or an `AuthenticationResponseJSON`,
    ///     as UTF-8.
    ///   - expected: what was stored with the challenge, with the credentials of the account.
    ///   - date: when it is judged.
    /// - Throws: as for ``register(_:expecting:at:)``.
    public func approve(
        _ request: Data, expecting expected: ExpectedAuthentication, at date: Date
    ) throws -> Outcome<CredentialUpdate> {
        let verdict = try verifyAuthentication(
            request: request, expected: expected, nowMillis: Int64(unixMillisOf: date))
        return try Outcome(verdict, stored: verdict.update)
    }
}

extension Problem {
    /// A verdict that is neither an acceptance nor a refusal: a defect, as a panic is one.
    fileprivate static let contradiction = Problem(
        code: "internal.panic",
        textEn: "a defect in the library; please report it",
        textPt: "um defeito na biblioteca; por favor, comunique",
        detail: nil,
        retryable: false)
}
