// 100,000 verifications in a loop, and what memory the process takes: it has to stay flat.
// `bindings/swift/test --soak` runs it.

import DeviceEnrollment
import EnrollmentSample
import Foundation

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000

/// The resident memory of this process in KiB, from the kernel.
func resident() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
}

let verifier = try EnrollmentVerifier(
    configuration: VerifierConfiguration(
        profile: .openFinanceBrasil, trust: .certificates(der: [Sample.root])))
let wrong = ExpectedRegistration(
    challenge: Data([1]), rpId: Sample.expected.rpId, origins: Sample.expected.origins)

func verify() throws {
    let accepted = try verifier.verifyRegistration(
        request: Sample.request, expected: Sample.expected, nowMillis: Sample.now)
    guard accepted.accepted else { fatalError("another verdict than before") }
}

/// One refused, one that cannot be read, one misuse: each makes other things.
func refuse() throws {
    let refused = try verifier.verifyRegistration(
        request: Sample.request, expected: wrong, nowMillis: Sample.now)
    let malformed = try verifier.verifyRegistration(
        request: Data([0xff]), expected: wrong, nowMillis: Sample.now)
    let misuse = try? verifier.verifyRegistration(
        request: Sample.request, expected: wrong, nowMillis: .min)
    guard refused.decision == .refused, malformed.decision == .malformed,
        misuse == nil
    else { fatalError("another verdict than before") }
}

let began = Date()
// Caches and arenas fill up first.
for _ in 0..<(rounds / 100) {
    try verify()
    try refuse()
}
let before = resident()
var highest = before
for number in 1...rounds {
    try verify()
    if number % 10 == 0 { try refuse() }
    if number % (rounds / 40) == 0 { highest = max(highest, resident()) }
}
let after = resident()
let seconds = Int(Date().timeIntervalSince(began))
print(
    "swift soak: \(rounds) verifications, resident \(before) KiB before, \(after) KiB after, "
        + "\(highest) KiB at most, \(seconds) s")
// A leak of a single verdict (some kB) in each round would be tens of megabytes.
if highest > before + 4096 {
    print("swift soak: MEMORY GROWS")
    exit(1)
}
