// A stand-in for the part of DeviceCheck that the example uses, as Apple documents it.
@_exported import Foundation

public final class DCAppAttestService: Sendable {
    public static let shared = DCAppAttestService()
    public let isSupported = true
    public func generateKey() async throws -> String { "" }
    public func attestKey(_ keyId: String, clientDataHash: Data) async throws -> Data { Data() }
}
