//! The risk signals of `risk-signals` and `authorise`: what an initiator says of the device, read
//! strictly and held against what the platform obliges to.

mod members;
mod values;

pub use values::{Geolocation, GeolocationKind, Integrity, ScreenDimensions};

use serde::{Deserialize, Serialize};

use super::options::Platform;
use super::{ContractVersion, OpenFinanceCode, Refusal};
use crate::encoding::json::Json;
use members::{Members, Spelling};

/// The signals of one request.
///
/// Serialised in the names of the Open Finance Brasil contract. Its debug form shows nothing:
/// device and place are a person's.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RiskSignals {
    /// `deviceId`: `ANDROID_ID`, or `identifierForVendor`.
    pub device_id: String,
    /// `isRootedDevice`; an obligation on phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_rooted_device: Option<bool>,
    /// `screenBrightness`, in the scale of the platform; an obligation on phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_brightness: Option<f64>,
    /// `elapsedTimeSinceBoot`, in milliseconds; an obligation on phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_time_since_boot: Option<i64>,
    /// `osVersion`.
    pub os_version: String,
    /// `userTimeZoneOffset`, as `±hh:mm`.
    pub user_time_zone_offset: String,
    /// `language`, ISO 639-1.
    pub language: String,
    /// `screenDimensions`, in pixels.
    pub screen_dimensions: ScreenDimensions,
    /// `accountTenure`: since when the user is a customer of the initiator, as `YYYY-MM-DD`.
    pub account_tenure: String,
    /// `geolocation`; left out when the user refuses it or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// `isMockGPS`; an obligation beside a place that a positioning system gave.
    #[serde(default, rename = "isMockGPS", skip_serializing_if = "Option::is_none")]
    pub is_mock_gps: Option<bool>,
    /// `isCallInProgress`; an obligation where it can be had, which a reader cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_call_in_progress: Option<bool>,
    /// `isDevModeEnabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dev_mode_enabled: Option<bool>,
    /// `isEmulated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_emulated: Option<bool>,
    /// `isMonkeyRunner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_monkey_runner: Option<bool>,
    /// `isCharging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_charging: Option<bool>,
    /// `isUsbConnected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_usb_connected: Option<bool>,
    /// `antennaInformation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antenna_information: Option<String>,
    /// `integrity`: what Play Integrity or App Attest said. Opaque here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Integrity>,
}

impl core::fmt::Debug for RiskSignals {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RiskSignals(..)")
    }
}

impl RiskSignals {
    /// Reads a `risk-signals` body: the signals under `data`.
    ///
    /// # Errors
    ///
    /// 400 `CORPO_INVALIDO` for what is no strict JSON; 422 `PARAMETRO_NAO_INFORMADO` for a missing
    /// member that every platform obliges to, 422 `PARAMETRO_INVALIDO` for one of another form or
    /// one that is not published; both name the member as it is spelled there.
    pub fn from_risk_signals(body: &[u8]) -> Result<Self, Refusal> {
        let body = parse(body)?;
        let data = Members::new(&body, "body", Spelling::Contract)?.required("data", "data")?;
        Self::read(data, "data", Spelling::Contract)
    }

    /// Reads the signals of an `authorise` body: those under `data.riskSignals`.
    ///
    /// # Errors
    ///
    /// As of [`from_risk_signals`](Self::from_risk_signals).
    pub fn from_authorise(body: &[u8]) -> Result<Self, Refusal> {
        let body = parse(body)?;
        let data = Members::new(&body, "body", Spelling::Contract)?.required("data", "data")?;
        let signals = Members::new(data, "data", Spelling::Contract)?
            .required("riskSignals", "risk_signals")?;
        Self::read(signals, "riskSignals", Spelling::Contract)
    }

    /// Reads the body of "Create Open Finance Device Enrollment Risk Signal": the same members with
    /// words parted by underscores, and nothing around them.
    ///
    /// # Errors
    ///
    /// As of [`from_risk_signals`](Self::from_risk_signals).
    pub fn from_device_risk_signal(body: &[u8]) -> Result<Self, Refusal> {
        Self::read(&parse(body)?, "body", Spelling::Underscores)
    }

    fn read(json: &Json<'_>, object: &'static str, spelling: Spelling) -> Result<Self, Refusal> {
        let members = Members::new(json, object, spelling)?;
        let signals = Self {
            device_id: members.text("deviceId", "device_id")?,
            os_version: members.text("osVersion", "os_version")?,
            user_time_zone_offset: members.with(
                "userTimeZoneOffset",
                "user_time_zone_offset",
                values::time_zone,
            )?,
            language: members.with("language", "language", values::language)?,
            screen_dimensions: ScreenDimensions::read(
                members.required("screenDimensions", "screen_dimensions")?,
                spelling,
            )?,
            account_tenure: members.with("accountTenure", "account_tenure", values::date)?,
            is_rooted_device: members.flag("isRootedDevice", "is_rooted_device")?,
            screen_brightness: members.optional(
                "screenBrightness",
                "screen_brightness",
                values::brightness,
            )?,
            elapsed_time_since_boot: members.optional(
                "elapsedTimeSinceBoot",
                "elapsed_time_since_boot",
                values::elapsed,
            )?,
            geolocation: Geolocation::read(&members, spelling)?,
            is_mock_gps: members.flag("isMockGPS", "is_mock_gps")?,
            is_call_in_progress: members.flag("isCallInProgress", "is_call_in_progress")?,
            is_dev_mode_enabled: members.flag("isDevModeEnabled", "is_dev_mode_enabled")?,
            is_emulated: members.flag("isEmulated", "is_emulated")?,
            is_monkey_runner: members.flag("isMonkeyRunner", "is_monkey_runner")?,
            is_charging: members.flag("isCharging", "is_charging")?,
            is_usb_connected: members.flag("isUsbConnected", "is_usb_connected")?,
            antenna_information: members.optional(
                "antennaInformation",
                "antenna_information",
                values::text,
            )?,
            integrity: Integrity::read(&members, spelling)?,
        };
        members.nothing_else(object)?;
        signals.mock_beside_place(spelling)?;
        Ok(signals)
    }

    /// The obligation to `isMockGPS` hangs on another signal and not on the platform, so a body
    /// without it lacks a required member.
    fn mock_beside_place(&self, spelling: Spelling) -> Result<(), Refusal> {
        let located = self.geolocation.as_ref().is_some_and(|place| place.kind.is_measured());
        if located && self.is_mock_gps.is_none() {
            Err(Refusal::missing(spelling.of("isMockGPS", "is_mock_gps")))
        } else {
            Ok(())
        }
    }

    /// Holds the signals against what the device obliges to.
    ///
    /// # Errors
    ///
    /// 422 `FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA`, about the first one that is missing. The
    /// refusal has the words of `risk-signals`; see [`Refusal::in_operation`].
    pub fn judge(&self, duty: SignalsDuty) -> Result<(), Refusal> {
        let missing = [
            ("isRootedDevice", self.is_rooted_device.is_none()),
            ("screenBrightness", self.screen_brightness.is_none()),
            ("elapsedTimeSinceBoot", self.elapsed_time_since_boot.is_none()),
        ];
        match missing.iter().find(|(_, missing)| duty == SignalsDuty::Phone && *missing) {
            Some((member, _)) => {
                Err(Refusal::plain(OpenFinanceCode::FaltamSinaisObrigatoriosDaPlataforma)
                    .about(member))
            }
            None => Ok(()),
        }
    }
}

/// What the device obliges to beyond what every device does.
///
/// The signals do not name a platform: it is the one of the options call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalsDuty {
    /// `isRootedDevice`, `screenBrightness` and `elapsedTimeSinceBoot`.
    Phone,
    /// Nothing more.
    None,
}

impl SignalsDuty {
    /// The duty of the device from which the institution is reached: not of a roaming
    /// authenticator beside it. 2.1 obliges Android and iOS; 2.2 obliges them in a native
    /// application alone, because a browser on a phone cannot know these signals.
    #[must_use]
    pub const fn of(platform: Platform, native: bool, version: ContractVersion) -> Self {
        match (platform, version) {
            (Platform::Android | Platform::Ios, ContractVersion::V2_1) => Self::Phone,
            (Platform::Android | Platform::Ios, ContractVersion::V2_2) if native => Self::Phone,
            (Platform::Android | Platform::Ios, ContractVersion::V2_2)
            | (Platform::Browser | Platform::CrossPlatform, _) => Self::None,
        }
    }
}

fn parse(body: &[u8]) -> Result<Json<'_>, Refusal> {
    Json::read(body, "request").map_err(|_| Refusal::plain(OpenFinanceCode::CorpoInvalido))
}
