import Foundation

/// JSON whose numbers and member names stay as they were written: the vectors are handed on, and
/// what Foundation makes of them is no longer theirs.
indirect enum Json {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([Json])
    case object([String: Json])

    struct Unreadable: Error {
        let at: Int
    }

    init(_ data: Data) throws {
        var reader = Reader(bytes: [UInt8](data))
        self = try reader.value(depth: 0)
        reader.space()
        guard reader.at == reader.bytes.count else { throw Unreadable(at: reader.at) }
    }

    subscript(name: String) -> Json? {
        guard case .object(let members) = self, let member = members[name] else { return nil }
        if case .null = member { return nil }
        return member
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    var array: [Json]? {
        if case .array(let values) = self { values } else { nil }
    }

    var members: [String: Json]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Without white space, members in the order of their names' bytes.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): Self.quoted(text)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { Self.quoted($0.key) + ":" + $0.value.text }
                .joined(separator: ",") + "}"
        }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{8}": quoted += "\\b"
            case "\u{c}": quoted += "\\f"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        mutating func space() {
            while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { at += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }

        mutating func word(_ word: String, is value: Json) throws -> Json {
            for byte in word.utf8 {
                guard take(byte) else { throw Unreadable(at: at) }
            }
            return value
        }

        mutating func value(depth: Int) throws -> Json {
            guard depth < 64 else { throw Unreadable(at: at) }
            space()
            guard at < bytes.count else { throw Unreadable(at: at) }
            switch bytes[at] {
            case UInt8(ascii: "n"): return try word("null", is: .null)
            case UInt8(ascii: "t"): return try word("true", is: .bool(true))
            case UInt8(ascii: "f"): return try word("false", is: .bool(false))
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "["): return .array(try array(depth: depth))
            case UInt8(ascii: "{"): return .object(try object(depth: depth))
            default: return .number(try number())
            }
        }

        mutating func array(depth: Int) throws -> [Json] {
            at += 1
            var values: [Json] = []
            space()
            if take(UInt8(ascii: "]")) { return values }
            while true {
                values.append(try value(depth: depth + 1))
                space()
                if take(UInt8(ascii: "]")) { return values }
                guard take(UInt8(ascii: ",")) else { throw Unreadable(at: at) }
            }
        }

        mutating func object(depth: Int) throws -> [String: Json] {
            at += 1
            var members: [String: Json] = [:]
            space()
            if take(UInt8(ascii: "}")) { return members }
            while true {
                space()
                let name = try string()
                space()
                guard take(UInt8(ascii: ":")) else { throw Unreadable(at: at) }
                members[name] = try value(depth: depth + 1)
                space()
                if take(UInt8(ascii: "}")) { return members }
                guard take(UInt8(ascii: ",")) else { throw Unreadable(at: at) }
            }
        }

        mutating func number() throws -> String {
            let start = at
            while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
            guard at > start else { throw Unreadable(at: at) }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }

        mutating func string() throws -> String {
            guard take(UInt8(ascii: "\"")) else { throw Unreadable(at: at) }
            var units: [UInt8] = []
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
                case UInt8(ascii: "\\"): units += try escape()
                default: units.append(byte)
                }
            }
            throw Unreadable(at: at)
        }

        mutating func escape() throws -> [UInt8] {
            guard at < bytes.count else { throw Unreadable(at: at) }
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "n"): return [0x0a]
            case UInt8(ascii: "r"): return [0x0d]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0c]
            case UInt8(ascii: "u"):
                var code = try unit()
                if (0xd800..<0xdc00).contains(code) {
                    guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                        throw Unreadable(at: at)
                    }
                    code = 0x10000 + ((code - 0xd800) << 10) + (try unit() - 0xdc00)
                }
                guard let scalar = Unicode.Scalar(code) else { throw Unreadable(at: at) }
                return Array(String(Character(scalar)).utf8)
            default: return [byte]
            }
        }

        mutating func unit() throws -> UInt32 {
            guard at + 4 <= bytes.count,
                let code = UInt32(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16)
            else { throw Unreadable(at: at) }
            at += 4
            return code
        }
    }
}

/// Strict or not does not matter here: what the vectors state is ours.
func base64url(_ text: String) -> Data? {
    var text = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    text = text.replacingOccurrences(of: "=", with: "")
    while text.count % 4 != 0 { text += "=" }
    return Data(base64Encoded: text)
}
