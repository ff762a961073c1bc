// Between AuthenticationServices and this library. Compiled only where Apple's frameworks are.
#if canImport(AuthenticationServices)
import AuthenticationServices
import Foundation

@available(iOS 16.0, macOS 13.0, *)
extension RegistrationOptions {
    /// The request for `ASAuthorizationController` that these options ask for.
    public func platformRequest() -> ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest {
        let provider = ASAuthorizationPlatformPublicKeyCredentialProvider(
            relyingPartyIdentifier: rpId)
        let request = provider.createCredentialRegistrationRequest(
            challenge: challenge, name: userName, userID: userId)
        request.userVerificationPreference = userVerification.preference
        request.attestationPreference = .init(rawValue: attestation)
        if #available(iOS 17.4, macOS 14.4, *) {
            request.excludedCredentials = excludeCredentials.map {
                ASAuthorizationPlatformPublicKeyCredentialDescriptor(credentialID: $0)
            }
        }
        return request
    }
}

@available(iOS 16.0, macOS 13.0, *)
extension SignOptions {
    /// The request for `ASAuthorizationController` that these options ask for.
    public func platformRequest() -> ASAuthorizationPlatformPublicKeyCredentialAssertionRequest {
        let provider = ASAuthorizationPlatformPublicKeyCredentialProvider(
            relyingPartyIdentifier: rpId)
        let request = provider.createCredentialAssertionRequest(challenge: challenge)
        request.userVerificationPreference = userVerification.preference
        request.allowedCredentials = allowCredentials.map {
            ASAuthorizationPlatformPublicKeyCredentialDescriptor(credentialID: $0)
        }
        return request
    }
}

@available(iOS 16.0, macOS 13.0, *)
extension RegistrationSource {
    /// What AuthenticationServices gave; `nil` where it has no attestation object.
    public init?(_ registration: ASAuthorizationPlatformPublicKeyCredentialRegistration) {
        guard let attestationObject = registration.rawAttestationObject else { return nil }
        self = .raw(
            credentialId: registration.credentialID,
            clientDataJson: registration.rawClientDataJSON,
            attestationObject: attestationObject,
            attachment: .platform)
    }
}

@available(iOS 16.0, macOS 13.0, *)
extension AssertionSource {
    /// What AuthenticationServices gave.
    public init(_ assertion: ASAuthorizationPlatformPublicKeyCredentialAssertion) {
        self = .raw(
            credentialId: assertion.credentialID,
            clientDataJson: assertion.rawClientDataJSON,
            authenticatorData: assertion.rawAuthenticatorData,
            signature: assertion.signature,
            userHandle: assertion.userID)
    }
}

extension UserVerificationRequirement {
    @available(iOS 16.0, macOS 13.0, *)
    fileprivate var preference: ASAuthorizationPublicKeyCredentialUserVerificationPreference {
        switch self {
        case .required: .required
        case .preferred: .preferred
        case .discouraged: .discouraged
        }
    }
}
#endif
