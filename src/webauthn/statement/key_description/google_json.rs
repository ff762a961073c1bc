//! A key description in the shape of Google's own reader, for comparison with its expected
//! readings of real phones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::*;

impl KeyDescription<'_> {
    /// The description in the JSON form of Google's verifier.
    ///
    /// Numbers are decimal strings, bytes are padded standard base64, names of enumerations are
    /// upper case (or the number, when no name is known), flags are `true` or absent, and a field
    /// that is absent has no member. `areTagsOrdered` is written only when it is `false`: Google's
    /// files leave it out of almost every list, all of which are ordered, and read its absence as
    /// `true`; the one file that writes it (the Sony chain) writes the same `true`.
    ///
    /// Three members are ours and say what that form has no words for, each only when there is
    /// something to say: `hasDuplicateTags`, `unknownTags` (number to values) and `malformed`
    /// (member to message and values), so that nothing that was read is lost in print.
    pub(crate) fn to_json(&self) -> Value {
        object([
            ("attestationVersion", text(self.attestation_version)),
            ("attestationSecurityLevel", text(self.attestation_security_level)),
            ("keyMintVersion", text(self.keymint_version)),
            ("keyMintSecurityLevel", text(self.keymint_security_level)),
            ("attestationChallenge", bytes(self.attestation_challenge)),
            ("uniqueId", bytes(self.unique_id)),
            ("softwareEnforced", self.software_enforced.to_json()),
            ("hardwareEnforced", self.hardware_enforced.to_json()),
        ])
    }
}

impl AuthorizationList<'_> {
    fn to_json(&self) -> Value {
        let mut members = Map::new();
        let mut malformed = Map::new();
        for field in FIELDS {
            match self.field_json(field) {
                None => {}
                Some(Ok(value)) => {
                    members.insert(field.member.to_owned(), value);
                }
                Some(Err(fault)) => {
                    let values = self.all(field.tag).map(bytes).collect();
                    let report = [("message", text(fault)), ("values", Value::Array(values))];
                    malformed.insert(field.member.to_owned(), object(report));
                }
            }
        }
        let mut unknown = Map::new();
        for (number, _) in self.unknown_tags() {
            let values = self.all(number).map(bytes).collect();
            unknown.insert(number.to_string(), Value::Array(values));
        }
        if !self.is_ordered {
            members.insert("areTagsOrdered".to_owned(), Value::Bool(false));
        }
        if self.has_duplicates {
            members.insert("hasDuplicateTags".to_owned(), Value::Bool(true));
        }
        if !unknown.is_empty() {
            members.insert("unknownTags".to_owned(), Value::Object(unknown));
        }
        if !malformed.is_empty() {
            members.insert("malformed".to_owned(), Value::Object(malformed));
        }
        Value::Object(members)
    }

    fn field_json(&self, field: &Field) -> Option<Result<Value, Malformed>> {
        let tag = field.tag;
        Some(match field.form {
            Form::Integer => self.integer(tag)?.map(text),
            Form::Integers => {
                self.integers(tag)?.map(|numbers| numbers.into_iter().map(text).collect())
            }
            Form::Octets => self.octets(tag)?.map(bytes),
            Form::Text => self.value(tag, |reader| utf8(reader).map(text))?,
            Form::Flag => self.value(tag, null)?.map(|()| Value::Bool(true)),
            Form::Origin => self.integer(tag)?.map(|number| name_or_number(origin_name, number)),
            Form::RootOfTrust => self.root_of_trust()?.map(RootOfTrust::to_json),
            Form::ApplicationId => self.attestation_application_id()?.map(|id| id.to_json()),
        })
    }
}

impl RootOfTrust<'_> {
    fn to_json(self) -> Value {
        let mut members = vec![
            ("verifiedBootKey", bytes(self.verified_boot_key)),
            ("deviceLocked", Value::Bool(self.device_locked)),
            ("verifiedBootState", name_or_number(boot_state_name, self.verified_boot_state)),
        ];
        if let Some(hash) = self.verified_boot_hash {
            members.push(("verifiedBootHash", bytes(hash)));
        }
        object(members)
    }
}

impl ApplicationId<'_> {
    fn to_json(&self) -> Value {
        let packages = self.packages.iter().map(|package| {
            object([("name", text(package.name)), ("version", text(package.version))])
        });
        let signatures = self.signature_digests.iter().map(|digest| bytes(digest));
        object([("packages", packages.collect()), ("signatures", signatures.collect())])
    }
}

fn text(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

fn bytes(value: &[u8]) -> Value {
    Value::String(STANDARD.encode(value))
}

fn object<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn name_or_number(name: fn(u64) -> Option<&'static str>, number: u64) -> Value {
    name(number).map_or_else(|| text(number), text)
}
