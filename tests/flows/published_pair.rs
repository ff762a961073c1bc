//! The samples that are published, led through the machines.

use device_enrollment::flow::Stored as _;
use device_enrollment::open_finance::consent::ConsentStatus;
use device_enrollment::open_finance::consent::{self, Consent};
use device_enrollment::open_finance::enrollment::{Enrollment, Event, Status};
use device_enrollment::open_finance::{OpenFinanceCode as Code, WireForm};
use device_enrollment::webauthn::{AuthenticationResponse, Origin, RegistrationResponse, Verifier};
use device_enrollment::{Base64Reading, Policy, Rule, TrustStore};
use serde_json::{Value, json};

use super::bank::{Followed, Payment, V2_1, ask_options, new_consent, verifier};

/// The registration of the Opus documentation of the journey without redirection, and the options
/// printed beside it.
const RP_ID: &str = "tpp-client1.127.0.0.1.nip.io";
const ORIGIN: &str = "https://tpp-client1.127.0.0.1.nip.io:3005";
const USER_ID: &str = "ZmZiNmFjZjEtNWYwZS00OGFjLWI4MDgtZTQyYmIxNjEwOGI4";
const REGISTRATION_CHALLENGE: &str = "1ynxvyxzQzKDdcO68HcLIg";
const SIGNING_CHALLENGE: &str = "f8Gj_AUJQFu8U0hyLjQfTQ";

/// An enrollment whose options are those that are printed. A holder that takes over enrollments
/// from another server finds them in its storage in the same way.
fn enrollment(rp_id: &str, origin: &str, challenge: &str, user_id: Option<&str>) -> Followed {
    let mut asked = ask_options("first");
    asked.rp = Some(rp_id.into());
    asked.relying_party.id = rp_id.into();
    asked.relying_party.origins = vec![Origin::parse(origin).unwrap()];
    let issued = Followed::approved(V2_1).then(Event::OptionsAsked(Box::new(asked)));
    let mut stored = json(&issued.state.to_stored().unwrap());
    let options = stored.pointer_mut("/state/stage/binding/options").unwrap();
    options["challenge"] = challenge.into();
    if let Some(user_id) = user_id {
        options["user_handle"] = user_id.into();
    }
    let state = Enrollment::from_stored(&stored.to_string()).unwrap();
    Followed { state, ..issued }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn sent(response: &Value, reading: Base64Reading) -> Event {
    let body = json!({ "data": response }).to_string();
    let response = RegistrationResponse::from_fido_registration(body.as_bytes(), reading);
    Event::RegistrationSent { response: Box::new(response), form: WireForm::OpenFinance }
}

fn judged(judging: &Followed, verifier: &Verifier) -> Event {
    Event::RegistrationJudged(Box::new(judging.outcome_under(verifier)))
}

#[test]
fn the_published_registration_enrolls_and_the_published_assertion_approves() {
    let issued = enrollment(RP_ID, ORIGIN, REGISTRATION_CHALLENGE, Some(USER_ID));
    let options = issued.state.options().unwrap().to_webauthn_json();
    assert_eq!(options["challenge"], REGISTRATION_CHALLENGE);
    assert_eq!(options["user"]["id"], USER_ID);
    let file = json(include_str!("../../examples/enrollment.json"));
    // The example has the names of «Create Open Finance Device Enrollment».
    let text = file["request"].to_string();
    let response =
        RegistrationResponse::from_device_credential(text.as_bytes(), Base64Reading::Strict);
    let response = Box::new(response);
    let event = Event::RegistrationSent { response, form: WireForm::DeviceCredential };
    let judging = issued.then(event);
    let authorised = judging.then(judged(&judging, &verifier()));
    assert_eq!(authorised.state.status(), Status::Authorised);
    let credential = authorised.credential();
    assert_eq!(credential.id.to_base64url(), "dChFBsqJa5Bx8G5vUcNZ14wwA0s");
    assert_eq!(credential.user_handle.to_base64url(), USER_ID);
    assert!(credential.user_verified && credential.backup_eligible && credential.backed_up);
    assert_eq!(credential.sign_count, 0);

    let payment = Payment::of(new_consent(), authorised);
    let mut asked = payment.ask("first");
    asked.rp = Some(RP_ID.into());
    asked.relying_party.id = RP_ID.into();
    asked.relying_party.origins = vec![Origin::parse(ORIGIN).unwrap()];
    let asked = payment.then(consent::Event::SigningAsked(Box::new(asked)));
    let mut stored = json(&asked.state.to_stored().unwrap());
    stored["state"]["stage"]["signing"]["options"]["challenge"] = SIGNING_CHALLENGE.into();
    let state = Consent::from_stored(&stored.to_string()).unwrap();
    let asked = Payment { state, ..asked };
    let file = json(include_str!("../../examples/approval.json"));
    let body = file["request"].to_string();
    let mut sent = asked.sent(&asked.assertion());
    sent.response = AuthenticationResponse::from_authorise(body.as_bytes(), Base64Reading::Strict);
    let judging = asked.then(consent::Event::AuthoriseSent(Box::new(sent)));
    let after = judging.then(judging.judged());
    assert_eq!(after.state.status(), ConsentStatus::Authorised);
    assert!(matches!(
        after.effects[..],
        [
            consent::Effect::StoreSignCount { stored: 0, sign_count: 0, backed_up: true, .. },
            consent::Effect::NoteSigningDone(_),
        ]
    ));
}

/// The `fido-registration` example of the Enrollments contract 2.1.0: standard base64 with padding,
/// a security key, nobody verified. The example leaves `id` out.
fn example_of_the_contract() -> Value {
    const ID: &str =
        "InyJHwKo9y2vi3P9gAgKzpsPBWqEPN23eiiFVVZFCu7L4TUAV4RaA8xawhLhRTSf6xEZbebYr3TPV326O0U_HA";
    json!({
        "id": ID,
        "rawId": ID,
        "response": {
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiTVRBeU16azRhMkZxYUhOclpHcG9ZV3R6Iiwib3JpZ2luIjoiaHR0cHM6Ly93d3cudzMub3JnIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ==",
            "attestationObject": "o2NmbXRoZmlkby11MmZnYXR0U3RtdKJjc2lnWEcwRQIgZyUMtm43lCCqzoIbSDeoCUpJzh/VSchwQNxFR2UM/DsCIQDWpp4+/nklI7G2HPVZCIqw08R9omcn9kJrKPsuIO5k22N4NWOBWQFIMIIBRDCB6qADAgECAgkBcwb/////QwMwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAxMQR251YmJ5IEhTTSBDQSAwMDAiGA8yMDEyMDYwMTAwMDAwMFoYDzIwNjIwNTMxMjM1OTU5WjAwMRkwFwYDVQQDExBHb29nbGUgR251YmJ5IHYwMRMwEQYDVQQtAwoAAXMG/////0MDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELuWVatmVMfAOr53T6fh7X/iIgqKz5SCnKTBUnFo3FtbbslUGi8Qetr1nbyr6BVqGHqcJiXyvF6rVbj5fZqbiBTAKBggqhkjOPQQDAgNJADBGAiEA5GaaFxllkOr24b5s6Qu/4ch3ZgU+3GIAv/D8kj4EGMgCIQDXYfaVAMe7Jzht3ra4TaCKKpaUxp+nRkIO/SKiQZPjgmhhdXRoRGF0YVjEIYvQ2gJvAWdQFFLPcpStJJWLnFoQO0f5vT1T51P/rm5BAAAAAAAAAAAAAAAAAAAAAAAAAAAAQCJ8iR8CqPctr4tz/YAICs6bDwVqhDzdt3oohVVWRQruy+E1AFeEWgPMWsIS4UU0n+sRGW3m2K90z1d9ujtFPxylAQIDJiABIVggaUaH0XDx9F2UOrT0ao02wL+xjGR/BxnCB4WOU2w0H8YiWCATuK2PUWGPophwPsfNIC3CZw4TGlCMEq1R15cw1w5KDg==",
        },
    })
}

fn w3c() -> Followed {
    enrollment("w3.org", "https://www.w3.org", "MTAyMzk4a2FqaHNrZGpoYWtz", None)
}

#[test]
fn the_example_of_the_contract_is_no_base64url_and_so_spends_nothing() {
    let issued = w3c();
    let event = sent(&example_of_the_contract(), Base64Reading::Strict);
    let step = issued.step(event);
    let refusal = step.refusal.unwrap();
    assert_eq!(
        (refusal.code(), refusal.member()),
        (Code::ParametroInvalido, Some("clientDataJSON"))
    );
    assert_eq!(step.state, issued.state);
}

#[test]
fn the_bank_refuses_the_example_for_missing_user_verification() {
    let issued = w3c();
    let judging = issued.then(sent(&example_of_the_contract(), Base64Reading::AnyAlphabet));
    let [device_enrollment::open_finance::enrollment::Effect::JudgeRegistration(judge)] =
        &judging.effects[..]
    else {
        panic!("nothing to judge")
    };
    let (verdict, _) = judge.evaluate(&verifier(), judging.now);
    assert_eq!(
        verdict.failure.unwrap().code(),
        "authenticator_data.user_verification",
        "and for nothing before it",
    );
    let after = judging.refused(judged(&judging, &verifier()), Code::PublicKeyInvalida);
    assert_eq!(after.state.status(), Status::Rejected);
}

#[test]
fn webauthn_alone_accepts_the_example_where_user_verification_is_not_asked() {
    use device_enrollment::webauthn::UserVerification;
    let mut asked = ask_options("first");
    asked.rp = Some("w3.org".into());
    asked.relying_party.id = "w3.org".into();
    asked.relying_party.origins = vec![Origin::parse("https://www.w3.org").unwrap()];
    asked.preferences.user_verification = UserVerification::Preferred;
    let issued = Followed::approved(V2_1).then(Event::OptionsAsked(Box::new(asked)));
    let mut stored = json(&issued.state.to_stored().unwrap());
    stored["state"]["stage"]["binding"]["options"]["challenge"] = "MTAyMzk4a2FqaHNrZGpoYWtz".into();
    let state = Enrollment::from_stored(&stored.to_string()).unwrap();
    let issued = Followed { state, ..issued };
    let judging = issued.then(sent(&example_of_the_contract(), Base64Reading::AnyAlphabet));

    let mut policy = Policy::webauthn();
    policy.attestation_path = Rule::NotJudged;
    let after = judging.then(judged(&judging, &Verifier::new(policy, TrustStore::empty())));
    assert_eq!(after.state.status(), Status::Authorised);
    let credential = after.credential();
    assert!(!credential.user_verified);
    assert_eq!(credential.aaguid, [0; 16]);
    // With the path judged there would be no anchor to lead it to.
    let refused = Verifier::new(Policy::webauthn(), TrustStore::empty());
    judging.refused(judged(&judging, &refused), Code::PublicKeyInvalida);
}
