import DeviceEnrollment
import Foundation

/// The bank's side, for a backend in Swift and for tests of an app. A bank with the HTTP service or
/// with a backend in another language has the same there.
struct Bank {
    let verifier: EnrollmentVerifier

    /// - Parameter roots: the certificates that may vouch for authenticators. The roots that come
    ///   with the library are `TrustSource.bundled`.
    init(roots: [Data]) throws {
        verifier = try EnrollmentVerifier(
            configuration: VerifierConfiguration(
                profile: .openFinanceBrasil,
                trust: .certificates(der: roots)))
    }

    /// What to store, where the enrollment is accepted.
    func enroll(_ body: String, expecting expected: ExpectedRegistration, at date: Date) throws
        -> CredentialToStore
    {
        let outcome = try verifier.register(Data(body.utf8), expecting: expected, at: date)
        // Keep `outcome.verdict.json` with the enrollment: what was checked, and under what data.
        switch outcome {
        case .accepted(let credential, _):
            return credential
        case .refused(let refusal, _), .malformed(let refusal, _):
            throw Refused(check: refusal.check, publishedCode: refusal.openFinanceCode)
        }
    }
}

/// The enrollment was refused.
struct Refused: Error, Equatable {
    /// The check that refused, `CD-7`.
    let check: String
    /// The code of the Open Finance Brasil contract.
    let publishedCode: String
}
