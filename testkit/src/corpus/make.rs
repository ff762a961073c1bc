//! One ceremony on order: a format, an algorithm, and changes by the numbers of the corpus.

use super::case::Ceremony;
use super::{Enrollment, Group, Login, algorithms};
use crate::authenticator_data::{AuthenticatorData, flag};
use crate::cbor::{self, Entries};
use crate::client_data::ClientData;
use crate::{Edit, Registration, TIME, scheme};

/// Which ceremony is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new credential.
    Registration,
    /// An assertion by a credential that was registered in the format.
    Assertion,
}

/// What is ordered.
#[derive(Clone, Debug)]
pub struct Order<'o> {
    /// One of [`FORMATS`].
    pub format: &'o str,
    /// The COSE algorithm of the credential; `None` is the format's own choice.
    pub algorithm: Option<i64>,
    /// Other seeds give other keys, challenges and ids.
    pub seed: &'o str,
    /// Which ceremony.
    pub kind: Kind,
    /// Numbers of the corpus; each is done to the one ceremony.
    pub changes: Vec<&'o str>,
}

/// A format's name, its maker, and the algorithms that its credentials may have.
type Format = (&'static str, fn(&str) -> Registration, fn(i64) -> bool);

/// The formats by the names that an order gives them.
pub const FORMATS: [&str; 8] =
    ["none", "packed", "packed-self", "fido-u2f", "android-key", "apple", "tpm-ecc", "tpm-rsa"];

const MAKERS: [Format; 8] = [
    ("none", Registration::none, |_| true),
    ("packed", Registration::packed_basic_with_intermediate, |_| true),
    ("packed-self", Registration::packed_self, |_| true),
    ("fido-u2f", Registration::fido_u2f, |algorithm| algorithm == -7),
    ("android-key", Registration::android_key, |algorithm| {
        is_ecdsa(algorithm) || is_rsa(algorithm)
    }),
    ("apple", Registration::apple, is_ecdsa),
    ("tpm-ecc", Registration::tpm_ecc, is_ecdsa),
    ("tpm-rsa", Registration::tpm_rsa, is_rsa),
];

/// Makes what was ordered: the valid ceremony and, with changes, the changed one behind it.
///
/// # Errors
///
/// One line that says what cannot be had, and what can.
pub fn make(order: &Order<'_>) -> Result<Group, String> {
    let registration = registration(order.format, order.algorithm, order.seed)?;
    let algorithm = registration.credential_algorithm;
    match order.kind {
        Kind::Registration => {
            let enrollment = Enrollment::browser(registration)
                .given(|it| it.told.set("algs", serde_json::json!([algorithm])));
            filled(order, enrollment, REGISTRATION)
        }
        Kind::Assertion => filled(order, Login::browser(&registration), ASSERTION),
    }
}

/// A registration in one of [`FORMATS`], by a credential of a COSE algorithm; `None` is the format's
/// own choice.
///
/// # Errors
///
/// One line that says what cannot be had, and what can.
pub fn registration(
    format: &str,
    algorithm: Option<i64>,
    seed: &str,
) -> Result<Registration, String> {
    let (_, maker, takes) = MAKERS
        .iter()
        .find(|(name, _, _)| *name == format)
        .ok_or_else(|| format!("format {format:?} is not one of {}", FORMATS.join(", ")))?;
    let registration = maker(seed);
    let Some(algorithm) = algorithm else { return Ok(registration) };
    let known: Vec<i64> =
        algorithms::TAKEN.iter().map(|(_, number)| *number).filter(|it| takes(*it)).collect();
    if !known.contains(&algorithm) {
        let known: Vec<String> = known.iter().map(i64::to_string).collect();
        return Err(format!("{format} has no algorithm {algorithm}, but {}", known.join(", ")));
    }
    if algorithm == registration.credential_algorithm {
        return Ok(registration);
    }
    Ok(registration.with_credential_algorithm(algorithm))
}

fn filled<C: Changeable>(
    order: &Order<'_>,
    ceremony: C,
    changes: &[Change<C>],
) -> Result<Group, String> {
    let mut group = Group::new("made", "A ceremony of the test authenticator, made on order.");
    group.made_by = "device-enrollment testkit make";
    let valid = group.valid(order.format, ceremony.clone());
    let known = |wanted: &&str| {
        let found = changes.iter().find(|change| change.id == *wanted);
        found.filter(|change| (change.fits)(&ceremony)).ok_or_else(|| {
            let ids: Vec<&str> = changes
                .iter()
                .filter(|change| (change.fits)(&ceremony))
                .map(|change| change.id)
                .collect();
            format!("change {wanted:?} is not one of {}", ids.join(", "))
        })
    };
    let wanted = order.changes.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    let together = |text: fn(&Change<C>) -> &str, between: &str| {
        wanted.iter().map(|change| text(change)).collect::<Vec<_>>().join(between)
    };
    let (id, sentence) = (together(|it| it.id, "+"), together(|it| it.changes, "; "));
    let all = |it: &mut C| wanted.iter().for_each(|change| (change.change)(it));
    match wanted.as_slice() {
        [] => {}
        [one] => group.refuses(&valid, &id, &sentence, (one.pin)(&ceremony), all),
        // Which of several is found first is the verifier's own order.
        _ => group.refuses_somehow(&valid, &id, &sentence, all),
    }
    Ok(group)
}

/// A change that every format can undergo, or those that it fits.
struct Change<C> {
    id: &'static str,
    changes: &'static str,
    pin: fn(&C) -> (&'static str, &'static str),
    fits: fn(&C) -> bool,
    change: fn(&mut C),
}

/// The parts that both ceremonies have.
trait Changeable: Ceremony {
    fn data(&mut self) -> &mut AuthenticatorData;
    fn require_user_verification(&mut self);
}

impl Changeable for Enrollment {
    fn data(&mut self) -> &mut AuthenticatorData {
        &mut self.registration.authenticator_data
    }

    fn require_user_verification(&mut self) {
        self.told.set("user_verification_required", true.into());
    }
}

impl Changeable for Login {
    fn data(&mut self) -> &mut AuthenticatorData {
        &mut self.assertion.authenticator_data
    }

    fn require_user_verification(&mut self) {
        self.told.set("user_verification_required", true.into());
    }
}

/// A change of client data or of authenticator data.
const fn shared<C: Changeable>(
    id: &'static str,
    changes: &'static str,
    pin: fn(&C) -> (&'static str, &'static str),
    change: fn(&mut C),
) -> Change<C> {
    Change { id, changes, pin, fits: |_| true, change }
}

const REGISTRATION: &[Change<Enrollment>] = &[
    shared("N015", UV, |_| UV_PIN, clear_user_verification),
    shared(
        "N020",
        "type is webauthn.get",
        |_| TYPE_PIN,
        |it| {
            it.says().ceremony_type = "webauthn.get".into();
        },
    ),
    shared("N025", CHALLENGE, |_| CHALLENGE_PIN, |it| another_challenge(it.says())),
    shared("N029", ORIGIN, |_| ORIGIN_PIN, |it| another_origin(it.says())),
    shared("N044", LEFTOVER, |_| LEFTOVER_PIN, |it| it.data().trailing = vec![0]),
    Change {
        id: "N053",
        changes: "the last bit of sig is another",
        pin: |it| match it.attestation.format.as_str() {
            "fido-u2f" => ("FU-6", "signature.invalid"),
            "android-key" => ("AK-2", "signature.invalid"),
            "tpm" => ("TP-14", "signature.invalid"),
            _ => ("PK-3", "signature.invalid"),
        },
        fits: |it| !matches!(it.attestation.format.as_str(), "none" | "apple"),
        change: |it| {
            it.attestation.edit_statement = Edit::new(|statement: &mut Entries| {
                *cbor::byte_member(statement, "sig").last_mut().expect("a signature") ^= 1;
            });
        },
    },
    Change {
        id: "N057",
        changes: "the leaf has expired",
        pin: |_| ("X-13", "path.expired"),
        fits: |it| it.attestation.chain.is_some(),
        change: |it| it.leaf().not_after = TIME - 1,
    },
    shared("X019", FRAME, |_| FRAME_PIN, |it| it.says().cross_origin = Some(true)),
    shared("X025", BACKUP, |_| BACKUP_PIN, |it| it.data().set_flag(flag::BACKUP_STATE)),
    shared(
        "X025-presence",
        PRESENCE,
        |_| PRESENCE_PIN,
        |it| {
            it.data().clear_flag(flag::USER_PRESENT);
        },
    ),
    shared("X025-rp-id-hash", RP_ID, |_| RP_ID_PIN, another_rp_id),
];

const ASSERTION: &[Change<Login>] = &[
    shared(
        "N098",
        "the last bit of the signature is another",
        |_| ("AS-3", "signature.invalid"),
        |it| {
            it.edit_signature =
                Edit::new(|signature: &mut Vec<u8>| *signature.last_mut().expect("bytes") ^= 1);
        },
    ),
    shared(
        "N104",
        "type is webauthn.create",
        |_| TYPE_PIN,
        |it| {
            it.says().ceremony_type = "webauthn.create".into();
        },
    ),
    shared("N109", CHALLENGE, |_| CHALLENGE_PIN, |it| another_challenge(it.says())),
    shared("N113", ORIGIN, |_| ORIGIN_PIN, |it| another_origin(it.says())),
    shared("N117", LEFTOVER, |_| LEFTOVER_PIN, |it| it.data().trailing = vec![0]),
    shared("N118", RP_ID, |_| RP_ID_PIN, another_rp_id),
    shared(
        "N120",
        "the counter is 1, and 1 is stored",
        |_| ("AS-4", "credential.counter"),
        |it| it.stored.sign_count = 1,
    ),
    shared("N121", UV, |_| UV_PIN, clear_user_verification),
    shared(
        "N121-presence",
        PRESENCE,
        |_| PRESENCE_PIN,
        |it| {
            it.data().clear_flag(flag::USER_PRESENT);
        },
    ),
    shared(
        "X003",
        "the account owns another credential than the one that was used",
        |_| ("AS-1", "credential.unknown"),
        |it| it.stored.id.reverse(),
    ),
    shared(
        "X004",
        "the user handle of the response is that of another account",
        |_| ("AS-2", "credential.user_handle"),
        |it| it.user_handle.as_mut().expect("a handle").reverse(),
    ),
    shared("X019-assertion", FRAME, |_| FRAME_PIN, |it| it.says().cross_origin = Some(true)),
    shared("X025-assertion", BACKUP, |_| BACKUP_PIN, |it| it.data().set_flag(flag::BACKUP_STATE)),
];

const UV: &str = "the user verification flag is clear, and user verification is required";
const UV_PIN: (&str, &str) = ("X-7", "authenticator_data.user_verification");
const TYPE_PIN: (&str, &str) = ("CD-2", "client_data.type");
const CHALLENGE: &str = "challenge is another one";
const CHALLENGE_PIN: (&str, &str) = ("CD-7", "client_data.challenge");
const ORIGIN: &str = "origin is \"https://evil.example\"";
const ORIGIN_PIN: (&str, &str) = ("CD-3", "client_data.origin");
const LEFTOVER: &str = "authenticator data has a byte behind its end";
const LEFTOVER_PIN: (&str, &str) = ("X-3", "malformed.flags");
const FRAME: &str = "crossOrigin is true, and no frame is allowed";
const FRAME_PIN: (&str, &str) = ("CD-4", "client_data.cross_origin");
const BACKUP: &str = "the backup state flag is set without backup eligibility";
const BACKUP_PIN: (&str, &str) = ("X-5", "authenticator_data.backup_state");
const PRESENCE: &str = "the user presence flag is clear";
const PRESENCE_PIN: (&str, &str) = ("X-6", "authenticator_data.user_presence");
const RP_ID: &str = "rpIdHash is that of another relying party";
const RP_ID_PIN: (&str, &str) = ("RP-1", "authenticator_data.rp_id_hash");

fn clear_user_verification<C: Changeable>(it: &mut C) {
    it.data().clear_flag(flag::USER_VERIFIED);
    it.require_user_verification();
}

fn another_challenge(said: &mut ClientData) {
    said.challenge.reverse();
}

fn another_origin(said: &mut ClientData) {
    said.origin = "https://evil.example".into();
}

fn another_rp_id<C: Changeable>(it: &mut C) {
    it.data().rp_id_hash = scheme::sha256(b"evil.example");
}

fn is_ecdsa(algorithm: i64) -> bool {
    matches!(algorithm, -7 | -9 | -35 | -51 | -36 | -52)
}

fn is_rsa(algorithm: i64) -> bool {
    matches!(algorithm, -257 | -258 | -259 | -37 | -38 | -39 | -65535)
}
