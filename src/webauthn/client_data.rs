//! Client data (WebAuthn Level 3 §5.8.1): the JSON that the client hashed, and the checks that
//! both ceremonies make of it (§7.1 steps 5 to 12, §7.2 steps 10 to 14).

use subtle::ConstantTimeEq;

use super::expectation::CrossOrigin;
use super::origin::Origin;
use crate::encoding::base64url;
use crate::encoding::json::Json;
use crate::policy::Policy;
use crate::verdict::marker::{Cd1, Cd2, Cd3, Cd4, Cd5, Cd6, Cd7};
use crate::verdict::{Cause, Evidence, Facts, Failure, Fault, Ledger, Malformed, Reason, Settled};

/// Largest client data (security.md T-36). Real ones have 100 to 300 bytes.
const MAX_CLIENT_DATA: usize = 4 * 1024;

const ITEM: &str = "clientDataJSON";

/// Base64url of a challenge of 128 bytes, the longest in the Recommendation's examples. A longer
/// one is read by the parser.
const LONGEST_CHALLENGE: usize = 171;

const NO_PACKAGE: &str = "client data names no Android package";
const NO_PACKAGE_EXPECTED: &str = "no Android package is expected";

/// What a ceremony expects of client data.
pub(crate) struct Expected<'e> {
    /// `webauthn.create` or `webauthn.get`.
    pub(crate) ceremony: &'static str,
    pub(crate) challenge: &'e [u8],
    pub(crate) origins: &'e [Origin],
    pub(crate) cross_origin: &'e CrossOrigin,
    pub(crate) android_package: Option<&'e str>,
}

/// Proof that every client data check was settled.
#[must_use]
pub(crate) struct Proof {
    _json: Settled<Cd1>,
    _type: Settled<Cd2>,
    _challenge: Settled<Cd7>,
    _origin: Settled<Cd3>,
    _cross_origin: Settled<Cd4>,
    _android_package: Settled<Cd6>,
    _serialization: Settled<Cd5>,
}

/// Judges client data. The bytes that were hashed are these bytes.
pub(crate) fn judge(
    bytes: &[u8],
    expected: &Expected<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Proof, Failure> {
    if let Some(origin) = recognise(bytes, expected) {
        return recognised(origin, expected, policy, ledger, facts);
    }
    parsed(bytes, expected, policy, ledger, facts)
}

/// What most clients send: the specified serialization of exactly what is expected, in the same
/// origin, and nothing more (§5.8.1.1, the bytes that the limited verification of §5.8.1.2 looks
/// for). Such bytes need no JSON reader; what they give is what the reader would have found.
///
/// The origin as it was received, or `None` where anything at all is different.
fn recognise<'b>(bytes: &'b [u8], expected: &Expected<'_>) -> Option<&'b str> {
    let mut buffer = [0; LONGEST_CHALLENGE];
    let challenge = base64url::encode_into(expected.challenge, &mut buffer)?;
    let rest = bytes
        .strip_prefix(b"{\"type\":\"")?
        .strip_prefix(expected.ceremony.as_bytes())?
        .strip_prefix(b"\",\"challenge\":\"")?;
    let (received, rest) = rest.split_at_checked(challenge.len())?;
    if challenge.is_empty() || !bool::from(received.ct_eq(challenge)) {
        return None;
    }
    let origin =
        rest.strip_prefix(b"\",\"origin\":\"")?.strip_suffix(b"\",\"crossOrigin\":false}")?;
    let is_plain = |byte: &u8| matches!(byte, 0x20..=0x7e) && !matches!(byte, b'"' | b'\\');
    if bytes.len() > MAX_CLIENT_DATA || !origin.iter().all(is_plain) {
        return None;
    }
    let origin = core::str::from_utf8(origin).ok()?;
    expected.origins.iter().any(|listed| listed.matches(origin)).then_some(origin)
}

fn recognised(
    origin: &str,
    expected: &Expected<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Proof, Failure> {
    facts.origin = Some(origin.to_owned());
    facts.cross_origin = Some(false);
    facts.client_data_serialization = Some(true);
    Ok(Proof {
        _json: ledger.read(Evidence::None),
        _type: ledger.read(Evidence::Note(expected.ceremony)),
        _challenge: ledger.read(Evidence::None),
        _origin: ledger.read(Evidence::text(origin)),
        _cross_origin: ledger.read(Evidence::Note("same origin")),
        _android_package: ledger.not_applicable(match expected.android_package {
            Some(_) => NO_PACKAGE,
            None => NO_PACKAGE_EXPECTED,
        }),
        _serialization: ledger.judge_if(
            policy.client_data_serialization.is_judged(),
            "client_data_serialization",
            || Ok(Evidence::None),
        )?,
    })
}

fn parsed(
    bytes: &[u8],
    expected: &Expected<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Proof, Failure> {
    let (json, parsed) = ledger.judge_into(|| Ok((read(bytes)?, Evidence::None)))?;
    let ceremony = ledger.judge(|| match_type(&json, expected.ceremony))?;
    let challenge = ledger.judge(|| match_challenge(&json, expected.challenge))?;
    let origin = ledger.judge(|| match_origin(&json, expected.origins, facts))?;
    let cross_origin =
        ledger.judge(|| match_cross_origin(&json, expected.cross_origin, policy, facts))?;
    let android_package = match expected.android_package {
        Some(package) if json.member("androidPackageName").is_some() => {
            ledger.judge(|| match_package(&json, package))?
        }
        Some(_) => ledger.not_applicable(NO_PACKAGE),
        None => ledger.not_applicable(NO_PACKAGE_EXPECTED),
    };
    let serialized = is_serialized(bytes, &json);
    facts.client_data_serialization = Some(serialized);
    let serialization = ledger.judge_if(
        policy.client_data_serialization.is_judged(),
        "client_data_serialization",
        || {
            if serialized {
                Ok(Evidence::None)
            } else {
                Err(Reason::ClientDataSerialization.into())
            }
        },
    )?;
    Ok(Proof {
        _json: parsed,
        _type: ceremony,
        _challenge: challenge,
        _origin: origin,
        _cross_origin: cross_origin,
        _android_package: android_package,
        _serialization: serialization,
    })
}

/// §7.1 steps 5 and 6: UTF-8 decode, which takes one leading byte-order mark away, then JSON.
pub(crate) fn read(bytes: &[u8]) -> Result<Json<'_>, Cause> {
    if bytes.len() > MAX_CLIENT_DATA {
        return Err(Malformed::new(ITEM, Fault::TooLarge, 0).into());
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match Json::read(text, ITEM)? {
        json @ Json::Object(_) => Ok(json),
        _ => Err(Malformed::new(ITEM, Fault::WrongType, 0).into()),
    }
}

/// §7.1 step 7, §7.2 step 11.
fn match_type(json: &Json, ceremony: &'static str) -> Result<Evidence, Cause> {
    let received = string(json, "type")?;
    if received == ceremony {
        Ok(Evidence::Note(ceremony))
    } else {
        let refusal = Reason::ClientDataType.expected(Evidence::Note(ceremony));
        Err(refusal.found(Evidence::text(received)).into())
    }
}

/// §7.1 step 8, §7.2 step 12: as bytes, after strict base64url, in constant time.
fn match_challenge(json: &Json, expected: &[u8]) -> Result<Evidence, Cause> {
    let received = base64url::decode(string(json, "challenge")?, "challenge")?;
    // An empty challenge protects nothing, whatever was expected.
    if !received.is_empty() && bool::from(received.ct_eq(expected)) {
        Ok(Evidence::None)
    } else {
        Err(Reason::ChallengeMismatch.into())
    }
}

/// §7.1 step 9, §7.2 step 13, §13.4.9.
fn match_origin(json: &Json, origins: &[Origin], facts: &mut Facts) -> Result<Evidence, Cause> {
    let received = string(json, "origin")?;
    facts.origin = Some(received.to_owned());
    if origins.iter().any(|origin| origin.matches(received)) {
        Ok(Evidence::text(received))
    } else {
        Err(Reason::OriginNotListed.found(Evidence::text(received)).into())
    }
}

/// §7.1 steps 10 and 11, §7.2 steps 14 and 15.
fn match_cross_origin(
    json: &Json,
    allowed: &CrossOrigin,
    policy: &Policy,
    facts: &mut Facts,
) -> Result<Evidence, Cause> {
    let cross_origin = match json.member("crossOrigin") {
        None => None,
        Some(value) => Some(
            value.boolean().ok_or_else(|| Malformed::new("crossOrigin", Fault::WrongType, 0))?,
        ),
    };
    let top_origin = match json.member("topOrigin") {
        None => None,
        Some(_) => Some(string(json, "topOrigin")?),
    };
    facts.cross_origin = cross_origin;
    facts.top_origin = top_origin.map(str::to_owned);
    if cross_origin != Some(true) {
        return match top_origin {
            Some(_) => Err(Reason::TopOriginWithoutCrossOrigin.into()),
            None => Ok(Evidence::Note("same origin")),
        };
    }
    let CrossOrigin::Allowed { top_origins } = allowed else {
        return Err(Reason::CrossOriginNotAllowed.into());
    };
    if policy.same_origin_only.is_judged() {
        return Err(Reason::CrossOriginNotAllowed
            .expected(Evidence::Note("same_origin_only"))
            .into());
    }
    match top_origin {
        None => Ok(Evidence::Note("cross origin")),
        Some(received) if top_origins.iter().any(|origin| origin.matches(received)) => {
            Ok(Evidence::text(received))
        }
        Some(received) => Err(Reason::TopOriginNotListed.found(Evidence::text(received)).into()),
    }
}

fn match_package(json: &Json, expected: &str) -> Result<Evidence, Cause> {
    let received = string(json, "androidPackageName")?;
    if received == expected {
        Ok(Evidence::text(received))
    } else {
        let refusal = Reason::AndroidPackage.expected(Evidence::text(expected));
        Err(refusal.found(Evidence::text(received)).into())
    }
}

fn string<'j>(json: &'j Json, name: &'static str) -> Result<&'j str, Malformed> {
    let value = json.member(name).ok_or_else(|| Malformed::new(name, Fault::Missing, 0))?;
    value.string().ok_or_else(|| Malformed::new(name, Fault::WrongType, 0))
}

/// The limited verification algorithm (§5.8.1.2): whether the bytes are the specified
/// serialization of what they say, with anything behind it.
pub(crate) fn is_serialized(bytes: &[u8], json: &Json) -> bool {
    let (Some(kind), Some(challenge), Some(origin)) = (
        json.member("type").and_then(Json::string),
        json.member("challenge").and_then(Json::string),
        json.member("origin").and_then(Json::string),
    ) else {
        return false;
    };
    let mut expected = String::with_capacity(bytes.len());
    expected.push_str("{\"type\":");
    push_ccd_string(&mut expected, kind);
    expected.push_str(",\"challenge\":");
    push_ccd_string(&mut expected, challenge);
    expected.push_str(",\"origin\":");
    push_ccd_string(&mut expected, origin);
    expected.push_str(",\"crossOrigin\":");
    let cross_origin = json.member("crossOrigin").and_then(Json::boolean) == Some(true);
    expected.push_str(if cross_origin { "true" } else { "false" });
    if let Some(top_origin) = json.member("topOrigin").and_then(Json::string) {
        expected.push_str(",\"topOrigin\":");
        push_ccd_string(&mut expected, top_origin);
    }
    match bytes.strip_prefix(expected.as_bytes()) {
        Some(b"}") => true,
        Some(rest) => rest.starts_with(b","),
        None => false,
    }
}

/// `CCDToString` (§5.8.1.1).
fn push_ccd_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{20}' | '\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'.. => out.push(character),
            control => out.push_str(&format!("\\u{:04x}", u32::from(control))),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &[u8] = b"\x01\xfe\xff challenge";

    fn expected(origins: &[Origin]) -> Expected<'_> {
        Expected {
            ceremony: "webauthn.create",
            challenge: CHALLENGE,
            origins,
            cross_origin: &CrossOrigin::Refused,
            android_package: None,
        }
    }

    fn written(origin: &str) -> String {
        let challenge = base64url::encode(CHALLENGE);
        format!(
            r#"{{"type":"webauthn.create","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
        )
    }

    /// The short way gives what the parser gives, to the last piece of evidence.
    #[test]
    fn recognised_client_data_is_judged_as_parsed_client_data_is() {
        let key_hash = base64url::encode(&[7; 32]);
        for origin in ["https://bank.example", &format!("android:apk-key-hash:{key_hash}")] {
            let origins =
                [Origin::parse("https://a.example").unwrap(), Origin::parse(origin).unwrap()];
            let text = written(origin);
            for policy in [Policy::webauthn(), Policy::open_finance_brasil()] {
                let mut short = (Ledger::new(), Facts::default());
                let mut long = (Ledger::new(), Facts::default());
                let expected = expected(&origins);
                let found = recognise(text.as_bytes(), &expected).unwrap();
                drop(recognised(found, &expected, &policy, &mut short.0, &mut short.1).unwrap());
                let bytes = text.as_bytes();
                drop(parsed(bytes, &expected, &policy, &mut long.0, &mut long.1).unwrap());
                assert_eq!(short.0.finish([]), long.0.finish([]));
                assert_eq!(short.1, long.1);
            }
        }
    }

    /// Every single change sends the bytes to the parser.
    #[test]
    fn nothing_but_the_expected_bytes_is_recognised() {
        let origins = [Origin::parse("https://bank.example").unwrap()];
        let expected = expected(&origins);
        let text = written("https://bank.example");
        assert!(recognise(text.as_bytes(), &expected).is_some());
        for position in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                assert_eq!(recognise(&bytes, &expected), None, "{position}");
            }
            assert_eq!(recognise(&text.as_bytes()[..position], &expected), None);
        }
        for other in [format!("{text} "), format!(" {text}"), format!("\u{feff}{text}")] {
            assert_eq!(recognise(other.as_bytes(), &expected), None);
        }
    }
}
