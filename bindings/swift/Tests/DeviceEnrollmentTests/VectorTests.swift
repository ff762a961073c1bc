import Foundation
import Testing

@testable import DeviceEnrollment

/// The vector files: the repository's, and those of DEVICE_ENROLLMENT_VECTORS. In each folder in the
/// order of their paths' bytes; a file without cases is none.
private func vectorFiles() -> [URL] {
    var folders = [repository.appendingPathComponent("tests/vectors")]
    if let others = ProcessInfo.processInfo.environment["DEVICE_ENROLLMENT_VECTORS"], !others.isEmpty {
        folders.append(URL(fileURLWithPath: others))
    }
    return folders.flatMap { folder in
        (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix(".json") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { folder.appendingPathComponent($0) }
    }
}

private func cases(of file: URL) throws -> [Json] {
    try Json(Data(contentsOf: file))["cases"]?.array ?? []
}

/// Every case agrees, and its line goes to DEVICE_ENROLLMENT_PARITY_SWIFT, to be compared byte for
/// byte with what Rust and Kotlin write.
@Test func everyVectorAgreesAndItsLineIsWritten() throws {
    var lines = ""
    var judged = 0
    for file in vectorFiles() {
        for vector in try cases(of: file) {
            let outcome = try judgeVector(vector: vector.text)
            #expect(outcome.agrees, "\(outcome.line)")
            lines += outcome.line + "\n"
            judged += 1
        }
    }
    #expect(judged >= 970)
    if let path = ProcessInfo.processInfo.environment["DEVICE_ENROLLMENT_PARITY_SWIFT"] {
        try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// The same verdicts by the calls that an app makes: what is expected and what comes out crosses the
/// border as records there, and nothing gets lost on the way.
@Test func anAppsCallsGiveTheVerdictsOfTheVectors() throws {
    var compared = 0
    for file in vectorFiles() {
        for vector in try cases(of: file) {
            guard let asked = try Asked(vector) else { continue }
            let verdict = try asked.judge()
            let line = try Json(Data(try judgeVector(vector: vector.text).line.utf8))
            let id = vector["id"]?.string ?? ""
            let published = try Present.unwrap(line["verdict"])
            let own = try Json(Data(try Present.unwrap(verdict.json).utf8))
            #expect(own.comparable.text == published.comparable.text, "\(id)")
            #expect(verdict.accepted == (published["decision"]?.string == "accepted"), "\(id)")
            #expect(verdict.refusal?.code == published["failure"]?["code"]?.string, "\(id)")
            #expect(verdict.checks.count == published["checks"]?.array?.count, "\(id)")
            let facts = published["facts"]
            #expect(verdict.facts.format == facts?["fmt"]?.string, "\(id)")
            #expect(verdict.facts.signCount.map(Int64.init) == facts?["sign_count"]?.integer, "\(id)")
            #expect(
                verdict.facts.credentialId == facts?["credential_id"]?.string.flatMap(base64url), "\(id)")
            compared += 1
        }
    }
    #expect(compared > 900)
}

/// A case as an app would ask it.
private struct Asked {
    let verifier: EnrollmentVerifier
    let request: Data
    let question: Question
    let now: Int64

    enum Question {
        case registration(ExpectedRegistration)
        case authentication(ExpectedAuthentication)
    }

    /// `nil` where an app cannot ask so: binary members that are missing or do not decode are no
    /// request, and an anchor for some formats alone needs a trust store file.
    init?(_ vector: Json) throws {
        let isRegistration = vector["kind"]?.string == "registration"
        guard let request = Self.request(of: vector, isRegistration: isRegistration),
            let verifier = try Self.verifier(of: vector)
        else { return nil }
        self.request = request
        self.verifier = verifier
        // Where a case has no time, nothing is judged by it.
        now = try vector["time"]?.string.map(Self.millis) ?? 1_780_272_000_000
        question =
            isRegistration
            ? .registration(try Self.registration(of: vector))
            : .authentication(try Self.authentication(of: vector))
    }

    func judge() throws -> VerdictRecord {
        switch question {
        case .registration(let expected):
            try verifier.verifyRegistration(request: request, expected: expected, nowMillis: now)
        case .authentication(let expected):
            try verifier.verifyAuthentication(request: request, expected: expected, nowMillis: now)
        }
    }

    private static func request(of vector: Json, isRegistration: Bool) -> Data? {
        if let text = vector["request_text"]?.string { return Data(text.utf8) }
        if let body = vector["request"] { return Data(body.text.utf8) }
        // The vectors that are bytes, as a browser sends them.
        let names =
            isRegistration
            ? [("client_data_json", "clientDataJSON"), ("attestation_object", "attestationObject")]
            : [
                ("client_data_json", "clientDataJSON"), ("authenticator_data", "authenticatorData"),
                ("signature", "signature"), ("user_handle", "userHandle"),
            ]
        var response: [String: Json] = [:]
        for (name, sent) in names {
            guard let value = vector[name] else {
                if name == "user_handle" { continue }
                return nil
            }
            guard let bytes = value.string.flatMap(base64url), !bytes.isEmpty else { return nil }
            response[sent] = value
        }
        guard let id = vector["credential_id"] else { return nil }
        let body: [String: Json] = [
            "id": id, "rawId": id, "type": .string("public-key"), "response": .object(response),
        ]
        return Data(Json.object(body).text.utf8)
    }

    private static func verifier(of vector: Json) throws -> EnrollmentVerifier? {
        var changes: [String: Json] = ["android_status_age": .null]
        if vector["time"] == nil {
            changes["certificate_dates"] = .string("not_judged")
            changes["android_patch_age"] = .null
        }
        var roots: [Data] = []
        for anchor in vector["trust_anchors"]?.array ?? [] {
            guard let text = anchor.string, let root = base64url(text) else { return nil }
            roots.append(root)
        }
        if roots.isEmpty { changes["attestation_path"] = .string("not_judged") }
        for (name, value) in vector["policy"]?.members ?? [:] { changes[name] = value }
        let profile: PolicyProfile =
            switch vector["profile"]?.string {
            case "open_finance_brasil": .openFinanceBrasil
            case "device_bound_only": .deviceBoundOnly
            default: .webauthn
            }
        return try EnrollmentVerifier(
            configuration: VerifierConfiguration(
                profile: profile, trust: .certificates(der: roots),
                policyChanges: Json.object(changes).text,
                anyBase64: vector["base64"]?.string == "any_alphabet"))
    }

    private static func millis(_ time: String) throws -> Int64 {
        let formatter = ISO8601DateFormatter()
        return Int64(unixMillisOf: try Present.unwrap(formatter.date(from: time)))
    }

    private static func origins(of vector: Json) -> [String] {
        vector["origins"]?.array?.compactMap(\.string) ?? [vector["origin"]?.string ?? ""]
    }

    private static func topOrigins(of vector: Json) -> [String]? {
        guard vector["cross_origin"]?.bool == true else { return nil }
        return vector["top_origins"]?.array?.compactMap(\.string)
            ?? vector["top_origin"]?.string.map { [$0] } ?? []
    }

    private static func userVerification(of vector: Json) -> UserVerificationRequirement {
        switch vector["user_verification"]?.string {
        case "required": .required
        case "discouraged": .discouraged
        case nil where vector["user_verification_required"]?.bool == true: .required
        default: .preferred
        }
    }

    private static func ids(_ values: Json?) -> [Data]? {
        values?.array?.compactMap { $0.string.flatMap(base64url) }
    }

    private static func registration(of vector: Json) throws -> ExpectedRegistration {
        ExpectedRegistration(
            challenge: try Present.unwrap(vector["challenge"]?.string.flatMap(base64url)),
            rpId: try Present.unwrap(vector["rp_id"]?.string),
            origins: origins(of: vector),
            topOrigins: topOrigins(of: vector),
            algorithms: vector["algs"]?.array?.compactMap(\.integer),
            userVerification: userVerification(of: vector),
            conditionalCreate: vector["conditional_create"]?.bool ?? false,
            attachment: vector["attachment"]?.string.map {
                $0 == "platform" ? .platform : .crossPlatform
            },
            residentKeyRequired: vector["resident_key_required"]?.bool ?? false,
            excludeCredentials: ids(vector["exclude_credentials"]) ?? [],
            registeredCredentials: ids(vector["registered_credentials"]),
            extensions: vector["extensions"]?.array?.compactMap(\.string) ?? [],
            credentialProtection: vector["credential_protection"]?.integer.map { UInt8($0) },
            enterpriseAttestation: vector["enterprise_attestation"]?.bool ?? false,
            androidPackage: vector["android_package"]?.string)
    }

    private static func authentication(of vector: Json) throws -> ExpectedAuthentication {
        let stored =
            vector["credentials"]?.array ?? vector["credential"].map { [$0] } ?? [
                .object([
                    "id": vector["credential_id"] ?? .null,
                    "public_key": vector["credential_public_key"] ?? .null,
                    "sign_count": vector["stored_sign_count"] ?? .null,
                    "backup_eligible": vector["stored_backup_eligible"] ?? .null,
                ])
            ]
        return ExpectedAuthentication(
            challenge: try Present.unwrap(vector["challenge"]?.string.flatMap(base64url)),
            rpId: try Present.unwrap(vector["rp_id"]?.string),
            origins: origins(of: vector),
            credentials: try stored.map { record in
                StoredCredential(
                    id: try Present.unwrap(record["id"]?.string.flatMap(base64url)),
                    publicKey: try Present.unwrap(record["public_key"]?.string.flatMap(base64url)),
                    signCount: UInt32(record["sign_count"]?.integer ?? 0),
                    backupEligible: record["backup_eligible"]?.bool,
                    userHandle: record["user_handle"]?.string.flatMap(base64url))
            },
            topOrigins: topOrigins(of: vector),
            appId: vector["app_id"]?.string,
            userVerification: userVerification(of: vector),
            allowCredentials: ids(vector["allow_credentials"]) ?? [],
            userHandleRequired: vector["user_handle_required"]?.bool ?? false,
            extensions: vector["extensions"]?.array?.compactMap(\.string) ?? [],
            androidPackage: vector["android_package"]?.string)
    }
}

extension Json {
    /// A verdict without what differs by how it was asked: here a time is given always, and what was
    /// sent came in an envelope, which bytes have not.
    fileprivate var comparable: Json {
        guard case .object(var members) = self else { return self }
        members["inputs"] = nil
        members["checks"] = .array(
            (members["checks"]?.array ?? []).filter { $0["id"]?.string?.hasPrefix("EN-") != true })
        return .object(members)
    }
}
