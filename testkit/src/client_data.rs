//! The client data: what the browser says about the ceremony, as JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The members of the client data, written in the order of WebAuthn §5.8.1.1.
#[derive(Clone, Debug)]
pub struct ClientData {
    /// `type`: `webauthn.create` or `webauthn.get`.
    pub ceremony_type: String,
    /// The challenge; written in base64url.
    pub challenge: Vec<u8>,
    /// Writes this as the challenge's text, whatever `challenge` is (padding, another alphabet).
    pub challenge_text: Option<String>,
    /// The origin the browser saw.
    pub origin: String,
    /// Whether the caller sat in a frame of another origin; `None` leaves the member out.
    pub cross_origin: Option<bool>,
    /// The origin of the topmost frame; `None` leaves the member out.
    pub top_origin: Option<String>,
    /// More members, after all others.
    pub extra: Vec<(String, Value)>,
    /// Sends these bytes instead of everything above.
    pub bytes: Option<Vec<u8>>,
}

impl ClientData {
    /// Client data of this type, with the default origin.
    pub fn new(ceremony_type: &str, challenge: Vec<u8>) -> Self {
        Self {
            ceremony_type: ceremony_type.into(),
            challenge,
            challenge_text: None,
            origin: crate::ORIGIN.into(),
            cross_origin: Some(false),
            top_origin: None,
            extra: Vec::new(),
            bytes: None,
        }
    }

    /// The JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(bytes) = &self.bytes {
            return bytes.clone();
        }
        let challenge =
            self.challenge_text.clone().unwrap_or_else(|| URL_SAFE_NO_PAD.encode(&self.challenge));
        let mut json = format!(
            "{{\"type\":{},\"challenge\":{},\"origin\":{}",
            quoted(&self.ceremony_type),
            quoted(&challenge),
            quoted(&self.origin),
        );
        if let Some(cross_origin) = self.cross_origin {
            json.push_str(&format!(",\"crossOrigin\":{cross_origin}"));
        }
        if let Some(top_origin) = &self.top_origin {
            json.push_str(&format!(",\"topOrigin\":{}", quoted(top_origin)));
        }
        for (name, value) in &self.extra {
            json.push_str(&format!(",{}:{value}", quoted(name)));
        }
        json.push('}');
        json.into_bytes()
    }
}

/// A JSON string the way WebAuthn's CCDToString writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
