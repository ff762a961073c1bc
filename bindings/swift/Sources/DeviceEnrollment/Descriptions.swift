// What has a challenge or a person's data in it does not print them: by default Swift prints every
// field of a value, and what is printed ends in a log.

private protocol Reticent: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Reticent {
    public var description: String { "\(Self.self)(…)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension RegistrationOptions: Reticent {}
extension SignOptions: Reticent {}
extension ExpectedRegistration: Reticent {}
extension ExpectedAuthentication: Reticent {}
extension RegistrationSource: Reticent {}
extension AssertionSource: Reticent {}
extension CodeKeyRecord: Reticent {}
extension ContactsRecord: Reticent {}
extension DeviceRequestFacts: Reticent {}
extension DeviceRequestSummary: Reticent {}
extension DeviceStateView: Reticent {}
extension DeviceStep: Reticent {}
extension LivenessNonceRecord: Reticent {}
extension DeviceEvidenceSource: Reticent {}
extension BoundCredentialRecord: Reticent {}
extension StoredCredential: Reticent {}
extension TransferRequestFacts: Reticent {}
extension TransferRequestSummary: Reticent {}
extension TransferBackendConfiguration: Reticent {}
extension DeviceBackendConfiguration: Reticent {}
extension TransferShown: Reticent {}
extension TransferStateView: Reticent {}
extension TransferTask: Reticent {}
extension TransferStep: Reticent {}
extension IssuedOptions: Reticent {}
extension HolderApproval: Reticent {}
extension EnrollmentStateView: Reticent {}
extension EnrollmentTask: Reticent {}
extension EnrollmentStep: Reticent {}
extension ConsentAccount: Reticent {}
extension NewConsentRecord: Reticent {}
extension ConsentStateView: Reticent {}
extension ConsentStep: Reticent {}
