//! What the endpoints answer, in the words of each.

use serde::{Deserialize, Serialize, Serializer};

use super::request::RequestedContact;
use super::{Device, DeviceStatus, State};
use crate::flow::Uuid4;
use crate::time::UnixMillis;

impl DeviceStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Locked, Self::Disabled];

    /// `device_status` of "Request Device Creation", "Approve device creation" and "Request token
    /// resend".
    #[must_use]
    pub const fn on_registration(self) -> &'static str {
        match self {
            Self::Pending | Self::Locked => "pending_2fa_approval",
            Self::Active => "created",
            Self::Disabled => "disabled",
        }
    }

    /// `device_status` of "Disable device".
    #[must_use]
    pub const fn on_disabling(self) -> &'static str {
        match self {
            Self::Pending | Self::Locked => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// `status` of "Query device".
    #[must_use]
    pub const fn on_query(self) -> &'static str {
        match self {
            Self::Pending | Self::Locked => "not_registered",
            Self::Active => "registered",
            Self::Disabled => "deactivated",
        }
    }
}

/// The body that every endpoint but the query answers with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceAnswer {
    /// The device.
    pub device_key: Uuid4,
    /// Where it stands, in the words of the endpoint.
    pub device_status: &'static str,
    /// When it was requested, with milliseconds and `Z`.
    #[serde(serialize_with = "as_text")]
    pub created_at: UnixMillis,
}

impl Device {
    /// The body for a request (202, or 201 once liveness approved), a validation (201) and a resend
    /// (202). `None` for a device that was dropped.
    #[must_use]
    pub fn registration_answer(&self) -> Option<DeviceAnswer> {
        self.status().map(|status| self.answer(status.on_registration()))
    }

    /// The body for disabling (200). `None` for a device that was dropped.
    #[must_use]
    pub fn disabling_answer(&self) -> Option<DeviceAnswer> {
        self.status().map(|status| self.answer(status.on_disabling()))
    }

    const fn answer(&self, device_status: &'static str) -> DeviceAnswer {
        DeviceAnswer { device_key: self.device_key, device_status, created_at: self.created_at }
    }

    /// The body for a query (200). `None` for a device that was dropped.
    #[must_use]
    pub fn view(&self) -> Option<DeviceView> {
        let status = self.status()?;
        let registration_date = self
            .status_events
            .iter()
            .find(|event| event.status == CanonicalStatus::Active)
            .map(|event| Instant(event.at));
        let face_recognition_key = match &self.contact {
            RequestedContact::Liveness(image_key) => Some(image_key.as_str().to_owned()),
            RequestedContact::Code(_) => None,
        };
        Some(DeviceView {
            device_key: self.device_key,
            session_id: self.session_id,
            analysis_status: self
                .analysis_events
                .last()
                .map_or(AnalysisStatus::Pending, |event| event.status),
            status: status.on_query(),
            device_registration_data: RegistrationData {
                device_key: self.device_key,
                session_id: self.session_id,
                document_number: self.approver.digits().to_owned(),
                registration_date,
                face_recognition_key,
            },
            analysis_status_events: self
                .analysis_events
                .iter()
                .map(AnalysisEventView::of)
                .collect(),
            status_events: self
                .status_events
                .iter()
                // In the words of this page nothing changes when a device is locked.
                .filter(|event| event.status != CanonicalStatus::Locked)
                .map(StatusEventView::of)
                .collect(),
            registration_date,
            created_at: Instant(self.created_at),
        })
    }

    /// The name of the state, finer than [`status`](Self::status), for tables and logs.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.state {
            State::AwaitingCode(_) => "awaiting_code",
            State::AwaitingLiveness { .. } => "awaiting_liveness",
            State::Active => "active",
            State::Locked => "locked",
            State::Disabled => "disabled",
            State::Dropped => "dropped",
        }
    }
}

/// The body of "Query device". It has personal data: it serialises, and does not print.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct DeviceView {
    device_key: Uuid4,
    session_id: Uuid4,
    analysis_status: AnalysisStatus,
    status: &'static str,
    device_registration_data: RegistrationData,
    analysis_status_events: Vec<AnalysisEventView>,
    status_events: Vec<StatusEventView>,
    registration_date: Option<Instant>,
    created_at: Instant,
}

impl core::fmt::Debug for DeviceView {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DeviceView")
            .field("device_key", &self.device_key)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct RegistrationData {
    device_key: Uuid4,
    session_id: Uuid4,
    document_number: String,
    registration_date: Option<Instant>,
    face_recognition_key: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct AnalysisEventView {
    /// Misspelt as it is published.
    new_analisys_status: AnalysisStatus,
    reason: Option<String>,
    reason_description: Option<String>,
    event_date: Instant,
}

impl AnalysisEventView {
    fn of(event: &AnalysisEvent) -> Self {
        Self {
            new_analisys_status: event.status,
            reason: event.reason.clone(),
            reason_description: event.reason_description.clone(),
            event_date: Instant(event.at),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct StatusEventView {
    new_status: &'static str,
    event_date: Instant,
}

impl StatusEventView {
    const fn of(event: &StatusEvent) -> Self {
        Self { new_status: event.status.canonical().on_query(), event_date: Instant(event.at) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instant(UnixMillis);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        as_text(&self.0, serializer)
    }
}

fn as_text<S: Serializer>(instant: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}

/// What the fraud engine thinks of a device (Device Manager).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisStatus {
    /// Approved by rule.
    AutomaticallyApproved,
    /// Refused by rule.
    AutomaticallyReproved,
    /// Not decided.
    Pending,
}

/// A change of status, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusEvent {
    status: CanonicalStatus,
    at: UnixMillis,
}

impl StatusEvent {
    pub(super) const fn new(status: DeviceStatus, at: UnixMillis) -> Self {
        let status = match status {
            DeviceStatus::Pending => CanonicalStatus::Pending,
            DeviceStatus::Active => CanonicalStatus::Active,
            DeviceStatus::Locked => CanonicalStatus::Locked,
            DeviceStatus::Disabled => CanonicalStatus::Disabled,
        };
        Self { status, at }
    }
}

/// [`DeviceStatus`] as it is stored. The wire never sees these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CanonicalStatus {
    Pending,
    Active,
    Locked,
    Disabled,
}

impl CanonicalStatus {
    const fn canonical(self) -> DeviceStatus {
        match self {
            Self::Pending => DeviceStatus::Pending,
            Self::Active => DeviceStatus::Active,
            Self::Locked => DeviceStatus::Locked,
            Self::Disabled => DeviceStatus::Disabled,
        }
    }
}

/// A result of the fraud engine, as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalysisEvent {
    status: AnalysisStatus,
    reason: Option<String>,
    reason_description: Option<String>,
    at: UnixMillis,
}

impl AnalysisEvent {
    pub(super) const fn new(
        status: AnalysisStatus,
        reason: Option<String>,
        reason_description: Option<String>,
        at: UnixMillis,
    ) -> Self {
        Self { status, reason, reason_description, at }
    }
}

/// Reasons are free text and do not print.
impl core::fmt::Debug for AnalysisEvent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AnalysisEvent")
            .field("status", &self.status)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
