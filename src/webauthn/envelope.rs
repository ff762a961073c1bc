//! Reading the members of a request (EN-1 to EN-5).

use super::Verifier;
use super::expectation::Attachment;
use super::response::Envelope;
use crate::crypto::sha256;
use crate::encoding::Base64Reading;
use crate::encoding::json::Json;
use crate::time::UnixTime;
use crate::verdict::marker::{En1, En2, En3, En4, En5};
use crate::verdict::{
    Cause, Ceremony, CheckId, Evidence, Facts, Failure, Fault, InputDigest, Inputs, Ledger,
    Malformed, Outcome, Reason, Settled, Verdict,
};

/// A JSON object whose members are read one by one. Names are those of the wire form, so that a
/// failure names the member as the caller wrote it.
pub(crate) struct Members<'a> {
    object: &'a Json<'a>,
    reading: Base64Reading,
    lenient: bool,
}

impl<'a> Members<'a> {
    pub(crate) fn new(
        object: &'a Json<'a>,
        reading: Base64Reading,
        item: &'static str,
    ) -> Result<Self, Failure> {
        match object {
            Json::Object(_) => Ok(Self { object, reading, lenient: false }),
            _ => Err(wrong_type(item)),
        }
    }

    /// Whether only the declared leniency made a member readable.
    pub(crate) const fn was_lenient(&self) -> bool {
        self.lenient
    }

    /// Every required member has to be there before any is looked at (EN-1).
    pub(crate) fn require(&self, names: &[&'static str]) -> Result<(), Failure> {
        for name in names {
            if matches!(self.object.member(name), None | Some(Json::Null)) {
                return Err(malformed(CheckId::En1, name, Fault::Missing));
            }
        }
        Ok(())
    }

    /// The JSON types of the text and object members, before any text is decoded (EN-2).
    pub(crate) fn types(
        &self,
        texts: &[&'static str],
        objects: &[&'static str],
    ) -> Result<(), Failure> {
        for name in texts {
            self.string(name)?;
        }
        for name in objects {
            self.object(name)?;
        }
        Ok(())
    }

    pub(crate) fn object(&self, name: &'static str) -> Result<Option<&'a Json<'a>>, Failure> {
        match self.present(name) {
            None => Ok(None),
            Some(value @ Json::Object(_)) => Ok(Some(value)),
            Some(_) => Err(wrong_type(name)),
        }
    }

    pub(crate) fn string(&self, name: &'static str) -> Result<Option<&'a str>, Failure> {
        match self.present(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(name)),
        }
    }

    pub(crate) fn integer(&self, name: &'static str) -> Result<Option<i64>, Failure> {
        match self.present(name) {
            None => Ok(None),
            Some(value) => value.integer().map(Some).ok_or_else(|| wrong_type(name)),
        }
    }

    pub(crate) fn strings(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        let Some(value) = self.present(name) else { return Ok(Vec::new()) };
        let items = value.array().ok_or_else(|| wrong_type(name))?;
        items
            .iter()
            .map(|item| item.string().map(str::to_owned).ok_or_else(|| wrong_type(name)))
            .collect()
    }

    /// A binary member, which may be empty.
    pub(crate) fn binary(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        let (bytes, lenient) = self
            .reading
            .decode(text, name)
            .map_err(|error| Failure { check: CheckId::En3, cause: error.into() })?;
        self.lenient |= lenient;
        Ok(Some(bytes))
    }

    /// A binary member that has to be there and to hold something.
    pub(crate) fn required_binary(&mut self, name: &'static str) -> Result<Vec<u8>, Failure> {
        match self.binary(name)? {
            None => Err(malformed(CheckId::En1, name, Fault::Missing)),
            Some(bytes) if bytes.is_empty() => Err(malformed(CheckId::En3, name, Fault::Empty)),
            Some(bytes) => Ok(bytes),
        }
    }

    /// The raw id, or nothing where it is written as the id is, which needs no second decoding.
    pub(crate) fn raw_id(
        &mut self,
        id: &'static str,
        raw_id: &'static str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let (first, second) = (self.string(id)?, self.string(raw_id)?);
        if first.is_some() && first == second {
            return Ok(None);
        }
        self.required_binary(raw_id).map(Some)
    }

    /// The credential type, `public-key` where it is stated (EN-5).
    pub(crate) fn credential_type(&self, name: &'static str) -> Result<(), Failure> {
        match self.string(name)? {
            None | Some("public-key") => Ok(()),
            Some(_) => Err(Failure { check: CheckId::En5, cause: Reason::CredentialType.into() }),
        }
    }

    /// The attachment; a value that is not known is ignored, as the Recommendation asks of
    /// clients for enumerations that grow.
    pub(crate) fn attachment(&self, name: &'static str) -> Result<Option<Attachment>, Failure> {
        Ok(self.string(name)?.and_then(Attachment::from_identifier))
    }

    /// The client extension results; an empty object says the same as none.
    pub(crate) fn extensions(&self, name: &'static str) -> Result<Option<Json<'static>>, Failure> {
        let results = self.object(name)?;
        Ok(results
            .filter(|results| !results.object().unwrap_or_default().is_empty())
            .map(Json::to_owned))
    }

    fn present(&self, name: &str) -> Option<&'a Json<'a>> {
        self.object.member(name).filter(|value| **value != Json::Null)
    }
}

/// The id and the raw id, which are the same thing twice (EN-4).
pub(crate) fn same_id(id: Vec<u8>, raw_id: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
    if raw_id.is_none_or(|raw_id| id == raw_id) {
        Ok(id)
    } else {
        Err(Failure { check: CheckId::En4, cause: Reason::IdMismatch.into() })
    }
}

/// Parses the text of a request.
pub(crate) fn parse<'a>(text: &'a [u8], item: &'static str) -> Result<Json<'a>, Failure> {
    if text.len() > MAX_REQUEST {
        return Err(malformed(CheckId::En2, item, Fault::TooLarge));
    }
    Json::read(text, item).map_err(|error| Failure { check: CheckId::En2, cause: error.into() })
}

pub(crate) fn wrong_type(name: &'static str) -> Failure {
    malformed(CheckId::En2, name, Fault::WrongType)
}

pub(crate) fn malformed(check: CheckId, item: &'static str, fault: Fault) -> Failure {
    Failure { check, cause: Cause::Malformed(Malformed::new(item, fault, 0)) }
}

/// A request body (security.md T-36).
pub(crate) const MAX_REQUEST: usize = 64 * 1024;

/// Proof that the envelope's checks were settled.
#[must_use]
pub(crate) struct Proof {
    _present: Settled<En1>,
    _types: Settled<En2>,
    _decodes: Settled<En3>,
    _id: Settled<En4>,
    _kind: Settled<En5>,
}

/// Records what reading the envelope has shown. A response exists only if it could be read.
pub(crate) fn settle(envelope: Envelope, ledger: &mut Ledger) -> Proof {
    match envelope {
        Envelope::Raw => {
            const WHY: &str = "raw bytes, without an envelope";
            Proof {
                _present: ledger.not_applicable(WHY),
                _types: ledger.not_applicable(WHY),
                _decodes: ledger.not_applicable(WHY),
                _id: ledger.not_applicable(WHY),
                _kind: ledger.not_applicable(WHY),
            }
        }
        Envelope::Json { lenient } => {
            if lenient {
                ledger.tolerate("base64_any_alphabet");
            }
            Proof {
                _present: ledger.read(Evidence::None),
                _types: ledger.read(Evidence::None),
                _decodes: ledger.read(if lenient {
                    Evidence::Note("by the declared leniency base64 any_alphabet")
                } else {
                    Evidence::None
                }),
                _id: ledger.read(Evidence::None),
                _kind: ledger.read(Evidence::None),
            }
        }
        #[cfg(feature = "webauthn-rs-proto")]
        Envelope::Typed => {
            const READ_BY: Evidence = Evidence::Note("read from the wire by webauthn-rs-proto");
            Proof {
                _present: ledger.read(READ_BY),
                _types: ledger.read(READ_BY),
                _decodes: ledger.read(READ_BY),
                _id: ledger.read(Evidence::None),
                _kind: ledger.read(Evidence::None),
            }
        }
    }
}

/// The verdict of a request whose envelope could not be read: everything else is not reached.
pub(crate) fn malformed_verdict(
    failure: &Failure,
    ceremony: Ceremony,
    request: &[u8],
    verifier: &Verifier,
    time: Option<UnixTime>,
) -> Verdict {
    let mut ledger = Ledger::new();
    // Every form is read check by check, so those before the failed one are known to hold.
    // An object that could not be opened shows nothing of its members.
    let unopened = matches!(&failure.cause, Cause::Malformed(malformed) if CONTAINERS.contains(&malformed.item));
    for id in CHECKS.iter().take_while(|id| **id != failure.check) {
        ledger.note(*id, if unopened { Outcome::NotReached } else { Outcome::Passed });
    }
    ledger.note(failure.check, Outcome::Failed);
    Verdict {
        ceremony,
        profile: verifier.policy().name.clone(),
        failure: Some(failure.clone()),
        checks: ledger.finish(CHECKS.iter().copied()).0,
        facts: Facts::default(),
        parts: Vec::new(),
        tolerances: Vec::new(),
        inputs: Inputs {
            response: InputDigest::known(sha256(&[b"device-enrollment request 1", request])),
            ..verifier.inputs(time)
        },
    }
}

/// The objects that hold the members of a request.
const CONTAINERS: &[&str] = &["request", "data", "fidoAssertion", "response"];

/// The envelope's checks, in their order.
pub(crate) const CHECKS: &[CheckId] =
    &[CheckId::En1, CheckId::En2, CheckId::En3, CheckId::En4, CheckId::En5];
