use super::*;
use crate::flow::Entropy;

fn relying_party() -> RelyingParty {
    RelyingParty {
        id: "tpp.example".into(),
        name: "A payer".into(),
        origins: vec![Origin::parse("https://tpp.example:8443").unwrap()],
    }
}

fn entropy() -> Entropy {
    Entropy::new(core::array::from_fn(|at| u8::try_from(at).unwrap()))
}

fn registration(platform: Platform, preferences: Preferences) -> IssuedRegistration {
    let request = RegistrationRequest {
        platform,
        relying_party: relying_party(),
        user: UserNames { name: "conta 1234".into(), display_name: "Ana Souza".into() },
        exclude_credentials: vec![OpaqueBytes::new([9; 16])],
        preferences,
    };
    IssuedRegistration::issue(request, &mut entropy(), UnixMillis(1_780_272_000_000)).unwrap()
}

#[test]
fn every_platform_is_asked_for_its_own_authenticator_and_else_for_the_same() {
    for (platform, attachment) in [
        (Platform::Android, Some("platform")),
        (Platform::Browser, None),
        (Platform::CrossPlatform, Some("cross-platform")),
        (Platform::Ios, Some("platform")),
    ] {
        let issued = registration(platform, Preferences::default());
        let json = issued.to_webauthn_json();
        let selection = &json["authenticatorSelection"];
        assert_eq!(selection["authenticatorAttachment"].as_str(), attachment);
        assert_eq!(selection["userVerification"], "required");
        assert_eq!(selection["residentKey"], "discouraged");
        assert_eq!(selection["requireResidentKey"], false);
        let algorithms: Vec<_> = json["pubKeyCredParams"].as_array().unwrap().to_vec();
        let numbers: Vec<_> = algorithms.iter().map(|offer| offer["alg"].as_i64()).collect();
        assert_eq!(numbers, [Some(-7), Some(-257), Some(-8)]);
        assert_eq!(json["timeout"], 300_000);
        assert_eq!(json["attestation"], "none");
        let expected = issued.expectation();
        assert_eq!(expected.attachment.map(Attachment::as_str), attachment);
        assert_eq!(expected.algorithms, Some(vec![-7, -257, -8]));
        assert_eq!(expected.challenge.len(), 32);
        assert_eq!(expected.rp_id, "tpp.example");
        assert_eq!(expected.user_verification, UserVerification::Required);
        assert_eq!(expected.exclude_credentials, [[9; 16]]);
        assert_eq!(Platform::from_word(platform.as_str()), Some(platform));
    }
}

#[test]
fn the_three_forms_of_registration_options_say_the_same() {
    let issued = registration(Platform::Android, Preferences::default());
    let webauthn = issued.to_webauthn_json();
    let mut published = issued.to_fido_registration_options("urn:bank:1");
    assert_eq!(published.as_object_mut().unwrap().remove("enrollmentId").unwrap(), "urn:bank:1");
    assert_eq!(published, webauthn);
    let credential = issued.to_credential("1");
    for (snake, pointer) in [
        ("rp_id", "/rp/id"),
        ("rp_name", "/rp/name"),
        ("user_id", "/user/id"),
        ("user_name", "/user/name"),
        ("user_display_name", "/user/displayName"),
        ("challenge", "/challenge"),
        ("pub_key_cred_params", "/pubKeyCredParams"),
        ("timeout", "/timeout"),
        ("exclude_credentials", "/excludeCredentials"),
        ("user_verification", "/authenticatorSelection/userVerification"),
        ("authenticator_attachment", "/authenticatorSelection/authenticatorAttachment"),
        ("require_resident_key", "/authenticatorSelection/requireResidentKey"),
        ("resident_key", "/authenticatorSelection/residentKey"),
        ("attestation", "/attestation"),
        ("extensions", "/extensions"),
    ] {
        assert_eq!(Some(&credential[snake]), webauthn.pointer(pointer), "{snake}");
    }
    assert_eq!(webauthn["challenge"], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert_eq!(webauthn["user"]["id"], "ICEiIyQlJicoKSorLC0uLw");
    assert_eq!(webauthn["excludeCredentials"][0]["id"], "CQkJCQkJCQkJCQkJCQkJCQ");
}

#[test]
fn rs1_is_never_offered_and_no_challenge_outlives_five_minutes() {
    let preferences = Preferences {
        algorithms: vec![Algorithm::Rs1, Algorithm::Es384],
        registration_timeout: u32::MAX,
        attestation: AttestationConveyance::Direct,
        credential_properties: true,
        ..Preferences::default()
    };
    let issued = registration(Platform::Browser, preferences);
    assert_eq!(issued.expectation().algorithms, Some(vec![-35]));
    assert_eq!(issued.expectation().extensions, ["credProps"]);
    assert_eq!(issued.expires_at(), UnixMillis(1_780_272_300_000));
    let json = issued.to_webauthn_json();
    assert_eq!(json["timeout"], 300_000);
    assert_eq!(json["attestation"], "direct");
    assert_eq!(json["extensions"]["credProps"], true);
}

#[test]
fn issued_options_are_stored_whole_and_print_nothing() {
    let issued = registration(Platform::Ios, Preferences::default());
    let text = serde_json::to_string(&issued).unwrap();
    assert_eq!(serde_json::from_str::<IssuedRegistration>(&text).unwrap(), issued);
    let shown = format!("{issued:?}");
    for secret in ["Ana", "conta 1234", "AAECAw", "[0, 1, 2"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let request = SigningRequest {
        platform: Platform::Ios,
        relying_party: relying_party(),
        allow_credentials: vec![OpaqueBytes::new([7; 20])],
        preferences: Preferences { signing_timeout: 60_000, ..Preferences::default() },
    };
    let issued = IssuedSigning::issue(request, &mut entropy(), UnixMillis(0)).unwrap();
    let text = serde_json::to_string(&issued).unwrap();
    assert_eq!(serde_json::from_str::<IssuedSigning>(&text).unwrap(), issued);
    assert_eq!(issued.expires_at(), UnixMillis(60_000));
    let json = issued.to_fido_sign_options();
    assert_eq!(json["rpId"], "tpp.example");
    assert_eq!(json["userVerification"], "required");
    assert_eq!(json["allowCredentials"][0]["type"], "public-key");
    assert_eq!(issued.to_credential("1")["allow_credentials"], json["allowCredentials"]);
    let expected = issued.expectation(Vec::new());
    assert_eq!(expected.allow_credentials, [[7; 20]]);
    assert_eq!(expected.rp_id, "tpp.example");
}
