// swift-tools-version: 6.0
//
// On Apple's machines the native library comes as an XCFramework beside this file
// (make-xcframework writes it). Where there is none, as on Linux, it is a shared library that
// `bindings/swift/test` builds and tells the linker of.

import Foundation
import PackageDescription

let framework = "DeviceEnrollmentFFI.xcframework"
let hasFramework = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")

let package = Package(
    name: "DeviceEnrollment",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "DeviceEnrollment", targets: ["DeviceEnrollment"])
    ],
    targets: [
        hasFramework
            ? .binaryTarget(name: "DeviceEnrollmentFFI", path: framework)
            : .systemLibrary(name: "DeviceEnrollmentFFI"),
        .target(name: "DeviceEnrollment", dependencies: ["DeviceEnrollmentFFI"]),
        .target(name: "EnrollmentSample", dependencies: ["DeviceEnrollment"]),
        .executableTarget(
            name: "EnrollmentExample", dependencies: ["DeviceEnrollment", "EnrollmentSample"]),
        .executableTarget(
            name: "EnrollmentSoak", dependencies: ["DeviceEnrollment", "EnrollmentSample"]),
        .executableTarget(
            name: "EnrollmentSpeed", dependencies: ["DeviceEnrollment", "EnrollmentSample"]),
        .testTarget(
            name: "DeviceEnrollmentTests", dependencies: ["DeviceEnrollment", "EnrollmentSample"]),
    ],
    swiftLanguageModes: [.v6]
)
