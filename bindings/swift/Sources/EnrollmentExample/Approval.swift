import DeviceEnrollment
import Foundation

/// The phone's side of an approval: of a transfer, or of a consent.
struct Approval {
    let options: SignOptions
    /// Where the ceremony runs.
    let origin: String

    /// - Parameter answer: what the bank's options endpoint answered, as it came.
    init(answer: String) throws {
        options = try signOptions(answer: answer)
        origin = "https://\(options.rpId)"
    }

    /// The body to send, or why there is no use in sending it.
    func body(of source: AssertionSource) throws -> String {
        let body = try assertionRequest(source: source, form: .webauthn)
        let report = try preflightAuthentication(
            request: Data(body.utf8),
            expected: expectedOfSignOptions(options: options, origins: [origin]),
            profile: .openFinanceBrasil,
            language: .current)
        guard report.ready else {
            throw WouldBeRefused(message: report.message ?? "", code: report.refusal?.code ?? "")
        }
        return body
    }
}
