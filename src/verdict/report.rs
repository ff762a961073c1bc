//! The JSON form of a verdict. Documented in `docs/verdict.md`; snapshot tests hold it still.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Cause, Check, Evidence, Failure, Inputs, Language, Part, Verdict};
use crate::encoding::hex;
use crate::time::UnixTime;

/// Raised with every change that a reader of the JSON form could notice.
const FORM: u8 = 1;

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("verdict", &FORM)?;
        map.serialize_entry("ceremony", &self.ceremony)?;
        map.serialize_entry("profile", &self.profile)?;
        map.serialize_entry("decision", self.decision().as_str())?;
        map.serialize_entry("failure", &self.failure)?;
        map.serialize_entry("tolerances", &self.tolerances)?;
        map.serialize_entry("facts", &self.facts)?;
        map.serialize_entry("checks", &self.checks)?;
        if !self.parts.is_empty() {
            map.serialize_entry("parts", &self.parts)?;
        }
        map.serialize_entry("inputs", &self.inputs)?;
        map.end()
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("role", self.role.as_str())?;
        map.serialize_entry("failure", &self.failure)?;
        map.serialize_entry("facts", &self.facts)?;
        map.serialize_entry("checks", &self.checks)?;
        map.end()
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id.as_str())?;
        map.serialize_entry("specification", self.id.specification())?;
        map.serialize_entry("outcome", self.outcome.as_str())?;
        if self.evidence != Evidence::None {
            map.serialize_entry("evidence", &self.evidence)?;
        }
        map.end()
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("check", self.check.as_str())?;
        map.serialize_entry("code", self.code())?;
        match &self.cause {
            Cause::Malformed(malformed) => {
                map.serialize_entry("kind", "malformed")?;
                map.serialize_entry("item", malformed.item)?;
                map.serialize_entry("offset", &malformed.offset)?;
            }
            Cause::Refusal(refusal) => {
                map.serialize_entry("kind", "refusal")?;
                if let Some(position) = refusal.position {
                    map.serialize_entry("position", &position)?;
                }
                if refusal.expected != Evidence::None {
                    map.serialize_entry("expected", &refusal.expected)?;
                }
                if refusal.found != Evidence::None {
                    map.serialize_entry("found", &refusal.found)?;
                }
            }
        }
        map.serialize_entry("message", &Messages(self))?;
        map.end()
    }
}

struct Messages<'a>(&'a Failure);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("en-US", &self.0.message(Language::EnUs))?;
        map.serialize_entry("pt-BR", &self.0.message(Language::PtBr))?;
        map.end()
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("response", &hex::encode(&self.response.value()))?;
        map.serialize_entry("expectation", &hex::encode(&self.expectation.value()))?;
        if let Some(evidence) = &self.device_evidence {
            map.serialize_entry("device_evidence", &hex::encode(&evidence.value()))?;
        }
        map.serialize_entry("policy", &hex::encode(&self.policy.value()))?;
        map.serialize_entry("trust_store", &hex::encode(&self.trust_store.value()))?;
        if let Some(metadata) = &self.metadata {
            map.serialize_entry("metadata", &hex::encode(&metadata.value()))?;
        }
        if let Some(android_status) = &self.android_status {
            map.serialize_entry("android_status", &hex::encode(&android_status.value()))?;
        }
        map.serialize_entry("time", &self.time.map(|seconds| UnixTime(seconds).to_string()))?;
        if let Some(seconds) = self.status_time {
            map.serialize_entry("status_time", &UnixTime(seconds).to_string())?;
        }
        map.end()
    }
}
