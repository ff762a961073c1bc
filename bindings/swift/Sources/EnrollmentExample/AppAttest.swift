// App Attest beside a passkey. Compiled only where Apple's frameworks are.
#if canImport(DeviceCheck) && canImport(CryptoKit)
import CryptoKit
import DeviceCheck
import DeviceEnrollment

/// A key of the app's own, attested by Apple over the challenge of the registration. It says that
/// this app, unmodified, on a genuine device took part; not that the passkey lies in that device.
func appEvidence(for options: RegistrationOptions) async throws -> DeviceEvidenceSource? {
    let service = DCAppAttestService.shared
    guard service.isSupported else { return nil }
    // A new key for each enrollment: a key can be attested once.
    let keyID = try await service.generateKey()
    let hash = Data(SHA256.hash(data: options.challenge))
    let attestation = try await service.attestKey(keyID, clientDataHash: hash)
    return .appAttest(keyId: keyID, attestationObject: attestation)
}
#endif
