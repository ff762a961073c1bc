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
        Some(_) => ledger.not_applicable("client data names no Android package"),
        None => ledger.not_applicable("no Android package is expected"),
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
pub(crate) fn read(bytes: &[u8]) -> Result<Json, Cause> {
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
