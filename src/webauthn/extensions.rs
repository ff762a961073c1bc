//! Extension outputs (WebAuthn Level 3 §9, §10): the client's and the authenticator's.
//!
//! The form of every known output is judged; an unknown one is kept by name. Whether an output
//! that was not asked for is taken is the policy's to say.

use crate::encoding::base64url;
use crate::encoding::cbor::Value;
use crate::encoding::json::Json;
use crate::policy::Policy;
use crate::verdict::marker::{Ex1, Ex2, Ex3};
use crate::verdict::{Cause, Ceremony, Evidence, Facts, Failure, Ledger, Reason, Settled};

/// Proof that the extension checks were settled.
#[must_use]
pub(crate) struct Proof {
    _requested: Settled<Ex1>,
    _form: Settled<Ex2>,
    _protection: Settled<Ex3>,
}

/// What was asked for.
pub(crate) struct Requested<'e> {
    pub(crate) extensions: &'e [String],
    pub(crate) credential_protection: Option<u8>,
}

/// Judges the extension outputs of a response (§7.1 step 19, §7.2 step 20).
pub(crate) fn judge(
    authenticator: Option<&Value<'_>>,
    client: Option<&Json>,
    requested: &Requested<'_>,
    ceremony: Ceremony,
    policy: &Policy,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Proof, Failure> {
    let authenticator = authenticator.and_then(Value::map).unwrap_or_default();
    let client = client.and_then(Json::object).unwrap_or_default();
    let names: Vec<&str> = authenticator
        .iter()
        .filter_map(|(name, _)| name.text())
        .chain(client.iter().map(|(name, _)| &**name))
        .collect();
    facts.extensions = names.iter().map(|name| (*name).chars().take(64).collect()).collect();
    facts.extensions.sort();
    facts.extensions.dedup();

    let form = if names.is_empty() {
        ledger.not_applicable("no extension outputs")
    } else {
        ledger.judge(|| {
            for (name, value) in authenticator {
                let name = name.text().unwrap_or_default();
                if !authenticator_form(name, value, ceremony) {
                    return Err(Reason::ExtensionForm.found(Evidence::text(name)).into());
                }
            }
            for (name, value) in client {
                if !client_form(name, value, ceremony) {
                    return Err(Reason::ExtensionForm.found(Evidence::text(name)).into());
                }
            }
            Ok(Evidence::None)
        })?
    };

    let unsolicited = names.iter().find(|name| !is_requested(name, requested.extensions));
    let asked = match unsolicited {
        None => ledger.judge(|| Ok(Evidence::None))?,
        Some(name) if policy.unsolicited_extensions.is_judged() => ledger
            .judge(|| Err(Reason::ExtensionNotRequested.found(Evidence::text(name)).into()))?,
        Some(_) => ledger.skip("unsolicited_extensions"),
    };

    let level = authenticator
        .iter()
        .find(|(name, _)| name.text() == Some("credProtect"))
        .and_then(|(_, value)| value.integer())
        .and_then(|level| u8::try_from(level).ok());
    facts.credential_protection = level;
    let protection = match requested.credential_protection {
        None => ledger.not_applicable("no credProtect level was asked for"),
        Some(least) => ledger.judge(|| protects(level, least))?,
    };
    Ok(Proof { _requested: asked, _form: form, _protection: protection })
}

/// CTAP 2.2 §12.1: absence is level 1.
fn protects(level: Option<u8>, least: u8) -> Result<Evidence, Cause> {
    let level = level.unwrap_or(1);
    if level >= least {
        Ok(Evidence::Number("level", i64::from(level)))
    } else {
        let refusal = Reason::CredentialProtection.expected(Evidence::Number("", i64::from(least)));
        Err(refusal.found(Evidence::Number("", i64::from(level))).into())
    }
}

/// An output counts as asked for under its own identifier, or under the client input that makes
/// the client ask the authenticator for it.
fn is_requested(output: &str, requested: &[String]) -> bool {
    let inputs: &[&str] = match output {
        "credProtect" => &["credentialProtectionPolicy"],
        "hmac-secret" | "hmac-secret-mc" => &["hmacCreateSecret", "hmacGetSecret", "prf"],
        "credBlob" => &["getCredBlob"],
        "largeBlobKey" => &["largeBlob"],
        "thirdPartyPayment" => &["payment"],
        _ => &[],
    };
    requested.iter().any(|name| name == output || inputs.contains(&name.as_str()))
}

fn authenticator_form(name: &str, value: &Value<'_>, ceremony: Ceremony) -> bool {
    let registration = ceremony == Ceremony::Registration;
    match name {
        "credProtect" => {
            registration && value.integer().is_some_and(|level| (1..=3).contains(&level))
        }
        // A PIN has 4 to 63 bytes (CTAP 2.2 §12.4).
        "minPinLength" => registration && value.integer().is_some_and(|n| (4..=63).contains(&n)),
        "hmac-secret" if registration => matches!(value, Value::Bool(_)),
        // One or two encrypted outputs of 32 bytes; 16 more under PIN protocol two.
        "hmac-secret" | "hmac-secret-mc" => {
            value.bytes().is_some_and(|bytes| matches!(bytes.len(), 32 | 48 | 64 | 80))
        }
        "credBlob" if registration => matches!(value, Value::Bool(_)),
        "credBlob" => matches!(value, Value::Bytes(_)),
        "thirdPartyPayment" => matches!(value, Value::Bool(_)),
        "uvm" => value.array().is_some_and(|methods| {
            (1..=3).contains(&methods.len())
                && methods.iter().all(|method| {
                    method.array().is_some_and(|m| {
                        m.len() == 3 && m.iter().all(|n| n.integer().is_some_and(|n| n >= 0))
                    })
                })
        }),
        _ => true,
    }
}

fn client_form(name: &str, value: &Json, ceremony: Ceremony) -> bool {
    let registration = ceremony == Ceremony::Registration;
    let optional_bool =
        |value: &Json, member| value.member(member).is_none_or(|member| member.boolean().is_some());
    let optional_bytes = |value: &Json, member| {
        value.member(member).is_none_or(|member| {
            member.string().is_some_and(|text| base64url::decode(text, "extension").is_ok())
        })
    };
    let object = value.object().is_some();
    match name {
        "appid" => !registration && value.boolean().is_some(),
        "appidExclude" | "hmacCreateSecret" => registration && value.boolean().is_some(),
        "credProps" => registration && object && optional_bool(value, "rk"),
        "largeBlob" if registration => object && optional_bool(value, "supported"),
        "largeBlob" => object && optional_bool(value, "written") && optional_bytes(value, "blob"),
        "prf" => {
            object
                && optional_bool(value, "enabled")
                && value.member("results").is_none_or(|results| {
                    results.object().is_some()
                        && results.member("first").is_some()
                        && optional_bytes(results, "first")
                        && optional_bytes(results, "second")
                })
        }
        _ => true,
    }
}

/// Whether the client confirms a discoverable credential (`credProps.rk`, §10.1.3).
pub(crate) fn is_discoverable(client: Option<&Json>) -> Option<bool> {
    client?.member("credProps")?.member("rk")?.boolean()
}

/// Whether the client says that the AppID was used (§10.1.1).
pub(crate) fn used_app_id(client: Option<&Json>) -> bool {
    client.and_then(|outputs| outputs.member("appid")).and_then(Json::boolean) == Some(true)
}
