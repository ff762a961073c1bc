// App Attest beside a passkey. Compiled only where Apple's frameworks are.
#if canImport(DeviceCheck) && canImport(CryptoKit)
import CryptoKit
import DeviceCheck
import DeviceEnrollment

/// What goes to the bank beside the body of a registration.
struct AppEvidence: Encodable {
    let keyID: String
    let attestationObject: String

    enum CodingKeys: String, CodingKey {
        case keyID = "key_id"
        case attestationObject = "attestation_object"
    }
}

/// A key of the app's own, attested by Apple over the challenge of the registration. It says that
/// this app, unmodified, on a genuine device took part; not that the passkey lies in that device.
func appEvidence(for options: RegistrationOptions) async throws -> AppEvidence? {
    let service = DCAppAttestService.shared
    guard service.isSupported else { return nil }
    // A new key for each enrollment: a key can be attested once.
    let keyID = try await service.generateKey()
    let hash = Data(SHA256.hash(data: options.challenge))
    let attestation = try await service.attestKey(keyID, clientDataHash: hash)
    // Apple's key id is standard base64; the library reads base64url.
    return AppEvidence(
        keyID: base64url(keyID), attestationObject: base64url(attestation.base64EncodedString()))
}

private func base64url(_ standard: String) -> String {
    standard.replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}
#endif
