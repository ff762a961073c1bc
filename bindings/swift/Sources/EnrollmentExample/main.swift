// An enrollment from the bank's options to what the bank stores, with a key that the test
// authenticator made. `bindings/swift/test` runs it.

import DeviceEnrollment
import EnrollmentSample
import Foundation

// The bank issues options and remembers what it expects.
let expected = Sample.expected
let enrollment = try Enrollment(answer: Sample.options)
print("options    for \(enrollment.options.rpId), attestation \(enrollment.options.attestation)")

// The phone makes the key. On an iPhone these bytes come from AuthenticationServices.
let source = RegistrationSource.raw(
    credentialId: Sample.credentialID,
    clientDataJson: Sample.clientDataJSON,
    attestationObject: Sample.attestationObject,
    attachment: .platform)
let body = try enrollment.body(of: source)
print("preflight  ready, \(body.utf8.count) bytes to send")

// The bank judges.
let bank = try Bank(roots: [Sample.root])
let credential = try bank.enroll(body, expecting: expected, at: Date(unixMillis: Sample.now))
print("accepted   \(credential.attestationType) attestation, model \(credential.aaguid)")

// Another challenge is refused on the phone already, and by the bank as well.
let other = try Enrollment(answer: Sample.optionsOfAnotherChallenge)
do {
    _ = try other.body(of: source)
    fatalError("a response to another challenge is not ready to be sent")
} catch let error as WouldBeRefused {
    print("preflight  not ready: \(error.code)")
}
do {
    let expected = try expectedOfOptions(options: other.options, origins: [other.origin])
    _ = try bank.enroll(body, expecting: expected, at: Date(unixMillis: Sample.now))
    fatalError("a response to another challenge is not accepted")
} catch let error as Refused {
    print("refused    \(error.check), \(error.publishedCode)")
}
