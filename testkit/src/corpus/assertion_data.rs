//! N098 and N117 to N121: authenticator data, signature and counter of an assertion.

use super::{Group, Login};
use crate::authenticator_data::flag;
use crate::{Edit, Registration};

pub(super) fn group() -> Group {
    let about = "N098 and N117 to N121: authenticator data, signature and counter of an assertion.";
    let mut group = Group::new("assertion-data", about);
    let registration = Registration::none("assertion data");
    let valid = group.valid("es256", Login::of(&registration));
    group.refuses(
        &valid,
        "N098",
        "the last bit of the signature is another",
        ("AS-3", "signature.invalid"),
        |it| {
            it.edit_signature =
                Edit::new(|signature: &mut Vec<u8>| *signature.last_mut().expect("bytes") ^= 1);
        },
    );
    for (id, what, trailing) in
        [("N117", "a byte", vec![0]), ("N117-map", "an empty CBOR map", vec![0xa0])]
    {
        let changes = format!("authenticator data has {what} behind its end");
        group.refuses(&valid, id, &changes, ("X-3", "malformed.flags"), |it| {
            it.authenticator_data.trailing = trailing;
        });
    }
    group.refuses(
        &valid,
        "N118",
        "rpIdHash is that of another relying party",
        ("RP-1", "authenticator_data.rp_id_hash"),
        |it| it.authenticator_data.rp_id_hash = crate::scheme::sha256(b"evil.example"),
    );
    group.refuses(
        &valid,
        "N118-origin",
        "rpIdHash is the hash of the origin",
        ("RP-1", "authenticator_data.rp_id_hash"),
        |it| it.authenticator_data.rp_id_hash = crate::scheme::sha256(crate::ORIGIN.as_bytes()),
    );
    group.refuses(
        &valid,
        "N119",
        "the signature covers the hash of other client data",
        ("AS-3", "signature.invalid"),
        |it| {
            it.edit_signed_bytes =
                Edit::new(|signed: &mut Vec<u8>| *signed.last_mut().expect("a hash") ^= 1);
        },
    );
    group.refuses(
        &valid,
        "N119-space",
        "a space was put into client data after it was signed",
        ("AS-3", "signature.invalid"),
        |it| it.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' ')),
    );
    let counted = Login::of(&registration).given(|it| {
        it.stored.sign_count = 7;
        it.assertion.authenticator_data.sign_count = 8;
    });
    let counted = group.valid("counter", counted);
    for (id, count) in [("N120", 7), ("N120-less", 6), ("N120-zero", 0)] {
        group.refuses(
            &counted,
            id,
            &format!("the counter is {count}, and 7 is stored"),
            ("AS-4", "credential.counter"),
            |it| it.assertion.authenticator_data.sign_count = count,
        );
    }
    group.accepts(&valid, "N120-both-zero", "the counter is zero, as the stored one", |it| {
        it.authenticator_data.sign_count = 0;
    });
    group.refuses(
        &valid,
        "N121",
        "the user was present and not verified, and verification is required",
        ("X-7", "authenticator_data.user_verification"),
        |it| it.authenticator_data.clear_flag(flag::USER_VERIFIED),
    );
    group.refuses(
        &valid,
        "N121-presence",
        "the user presence flag is clear",
        ("X-6", "authenticator_data.user_presence"),
        |it| it.authenticator_data.clear_flag(flag::USER_PRESENT),
    );
    group
}
