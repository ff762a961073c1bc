import Foundation
import Testing

@testable import DeviceEnrollment

@Test func thePublishedEnrollmentIsAccepted() throws {
    let published = try Published()
    let verdict = try bank().verifyRegistration(
        request: published.request, expected: published.expected, nowMillis: published.now)
    #expect(verdict.accepted)
    #expect(verdict.profile == "open_finance_brasil")
    let credential = try Present.unwrap(verdict.credential)
    #expect(credential.algorithm == -7)
    #expect(credential.id.count == 20)
    #expect(verdict.update == nil && verdict.refusal == nil)
    #expect(verdict.check("X-16")?.outcome == .passed)
}

@Test func oneOtherBitOfTheChallengeIsRefusedByName() throws {
    let published = try Published()
    var challenge = published.expected.challenge
    challenge[0] ^= 1
    let expected = ExpectedRegistration(
        challenge: challenge, rpId: published.expected.rpId, origins: published.expected.origins)
    let verdict = try bank().verifyRegistration(
        request: published.request, expected: expected, nowMillis: published.now)
    #expect(!verdict.accepted)
    #expect(verdict.decision == .refused)
    let refusal = try Present.unwrap(verdict.refusal)
    #expect(refusal.check == "CD-7")
    #expect(refusal.code == "client_data.challenge")
    #expect(refusal.openFinanceCode == "CHALLENGE_INVALIDO")
    #expect(refusal.text(in: .enUs) != refusal.text(in: .ptBr))
    #expect(verdict.credential == nil)
}

@Test func aDateAndItsMillisecondsAreJudgedAlike() throws {
    let published = try Published()
    let verifier = try bank()
    let byMillis = try verifier.verifyRegistration(
        request: published.request, expected: published.expected, nowMillis: published.now)
    let date = Date(unixMillis: published.now)
    let byDate = try verifier.register(published.request, expecting: published.expected, at: date)
    #expect(byMillis == byDate.verdict)
    let credential = try Present.unwrap(byMillis.credential)
    #expect(byDate == .accepted(credential, byMillis))
    #expect(byMillis.json != nil)
    let again = try verifier.registerAgain(
        published.request, expecting: published.expected, registered: date,
        at: date.addingTimeInterval(86_400))
    #expect(again.verdict.accepted && again.verdict.json != byMillis.json)
    #expect(Int64(unixMillisOf: Date(unixMillis: published.now)) == published.now)
    // Far away, and not a number at all: an error of the call, and no trap.
    for date in [Date.distantPast, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan)]
    {
        let error = failure {
            try verifier.register(published.request, expecting: published.expected, at: date)
        }
        #expect(error?.problem.code == "misuse.time")
    }
}

@Test func whatTheCallerDidWrongIsAnErrorWithACodeInTwoLanguages() throws {
    let published = try Published()
    let verifier = try bank()
    let empty = ExpectedRegistration(challenge: Data(), rpId: "a", origins: ["https://a"])
    let error = failure {
        try verifier.verifyRegistration(request: published.request, expected: empty, nowMillis: 0)
    }
    guard case .Misuse(let problem) = error else {
        Issue.record("\(String(describing: error))")
        return
    }
    #expect(problem.code == "misuse.challenge")
    #expect(problem.text(in: .enUs) != problem.text(in: .ptBr))
    #expect(!problem.retryable)
    #expect(TextLanguage(Locale(identifier: "pt_BR")) == .ptBr)
    #expect(TextLanguage(Locale(identifier: "de_DE")) == .enUs)

    let policy = failure {
        try EnrollmentVerifier(
            configuration: VerifierConfiguration(
                profile: .webauthn, trust: .empty, policyChanges: #"{"no_such_field": 1}"#))
    }
    #expect(policy?.problem.code == "misuse.policy")
    let store = failure { try bank(trust: .json(text: "{")) }
    #expect(store?.problem.code == "misuse.trust_store")
}

@Test func sixteenThreadsShareOneVerifier() throws {
    let published = try Published()
    let verifier = try bank()
    let alone = try verifier.verifyRegistration(
        request: published.request, expected: published.expected, nowMillis: published.now)
    let lock = NSLock()
    nonisolated(unsafe) var same = 0
    let threads = (0..<16).map { _ in
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            for _ in 0..<25 {
                let verdict = try? verifier.verifyRegistration(
                    request: published.request, expected: published.expected, nowMillis: published.now)
                if verdict == alone { lock.withLock { same += 1 } }
            }
            done.signal()
        }
        thread.start()
        return done
    }
    for thread in threads { thread.wait() }
    #expect(lock.withLock { same } == 16 * 25)
}

@Test func sixteenTasksShareOneVerifier() async throws {
    let published = try Published()
    let verifier = try bank()
    let accepted = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<16 {
            group.addTask {
                let verdict = try? verifier.verifyRegistration(
                    request: published.request, expected: published.expected, nowMillis: published.now)
                return verdict?.accepted == true
            }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(accepted == 16)
}

/// There is no use after the end: Swift counts the references, and the last one that goes ends the
/// verifier in the library.
@Test func aVerifierLivesAsLongAsItsLastReference() throws {
    let published = try Published()
    var first: EnrollmentVerifier? = try bank()
    weak var watched = first
    var second = first
    first = nil
    #expect(watched != nil)
    let verdict = try second?.verifyRegistration(
        request: published.request, expected: published.expected, nowMillis: published.now)
    #expect(verdict?.accepted == true)
    second = nil
    #expect(watched == nil)
}

@Test func aPanicIsAnErrorAndTheProcessLives() throws {
    for _ in 0..<3 {
        let error = failure { try panicForTests() }
        guard case .Internal(let problem) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(problem.code == "internal.panic")
        // What the panic said stays behind.
        #expect(!String(reflecting: problem).contains("a panic that a test asked for"))
    }
    try thePublishedEnrollmentIsAccepted()
}

// MARK: hostile input

private let hostile: [Data] = [
    Data(),
    Data([0]),
    Data([0xff, 0xfe, 0x80]),
    Data("{".utf8),
    Data("null".utf8),
    Data("{\"device_credential_id\":\"\u{0}\"}".utf8),
    Data(repeating: UInt8(ascii: "["), count: 100_000),
    Data(repeating: 0x61, count: 10 << 20),
    Data(repeating: 0xff, count: 10 << 20),
]

@Test(arguments: hostile.indices)
func hostileRequestsAreVerdictsAndNoTraps(at index: Int) throws {
    let published = try Published()
    let verifier = try bank()
    let verdict = try verifier.verifyRegistration(
        request: hostile[index], expected: published.expected, nowMillis: published.now)
    #expect(verdict.decision == .malformed)
    let again = try verifier.approve(
        hostile[index],
        expecting: ExpectedAuthentication(
            challenge: published.expected.challenge, rpId: published.expected.rpId,
            origins: published.expected.origins, credentials: []),
        at: Date(unixMillis: published.now))
    guard case .malformed(let refusal, _) = again else {
        Issue.record("\(again)")
        return
    }
    #expect(refusal.check.hasPrefix("EN-"))
    #expect(failure { try inspectBytes(input: hostile[index]) }?.problem.code == "malformed.input")
}

/// A slice of another buffer, which begins elsewhere than at 0.
@Test func aSliceIsReadAsItsBytes() throws {
    let published = try Published()
    let around = Data("before".utf8) + published.request + Data("after".utf8)
    let slice = around[6..<(6 + published.request.count)]
    #expect(slice.startIndex == 6)
    let verdict = try bank().verifyRegistration(
        request: slice, expected: published.expected, nowMillis: published.now)
    #expect(verdict.accepted)
}

@Test func aRequestCutAnywhereIsNeverAccepted() throws {
    let published = try Published()
    let verifier = try bank()
    for length in stride(from: 0, to: published.request.count, by: 7) {
        let verdict = try verifier.verifyRegistration(
            request: published.request.prefix(length), expected: published.expected,
            nowMillis: published.now)
        #expect(!verdict.accepted)
    }
}
