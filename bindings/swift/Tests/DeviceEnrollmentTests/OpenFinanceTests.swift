import EnrollmentSample
import Foundation
import Testing

@testable import DeviceEnrollment

// A backend at the account holder: an enrollment, and a consent that asks for its device.

private let now: Int64 = 1_780_000_000_000
private let enrollmentID = UUID().uuidString.lowercased()
private let document = "52998224725"
private let signals = """
    {"deviceId":"d","isRootedDevice":false,"screenBrightness":90,"elapsedTimeSinceBoot":28800000,\
    "osVersion":"16.6","userTimeZoneOffset":"-03","language":"pt",\
    "screenDimensions":{"height":1080,"width":1920},"accountTenure":"2023-01-01"}
    """

private func random(_ count: Int) -> Data {
    Data((0..<count).map { _ in UInt8.random(in: .min ... .max) })
}

private func configuration() -> OpenFinanceConfiguration {
    OpenFinanceConfiguration(
        release: .v21, namespace: "bank", rpId: Sample.rpId, rpName: "Bank", origins: [Sample.origin])
}

private func bound(_ backend: EnrollmentBackend, _ phone: Phone) throws -> (Data, Data) {
    let body = """
        {"client_redirect_url":"https://payer.example/back","participant_id":"p",\
        "logged_user_document":"\(document)","permissions":["PAYMENTS_INITIATE"]}
        """
    let created = try backend.create(
        body: Data(body.utf8), form: .flat, enrollmentId: enrollmentID,
        deviceId: UUID().uuidString.lowercased(), accountIsUsable: true, nowMillis: now)
    #expect(created.view?.nextSteps == [.sendRiskSignals, .end])
    #expect(created.view?.secondsLeft == UInt64(300))
    let signalled = try backend.riskSignals(
        stored: try Present.unwrap(created.stored), body: Data("{\"data\":\(signals)}".utf8),
        form: .openFinanceBrasil, nativePhone: true, nowMillis: now)
    #expect(signalled.refusal == nil)
    let approved = try backend.holderApproved(
        stored: try Present.unwrap(signalled.stored),
        approval: HolderApproval(
            ispb: "12345678", branch: "0001", number: "7654321", accountType: "CACC",
            userName: "conta 7654321", userDisplayName: "Ana Souza", terms: EnrollmentTerms()),
        nowMillis: now)
    #expect(approved.view?.nextSteps.first == .askOptions)
    let issued = try backend.options(
        stored: try Present.unwrap(approved.stored), idempotencyKey: "1", platform: .ios, rp: nil,
        excludeCredentials: [], entropy: random(96), nowMillis: now)
    let options = try Present.unwrap(issued.view?.options)
    #expect(options.secondsLeft == UInt64(300))
    let registration = try registrationRequest(
        source: try phone.create(options.webauthn), form: .deviceCredential)
    let sent = try backend.register(
        stored: try Present.unwrap(issued.stored), body: Data(registration.utf8), form: .flat,
        nowMillis: now)
    guard case .judgeRegistration(let work) = try Present.unwrap(sent.tasks.first) else {
        throw Present.missing
    }
    let judged = try backend.judge(work: work, nowMillis: now)
    #expect(judged.verdict.accepted, "\(judged.verdict.refusal?.textEn ?? "")")
    #expect(failure { try backend.judge(work: work, nowMillis: now) }?.problem.code == "misuse.work")
    let stored = try Present.unwrap(sent.stored)
    let taken = try backend.report(
        stored: stored, report: judged.report, nowMillis: now, credentialTaken: true)
    #expect(taken.refusal?.code == "PUBLIC_KEY_INVALIDA")
    let done = try backend.report(stored: stored, report: judged.report, nowMillis: now)
    #expect(done.view?.status == "AUTHORISED")
    guard case .storeCredential(_, let rpID, let handle, let credential) = try Present.unwrap(done.tasks.first)
    else { throw Present.missing }
    #expect(rpID == Sample.rpId)
    #expect(credential.id == phone.credentialID)
    for step in [created, issued, sent, done] {
        for secret in [document, "7654321", "Ana Souza"] {
            #expect(!String(reflecting: step).contains(secret))
        }
    }
    return (try Present.unwrap(done.stored), handle)
}

@Test func anEnrollmentIsBoundAndItsDeviceIsAskedForAConsent() throws {
    let verifier = try bank()
    let enrollments = try EnrollmentBackend(configuration: configuration(), verifier: verifier)
    let consents = try ConsentBackend(configuration: configuration(), verifier: verifier)
    let phone = try Phone()
    let (enrollment, handle) = try bound(enrollments, phone)

    let made = try consents.create(
        consent: NewConsentRecord(id: "urn:bank:c1", expiresMillis: now + 600_000), nowMillis: now)
    #expect(made.view.nextSteps == [.giveSignOptions])
    #expect(made.view.secondsLeft == UInt64(600))
    let given = try consents.signOptions(
        stored: made.stored, enrollment: enrollment, idempotencyKey: "2", platform: .ios, rp: nil,
        entropy: random(96), nowMillis: now)
    #expect(given.view.nextSteps.first == .authorise)
    let options = try Present.unwrap(given.view.options).webauthn
    let json = try Json(
        Data(try assertionRequest(source: try phone.sign(options), form: .authorise).utf8))
    let assertion = try Present.unwrap(json["data"]?["fidoAssertion"]).text
    let body = """
        {"data":{"enrollmentId":"urn:bank:\(enrollmentID)","riskSignals":\(signals),\
        "fidoAssertion":\(assertion)}}
        """
    let sent = try consents.authorise(
        stored: given.stored, enrollment: enrollment, body: Data(body.utf8),
        credential: phone.stored(handle), native: true, nowMillis: now)
    #expect(sent.refusal == nil)
    #expect(sent.view.nextSteps.isEmpty)
    guard case .judgeAssertion(let work) = try Present.unwrap(sent.tasks.first) else {
        throw Present.missing
    }
    // Nothing was signed, so nothing is authorised.
    let judged = try consents.judge(work: work, nowMillis: now)
    #expect(judged.verdict.refusal?.check == "AS-3")
    let told = try consents.report(
        stored: sent.stored, report: judged.report, riskIsAccepted: true, nowMillis: now)
    #expect(told.view.status == "REJECTED")
    #expect(told.refusal != nil)
    #expect(told.tasks.isEmpty)
}

@Test func whatHasNotItsFormIsAMisuse() throws {
    let verifier = try bank()
    var nowhere = configuration()
    nowhere = OpenFinanceConfiguration(
        release: .v22, namespace: "", rpId: nowhere.rpId, rpName: nowhere.rpName, origins: nowhere.origins)
    #expect(
        failure { try ConsentBackend(configuration: nowhere, verifier: verifier) }?.problem.code
            == "misuse.namespace")
    let backend = try EnrollmentBackend(configuration: configuration(), verifier: verifier)
    #expect(
        failure { try backend.tick(stored: Data("{}".utf8), nowMillis: now) }?.problem.code
            == "misuse.stored")
    let refused = try backend.create(
        body: Data("{}".utf8), form: .flat, enrollmentId: enrollmentID, deviceId: enrollmentID,
        accountIsUsable: true, nowMillis: now)
    #expect(refused.stored == nil)
    #expect(refused.refusal?.member == "client_redirect_url")
}
