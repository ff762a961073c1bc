import DeviceEnrollment
import Foundation

/// An enrollment that the test authenticator made, as AuthenticationServices hands it over: for the
/// example, the soak and the speed. Nothing of it is secret, and its root vouches for nothing else.
public enum Sample {
    /// What the bank issued the challenge for.
    public static let rpId = "bank.example"
    /// Where the ceremony ran.
    public static let origin = "https://bank.example"
    /// When: 2026-06-01T00:00:00Z.
    public static let now: Int64 = 1_780_272_000_000
    /// The challenge that the bank issued.
    public static let challenge = bytes(
        """
        Q4GvCn-_RydjGvKhIxgN6m5NC60LpqT6L4IvIJpphs8
        """)
    /// The id of the new credential.
    public static let credentialID = bytes(
        """
        alC2sGLrl16Vgo2bwQkLk12d-MxAspxy9vewHWiaaP0
        """)
    /// What the phone says that it signed for.
    public static let clientDataJSON = bytes(
        """
        eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiUTRHdkNuLV9SeWRqR3ZLaEl4Z042bTVOQzYw\
        THBxVDZMNEl2SUpwcGhzOCIsIm9yaWdpbiI6Imh0dHBzOi8vYmFuay5leGFtcGxlIiwiY3Jvc3NPcmlnaW4iOmZh\
        bHNlfQ
        """)
    /// The new key, and what its maker says of it.
    public static let attestationObject = bytes(
        """
        o2NmbXRmcGFja2VkZ2F0dFN0bXSjY2FsZyZjc2lnWEgwRgIhAKBAEV-WPe_FX6PLf8f4qm-\
        xUZUBRbGJ79wXBCoTO4ksAiEAtwXCiicihnOd6iUcczBr3XRWU-\
        cUyc6JV1nMT5K6cxxjeDVjgVkB_TCCAfkwggGgoAMCAQICEEs-IqwzTCsgqeaLJcCO4FswCgYIKoZIzj0EAwIwQT\
        ELMAkGA1UEBhMCQlIxHDAaBgNVBAoME1Rlc3QgQXV0aGVudGljYXRvcnMxFDASBgNVBAMMC1Jvb3QgcGFja2VkMB\
        4XDTI1MDEwMTAwMDAwMFoXDTM1MDEwMTAwMDAwMFowZzELMAkGA1UEBhMCQlIxHDAaBgNVBAoME1Rlc3QgQXV0aG\
        VudGljYXRvcnMxIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xFjAUBgNVBAMMDVBhY2tlZCBwYW\
        NrZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQb1XDiGomIPBmdryMfY3pErd0taU-FZ7KKTYhGNo59fPrVDn\
        xfQKWBCF3ARaruadXXbraIyfvrUCZ1mk5rvin3o1QwUjAMBgNVHRMBAf8EAjAAMCEGCysGAQQBguUcAQEEBBIEEE\
        7G1Z-\
        J39m5xJTYMUKcfFcwHwYDVR0jBBgwFoAUROmO12FfGxzdJxuuJjr4lriEOhowCgYIKoZIzj0EAwIDRwAwRAIgebR\
        loM_QKUcwQoSXYo40Bt5SI6713ICNxDqPPu-PYF8CIGowU1bkgT700GpTwy9JuZE1kzr6xFEDD2rpYYIue83CaGF\
        1dGhEYXRhWKQFvlWvUIxVVdgG1b1UkPXiHauaEBuINn-NHQY_jDv8P0UAAAAATsbVn4nf2bnElNgxQpx8VwAgalC\
        2sGLrl16Vgo2bwQkLk12d-MxAspxy9vewHWiaaP2lAQIDJiABIVgg4xlA1MvbDLDt8S9QXgYkqNzkm0RpBIdMr-\
        RRvBmXd7oiWCAba4EeYXKpo_7fYrpNTmBujC3DHiRRJJecf5c0TQ7eMQ
        """)
    /// The root of the one who made the authenticator.
    public static let root = bytes(
        """
        MIIBwTCCAWigAwIBAgIQSkgIBM2pBDqJbq0ubAhrkDAKBggqhkjOPQQDAjBBMQswCQYDVQQGEwJCUjEcMBoGA1UE\
        CgwTVGVzdCBBdXRoZW50aWNhdG9yczEUMBIGA1UEAwwLUm9vdCBwYWNrZWQwHhcNMjUwMTAxMDAwMDAwWhcNMzUw\
        MTAxMDAwMDAwWjBBMQswCQYDVQQGEwJCUjEcMBoGA1UECgwTVGVzdCBBdXRoZW50aWNhdG9yczEUMBIGA1UEAwwL\
        Um9vdCBwYWNrZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATYhfCN-7K1nXSJflqB8CnOMcAd-lbPLpYBMLk0\
        kxY6jKnnsWbhTEF5wk0SA_uvs9k-\
        gOTRBshdbyNREYIVQq11o0IwQDAPBgNVHRMBAf8EBTADAQH_MA4GA1UdDwEB_wQEAwIBBjAdBgNVHQ4EFgQUROmO\
        12FfGxzdJxuuJjr4lriEOhowCgYIKoZIzj0EAwIDRwAwRAIgG2F1JsKGbRtVnrcz39jAQ7bFeluDZFFnLqprnlVm\
        g1cCIGiSwcAtzZ80Ba8mIFNjaP68bW3xWVqqPaa_WnJwEgvZ
        """)

    /// What the bank stored with the challenge.
    public static let expected = ExpectedRegistration(
        challenge: challenge, rpId: rpId, origins: [origin], algorithms: [-7, -257, -8])

    /// The body as it goes to the bank.
    public static let request = Data(
        """
        {"device_credential_id":"\(text(credentialID))",\
        "device_credential_raw_id":"\(text(credentialID))",\
        "device_credential_client_data_json":"\(text(clientDataJSON))",\
        "device_credential_attestation_object":"\(text(attestationObject))",\
        "device_credential_type":"public-key"}
        """.utf8)

    /// The bank's answer with the options, as `fido-registration-options` has it.
    public static let options = optionsAnswer(challenge: challenge)

    /// The same with another challenge.
    public static let optionsOfAnotherChallenge = optionsAnswer(challenge: Data(repeating: 7, count: 32))

    private static func optionsAnswer(challenge: Data) -> String {
        """
        {"data":{"enrollmentId":"urn:bank:1","rp":{"id":"\(rpId)","name":"Bank"},\
        "user":{"id":"AQIDBA","name":"conta","displayName":"Conta"},\
        "challenge":"\(text(challenge))",\
        "pubKeyCredParams":[{"type":"public-key","alg":-7},{"type":"public-key","alg":-257}],\
        "timeout":300000,"attestation":"direct",\
        "authenticatorSelection":{"userVerification":"required"}}}
        """
    }

    private static func text(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    private static func bytes(_ text: String) -> Data {
        let standard = text.replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let bytes = Data(base64Encoded: standard + padding) else {
            fatalError("a sample that is no base64url")
        }
        return bytes
    }
}
