//! Responses as bytes, whatever wire form they came in.

use super::expectation::Attachment;
use crate::crypto::Transcript;
use crate::encoding::json::Json;
use crate::verdict::InputDigest;

/// What is known of the envelope that a response came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Raw bytes from a platform's own interface; there is no envelope to judge.
    Raw,
    /// One of the JSON forms; EN-1 to EN-5 held. `lenient` when only the declared base64 leniency
    /// made it readable.
    Json { lenient: bool },
    /// The types of another library, which read the text; EN-1 to EN-5 held.
    #[cfg(feature = "webauthn-rs-proto")]
    Typed,
}

impl Envelope {
    const fn mark(self) -> &'static [u8] {
        match self {
            Self::Raw => b"raw",
            Self::Json { lenient: false } => b"json",
            Self::Json { lenient: true } => b"json, lenient",
            #[cfg(feature = "webauthn-rs-proto")]
            Self::Typed => b"typed",
        }
    }
}

/// The response of `navigator.credentials.create()` and its relatives.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationResponse {
    /// The credential id beside the response; `None` where the platform gives none.
    pub(crate) credential_id: Option<Vec<u8>>,
    pub(crate) client_data_json: Vec<u8>,
    pub(crate) attestation_object: Vec<u8>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) client_extensions: Option<Json<'static>>,
    pub(crate) hints: Hints,
    pub(crate) envelope: Envelope,
}

/// Unsigned copies of what the attestation object says (WebAuthn Level 3 §5.2.1.1). They are
/// compared, never used.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Hints {
    pub(crate) authenticator_data: Option<Vec<u8>>,
    /// A SubjectPublicKeyInfo.
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) public_key_algorithm: Option<i64>,
    pub(crate) transports: Vec<String>,
}

impl RegistrationResponse {
    /// From the raw bytes that a platform hands over, such as AuthenticationServices.
    #[must_use]
    pub fn from_bytes(
        credential_id: Option<&[u8]>,
        client_data_json: &[u8],
        attestation_object: &[u8],
    ) -> Self {
        Self {
            credential_id: credential_id.map(<[u8]>::to_vec),
            client_data_json: client_data_json.to_vec(),
            attestation_object: attestation_object.to_vec(),
            attachment: None,
            client_extensions: None,
            hints: Hints::default(),
            envelope: Envelope::Raw,
        }
    }

    /// States the attachment that the platform reports.
    #[must_use]
    pub const fn with_attachment(mut self, attachment: Attachment) -> Self {
        self.attachment = Some(attachment);
        self
    }

    /// From the members of a request that was read.
    pub(crate) fn read(
        credential_id: Vec<u8>,
        client_data_json: Vec<u8>,
        attestation_object: Vec<u8>,
        attachment: Option<Attachment>,
        client_extensions: Option<Json<'static>>,
        lenient: bool,
    ) -> Self {
        Self {
            credential_id: Some(credential_id),
            client_data_json,
            attestation_object,
            attachment,
            client_extensions,
            hints: Hints::default(),
            envelope: Envelope::Json { lenient },
        }
    }

    /// The attachment that the client reports.
    #[must_use]
    pub const fn attachment(&self) -> Option<Attachment> {
        self.attachment
    }

    /// The client extension results, an empty object when there are none.
    #[must_use]
    pub fn client_extension_results(&self) -> serde_json::Value {
        let empty = || serde_json::Value::Object(serde_json::Map::new());
        self.client_extensions.as_ref().map_or_else(empty, Json::to_value)
    }

    /// The credential id beside the response.
    #[must_use]
    pub fn credential_id(&self) -> Option<&[u8]> {
        self.credential_id.as_deref()
    }

    /// The bytes of client data.
    #[must_use]
    pub fn client_data_json(&self) -> &[u8] {
        &self.client_data_json
    }

    /// The bytes of the attestation object.
    #[must_use]
    pub fn attestation_object(&self) -> &[u8] {
        &self.attestation_object
    }

    pub(crate) fn digest(&self) -> InputDigest {
        let hints = &self.hints;
        let extensions = self.client_extensions.as_ref().map(Json::to_text);
        let algorithm = hints.public_key_algorithm.map(i64::to_be_bytes);
        let transports = hints.transports.join(",");
        digest(&[
            Some(b"registration"),
            self.credential_id.as_deref(),
            Some(&self.client_data_json),
            Some(&self.attestation_object),
            self.attachment.map(|attachment| attachment.as_str().as_bytes()),
            extensions.as_deref().map(str::as_bytes),
            hints.authenticator_data.as_deref(),
            hints.public_key.as_deref(),
            algorithm.as_ref().map(<[u8; 8]>::as_slice),
            Some(transports.as_bytes()),
            Some(self.envelope.mark()),
        ])
    }
}

/// The response of `navigator.credentials.get()` and its relatives.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthenticationResponse {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) client_data_json: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) user_handle: Option<Vec<u8>>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) client_extensions: Option<Json<'static>>,
    pub(crate) envelope: Envelope,
}

impl AuthenticationResponse {
    /// From the raw bytes that a platform hands over. An empty user handle is none.
    #[must_use]
    pub fn from_bytes(
        credential_id: &[u8],
        client_data_json: &[u8],
        authenticator_data: &[u8],
        signature: &[u8],
        user_handle: Option<&[u8]>,
    ) -> Self {
        Self {
            credential_id: credential_id.to_vec(),
            client_data_json: client_data_json.to_vec(),
            authenticator_data: authenticator_data.to_vec(),
            signature: signature.to_vec(),
            user_handle: user_handle.filter(|handle| !handle.is_empty()).map(<[u8]>::to_vec),
            attachment: None,
            client_extensions: None,
            envelope: Envelope::Raw,
        }
    }

    /// The credential id.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The bytes of client data.
    #[must_use]
    pub fn client_data_json(&self) -> &[u8] {
        &self.client_data_json
    }

    /// The bytes of authenticator data.
    #[must_use]
    pub fn authenticator_data(&self) -> &[u8] {
        &self.authenticator_data
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The user handle, when the authenticator returned one.
    #[must_use]
    pub fn user_handle(&self) -> Option<&[u8]> {
        self.user_handle.as_deref()
    }

    pub(crate) fn digest(&self) -> InputDigest {
        let extensions = self.client_extensions.as_ref().map(Json::to_text);
        digest(&[
            Some(b"authentication"),
            Some(&self.credential_id),
            Some(&self.client_data_json),
            Some(&self.authenticator_data),
            Some(&self.signature),
            self.user_handle.as_deref(),
            self.attachment.map(|attachment| attachment.as_str().as_bytes()),
            extensions.as_deref().map(str::as_bytes),
            Some(self.envelope.mark()),
        ])
    }
}

fn digest(parts: &[Option<&[u8]>]) -> InputDigest {
    let mut transcript = Transcript::new(b"device-enrollment response 1");
    for part in parts {
        transcript.optional(*part);
    }
    transcript.finish()
}
