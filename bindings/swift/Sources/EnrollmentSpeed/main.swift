// What a call costs from Swift: medians of batch averages. `bindings/swift/test --speed` runs it.

import DeviceEnrollment
import EnrollmentSample
import Foundation

func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Prints the median of 101 averages, after a warm-up of a second.
func measure(_ name: String, batch: Int, _ call: () throws -> Void) rethrows {
    let warm = nanoseconds() + 1_000_000_000
    while nanoseconds() < warm { try call() }
    var averages: [UInt64] = []
    for _ in 0..<101 {
        let began = nanoseconds()
        for _ in 0..<batch { try call() }
        averages.append((nanoseconds() - began) / UInt64(batch))
    }
    averages.sort()
    let microseconds = { (at: Int) in String(format: "%.2f", Double(averages[at]) / 1000) }
    print("swift \(name): median \(microseconds(50)) us, p10 \(microseconds(10)), p90 \(microseconds(90))")
}

func verifier(json: Bool) throws -> EnrollmentVerifier {
    try EnrollmentVerifier(
        configuration: VerifierConfiguration(
            profile: .openFinanceBrasil, trust: .certificates(der: [Sample.root]),
            verdictJson: json))
}

let plain = try verifier(json: false)
let written = try verifier(json: true)

let entry = try CodeEntry(sentMillis: 0)
try measure("a small record (CodeEntry.view)", batch: 1000) {
    _ = try entry.view(nowMillis: 1, language: .enUs)
}
try measure("verify", batch: 20) {
    _ = try plain.verifyRegistration(
        request: Sample.request, expected: Sample.expected, nowMillis: Sample.now)
}
try measure("verify with verdict JSON", batch: 20) {
    _ = try written.verifyRegistration(
        request: Sample.request, expected: Sample.expected, nowMillis: Sample.now)
}
