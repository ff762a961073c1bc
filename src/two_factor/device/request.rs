//! The bodies of the device endpoints, read strictly: one JSON object, every member known and of its
//! type, none twice.

use serde::{Deserialize, Serialize};

use super::DeviceRefusal;
use crate::encoding::json::Json;
use crate::flow::DocumentNumber;
use crate::two_factor::{Channel, Code};

/// The body of "Request Device Creation".
///
/// The UUIDs are kept as they came and `tfa_info` may be absent, because the page has codes of its
/// own for both, which are judged after the account and the requester.
pub struct DeviceRequest {
    pub(super) device_key: String,
    pub(super) session_id: String,
    pub(super) tfa_info: Option<TfaInfo>,
}

/// `tfa_info` of a request.
pub(super) struct TfaInfo {
    pub(super) approver: DocumentNumber,
    pub(super) contact: RequestedContact,
}

/// How the approval was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RequestedContact {
    Code(Channel),
    Liveness(ImageKey),
}

impl DeviceRequest {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`DeviceRefusal::Schema`].
    pub fn parse(body: &[u8]) -> Result<Self, DeviceRefusal> {
        Self::read(body).ok_or(DeviceRefusal::Schema)
    }

    fn read(body: &[u8]) -> Option<Self> {
        let json = Json::read(body, "device request").ok()?;
        only_members(&json, &["device_key", "session_id", "tfa_info"])?;
        Some(Self {
            device_key: text(&json, "device_key")?.to_owned(),
            session_id: text(&json, "session_id")?.to_owned(),
            tfa_info: match json.member("tfa_info") {
                None => None,
                Some(tfa_info) => Some(TfaInfo::read(tfa_info)?),
            },
        })
    }

    /// The key the integrator made for the device, as it was written.
    #[must_use]
    pub fn device_key(&self) -> &str {
        &self.device_key
    }

    /// The approver, for the caller to look up.
    #[must_use]
    pub fn approver(&self) -> Option<&DocumentNumber> {
        self.tfa_info.as_ref().map(|tfa_info| &tfa_info.approver)
    }
}

impl TfaInfo {
    fn read(json: &Json<'_>) -> Option<Self> {
        only_members(json, &["approver_document_number", "contact_type", "image_key"])?;
        let approver = DocumentNumber::person(text(json, "approver_document_number")?)?;
        let contact = match (text(json, "contact_type")?, json.member("image_key")) {
            ("liveness", Some(key)) => RequestedContact::Liveness(ImageKey::parse(key.string()?)?),
            (other, None) => RequestedContact::Code(channel(other)?),
            _ => return None,
        };
        Some(Self { approver, contact })
    }
}

/// Prints nothing: an approver is personal data, and so is what hangs on an image key.
impl core::fmt::Debug for DeviceRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DeviceRequest(..)")
    }
}

/// The body of "Approve device creation".
#[derive(Debug)]
pub struct ValidateRequest {
    /// What the person typed.
    pub token: Code,
}

impl ValidateRequest {
    /// Reads a body. A token that is not six letters or digits does not fit the schema, and counts
    /// no attempt.
    ///
    /// # Errors
    ///
    /// [`DeviceRefusal::Schema`].
    pub fn parse(body: &[u8]) -> Result<Self, DeviceRefusal> {
        let read = || {
            let json = Json::read(body, "validation").ok()?;
            only_members(&json, &["token"])?;
            Some(Self { token: Code::parse(text(&json, "token")?)? })
        };
        read().ok_or(DeviceRefusal::Schema)
    }
}

/// The body of "Request token resend".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResendRequest {
    /// The channel, when it is to be chosen; otherwise that of the original request.
    pub contact_type: Option<Channel>,
}

impl ResendRequest {
    /// Reads a body; an empty one is the same as `{}`. `liveness` does not fit the schema: there is
    /// nothing of it to send again.
    ///
    /// # Errors
    ///
    /// [`DeviceRefusal::Schema`].
    pub fn parse(body: &[u8]) -> Result<Self, DeviceRefusal> {
        if body.is_empty() {
            return Ok(Self { contact_type: None });
        }
        let read = || {
            let json = Json::read(body, "resend").ok()?;
            only_members(&json, &["contact_type"])?;
            let contact_type = match json.member("contact_type") {
                None => None,
                Some(chosen) => Some(channel(chosen.string()?)?),
            };
            Some(Self { contact_type })
        };
        read().ok_or(DeviceRefusal::Schema)
    }
}

/// The key of a face image: 36 visible characters. What it leads to is personal data, so it does not
/// print.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ImageKey(String);

impl ImageKey {
    /// Reads a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The characters. Not for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for ImageKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ImageKey(..)")
    }
}

impl<'de> Deserialize<'de> for ImageKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no image key"))
    }
}

fn only_members(json: &Json<'_>, known: &[&str]) -> Option<()> {
    json.object()?.iter().all(|(name, _)| known.contains(&&**name)).then_some(())
}

fn text<'j>(json: &'j Json<'_>, name: &str) -> Option<&'j str> {
    json.member(name)?.string()
}

fn channel(name: &str) -> Option<Channel> {
    [Channel::Sms, Channel::Email].into_iter().find(|channel| channel.as_str() == name)
}
