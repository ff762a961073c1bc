import DeviceEnrollment
import Foundation

/// The phone's side of an enrollment: between the options that the bank answers and the body that
/// the bank is sent.
struct Enrollment {
    let options: RegistrationOptions
    /// Where the ceremony runs. On iOS the relying party's own origin; on Android that of the app.
    let origin: String

    /// - Parameter answer: what the bank's options endpoint answered, as it came.
    init(answer: String) throws {
        options = try registrationOptions(answer: answer)
        origin = "https://\(options.rpId)"
    }

    /// The body to send, or why there is no use in sending it.
    func body(of source: RegistrationSource) throws -> String {
        let body = try registrationRequest(source: source, form: .deviceCredential)
        let report = try preflightRegistration(
            request: Data(body.utf8),
            expected: expectedOfOptions(options: options, origins: [origin]),
            profile: .openFinanceBrasil,
            language: .current)
        guard report.ready else {
            throw WouldBeRefused(message: report.message ?? "", code: report.refusal?.code ?? "")
        }
        return body
    }
}

/// The bank would refuse this; nothing was sent.
struct WouldBeRefused: LocalizedError {
    /// A sentence in the language of the person.
    let message: String
    /// The stable code, for the log.
    let code: String

    var errorDescription: String? { message }
}
