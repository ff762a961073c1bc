//! Bodies: JSON, of bounded size, in bounded time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderMap};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

use super::{App, Problem, json};

/// A body that arrived whole. It is taken for JSON only when it is asked for.
#[derive(Clone)]
pub(crate) struct Body(Bytes);

impl Body {
    /// The bytes as they came, for what is remembered of a request.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the body as a type.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the member where one is missing or does not have its form.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json::typed(self.value()?)
    }

    /// Reads the body as a type, and no body like `{}`.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub(crate) fn read_or_empty<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.0.iter().all(u8::is_ascii_whitespace) {
            return json::typed(serde_json::Value::Object(serde_json::Map::new()));
        }
        self.read()
    }

    /// Reads the body as it is, strictly.
    ///
    /// # Errors
    ///
    /// A [`Problem`] when it is no JSON, or has a member twice.
    pub(crate) fn value(&self) -> Result<serde_json::Value, Problem> {
        json::value(&self.0)
    }
}

/// Shows how long it is.
impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl FromRequest<Arc<App>> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let limits = &app.config.limits;
        let (parts, body) = request.into_parts();
        // A compressed body is never unpacked.
        let plain = !parts.headers.contains_key(CONTENT_ENCODING);
        let json = is_json(&parts.headers);
        let expects = parts.headers.contains_key(EXPECT);
        if declared(&parts.headers).is_some_and(|length| length > limits.body_bytes) && expects {
            // The client asked before sending, and is told.
            return Err(Problem::malformed(None));
        }
        let whole = tokio::time::timeout(limits.body_time, whole(body, limits.body_bytes)).await;
        let bytes = whole.map_err(|_| Problem::too_slow())?.ok_or(Problem::malformed(None))?;
        // Without a body there is nothing to declare.
        if bytes.is_empty() || (plain && json) {
            Ok(Self(bytes))
        } else {
            Err(Problem::malformed(Some("Content-Type")))
        }
    }
}

/// The whole body, unless it is too large or breaks off.
///
/// Of one that is too large the rest is read and thrown away, up to a bound: a client that is still
/// sending when the connection is closed would not see the answer.
async fn whole(mut body: axum::body::Body, most: usize) -> Option<Bytes> {
    const MOST_THROWN_AWAY: usize = 16 * 1024 * 1024;
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= most {
            kept.extend_from_slice(&data);
        } else if seen > MOST_THROWN_AWAY {
            return None;
        }
    }
    (seen <= most).then(|| kept.into())
}

fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// `application/json`, with UTF-8 as the only charset.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    kind.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.eq_ignore_ascii_case("charset")
                && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_declared_as_json() {
        for (text, expected) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"", true),
            ("application/json; charset=latin1", false),
            ("application/json; profile=x", false),
            ("application/jwt", false),
            ("text/plain", false),
            ("application/json, text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            assert_eq!(is_json(&headers), expected, "{text}");
        }
        let mut twice = HeaderMap::new();
        twice.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        twice.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!is_json(&twice));
        assert!(!is_json(&HeaderMap::new()));
    }
}
