import EnrollmentSample
import Foundation
import Testing

@testable import DeviceEnrollment

// A backend that has transfers approved, its delivery written in Swift.

private let now: Int64 = 1_780_000_000_000
private let account = UUID().uuidString.lowercased()
private let device = UUID().uuidString.lowercased()
private let document = "52998224725"
private let telephone = "+5511999990000"

private final class Codes: CodeDelivery, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String] = []

    var last: String? { lock.withLock { kept.last } }

    func deliver(channel: CodeChannel, contact: String, code: String) throws -> Bool {
        lock.withLock { kept.append(code) }
        return true
    }
}

private func random(_ count: Int) -> Data {
    Data((0..<count).map { _ in UInt8.random(in: .min ... .max) })
}

private func key() -> String { UUID().uuidString.lowercased() }

private func backend(_ codes: Codes) throws -> TransferBackend {
    let configuration = TransferBackendConfiguration(
        codeKey: CodeKeyRecord(id: "k1", secret: random(32)), rpId: Sample.rpId,
        origins: [Sample.origin])
    return try TransferBackend(configuration: configuration, verifier: try bank(), delivery: codes)
}

private func requested(_ backend: TransferBackend, by contact: String) throws -> TransferStep {
    let session = contact == "device" ? ",\"session_id\":\"\(key())\"" : ""
    let body = """
        {"request_control_key":"\(key())","transaction_amount":1234.5,
         "target_account":{"account_branch":"0001","account_number":"123456","account_digit":"7",
         "owner_document_number":"98765432100","owner_name":"Ana Souza","ispb":"12345678",
         "account_type":"checking_account"},
         "tfa_info":{"approver_document_number":"\(document)","contact_type":"\(contact)"\(session)}}
        """
    let facts = TransferRequestFacts(
        accountKey: account, account: .open, requesterConfigured: true,
        approver: ContactsRecord(phone: telephone, email: nil), requestControlKeyUsed: false,
        deviceKey: device, spent: SpentRecord())
    let step = try backend.request(
        body: Data(body.utf8), tedKey: key(), facts: facts, entropy: random(96), nowMillis: now)
    #expect(step.refusal == nil)
    return step
}

private func only(_ step: TransferStep) throws -> TransferTask {
    #expect(step.tasks.count == 1)
    return try Present.unwrap(step.tasks.first)
}

@Test func aTransferIsApprovedByTheCodeThatWasDelivered() throws {
    let codes = Codes()
    let backend = try backend(codes)
    let step = try requested(backend, by: "sms")
    #expect(step.view?.shown.amount == "1234.50")
    #expect(step.view?.shown.payeeName == "Ana Souza")
    #expect(step.view?.nextSteps == [.enterCode, .resendCode])
    #expect(codes.last == nil, "nothing is sent before the state is stored")
    guard case .sendCode(let sending) = try only(step) else { throw Present.missing }
    let sent = try backend.report(
        stored: try Present.unwrap(step.stored), report: try backend.send(work: sending), nowMillis: now)

    let body = Data("{\"token\":\"\(try Present.unwrap(codes.last))\"}".utf8)
    let counted = try backend.approve(
        stored: try Present.unwrap(sent.stored), body: body, spent: SpentRecord(), deviceActive: false,
        nowMillis: now)
    #expect(counted.view?.attemptsLeft == UInt8(4))
    #expect(counted.view?.secondsLeft == UInt64(300))
    guard case .compareCode(let comparing) = try only(counted) else { throw Present.missing }
    let report = try backend.compare(work: comparing)
    let approved = try backend.report(
        stored: try Present.unwrap(counted.stored), report: report, nowMillis: now)
    #expect(approved.view?.nextSteps == [.awaitRail])
    guard case .handToRail(let order) = try only(approved) else { throw Present.missing }
    #expect(order.contains("123456"))
    let rejected = try backend.railAnswered(
        stored: try Present.unwrap(approved.stored), answer: .rejected(code: "TED000009"), nowMillis: now)
    #expect(rejected.view?.tedStatus == "rejected")
    #expect(rejected.refusalBody?.contains("ted_data") == true)
    #expect(failure { try backend.compare(work: comparing) }?.problem.code == "misuse.work")
    for shown in [step, counted, approved, rejected] {
        for secret in [document, telephone, "98765432100", "Ana Souza"] {
            #expect(!String(reflecting: shown).contains(secret))
        }
    }
}

@Test func whatADeviceDidNotSignApprovesNoTransfer() throws {
    let backend = try backend(Codes())
    let phone = try Phone()
    let credentials = [
        BoundCredentialRecord(
            accountKey: account, approverDocument: document, deviceKey: device, credential: phone.stored())
    ]
    let step = try requested(backend, by: "device")
    #expect(step.view?.nextSteps == [.giveSignOptions])
    let given = try backend.signOptions(
        stored: try Present.unwrap(step.stored), credentials: credentials, entropy: random(96),
        nowMillis: now)
    #expect(given.view?.nextSteps.first == .presentAssertion)
    guard case .giveSignOptions(let json) = try only(given) else { throw Present.missing }

    // The phone cannot know whose key it was, and finds nothing else to refuse.
    let signed = try assertionRequest(source: try phone.sign(json), form: .webauthn)
    let expected = try expectedOfSignOptions(
        options: try DeviceEnrollment.signOptions(answer: json), origins: [Sample.origin])
    let ready = try preflightAuthentication(
        request: Data(signed.utf8), expected: expected, profile: .openFinanceBrasil, language: .enUs)
    #expect(ready.ready, "\(ready.message ?? "")")
    #expect(ready.leftToServer.contains("AS-3"))

    let presented = try backend.present(
        stored: try Present.unwrap(given.stored), assertion: Data(signed.utf8), nowMillis: now)
    #expect(presented.view?.attemptsLeft == UInt8(4))
    guard case .judgeAssertion(let work) = try only(presented) else { throw Present.missing }
    let judged = try backend.judge(work: work, credentials: credentials, nowMillis: now)
    #expect(judged.verdict.refusal?.check == "AS-3")
    let told = try backend.report(
        stored: try Present.unwrap(presented.stored), report: judged.report, nowMillis: now)
    #expect(told.refusal?.code == "TED000084")
    #expect(told.view?.nextSteps == [.giveSignOptions])
}
