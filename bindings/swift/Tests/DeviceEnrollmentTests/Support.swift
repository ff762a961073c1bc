import Foundation

@testable import DeviceEnrollment

/// The repository, from the place of this file in it.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// The published enrollment that the README begins with.
struct Published {
    let request: Data
    let expected: ExpectedRegistration
    let now: Int64

    init() throws {
        let file = repository.appendingPathComponent("examples/enrollment.json")
        let json = try Json(Data(contentsOf: file))
        let stated = try Present.unwrap(json["expect"])
        request = Data(try Present.unwrap(json["request"]).text.utf8)
        expected = ExpectedRegistration(
            challenge: try Present.unwrap(base64url(try Present.unwrap(stated["challenge"]?.string))),
            rpId: try Present.unwrap(stated["rp_id"]?.string),
            origins: try Present.unwrap(stated["origins"]?.array).compactMap(\.string),
            algorithms: stated["algs"]?.array?.compactMap(\.integer))
        now = 1_780_272_000_000
    }
}

/// What has to be there is not.
enum Present: Error {
    case missing

    static func unwrap<T>(_ value: T?) throws -> T {
        guard let value else { throw missing }
        return value
    }
}

/// The error that a call ends with, if it is one of the library's.
func failure(_ call: () throws -> some Any) -> EnrollmentError? {
    do {
        _ = try call()
        return nil
    } catch {
        return error as? EnrollmentError
    }
}

func bank(trust: TrustSource = .empty) throws -> EnrollmentVerifier {
    try EnrollmentVerifier(
        configuration: VerifierConfiguration(profile: .openFinanceBrasil, trust: trust))
}
