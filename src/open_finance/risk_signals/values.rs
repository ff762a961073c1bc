use serde::{Deserialize, Serialize};

use super::members::{Members, Spelling};
use crate::encoding::json::Json;
use crate::open_finance::Refusal;
use crate::time::UnixTime;

/// Characters of a text of the signals. None is published; a verdict of Play Integrity has some
/// hundred.
const MAX_TEXT: usize = 2048;

/// `screenDimensions`, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenDimensions {
    /// The height.
    pub height: u32,
    /// The width.
    pub width: u32,
}

impl ScreenDimensions {
    pub(super) fn read(json: &Json<'_>, spelling: Spelling) -> Result<Self, Refusal> {
        let name = spelling.of("screenDimensions", "screen_dimensions");
        let members = Members::new(json, name, spelling)?;
        let dimensions = Self {
            height: members.with("screenDimensions.height", "screen_dimensions.height", pixels)?,
            width: members.with("screenDimensions.width", "screen_dimensions.width", pixels)?,
        };
        members.nothing_else(name)?;
        Ok(dimensions)
    }
}

/// `geolocation`. Its debug form shows nothing of the place.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geolocation {
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// How it is known.
    #[serde(rename = "type")]
    pub kind: GeolocationKind,
}

impl core::fmt::Debug for Geolocation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Geolocation(..)")
    }
}

impl Geolocation {
    pub(super) fn read(around: &Members<'_>, spelling: Spelling) -> Result<Option<Self>, Refusal> {
        let (name, Some(json)) = around.get("geolocation", "geolocation") else {
            return Ok(None);
        };
        let members = Members::new(json, name, spelling)?;
        let (latitude, longitude) = ("geolocation.latitude", "geolocation.longitude");
        let kind = "geolocation.type";
        let place = Self {
            latitude: members.with(latitude, latitude, |value| degrees(value, 90.0))?,
            longitude: members.with(longitude, longitude, |value| degrees(value, 180.0))?,
            kind: members.with(kind, kind, |value| GeolocationKind::parse(value.string()?))?,
        };
        members.nothing_else(name)?;
        Ok(Some(place))
    }
}

/// `geolocation.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GeolocationKind {
    /// About where.
    Coarse,
    /// Exactly where.
    Fine,
    /// Concluded from something else, such as an address of the network.
    Inferred,
}

impl GeolocationKind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "COARSE" => Some(Self::Coarse),
            "FINE" => Some(Self::Fine),
            "INFERRED" => Some(Self::Inferred),
            _ => None,
        }
    }

    /// Whether a positioning system gave the place, which can be mocked.
    #[must_use]
    pub const fn is_measured(self) -> bool {
        matches!(self, Self::Coarse | Self::Fine)
    }
}

/// `integrity`: texts that only Google or Apple can read for certain.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Integrity {
    /// `appRecognitionVerdict`, such as `PLAY_RECOGNIZED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_recognition_verdict: Option<String>,
    /// `deviceRecognitionVerdict`: a text that holds a JSON array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_recognition_verdict: Option<String>,
}

impl core::fmt::Debug for Integrity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Integrity(..)")
    }
}

impl Integrity {
    pub(super) fn read(around: &Members<'_>, spelling: Spelling) -> Result<Option<Self>, Refusal> {
        let (name, Some(json)) = around.get("integrity", "integrity") else {
            return Ok(None);
        };
        let members = Members::new(json, name, spelling)?;
        let integrity = Self {
            app_recognition_verdict: members.optional(
                "integrity.appRecognitionVerdict",
                "integrity.app_recognition_verdict",
                text,
            )?,
            device_recognition_verdict: members.optional(
                "integrity.deviceRecognitionVerdict",
                "integrity.device_recognition_verdict",
                text,
            )?,
        };
        members.nothing_else(name)?;
        Ok(Some(integrity))
    }
}

pub(super) fn text(json: &Json<'_>) -> Option<String> {
    let text = json.string()?;
    let fits = text.chars().count() <= MAX_TEXT && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// `±hh` or `±hh:mm`, which are equal, as `±hh:mm`.
pub(super) fn time_zone(json: &Json<'_>) -> Option<String> {
    let (sign, offset) = json.string()?.split_at_checked(1)?;
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    let fits = matches!(sign, "+" | "-")
        && number(hours, 2, 2).is_some_and(|hours| hours <= 23)
        && number(minutes, 2, 2).is_some_and(|minutes| minutes <= 59);
    fits.then(|| format!("{sign}{hours}:{minutes}"))
}

/// Two letters in lower case.
pub(super) fn language(json: &Json<'_>) -> Option<String> {
    let language = json.string()?;
    let fits = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    fits.then(|| language.to_owned())
}

/// A date of the calendar; the published pattern lets month and day have one digit, the published
/// format does not, so it is kept with two.
pub(super) fn date(json: &Json<'_>) -> Option<String> {
    let mut parts = json.string()?.split('-');
    let year = number(parts.next()?, 4, 4)?;
    let month = number(parts.next()?, 1, 2)?;
    let day = number(parts.next()?, 1, 2)?;
    UnixTime::from_civil(year, month, day, 0, 0, 0)?;
    parts.next().is_none().then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn number(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits =
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn pixels(json: &Json<'_>) -> Option<u32> {
    json.integer().and_then(|pixels| u32::try_from(pixels).ok()).filter(|pixels| *pixels > 0)
}

pub(super) fn brightness(json: &Json<'_>) -> Option<f64> {
    real(json).filter(|brightness| *brightness >= 0.0)
}

pub(super) fn elapsed(json: &Json<'_>) -> Option<i64> {
    json.integer().filter(|elapsed| *elapsed >= 0)
}

fn degrees(json: &Json<'_>, most: f64) -> Option<f64> {
    real(json).filter(|degrees| degrees.abs() <= most)
}

fn real(json: &Json<'_>) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64().filter(|value| value.is_finite()),
        _ => None,
    }
}
