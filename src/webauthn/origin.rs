//! Origins: parsed once, when they are configured, and compared exactly (WebAuthn Level 3
//! §13.4.9). No suffix, no wildcard, no ignored port.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::crypto::Transcript;
use crate::encoding::base64url;

/// An origin that a relying party expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `https://host[:port]`, or `http://` on the loopback host.
    Web(String),
    /// `android:apk-key-hash:` and the SHA-256 of the application's signing certificate.
    Android([u8; 32]),
    /// Any other listed origin, compared byte for byte.
    Opaque(String),
}

const ANDROID: &str = "android:apk-key-hash:";

impl Origin {
    /// Reads a configured origin.
    ///
    /// Web origins are `https://host[:port]` in their serialized form: lower case, no path, query
    /// or user part; `http://` only for `localhost`, `127.0.0.1` and `[::1]`. Android origins carry
    /// 32 bytes of strict base64url. Anything else without `://`, such as `ios:bundle-id:…`, is
    /// taken as an opaque origin.
    ///
    /// # Errors
    ///
    /// [`OriginError`] when the text is none of these.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let wrong = |why| OriginError { origin: text.to_owned(), why };
        if let Some(hash) = text.strip_prefix(ANDROID) {
            return android(hash)
                .map(|hash| Self(Kind::Android(hash)))
                .ok_or_else(|| wrong("the key hash is not 32 bytes of base64url without padding"));
        }
        if let Some(authority) = text.strip_prefix("https://") {
            return if is_authority(authority) {
                Ok(Self(Kind::Web(text.to_owned())))
            } else {
                Err(wrong("a web origin is a lower-case host and an optional port, nothing more"))
            };
        }
        if let Some(authority) = text.strip_prefix("http://") {
            let loopback = ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
                authority.strip_prefix(host).is_some_and(|rest| {
                    rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)
                })
            });
            return if loopback {
                Ok(Self(Kind::Web(text.to_owned())))
            } else {
                Err(wrong("http is for loopback hosts only"))
            };
        }
        let opaque = text.contains(':')
            && !text.contains("://")
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if opaque {
            Ok(Self(Kind::Opaque(text.to_owned())))
        } else {
            Err(wrong("it has no scheme that is known"))
        }
    }

    /// Whether a received origin is this one.
    pub(crate) fn matches(&self, received: &str) -> bool {
        match &self.0 {
            Kind::Web(text) | Kind::Opaque(text) => text == received,
            Kind::Android(hash) => {
                received.strip_prefix(ANDROID).and_then(android).is_some_and(|found| found == *hash)
            }
        }
    }

    pub(crate) fn write(&self, transcript: &mut Transcript) {
        let (kind, bytes): (&[u8], &[u8]) = match &self.0 {
            Kind::Web(text) => (b"web", text.as_bytes()),
            Kind::Android(hash) => (b"android", hash),
            Kind::Opaque(text) => (b"opaque", text.as_bytes()),
        };
        transcript.bytes(kind);
        transcript.bytes(bytes);
    }

    /// The serialized form.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.0 {
            Kind::Web(text) | Kind::Opaque(text) => text.clone(),
            Kind::Android(hash) => format!("{ANDROID}{}", base64url::encode(hash)),
        }
    }
}

/// The hash of an application's signing certificate, where an origin is an application's.
pub(crate) fn android_key_hash(origin: &str) -> Option<[u8; 32]> {
    origin.strip_prefix(ANDROID).and_then(android)
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A configured origin that cannot be one. A mistake of the caller, never of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError {
    origin: String,
    why: &'static str,
}

impl core::fmt::Display for OriginError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} cannot be an expected origin: {}", self.origin, self.why)
    }
}

impl core::error::Error for OriginError {}

fn android(hash: &str) -> Option<[u8; 32]> {
    base64url::decode(hash, "origin").ok()?.try_into().ok()
}

fn is_authority(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            let is_address =
                address.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
            if !is_address {
                return false;
            }
            (
                address,
                if rest.is_empty() { None } else { Some(rest.strip_prefix(':').unwrap_or("")) },
            )
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'-' | b'.' | b'_' | b':')
        });
    is_host && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    !port.is_empty()
        && !port.starts_with('0')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_origins_have_their_serialized_shape() {
        for taken in [
            "https://bank.example",
            "https://bank.example:8443",
            "https://127.0.0.1:3005",
            "https://[2001:db8::1]:8443",
            "http://localhost",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "ios:bundle-id:com.bank.app",
            "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(Origin::parse(taken).unwrap().text(), taken);
        }
        for refused in [
            "",
            "bank.example",
            "https://",
            "https://Bank.example",
            "https://bank.example/",
            "https://bank.example/path",
            "https://user@bank.example",
            "https://bank.example:",
            "https://bank.example:0443",
            "https://bank.example:99999",
            "http://bank.example",
            "http://localhost.evil",
            "ftp://bank.example",
            "https://bank.example?x",
            "android:apk-key-hash:AAAA",
            "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ] {
            assert!(Origin::parse(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn twins_do_not_match() {
        let origin = Origin::parse("https://bank.example:8443").unwrap();
        assert!(origin.matches("https://bank.example:8443"));
        for twin in [
            "https://bank.example",
            "https://bank.example:443",
            "http://bank.example:8443",
            "https://BANK.example:8443",
            "https://bank.example.:8443",
            "https://evil-bank.example:8443",
            "https://bank.example:8443/",
            "https://bank.example:84430",
            " https://bank.example:8443",
            "https://bank.example:8443@evil.example",
            "https://xn--bnk-ela.example:8443",
        ] {
            assert!(!origin.matches(twin), "{twin:?}");
        }
        let hash = [0xfb; 32];
        let app =
            Origin::parse(&format!("android:apk-key-hash:{}", base64url::encode(&hash))).unwrap();
        assert!(app.matches(&app.text()));
        assert!(!app.matches(&app.text().replace('-', "+").replace('_', "/")));
        assert!(!app.matches(&format!("{}=", app.text())));
    }
}
