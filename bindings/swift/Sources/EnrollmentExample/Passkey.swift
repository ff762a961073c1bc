// The ceremony on an iPhone. Compiled only where Apple's frameworks are.
#if canImport(AuthenticationServices) && canImport(UIKit)
import AuthenticationServices
import DeviceEnrollment
import UIKit

/// Makes one passkey. Keep it until it has answered: the controller does not.
@MainActor
final class PasskeyCeremony: NSObject {
    private let window: UIWindow
    private var answer: CheckedContinuation<RegistrationSource, any Error>?

    init(window: UIWindow) {
        self.window = window
    }

    func create(_ options: RegistrationOptions) async throws -> RegistrationSource {
        let controller = ASAuthorizationController(
            authorizationRequests: [options.platformRequest()])
        controller.delegate = self
        controller.presentationContextProvider = self
        return try await withCheckedThrowingContinuation { continuation in
            answer = continuation
            controller.performRequests()
        }
    }

    private func finish(_ result: Result<RegistrationSource, any Error>) {
        answer?.resume(with: result)
        answer = nil
    }
}

extension PasskeyCeremony: ASAuthorizationControllerDelegate {
    func authorizationController(
        controller: ASAuthorizationController,
        didCompleteWithAuthorization authorization: ASAuthorization
    ) {
        let made = authorization.credential as? ASAuthorizationPlatformPublicKeyCredentialRegistration
        if let made, let source = RegistrationSource(made) {
            finish(.success(source))
        } else {
            finish(.failure(ASAuthorizationError(.invalidResponse)))
        }
    }

    func authorizationController(
        controller: ASAuthorizationController, didCompleteWithError error: any Error
    ) {
        // ASAuthorizationError.canceled: the person thought better of it. Offer it again.
        finish(.failure(error))
    }
}

extension PasskeyCeremony: ASAuthorizationControllerPresentationContextProviding {
    func presentationAnchor(for controller: ASAuthorizationController) -> ASPresentationAnchor {
        window
    }
}
#endif
