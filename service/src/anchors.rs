//! What the trust store holds: who vouches for what, and what expires.

use std::fmt::Write as _;
use std::path::PathBuf;

use device_enrollment::{TrustAnchor, TrustStore, UnixTime};
use serde_json::{Value, json};

use crate::verify::time_or_now;
use crate::{Ending, Format, Unusable, print, style, trust};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A trust store file (.json) or a folder of certificates, in place of what is bundled.
    #[arg(long, value_name = "FILE|DIR")]
    trust: Option<PathBuf>,
    /// List only what ends within so many days; exit 1 if anything does.
    #[arg(long, value_name = "DAYS")]
    expires_within: Option<u32>,
    /// The day to count from, RFC 3339, before now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let store = trust::configured(arguments.trust.as_deref())?;
    let now = time_or_now(arguments.at.as_deref())?;
    let ends = |anchor: &&TrustAnchor| match arguments.expires_within {
        None => true,
        Some(days) => {
            let seconds = i64::from(days).saturating_mul(86_400);
            last_day(anchor).0 <= now.0.saturating_add(seconds)
        }
    };
    let anchors: Vec<&TrustAnchor> = store.anchors().iter().filter(ends).collect();
    match arguments.format {
        Format::Json => print(&format!("{:#}\n", list(&store, &anchors, now)))?,
        Format::Text => print(&describe(&store, &anchors, now, arguments.expires_within)?)?,
    }
    if arguments.expires_within.is_some() && !anchors.is_empty() {
        return Ok(Ending::Refused);
    }
    Ok(Ending::Accepted)
}

/// The end of the anchor's own certificate or of its use, whichever is first. The first is a sign
/// of rotation only: an anchor's dates are not judged.
fn last_day(anchor: &TrustAnchor) -> UnixTime {
    let until = anchor.when_in_force().until.unwrap_or(UnixTime(i64::MAX));
    until.min(anchor.not_after())
}

fn list(store: &TrustStore, anchors: &[&TrustAnchor], now: UnixTime) -> Value {
    let anchors: Vec<Value> = anchors.iter().map(|anchor| entry(anchor, now)).collect();
    json!({
        "edition": store.edition(),
        "digest": hexadecimal(&store.digest()),
        "at": now,
        "anchors": anchors,
    })
}

fn entry(anchor: &TrustAnchor, now: UnixTime) -> Value {
    let in_force = anchor.when_in_force();
    let copies: Vec<Value> = anchor
        .provenance()
        .copies
        .iter()
        .map(|(sha256, not_after)| json!({ "sha256": hexadecimal(sha256), "not_after": not_after }))
        .collect();
    json!({
        "name": anchor.name(),
        "owner": anchor.owner(),
        "sha256": hexadecimal(&anchor.fingerprint()),
        "formats": anchor.formats().map(|formats| formats.iter().map(|f| f.as_str()).collect::<Vec<_>>()),
        "aaguids": anchor.models().map(|models| models.iter().map(uuid).collect::<Vec<_>>()),
        "vouches_for_metadata": anchor.vouches_for_metadata(),
        "in_force": { "from": in_force.from, "until": in_force.until },
        "not_after": anchor.not_after(),
        "days_left": days_left(anchor, now),
        "copies": copies,
        "sources": anchor.provenance().sources,
        "note": anchor.provenance().note,
    })
}

fn describe(
    store: &TrustStore,
    anchors: &[&TrustAnchor],
    now: UnixTime,
    within: Option<u32>,
) -> Result<String, Unusable> {
    let mut out = String::new();
    if let Some(edition) = store.edition() {
        writeln!(out, "trust store of {edition}")?;
    }
    for anchor in anchors {
        writeln!(out, "\n{}", anchor.name())?;
        writeln!(out, "  owner       {}", anchor.owner().unwrap_or("not stated"))?;
        writeln!(out, "  vouches for {}", scope(anchor))?;
        writeln!(out, "  sha256      {}", hexadecimal(&anchor.fingerprint()))?;
        let days = days_left(anchor, now);
        let colour = if days < 180 { style::WARN } else { style::DIM };
        let left = if days < 0 { "expired".to_owned() } else { format!("{days} days left") };
        writeln!(out, "  until       {} {colour}({left}){colour:#}", last_day(anchor))?;
        for (sha256, not_after) in &anchor.provenance().copies {
            writeln!(out, "  copy        {} until {not_after}", hexadecimal(sha256))?;
        }
        for source in &anchor.provenance().sources {
            writeln!(out, "  source      {source}")?;
        }
        if let Some(note) = &anchor.provenance().note {
            writeln!(out, "  note        {note}")?;
        }
    }
    let total = store.anchors().len();
    match within {
        None => writeln!(out, "\n{total} anchors")?,
        Some(days) => {
            writeln!(out, "{} of {total} anchors end within {days} days", anchors.len())?;
        }
    }
    Ok(out)
}

fn scope(anchor: &TrustAnchor) -> String {
    let formats = match anchor.formats() {
        None => "every format".to_owned(),
        Some([]) => String::new(),
        Some(formats) => formats.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", "),
    };
    let metadata = if anchor.vouches_for_metadata() { "FIDO metadata" } else { "" };
    let models = match anchor.models() {
        None => String::new(),
        Some(models) => {
            format!("of the models {}", models.iter().map(uuid).collect::<Vec<_>>().join(", "))
        }
    };
    let parts = [formats.as_str(), metadata, &models];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

fn days_left(anchor: &TrustAnchor, now: UnixTime) -> i64 {
    last_day(anchor).0.saturating_sub(now.0).div_euclid(86_400)
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uuid(bytes: &[u8; 16]) -> String {
    device_enrollment::verdict::Evidence::Aaguid(*bytes).to_string()
}
