import Foundation
import Testing

@testable import DeviceEnrollment

// Evidence of the app and the device beside a passkey, made by the test authenticator
// (bindings/evidence).

private struct Made {
    let evidence: Json
    let request: Data
    let expected: ExpectedRegistration
    let verifier: EnrollmentVerifier
    let changes: String
    let now: Int64 = 1_780_272_000_000

    init(_ name: String) throws {
        let path = repository.appendingPathComponent("bindings/evidence/\(name).json")
        let file = try Json(Data(contentsOf: path))
        let expect = try Present.unwrap(file["expect"])
        evidence = try Present.unwrap(file["evidence"])
        request = Data(try Present.unwrap(file["request"]).text.utf8)
        let app = expect["app_attest"]?["app_id"]?.string
        expected = ExpectedRegistration(
            challenge: try Present.unwrap(base64url(try Present.unwrap(expect["challenge"]?.string))),
            rpId: try Present.unwrap(expect["rp_id"]?.string),
            origins: try Present.unwrap(expect["origins"]?.array).compactMap(\.string),
            algorithms: expect["algs"]?.array?.compactMap(\.integer),
            app: app.map { ExpectedApp(appId: $0, environment: .production) })
        let applications = expect["android_applications"]?.text ?? "[]"
        changes = """
            {"device_evidence":"where_unattested","android_applications":\(applications)}
            """
        let roots = try Present.unwrap(expect["trust_anchors"]?.array).compactMap(\.string)
        verifier = try EnrollmentVerifier(
            configuration: VerifierConfiguration(
                profile: .openFinanceBrasil,
                trust: .certificates(der: roots.compactMap(base64url)), policyChanges: changes,
                androidStatus: AndroidStatusSource(
                    json: Data("{\"entries\":{}}".utf8), fetchedMillis: now)))
    }

    var sent: DeviceEvidenceSource { .json(text: evidence.text) }

    func preflight(_ sent: DeviceEvidenceSource?) throws -> PreflightReport {
        try preflightRegistration(
            request: request, expected: expected, profile: .openFinanceBrasil, language: .enUs,
            evidence: sent, policyChanges: changes)
    }
}

@Test(arguments: ["app-attest", "android-key"])
func aPasskeyAndItsEvidenceComeToOneVerdict(_ name: String) throws {
    let made = try Made(name)
    let date = Date(unixMillis: made.now)
    let outcome = try made.verifier.register(
        made.request, with: made.sent, expecting: made.expected, at: date)
    guard case .accepted(let credential, let verdict) = outcome else {
        Issue.record("\(outcome.verdict.refusal?.textEn ?? "")")
        return
    }
    #expect(verdict.parts.map(\.role) == ["device_evidence"])
    #expect(credential.appKey?.format == verdict.parts.first?.facts.format)
    let without = try made.verifier.register(made.request, expecting: made.expected, at: date)
    #expect(without.verdict.refusal?.check == "PO-6")

    let ready = try made.preflight(made.sent)
    #expect(ready.ready, "\(ready.message ?? "")")
    #expect(ready.evidenceChecks.contains { $0.outcome == .passed })
    #expect(try made.preflight(nil).refusal?.code == "policy.device_evidence_missing")
    // As it is sent, it is what it was.
    #expect(try Json(Data(deviceEvidenceRequest(evidence: made.sent).utf8)).text == made.evidence.text)
}

@Test func evidenceIsWrittenFromWhatApplePlatformsGive() throws {
    let made = try Made("app-attest")
    let app = try Present.unwrap(made.evidence["app_attest"])
    let keyID = try Present.unwrap(base64url(try Present.unwrap(app["key_id"]?.string)))
    let object = try Present.unwrap(base64url(try Present.unwrap(app["attestation_object"]?.string)))
    let source = DeviceEvidenceSource.appAttest(
        keyId: keyID.base64EncodedString(), attestationObject: object)
    #expect(try Json(Data(deviceEvidenceRequest(evidence: source).utf8)).text == made.evidence.text)
    #expect(!String(reflecting: source).contains(keyID.base64EncodedString()))
}

@Test func evidenceThatCannotBeReadIsAnError() throws {
    let made = try Made("app-attest")
    for text in ["", "{}", "[]", "{\"app_attest\":{}}", String(repeating: "x", count: 10 << 20)] {
        let error = failure {
            try made.verifier.register(
                made.request, with: .json(text: text), expecting: made.expected,
                at: Date(unixMillis: made.now))
        }
        #expect(error?.problem.code == "malformed.evidence")
    }
}
