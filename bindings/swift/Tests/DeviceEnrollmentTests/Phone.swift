import EnrollmentSample
import Foundation

@testable import DeviceEnrollment

/// A passkey without attestation that answers any options for the sample's relying party. What it
/// signs is not signed: there is no key here that could.
struct Phone {
    let credentialID = Sample.credentialID
    /// The sample's own key.
    let publicKey: Data
    private let rpIDHash: Data

    init() throws {
        let verdict = try bank(trust: .certificates(der: [Sample.root])).verifyRegistration(
            request: Sample.request, expected: Sample.expected, nowMillis: Sample.now)
        publicKey = try Present.unwrap(verdict.credential).publicKey
        // Authenticator data begins with it, behind its name and two bytes of length.
        let name = try Present.unwrap(Sample.attestationObject.range(of: Data("authData".utf8)))
        rpIDHash = Data(Sample.attestationObject[name.upperBound...].dropFirst(2).prefix(32))
    }

    func create(_ options: String) throws -> RegistrationSource {
        var authData = rpIDHash
        authData.append(contentsOf: [0x45, 0, 0, 0, 0])
        authData.append(Data(count: 16))
        authData.append(contentsOf: [0, UInt8(credentialID.count)])
        authData.append(credentialID)
        authData.append(publicKey)
        var object = Data([0xa3, 0x63])
        object.append(Data("fmt".utf8))
        object.append(0x64)
        object.append(Data("none".utf8))
        object.append(0x67)
        object.append(Data("attStmt".utf8))
        object.append(contentsOf: [0xa0, 0x68])
        object.append(Data("authData".utf8))
        object.append(contentsOf: [0x58, UInt8(authData.count)])
        object.append(authData)
        return .raw(
            credentialId: credentialID,
            clientDataJson: try clientData("webauthn.create", registrationOptions(answer: options).challenge),
            attestationObject: object, attachment: .platform)
    }

    func sign(_ options: String) throws -> AssertionSource {
        var authData = rpIDHash
        authData.append(contentsOf: [0x05, 0, 0, 0, 1])
        return .raw(
            credentialId: credentialID,
            clientDataJson: try clientData("webauthn.get", signOptions(answer: options).challenge),
            authenticatorData: authData, signature: Data([0x30, 0x00]), userHandle: Data())
    }

    func stored(_ userHandle: Data? = nil) -> StoredCredential {
        StoredCredential(
            id: credentialID, publicKey: publicKey, signCount: 0, backupEligible: false,
            userHandle: userHandle)
    }

    private func clientData(_ type: String, _ challenge: Data) throws -> Data {
        let text = challenge.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        return Data(
            """
            {"type":"\(type)","challenge":"\(text)","origin":"\(Sample.origin)","crossOrigin":false}
            """.utf8)
    }
}
