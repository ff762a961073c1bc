use device_enrollment::UnixMillis;

use super::super::{Signer, Unsigned};
use super::NOW;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Made with the `hmac` module of Python.
const VECTOR: &str =
    "t=1700000000,v1=caf04c932d704e8c5d3a3ad1c436610f97dcc77dc23cd955981dd1630c21d8c4";

#[test]
fn the_signature_is_the_published_one() {
    assert_eq!(Signer::new(SECRET).sign("id-1", br#"{"a":1}"#, NOW), VECTOR);
    assert_eq!(Signer::new(SECRET).verify(VECTOR, "id-1", br#"{"a":1}"#, NOW), Ok(()));
    assert_eq!(format!("{:?}", Signer::new(SECRET)), "Signer(..)");
}

#[test]
fn a_change_of_any_part_is_noticed() {
    let signer = Signer::new(SECRET);
    let judge = |header: &str, id: &str, body: &[u8]| signer.verify(header, id, body, NOW);
    assert_eq!(judge(VECTOR, "id-2", br#"{"a":1}"#), Err(Unsigned::Wrong));
    assert_eq!(judge(VECTOR, "id-1", br#"{"a":2}"#), Err(Unsigned::Wrong));
    // What stands on one side of a border does not move to the other.
    assert_eq!(judge(VECTOR, "id-1\n{", br#""a":1}"#), Err(Unsigned::Wrong));
    let later = VECTOR.replace("t=1700000000", "t=1700000001");
    assert_eq!(judge(&later, "id-1", br#"{"a":1}"#), Err(Unsigned::Wrong));
    let other = Signer::new(b"1123456789abcdef0123456789abcdef");
    assert_eq!(other.verify(VECTOR, "id-1", br#"{"a":1}"#, NOW), Err(Unsigned::Wrong));
}

#[test]
fn a_signature_counts_for_five_minutes_either_way() {
    let signer = Signer::new(SECRET);
    for (millis, judged) in [
        (300_999, Ok(())),
        (301_000, Err(Unsigned::Stale)),
        (-300_000, Ok(())),
        (-300_001, Err(Unsigned::Stale)),
    ] {
        let now = UnixMillis(NOW.0 + millis);
        assert_eq!(signer.verify(VECTOR, "id-1", br#"{"a":1}"#, now), judged, "{millis}");
    }
}

#[test]
fn a_header_of_another_form_is_none() {
    let signer = Signer::new(SECRET);
    let upper = VECTOR.to_uppercase().replace("T=", "t=").replace(",V1=", ",v1=");
    let shorter = VECTOR.strip_suffix(char::is_alphanumeric).unwrap().to_owned();
    for header in [
        "",
        "t=1700000000",
        "v1=00,t=1700000000",
        "t=x,v1=00",
        &upper,
        &shorter,
        &format!("{VECTOR}0"),
        &format!("{VECTOR},v0=00"),
    ] {
        let judged = signer.verify(header, "id-1", br#"{"a":1}"#, NOW);
        assert_eq!(judged, Err(Unsigned::Malformed), "{header}");
    }
}
