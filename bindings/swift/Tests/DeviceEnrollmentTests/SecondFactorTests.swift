import Foundation
import Testing

@testable import DeviceEnrollment

private let sentAt: Int64 = 1_780_000_000_000

// MARK: the screen on which a person types a code

private func errorBody(_ code: String) throws -> Data {
    let entry = try Present.unwrap(try publishedErrors().first { $0.code == code })
    let members: [String: Json] = [
        "title": .string(entry.title), "description": .string(entry.textEn),
        "translation": .string(entry.textPt), "code": .string(code), "extra_fields": .object([:]),
    ]
    return Data(Json.object(members).text.utf8)
}

@Test func aWrongCodeCostsAnAttemptAndShowsThePublishedText() throws {
    let entry = try CodeEntry(sentMillis: sentAt)
    let fresh = try entry.view(nowMillis: sentAt + 500, language: .enUs)
    #expect(fresh.state == .awaitingCode)
    #expect(fresh.attemptsLeft == UInt8(5))
    #expect(fresh.secondsLeft == UInt64(300))
    #expect(fresh.nextSteps == [.enterCode, .resend])
    let wrong = try entry.answered(
        answer: .refused(body: try errorBody("OBD0000100")), nowMillis: sentAt + 1000, language: .ptBr)
    #expect(wrong.attemptsLeft == UInt8(4))
    #expect(wrong.error?.code == "OBD0000100")
    #expect(wrong.message == wrong.error?.textPt)
    let ended = try entry.answered(
        answer: .refused(body: try errorBody("OBD000099")), nowMillis: sentAt + 2000, language: .ptBr)
    #expect(ended.state == .closed)
    #expect(ended.nextSteps == [.startAgain])
}

@Test func whatIsNoErrorBodyLeavesTheScreenAsItWas() throws {
    let entry = try CodeEntry(sentMillis: sentAt)
    let before = try entry.view(nowMillis: sentAt, language: .enUs)
    for body in [Data("<html>".utf8), Data(), Data([0xff]), Data(repeating: 0x7b, count: 10 << 20)] {
        let error = failure {
            try entry.answered(answer: .refused(body: body), nowMillis: sentAt, language: .enUs)
        }
        #expect(error?.problem.code == "malformed.error_body")
    }
    #expect(try entry.view(nowMillis: sentAt, language: .enUs) == before)
}

// MARK: a backend whose parts are written in Swift

private struct GatewayDown: Error {
    let contact: String
}

/// Keeps what it was given, or fails as it was told.
private final class Delivery: CodeDelivery, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String] = []
    private let failing: (any Error)?

    init(failing: (any Error)? = nil) {
        self.failing = failing
    }

    var codes: [String] { lock.withLock { kept } }

    func deliver(channel: CodeChannel, contact: String, code: String) throws -> Bool {
        if let failing { throw failing }
        lock.withLock { kept.append(code) }
        return true
    }
}

private let contact = "+5511999990000"
private let account = UUID().uuidString.lowercased()
private let device = UUID().uuidString.lowercased()

private func random(_ count: Int) -> Data {
    Data((0..<count).map { _ in UInt8.random(in: .min ... .max) })
}

private func backend(_ delivery: Delivery) throws -> DeviceBackend {
    try DeviceBackend(
        configuration: DeviceBackendConfiguration(codeKey: CodeKeyRecord(id: "k1", secret: random(32))),
        delivery: delivery, results: nil)
}

private func requested(_ backend: DeviceBackend) throws -> DeviceStep {
    let body = Json.object([
        "device_key": .string(device), "session_id": .string(UUID().uuidString.lowercased()),
        "tfa_info": .object([
            "approver_document_number": .string("52998224725"), "contact_type": .string("sms"),
        ]),
    ])
    let facts = DeviceRequestFacts(
        accountKey: account, account: .open, requester: .allowed,
        approver: ContactsRecord(phone: contact, email: nil), deviceKeyUsed: false, spent: SpentRecord())
    return try backend.request(
        body: Data(body.text.utf8), facts: facts, entropy: random(96), nowMillis: sentAt)
}

@Test func aDeviceIsRegisteredByTheCodeThatWasDelivered() throws {
    let delivery = Delivery()
    let backend = try backend(delivery)
    let step = try requested(backend)
    #expect(step.refusal == nil)
    #expect(step.view?.deviceStatus == "pending_2fa_approval")
    #expect(step.view?.nextSteps == [.enterCode, .resendCode, .disable])
    #expect(delivery.codes.isEmpty, "nothing is sent before the state is stored")
    let work = try Present.unwrap(step.work.first)
    #expect(try work.kind() == .sendCode)
    let sent = try backend.report(
        stored: try Present.unwrap(step.stored), report: try backend.send(work: work), nowMillis: sentAt)
    let counted = try backend.attempt(
        stored: try Present.unwrap(sent.stored), spent: SpentRecord(), nowMillis: sentAt)
    #expect(counted.view?.attemptsLeft == UInt8(4))
    let compared = try backend.compare(
        work: try Present.unwrap(counted.work.first), entered: try Present.unwrap(delivery.codes.first))
    let approved = try backend.report(
        stored: try Present.unwrap(counted.stored), report: compared, nowMillis: sentAt)
    #expect(approved.refusal == nil)
    #expect(approved.view?.state == "active")
    #expect(approved.view?.nextSteps == [.disable])
    // Work is done once.
    #expect(failure { try backend.send(work: work) }?.problem.code == "misuse.work")
}

@Test func whateverADeliveryThrowsIsACodeThatWasNotSent() throws {
    for error: any Error in [GatewayDown(contact: contact), PortError.Failed, CocoaError(.fileNoSuchFile)] {
        let backend = try backend(Delivery(failing: error))
        let step = try requested(backend)
        let report = try backend.send(work: try Present.unwrap(step.work.first))
        let failed = try backend.report(
            stored: try Present.unwrap(step.stored), report: report, nowMillis: sentAt)
        #expect(failed.refusal?.code == "OBD000097")
        #expect(failed.view?.state == "dropped")
        #expect(!"\(failed)".contains(contact))
    }
}

/// The library holds the app's part as long as the backend lives, and no longer.
@Test func aPartOfTheBackendIsLetGoWithIt() throws {
    var delivery: Delivery? = Delivery()
    weak var watched = delivery
    var holder: DeviceBackend? = try backend(try Present.unwrap(delivery))
    delivery = nil
    #expect(watched != nil)
    _ = try requested(try Present.unwrap(holder))
    holder = nil
    #expect(watched == nil)
}
