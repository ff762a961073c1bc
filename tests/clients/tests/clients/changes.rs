//! One change each to a response that a client made, and the check that refuses it. What a client of
//! somebody else sends has to be refused for the same reasons as what ours sends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::cbor;
use serde_json::Value;

use crate::bank::enrolling::{Bank, Ids};
use crate::journey::{Client, authorise, consent, offered, register};

type Change = fn(&mut Value);

/// A change, and the check and the code that it is refused with.
struct Case(&'static str, Change, &'static str, &'static str);

const REGISTRATIONS: &[Case] = &[
    Case("the type", |made| client_data(made, "type", "webauthn.get"), "CD-2", "client_data.type"),
    Case(
        "the challenge",
        |made| client_data(made, "challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "CD-7",
        "client_data.challenge",
    ),
    Case(
        "the origin",
        |made| client_data(made, "origin", "https://evil.example"),
        "CD-3",
        "client_data.origin",
    ),
    Case(
        "the relying party",
        |made| attested(made, |data| data[0] ^= 1),
        "RP-1",
        "authenticator_data.rp_id_hash",
    ),
    Case(
        "user presence",
        |made| attested(made, |data| data[32] &= !0x01),
        "X-6",
        "authenticator_data.user_presence",
    ),
    Case(
        "user verification",
        |made| attested(made, |data| data[32] &= !0x04),
        "X-7",
        "authenticator_data.user_verification",
    ),
    Case("the credential id", other_id, "X-8", "credential_id.mismatch"),
];

const ASSERTIONS: &[Case] = &[
    Case(
        "the type",
        |made| client_data(made, "type", "webauthn.create"),
        "CD-2",
        "client_data.type",
    ),
    Case(
        "the challenge",
        |made| client_data(made, "challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "CD-7",
        "client_data.challenge",
    ),
    Case(
        "the origin",
        |made| client_data(made, "origin", "https://evil.example"),
        "CD-3",
        "client_data.origin",
    ),
    Case(
        "the relying party",
        |made| asserted(made, |data| data[0] ^= 1),
        "RP-1",
        "authenticator_data.rp_id_hash",
    ),
    Case(
        "user presence",
        |made| asserted(made, |data| data[32] &= !0x01),
        "X-6",
        "authenticator_data.user_presence",
    ),
    Case(
        "user verification",
        |made| asserted(made, |data| data[32] &= !0x04),
        "X-7",
        "authenticator_data.user_verification",
    ),
    Case("the counter", |made| asserted(made, |data| data[36] ^= 1), "AS-3", "signature.invalid"),
    Case("the signature", |made| edit(made, "signature", last_bit), "AS-3", "signature.invalid"),
    Case("the credential id", other_id, "AS-1", "credential.unknown"),
];

/// Each change to a registration is refused by its check.
pub(crate) fn registrations_are_refused(bank: &Bank, client: &mut dyn Client) {
    for Case(what, change, check, code) in REGISTRATIONS {
        let offer = offered(bank, "BROWSER");
        let mut made = client.create(&offer.options).unwrap();
        change(&mut made);
        let outcome = register(bank, &offer.ids, &made);
        let expected = ((*check).to_owned(), (*code).to_owned());
        assert_eq!(outcome.failure(), expected, "{what}: {}", outcome.verdict["failure"]);
    }
}

/// Each change to an assertion is refused by its check, and the unchanged one is accepted after all.
pub(crate) fn assertions_are_refused(bank: &Bank, ids: &Ids, client: &mut dyn Client) {
    for Case(what, change, check, code) in ASSERTIONS {
        let (consent, options) = consent(bank, ids);
        let mut made = client.get(&options).unwrap();
        change(&mut made);
        let outcome = authorise(bank, ids, &consent, &made);
        let expected = ((*check).to_owned(), (*code).to_owned());
        assert_eq!(outcome.failure(), expected, "{what}: {}", outcome.verdict["failure"]);
        assert_eq!(bank.consent_of(&consent)["status"], "REJECTED", "{what}");
    }
    let (consent, options) = consent(bank, ids);
    let made = client.get(&options).unwrap();
    authorise(bank, ids, &consent, &made).accepted();
}

/// The bytes of a member of the response, changed.
pub(crate) fn edit(made: &mut Value, member: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let place = &mut made["response"][member];
    let mut bytes = URL_SAFE_NO_PAD.decode(place.as_str().unwrap()).unwrap();
    change(&mut bytes);
    *place = URL_SAFE_NO_PAD.encode(bytes).into();
}

/// The last bit of some bytes, turned over.
#[allow(clippy::ptr_arg, reason = "it is handed to what changes the length as well")]
pub(crate) fn last_bit(bytes: &mut Vec<u8>) {
    *bytes.last_mut().unwrap() ^= 1;
}

/// A member of the client data, with nothing else of its text changed.
fn client_data(made: &mut Value, member: &str, other: &str) {
    edit(made, "clientDataJSON", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        let old = read[member].as_str().unwrap();
        assert_eq!(text.matches(old).count(), 1, "{text}");
        *bytes = text.replace(old, other).into_bytes();
    });
}

/// The authenticator data within the attestation object.
fn attested(made: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    statement(made, |entries| change(cbor::byte_member(entries, "authData")));
}

/// The members of the attestation object.
pub(crate) fn statement(made: &mut Value, change: impl FnOnce(&mut cbor::Entries)) {
    edit(made, "attestationObject", |bytes| {
        let mut object = cbor::decode(bytes);
        change(object.as_map_mut().unwrap());
        *bytes = cbor::encode(&object);
    });
}

fn asserted(made: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    edit(made, "authenticatorData", change);
}

fn other_id(made: &mut Value) {
    let mut id = URL_SAFE_NO_PAD.decode(made["id"].as_str().unwrap()).unwrap();
    last_bit(&mut id);
    let id = Value::from(URL_SAFE_NO_PAD.encode(id));
    made["id"] = id.clone();
    made["rawId"] = id;
}
