import EnrollmentSample
import Foundation
import Testing

@testable import DeviceEnrollment

private let made = RegistrationSource.raw(
    credentialId: Sample.credentialID, clientDataJson: Sample.clientDataJSON,
    attestationObject: Sample.attestationObject, attachment: .platform)

@Test func optionsAreWhatEachPlatformTakes() throws {
    let options = try registrationOptions(answer: Sample.options)
    #expect(options.rpId == "bank.example")
    #expect(options.challenge == Sample.challenge)
    #expect(options.userId == Data([1, 2, 3, 4]))
    #expect(options.userVerification == .required)
    #expect(options.algorithms == [-7, -257])
    #expect(options.timeoutMillis == 300_000)
    let json = try Json(Data(options.json.utf8))
    #expect(json["rp"]?["id"]?.string == "bank.example")
    #expect(json["challenge"]?.string.flatMap(base64url) == Sample.challenge)
    let error = failure { try registrationOptions(answer: "{}") }
    guard case .Malformed = error else {
        Issue.record("\(String(describing: error))")
        return
    }
}

@Test func whatThePhoneGivesIsTheBodyThatTheBankAccepts() throws {
    let verifier = try bank(trust: .certificates(der: [Sample.root]))
    var bodies: Set<String> = []
    for form in [RegistrationForm.deviceCredential, .fidoRegistration, .webauthn] {
        let body = try registrationRequest(source: made, form: form)
        bodies.insert(body)
        let verdict = try verifier.verifyRegistration(
            request: Data(body.utf8), expected: Sample.expected, nowMillis: Sample.now)
        #expect(verdict.accepted, "\(body)")
        #expect(verdict.credential?.attestationType == "basic")
        // And from the JSON that Android or a browser has, to the same body.
        #expect(try registrationRequest(source: .json(text: body), form: form) == body)
    }
    #expect(bodies.count == 3)
}

@Test func aPreflightSaysWhatTheBankWouldRefuseAndLeavesTheRestToIt() throws {
    let body = Data(try registrationRequest(source: made, form: .deviceCredential).utf8)
    let options = try registrationOptions(answer: Sample.options)
    let expected = try expectedOfOptions(options: options, origins: [Sample.origin])
    let ready = try preflightRegistration(
        request: body, expected: expected, profile: .openFinanceBrasil, language: .enUs)
    #expect(ready.ready && ready.refusal == nil && ready.message == nil)
    #expect(ready.leftToServer.contains("X-11"))

    let elsewhere = try expectedOfOptions(options: options, origins: ["https://bank.example:8443"])
    for language in [TextLanguage.enUs, .ptBr] {
        let report = try preflightRegistration(
            request: body, expected: elsewhere, profile: .openFinanceBrasil, language: language)
        #expect(!report.ready)
        #expect(report.refusal?.code == "client_data.origin")
        #expect(report.message == report.refusal?.text(in: language))
    }
}

@Test func theOriginOfAnAndroidAppComesFromItsCertificate() throws {
    // The SHA-256 of nothing.
    #expect(
        try androidOrigin(signingCertificate: Data())
            == "android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
}

@Test func hostileTextsAreErrorsAndNoTraps() throws {
    let long = String(repeating: "a", count: 10 << 20)
    let broken = String(decoding: [0xff, 0xfe, 0x80] as [UInt8], as: UTF8.self)
    for text in ["", "{", "\u{0}", broken, long] {
        #expect(failure { try registrationOptions(answer: text) } != nil)
        #expect(failure { try signOptions(answer: text) } != nil)
        #expect(failure { try registrationRequest(source: .json(text: text), form: .webauthn) } != nil)
        #expect(failure { try assertionRequest(source: .json(text: text), form: .webauthn) } != nil)
        #expect(failure { try judgeVector(vector: text) } != nil)
    }
    let empty = RegistrationSource.raw(
        credentialId: Data(), clientDataJson: Data(), attestationObject: Data(), attachment: nil)
    let body = try registrationRequest(source: empty, form: .deviceCredential)
    let verdict = try bank().verifyRegistration(
        request: Data(body.utf8), expected: Sample.expected, nowMillis: Sample.now)
    #expect(!verdict.accepted)
}

@Test func anErrorNamesNoBytesThatWereReceived() throws {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"
    let error = failure {
        try registrationRequest(
            source: .json(text: #"{"id":"\#(secret)","rawId":7,"type":"public-key"}"#), form: .webauthn)
    }
    let shown = String(reflecting: try Present.unwrap(error)) + error!.localizedDescription
    #expect(!shown.contains(secret))
}

@Test func whatHasAChallengeOrAPersonInItDoesNotPrintThem() throws {
    let options = try registrationOptions(answer: Sample.options)
    let expected = try expectedOfOptions(options: options, origins: [Sample.origin])
    let values: [Any] = [options, expected, made, [made], ["a": options]]
    for value in values {
        var dumped = ""
        dump(value, to: &dumped)
        for shown in ["\(value)", String(reflecting: value), dumped] {
            #expect(!shown.contains("conta") && !shown.contains("bytes"), "\(shown)")
        }
    }
    #expect("\(options)" == "RegistrationOptions(…)")
}
