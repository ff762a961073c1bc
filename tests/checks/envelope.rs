//! EN-1 to EN-5: the request around the response, in each of its wire forms.

use core::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use device_enrollment::Base64Reading::{self, AnyAlphabet, Strict};
use device_enrollment::verdict::CheckId::{En1, En2, En3, En4, En5};
use device_enrollment::verdict::{Failure, Outcome};
use device_enrollment::webauthn::{
    Attachment, AuthenticationResponse, RegistrationResponse, Verifier,
};
use device_enrollment::{CheckId, Policy, TrustStore};
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};

use crate::harness::{Ceremony as _, Enrollment, login, passes, plain, unreadable, valid};

/// A wire form: a request that is read, and where its members stand.
struct Form<R> {
    name: &'static str,
    request: Value,
    read: fn(&[u8], Base64Reading) -> Result<R, Failure>,
    /// The id and the raw id.
    ids: [&'static str; 2],
    /// The other binary members that have to be there.
    binary: &'static [&'static str],
    /// The objects that have to be there.
    objects: &'static [&'static str],
    kind: &'static str,
    kind_required: bool,
    attachment: &'static str,
    extensions: &'static str,
}

fn registration_forms() -> [Form<RegistrationResponse>; 3] {
    let browser = Registration::packed_basic("forms").make().to_json();
    let [id, object, data] = ["/rawId", "/response/attestationObject", "/response/clientDataJSON"]
        .map(|at| browser.pointer(at).unwrap().clone());
    [
        Form {
            name: "RegistrationResponseJSON",
            request: browser.clone(),
            read: RegistrationResponse::from_webauthn_json,
            ids: ["/id", "/rawId"],
            binary: &["/response/clientDataJSON", "/response/attestationObject"],
            objects: &["/response"],
            kind: "/type",
            kind_required: true,
            attachment: "/authenticatorAttachment",
            extensions: "/clientExtensionResults",
        },
        Form {
            name: "device_credential",
            request: json!({
                "device_credential_id": id,
                "device_credential_raw_id": id,
                "device_credential_client_data_json": data,
                "device_credential_attestation_object": object,
                "device_credential_authenticator_attachment": "platform",
                "device_credential_type": "public-key",
                "client_extension_results": {},
            }),
            read: RegistrationResponse::from_device_credential,
            ids: ["/device_credential_id", "/device_credential_raw_id"],
            binary: &[
                "/device_credential_client_data_json",
                "/device_credential_attestation_object",
            ],
            objects: &[],
            kind: "/device_credential_type",
            kind_required: false,
            attachment: "/device_credential_authenticator_attachment",
            extensions: "/client_extension_results",
        },
        Form {
            name: "fido-registration",
            request: json!({ "data": browser }),
            read: RegistrationResponse::from_fido_registration,
            ids: ["/data/id", "/data/rawId"],
            binary: &["/data/response/clientDataJSON", "/data/response/attestationObject"],
            objects: &["/data", "/data/response"],
            kind: "/data/type",
            kind_required: false,
            attachment: "/data/authenticatorAttachment",
            extensions: "/data/clientExtensionResults",
        },
    ]
}

fn assertion_forms() -> [Form<AuthenticationResponse>; 2] {
    let browser = Assertion::of(&Registration::none("forms")).make().to_json();
    [
        Form {
            name: "AuthenticationResponseJSON",
            request: browser.clone(),
            read: AuthenticationResponse::from_webauthn_json,
            ids: ["/id", "/rawId"],
            binary: &[
                "/response/clientDataJSON",
                "/response/authenticatorData",
                "/response/signature",
            ],
            objects: &["/response"],
            kind: "/type",
            kind_required: true,
            attachment: "/authenticatorAttachment",
            extensions: "/clientExtensionResults",
        },
        Form {
            name: "authorise",
            request: json!({ "data": { "fidoAssertion": browser } }),
            read: AuthenticationResponse::from_authorise,
            ids: ["/data/fidoAssertion/id", "/data/fidoAssertion/rawId"],
            binary: &[
                "/data/fidoAssertion/response/clientDataJSON",
                "/data/fidoAssertion/response/authenticatorData",
                "/data/fidoAssertion/response/signature",
            ],
            objects: &["/data", "/data/fidoAssertion", "/data/fidoAssertion/response"],
            kind: "/data/fidoAssertion/type",
            kind_required: true,
            attachment: "/data/fidoAssertion/authenticatorAttachment",
            extensions: "/data/fidoAssertion/clientExtensionResults",
        },
    ]
}

impl<R: Debug> Form<R> {
    /// Reads the request after one change, which is shown to be readable without it.
    fn but(&self, reading: Base64Reading, change: impl FnOnce(&mut Value)) -> Result<R, Failure> {
        (self.read)(self.request.to_string().as_bytes(), Strict).expect(self.name);
        let mut request = self.request.clone();
        change(&mut request);
        (self.read)(request.to_string().as_bytes(), reading)
    }

    fn with(&self, at: &str, value: impl Into<Value>) -> Result<R, Failure> {
        self.but(Strict, |request| *request.pointer_mut(at).expect("a member") = value.into())
    }

    fn without(&self, at: &str) -> Result<R, Failure> {
        self.but(Strict, |request| {
            let (parent, name) = at.rsplit_once('/').unwrap();
            let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            parent.remove(name).expect("a member");
        })
    }

    fn text(&self, at: &str) -> String {
        self.request.pointer(at).unwrap().as_str().unwrap().to_owned()
    }

    fn all_binary(&self) -> impl Iterator<Item = &'static str> {
        self.ids.into_iter().chain(self.binary.iter().copied())
    }
}

fn every_required_member_is_present<R: Debug>(form: &Form<R>) {
    for at in form.all_binary().chain(form.objects.iter().copied()) {
        unreadable(form.without(at), En1, "malformed.missing");
    }
    if form.kind_required {
        unreadable(form.without(form.kind), En1, "malformed.missing");
    } else {
        form.without(form.kind).expect("an optional type");
    }
    form.without(form.attachment).expect("an optional attachment");
    form.without(form.extensions).expect("optional extension results");
}

fn every_member_has_its_type<R: Debug>(form: &Form<R>) {
    for at in form.all_binary().chain([form.kind, form.attachment]) {
        for value in [json!(7), json!(true), json!(["x"]), json!({})] {
            unreadable(form.with(at, value), En2, "malformed.type");
        }
    }
    for at in form.objects.iter().copied().chain([form.extensions]) {
        for value in [json!("x"), json!(7), json!([])] {
            unreadable(form.with(at, value), En2, "malformed.type");
        }
    }
    let read = |text: &[u8]| (form.read)(text, Strict);
    for text in ["", "{", "{} {}", "{'id':1}"] {
        unreadable(read(text.as_bytes()), En2, "malformed.json");
    }
    unreadable(read(b"{\"a\":\"\xff\"}"), En2, "malformed.utf8");
    let twice = form.request.to_string().replacen('{', "{\"x\":1,\"\\u0078\":1,", 1);
    unreadable(read(twice.as_bytes()), En2, "malformed.json_duplicate");
    let spaces = " ".repeat(64 * 1024);
    unreadable(read((form.request.to_string() + &spaces).as_bytes()), En2, "malformed.too_large");
}

fn every_binary_member_decodes<R: Debug>(form: &Form<R>) {
    for at in form.all_binary() {
        unreadable(form.with(at, ""), En3, "malformed.empty");
        unreadable(form.with(at, "*"), En3, "malformed.base64");
        unreadable(form.with(at, form.text(at) + "="), En3, "malformed.base64");
        unreadable(form.with(at, form.text(at) + "\n"), En3, "malformed.base64");
        unreadable(form.with(at, format!(" {}", form.text(at))), En3, "malformed.base64");
        unreadable(form.with(at, "+/8"), En3, "malformed.base64");
        // The second character of two carries four bits that have to be zero.
        unreadable(form.with(at, "AB"), En3, "malformed.base64");
    }
}

fn the_id_is_the_raw_id_and_the_type_is_public_key<R: Debug>(form: &Form<R>) {
    for at in form.ids {
        unreadable(form.with(at, "AAAA"), En4, "envelope.id");
    }
    for kind in ["", "password", "Public-Key", "public-key "] {
        unreadable(form.with(form.kind, kind), En5, "envelope.type");
    }
}

#[test]
fn every_required_member_is_present_in_every_form() {
    registration_forms().iter().for_each(every_required_member_is_present);
    assertion_forms().iter().for_each(every_required_member_is_present);
}

#[test]
fn a_required_member_that_is_null_is_as_good_as_none() {
    fn missing<R: Debug>(form: &Form<R>) {
        for at in form.all_binary().chain(form.objects.iter().copied()) {
            unreadable(form.with(at, Value::Null), En1, "malformed.missing");
        }
    }
    registration_forms().iter().for_each(missing);
    assertion_forms().iter().for_each(missing);
}

#[test]
fn a_request_is_a_json_object_in_every_form() {
    fn not_an_object<R: Debug>(form: &Form<R>) {
        for text in ["[]", "7", "null", "\"x\""] {
            unreadable((form.read)(text.as_bytes(), Strict), En2, "malformed.type");
        }
    }
    registration_forms().iter().for_each(not_an_object);
    assertion_forms().iter().for_each(not_an_object);
}

#[test]
fn every_member_has_its_json_type_in_every_form() {
    registration_forms().iter().for_each(every_member_has_its_type);
    assertion_forms().iter().for_each(every_member_has_its_type);
}

#[test]
fn every_binary_member_is_strict_base64url_in_every_form() {
    registration_forms().iter().for_each(every_binary_member_decodes);
    assertion_forms().iter().for_each(every_binary_member_decodes);
}

#[test]
fn the_id_is_the_raw_id_and_the_type_is_public_key_in_every_form() {
    registration_forms().iter().for_each(the_id_is_the_raw_id_and_the_type_is_public_key);
    assertion_forms().iter().for_each(the_id_is_the_raw_id_and_the_type_is_public_key);
}

#[test]
fn unsigned_copies_and_the_user_handle_have_their_types_and_decode() {
    let [browser, ..] = registration_forms();
    for at in ["/response/authenticatorData", "/response/publicKey"] {
        unreadable(browser.with(at, 7), En2, "malformed.type");
        unreadable(browser.with(at, "*"), En3, "malformed.base64");
    }
    unreadable(browser.with("/response/publicKeyAlgorithm", "-7"), En2, "malformed.type");
    unreadable(browser.with("/response/publicKeyAlgorithm", 0.5), En2, "malformed.type");
    unreadable(browser.with("/response/transports", "usb"), En2, "malformed.type");
    unreadable(browser.with("/response/transports", json!([1])), En2, "malformed.type");
    let [browser, _] = assertion_forms();
    unreadable(browser.with("/response/userHandle", 7), En2, "malformed.type");
    unreadable(browser.with("/response/userHandle", "*"), En3, "malformed.base64");
    let empty = browser.with("/response/userHandle", "").unwrap();
    assert_eq!(empty.user_handle(), None, "an empty user handle is none");
}

#[test]
fn an_attachment_that_nobody_knows_is_ignored() {
    for form in registration_forms() {
        assert_eq!(form.with(form.attachment, "orbital").unwrap().attachment(), None);
        let known = form.with(form.attachment, "cross-platform").unwrap().attachment();
        assert_eq!(known, Some(Attachment::CrossPlatform));
    }
}

#[test]
fn of_two_faults_the_check_that_comes_first_is_named() {
    fn first_named<R: Debug>(form: &Form<R>) {
        let [id, raw_id] = form.ids;
        let data = form.binary[0];
        let set = |changes: Vec<(&str, Value)>| {
            form.but(Strict, |request| {
                for (at, value) in changes {
                    *request.pointer_mut(at).expect("a member") = value;
                }
            })
        };
        // Each pair breaks a later check in an earlier member.
        let null = || Value::Null;
        let pairs = |broken: Value| vec![(id, broken), (data, null())];
        unreadable(set(pairs(json!(7))), En1, "malformed.missing");
        unreadable(set(pairs(json!("*"))), En1, "malformed.missing");
        unreadable(set(pairs(json!("AAAA"))), En1, "malformed.missing");
        unreadable(set(vec![(id, json!("*")), (form.extensions, json!(7))]), En2, "malformed.type");
        let ids = vec![(raw_id, json!("AAAA")), (form.attachment, json!(7))];
        unreadable(set(ids), En2, "malformed.type");
        unreadable(set(vec![(raw_id, json!("AAAA")), (data, json!("*"))]), En3, "malformed.base64");
        let kinds = vec![(form.kind, json!("password")), (data, json!("*"))];
        unreadable(set(kinds), En3, "malformed.base64");
        let kinds = vec![(form.kind, json!("password")), (raw_id, json!("AAAA"))];
        unreadable(set(kinds), En4, "envelope.id");
    }
    registration_forms().iter().for_each(first_named);
    assertion_forms().iter().for_each(first_named);
}

#[test]
fn each_form_of_a_registration_is_read_and_accepted() {
    let enrollment = Enrollment::of(Registration::packed_basic("forms"), Policy::webauthn());
    let parts = enrollment.registration.make();
    for form in registration_forms() {
        let text = form.request.to_string();
        let response = (form.read)(text.as_bytes(), Strict).unwrap();
        let judgement = enrollment.judge_response(&response, &parts);
        passes(&judgement, En1);
        passes(&judgement, En2);
        passes(&judgement, En3);
        passes(&judgement, En4);
        passes(&judgement, En5);
        assert_eq!(judgement.verdict().tolerances, Vec::<&str>::new());
        assert_eq!(
            RegistrationResponse::from_any_form(text.as_bytes(), Strict).unwrap(),
            response,
            "{}",
            form.name
        );
    }
    let (data, object) = (&parts.client_data_json, &parts.attestation_object);
    for id in [Some(&parts.credential_id[..]), None] {
        let raw = RegistrationResponse::from_bytes(id, data, object);
        let judgement = enrollment.judge_response(&raw, &parts);
        assert!(judgement.accepted().is_ok());
        for id in [En1, En2, En3, En4, En5] {
            assert_eq!(judgement.verdict().outcome(id), Some(Outcome::NotApplicable));
        }
    }
}

#[test]
fn each_form_of_an_assertion_is_read_and_accepted() {
    let login = login(&Registration::none("forms"));
    passes(&login.judge(), En1);
    let parts = login.assertion.make();
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let accepted = |response: &AuthenticationResponse| {
        verifier.authentication(response, &login.expectation, None).accepted().is_ok()
    };
    for form in assertion_forms() {
        let text = form.request.to_string();
        let response = (form.read)(text.as_bytes(), Strict).unwrap();
        assert!(accepted(&response), "{}", form.name);
        let any = AuthenticationResponse::from_any_form(text.as_bytes(), Strict).unwrap();
        assert_eq!(any, response, "{}", form.name);
    }
    assert!(accepted(&AuthenticationResponse::from_bytes(
        &parts.credential_id,
        &parts.client_data_json,
        &parts.authenticator_data,
        &parts.signature,
        parts.user_handle.as_deref(),
    )));
}

#[test]
fn what_is_written_reads_back_the_same() {
    for form in registration_forms() {
        let text = form.request.to_string();
        let response = (form.read)(text.as_bytes(), Strict).unwrap();
        let written = match form.name {
            "RegistrationResponseJSON" => response.to_webauthn_json(),
            "device_credential" => response.to_device_credential(),
            _ => response.to_fido_registration(),
        };
        assert_eq!(written, form.request, "{}", form.name);
        let again = (form.read)(written.to_string().as_bytes(), Strict).unwrap();
        assert_eq!(again, response, "{}", form.name);
    }
    for form in assertion_forms() {
        let response = (form.read)(form.request.to_string().as_bytes(), Strict).unwrap();
        let written = match form.name {
            "authorise" => response.to_authorise(),
            _ => response.to_webauthn_json(),
        };
        assert_eq!(written, form.request, "{}", form.name);
        let again = (form.read)(written.to_string().as_bytes(), Strict).unwrap();
        assert_eq!(again, response, "{}", form.name);
    }
}

#[test]
fn a_request_without_its_optional_members_reads_back_the_same() {
    for form in registration_forms() {
        let response = form.without(form.extensions).unwrap();
        let written = match form.name {
            "RegistrationResponseJSON" => response.to_webauthn_json(),
            "device_credential" => response.to_device_credential(),
            _ => response.to_fido_registration(),
        };
        let again = (form.read)(written.to_string().as_bytes(), Strict).unwrap();
        assert!(again == response, "{}", form.name);
    }
}

/// Writes the binary member at `at` in another base64.
fn respelled<R: Debug>(form: &Form<R>, at: &str, spell: impl Fn(&[u8]) -> String) -> Value {
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(form.text(at)).unwrap();
    let mut request = form.request.clone();
    *request.pointer_mut(at).unwrap() = spell(&bytes).into();
    request
}

#[test]
fn the_declared_leniency_takes_any_alphabet_and_padding_and_says_so() {
    let enrollment = Enrollment::of(Registration::packed_basic("forms"), Policy::webauthn());
    let parts = enrollment.registration.make();
    for form in registration_forms() {
        for at in form.all_binary() {
            for spell in [
                |bytes: &[u8]| STANDARD.encode(bytes),
                |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes),
                |bytes: &[u8]| URL_SAFE.encode(bytes),
            ] {
                let text = respelled(&form, at, spell).to_string();
                let response = (form.read)(text.as_bytes(), AnyAlphabet).unwrap();
                let judgement = enrollment.judge_response(&response, &parts);
                passes(&judgement, En3);
                let strict = (form.read)(text.as_bytes(), Strict);
                let expected: &[&str] = if strict.is_ok() { &[] } else { &["base64_any_alphabet"] };
                assert_eq!(judgement.verdict().tolerances, expected, "{} {at}", form.name);
            }
        }
    }
}

#[test]
fn the_declared_leniency_is_no_licence() {
    for form in registration_forms() {
        for at in form.all_binary() {
            let lenient = |text: String| {
                form.but(AnyAlphabet, |request| *request.pointer_mut(at).unwrap() = text.into())
            };
            unreadable(lenient("+_8=".into()), En3, "malformed.base64_mixed");
            unreadable(lenient("+/9=".into()), En3, "malformed.base64");
            unreadable(lenient("-_9".into()), En3, "malformed.base64");
            unreadable(lenient("+/8==".into()), En3, "malformed.base64");
            unreadable(lenient("+/8=\n".into()), En3, "malformed.base64");
            unreadable(lenient("=".into()), En3, "malformed.base64");
            unreadable(lenient(String::new()), En3, "malformed.empty");
        }
    }
}

#[test]
fn an_object_that_cannot_be_opened_shows_nothing_of_its_members() {
    let [form, ..] = registration_forms();
    let ceremony = device_enrollment::verdict::Ceremony::Registration;
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let outcome = |failure| verifier.malformed(&failure, ceremony, b"", None).outcome(En1);
    let array = (form.read)(b"[]", Strict).unwrap_err();
    assert_eq!(outcome(array), Some(Outcome::NotReached));
    let number = form.with("/response", 7).unwrap_err();
    assert_eq!(outcome(number), Some(Outcome::NotReached));
    let member = form.with("/id", 7).unwrap_err();
    assert_eq!(outcome(member), Some(Outcome::Passed));
}

#[test]
fn the_verdict_of_a_request_that_cannot_be_read_names_every_envelope_check() {
    let [form, ..] = registration_forms();
    let failure = form.with(form.kind, "password").unwrap_err();
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let ceremony = device_enrollment::verdict::Ceremony::Registration;
    let verdict = verifier.malformed(&failure, ceremony, b"request", None);
    let ids: Vec<CheckId> = verdict.checks.iter().map(|check| check.id).collect();
    assert_eq!(ids, [En1, En2, En3, En4, En5]);
    passes(&valid(plain(Registration::none)).judgement, En5);
}
