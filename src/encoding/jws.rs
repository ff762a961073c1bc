//! JSON Web Signatures in the compact serialization (RFC 7515 section 7.1).
//!
//! What is signed is kept as it was received; nothing of the header chooses how it is verified.

use super::base64url;
use super::json::Json;
use super::{Fault, Malformed};

/// Header members of a signed statement: `alg`, `x5c` and some. Certificates make up its size.
const MAX_HEADER: usize = 64 * 1024;

/// A JWS, decoded and not verified.
#[derive(Debug)]
pub(crate) struct Jws {
    signing_input: Vec<u8>,
    header: Json<'static>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Jws {
    /// Reads `header.payload.signature`.
    pub(crate) fn read(bytes: &[u8], item: &'static str) -> Result<Self, Malformed> {
        let fault = |fault| Malformed::new(item, fault, 0);
        let text = core::str::from_utf8(bytes).map_err(|_| fault(Fault::Utf8))?;
        let (signing_input, signature) = text.rsplit_once('.').ok_or(fault(Fault::Truncated))?;
        let (header, payload) = signing_input.split_once('.').ok_or(fault(Fault::Truncated))?;
        if header.len() > MAX_HEADER {
            return Err(fault(Fault::TooLarge));
        }
        let header = Json::read(&base64url::decode(header, item)?, item)?.to_owned();
        if header.object().is_none() {
            return Err(fault(Fault::WrongType));
        }
        // RFC 7515 section 4.1.11: an extension that is marked critical has to be understood, and
        // none is here.
        if header.member("crit").is_some() {
            return Err(fault(Fault::TooMany));
        }
        Ok(Self {
            signing_input: signing_input.as_bytes().to_vec(),
            header,
            // A fourth part would be a dot here, which is not base64url.
            payload: base64url::decode(payload, item)?,
            signature: base64url::decode(signature, item)?,
        })
    }

    pub(crate) fn algorithm(&self) -> Option<&str> {
        self.header.member("alg").and_then(Json::string)
    }

    /// `kid` (section 4.1.4): which key, by the name that both sides have agreed on.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.member("kid").and_then(Json::string)
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.header.member(name).is_some()
    }

    /// `x5c` (section 4.1.6): standard base64 of DER, the signer's certificate first. Empty
    /// without the member.
    pub(crate) fn certificates(
        &self,
        most: usize,
        longest: usize,
    ) -> Result<Vec<Vec<u8>>, Malformed> {
        let Some(list) = self.header.member("x5c") else { return Ok(Vec::new()) };
        let fault = |fault| Malformed::new("x5c", fault, 0);
        let list = list.array().ok_or(fault(Fault::WrongType))?;
        if list.len() > most {
            return Err(fault(Fault::TooMany));
        }
        list.iter()
            .map(|item| {
                let text = item.string().ok_or(fault(Fault::WrongType))?;
                let bytes = base64url::decode_standard(text, "x5c")?;
                if bytes.len() > longest { Err(fault(Fault::TooLarge)) } else { Ok(bytes) }
            })
            .collect()
    }

    /// The bytes that the signature covers.
    pub(crate) fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// The DER form (`Ecdsa-Sig-Value`) of a P-256 signature, which a JWS has as two numbers of 32 bytes
/// (RFC 7518 section 3.4). `None` for any other length.
pub(crate) fn es256_to_der(signature: &[u8]) -> Option<Vec<u8>> {
    let signature: &[u8; 64] = signature.try_into().ok()?;
    let (r, s) = signature.split_at(32);
    let numbers = [integer(r), integer(s)].concat();
    // Two integers of at most 35 bytes: one byte of length is enough.
    let length = u8::try_from(numbers.len()).ok()?;
    Some([&[0x30, length], numbers.as_slice()].concat())
}

/// A DER integer of an unsigned number of at most 32 bytes.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    // Zero has a digit, and a first bit that is set would make the number negative.
    let sign = digits.first().is_none_or(|first| first & 0x80 != 0);
    let content = [if sign { &[0][..] } else { &[] }, digits].concat();
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[2, length], content.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        Jws::read(text.as_bytes(), "token").unwrap_err().fault
    }

    #[test]
    fn three_parts_are_read() {
        // {"alg":"RS256"} . {} . 01
        let jws = Jws::read(b"eyJhbGciOiJSUzI1NiJ9.e30.AQ", "token").unwrap();
        assert_eq!(jws.algorithm(), Some("RS256"));
        assert_eq!(jws.payload(), b"{}");
        assert_eq!(jws.signature(), [1]);
        assert_eq!(jws.signing_input(), b"eyJhbGciOiJSUzI1NiJ9.e30");
        assert_eq!(jws.certificates(1, 1), Ok(Vec::new()));
    }

    #[test]
    fn the_numbers_of_a_signature_get_their_der_form() {
        let mut raw = [0; 64];
        raw[31] = 1;
        raw[32] = 0x80;
        let der = es256_to_der(&raw).unwrap();
        assert_eq!(der[..8], [0x30, 38, 2, 1, 1, 2, 33, 0]);
        assert_eq!(der[8], 0x80);
        assert_eq!(der.len(), 40);
        assert_eq!(es256_to_der(&[0; 64]).unwrap(), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert_eq!(es256_to_der(&[1; 63]), None);
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(fault(""), Fault::Truncated);
        assert_eq!(fault("eyJhbGciOiJSUzI1NiJ9.e30"), Fault::Truncated);
        assert_eq!(fault("eyJhbGciOiJSUzI1NiJ9.e30.AQ.AQ"), Fault::Base64);
        assert_eq!(fault("eyJhbGciOiJSUzI1NiJ9.e30=.AQ"), Fault::Base64);
        assert_eq!(fault("W10.e30.AQ"), Fault::WrongType);
        assert_eq!(fault(".e30.AQ"), Fault::Json);
        // {"crit":[]}
        assert_eq!(fault("eyJjcml0IjpbXX0.e30.AQ"), Fault::TooMany);
        // {"alg":"a","alg":"b"}
        assert_eq!(fault("eyJhbGciOiJhIiwiYWxnIjoiYiJ9.e30.AQ"), Fault::JsonDuplicate);
    }
}
