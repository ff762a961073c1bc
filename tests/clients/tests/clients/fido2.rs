//! The client of PyPI fido2 over a security key in software (`python/`): an attestation with the
//! certificate of an authority that it makes for itself, with the credential key, or none.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::bank::enrolling::{Bank, approval, contract_signals, creation, signals};
use crate::bank::server::Folder;
use crate::changes::{assertions_are_refused, last_bit, registrations_are_refused, statement};
use crate::journey::{
    Client, approves, authorise, bank, bank_with_anchors, consent, enrolled, offered, origin,
    register,
};
use device_enrollment_testkit::cbor;

const PYTHON: &str = "DEVICE_ENROLLMENT_PEER_PYTHON";

/// The script under way, with the certificate that its keys lead to.
struct Fido2 {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    anchor: Vec<u8>,
}

fn script(words: &[&str]) -> Command {
    let python = std::env::var_os(PYTHON).filter(|value| !value.is_empty());
    let python = python.map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "NOT RUN: the client of fido2. {PYTHON} names no Python that has what \
             tests/peers/requirements.txt lists; tests/run makes one."
        )
    });
    let mut command = Command::new(python);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/client.py"))
        .args(words)
        .env("ORIGIN", origin())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

impl Fido2 {
    /// A key; `words` are those of `client.py`.
    fn new(words: &[&str]) -> Self {
        let mut process = script(words).spawn().unwrap();
        let asks = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut client = Self { process, asks, answers, anchor: Vec::new() };
        let told = client.answer();
        client.anchor = URL_SAFE_NO_PAD.decode(told["anchor"].as_str().unwrap()).unwrap();
        client
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("a line of JSON; what went wrong is above")
    }

    fn does(&mut self, what: &str, options: &Value) -> Result<Value, String> {
        writeln!(self.asks, "{}", json!({"do": what, "options": options})).unwrap();
        let mut answer = self.answer();
        match answer.get("refused") {
            Some(why) => Err(why.as_str().unwrap().to_owned()),
            None => Ok(answer["made"].take()),
        }
    }

    /// A bank that believes its authority.
    fn bank(&self, profile: &str, format: &str) -> (Bank, Folder) {
        bank_with_anchors(profile, format, std::slice::from_ref(&self.anchor))
    }
}

impl Client for Fido2 {
    fn create(&mut self, options: &Value) -> Result<Value, String> {
        self.does("create", options)
    }

    fn get(&mut self, options: &Value) -> Result<Value, String> {
        self.does("get", options)
    }
}

impl Drop for Fido2 {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_key_with_a_certificate_passes_where_its_authority_is_an_anchor() {
    let mut client = Fido2::new(&[]);
    for profile in ["open_finance_brasil", "device_bound_only"] {
        let (bank, _folder) = client.bank(profile, "packed");
        let (ids, outcome) = enrolled(&bank, &mut client);
        let facts = outcome.accepted();
        assert_eq!(
            (&facts["fmt"], &facts["attestation_type"]),
            (&"packed".into(), &"basic".into())
        );
        approves(&bank, &ids, &mut client);
    }
    // Nobody vouches for it anywhere else, under no profile.
    for profile in ["open_finance_brasil", "webauthn"] {
        let (_, outcome) = enrolled(&bank(profile), &mut client);
        outcome.refused_by("X-11", "path.no_anchor");
    }
    // An anchor for another format is none.
    let (bank, _folder) = client.bank("webauthn", "tpm");
    enrolled(&bank, &mut client).1.refused_by("X-11", "path.no_anchor");
}

#[test]
fn keys_that_speak_for_themselves_or_not_at_all() {
    for (word, kind) in [("self", "self"), ("none", "none")] {
        for algorithm in ["alg=-7", "alg=-257", "alg=-8"] {
            let mut client = Fido2::new(&[word, algorithm]);
            let bank = bank("open_finance_brasil");
            let (ids, outcome) = enrolled(&bank, &mut client);
            let facts = outcome.accepted();
            assert_eq!(facts["attestation_type"], kind);
            assert_eq!(facts["alg"].to_string(), algorithm[4..]);
            approves(&bank, &ids, &mut client);
        }
        let (_, outcome) = enrolled(&bank("device_bound_only"), &mut Fido2::new(&[word]));
        outcome.refused_by("PO-2", "policy.attestation_type");
    }
}

#[test]
fn a_key_that_knows_nobody_refuses_itself_and_is_refused() {
    let mut client = Fido2::new(&["self", "unverified"]);
    for profile in ["open_finance_brasil", "webauthn"] {
        let bank = bank(profile);
        let mut offer = offered(&bank, "CROSS_PLATFORM");
        let refused = client.create(&offer.options).unwrap_err();
        assert!(refused.starts_with("CONFIGURATION_UNSUPPORTED"), "{refused}");
        offer.options["authenticatorSelection"]["userVerification"] = json!("discouraged");
        let made = client.create(&offer.options).unwrap();
        register(&bank, &offer.ids, &made)
            .refused_by("X-7", "authenticator_data.user_verification");
    }
}

#[test]
fn a_key_of_u2f_is_of_no_use() {
    let mut client = Fido2::new(&["u2f"]);
    for (profile, check, code) in [
        // User verification comes first, and a U2F key has none.
        ("webauthn", "X-7", "authenticator_data.user_verification"),
        ("open_finance_brasil", "X-7", "authenticator_data.user_verification"),
    ] {
        let (bank, _folder) = client.bank(profile, "fido-u2f");
        let mut offer = offered(&bank, "CROSS_PLATFORM");
        let refused = client.create(&offer.options).unwrap_err();
        assert!(refused.starts_with("CONFIGURATION_UNSUPPORTED"), "{refused}");
        offer.options["authenticatorSelection"]["userVerification"] = json!("discouraged");
        let made = client.create(&offer.options).unwrap();
        register(&bank, &offer.ids, &made).refused_by(check, code);
    }
}

#[test]
fn one_change_each_is_refused() {
    let mut client = Fido2::new(&[]);
    let (bank, _folder) = client.bank("open_finance_brasil", "packed");
    registrations_are_refused(&bank, &mut client);
    for (change, check, code) in [
        (
            (|entries: &mut cbor::Entries| {
                let entries = cbor::member(entries, "attStmt").as_map_mut().unwrap();
                last_bit(cbor::byte_member(entries, "sig"));
            }) as fn(&mut cbor::Entries),
            "PK-3",
            "signature.invalid",
        ),
        // The model, which the certificate names as well.
        (|entries| cbor::byte_member(entries, "authData")[37] ^= 1, "PK-3", "signature.invalid"),
        (
            |entries| {
                cbor::remove(cbor::member(entries, "attStmt").as_map_mut().unwrap(), "x5c");
            },
            "PK-3",
            "signature.invalid",
        ),
    ] {
        let offer = offered(&bank, "BROWSER");
        let mut made = client.create(&offer.options).unwrap();
        statement(&mut made, change);
        register(&bank, &offer.ids, &made).refused_by(check, code);
    }
    let (ids, outcome) = enrolled(&bank, &mut client);
    outcome.accepted();
    assertions_are_refused(&bank, &ids, &mut client);
    // A counter that goes back: the answer of an earlier consent cannot come again, so the key is
    // asked twice and answers in the wrong order.
    let (one, first) = consent(&bank, &ids);
    let (two, second) = consent(&bank, &ids);
    let (made_first, made_second) = (client.get(&first).unwrap(), client.get(&second).unwrap());
    authorise(&bank, &ids, &two, &made_second).accepted();
    authorise(&bank, &ids, &one, &made_first).refused_by("AS-4", "credential.counter");
}

#[test]
fn a_key_that_has_a_credential_makes_no_second_one() {
    let mut client = Fido2::new(&["self"]);
    let bank = bank("open_finance_brasil");
    enrolled(&bank, &mut client).1.accepted();
    let offer = offered(&bank, "CROSS_PLATFORM");
    let refused = client.create(&offer.options).unwrap_err();
    assert!(refused.starts_with("DEVICE_INELIGIBLE"), "{refused}");
}

/// The script alone, with nothing of ours between it and the service.
#[test]
fn it_walks_the_whole_way_by_itself() {
    let bank = bank("open_finance_brasil");
    let told = json!({
        "address": format!("http://{}", bank.world.node().address), "origin": origin(),
        "key": bank.world.key, "holder": bank.holder,
        "creation": creation(), "signals": signals(), "approval": approval(),
        "contract_signals": contract_signals(),
    });
    let mut walk = script(&["self", "--walk"]).spawn().unwrap();
    walk.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let done = walk.wait_with_output().unwrap();
    assert!(done.status.success());
    let ended: Value = serde_json::from_slice(&done.stdout).unwrap();
    let expected =
        json!({"registration": "CREATED", "enrollment": "AUTHORIZED", "consent": "AUTHORISED"});
    assert_eq!(ended, expected);
}
