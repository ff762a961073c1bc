//! The status history of a model (MDS 3 §3.1.4): what is in effect at a given time.

use crate::encoding::base64url;
use crate::encoding::certificate::Certificate;
use crate::encoding::json::Json;
use crate::encoding::{Fault, Malformed};
use crate::time::UnixTime;
use crate::verdict::{Evidence, Reason, Refusal};

use super::entry::{optional_text, text};

/// One report about a model.
#[derive(Debug, Clone)]
pub struct StatusReport {
    status: String,
    effective: Option<UnixTime>,
    certificate: Option<NamedCertificate>,
}

/// The certificate that a report of a compromise is limited to.
#[derive(Debug, Clone)]
struct NamedCertificate {
    encoded: Vec<u8>,
    subject: Vec<u8>,
}

impl StatusReport {
    pub(super) fn read(report: &Json) -> Result<Self, Malformed> {
        let date = optional_text(report, "effectiveDate")?.map(|date| {
            let fault = Malformed::new("effectiveDate", Fault::WrongType, 0);
            UnixTime::parse_date(date).ok_or(fault)
        });
        Ok(Self {
            status: text(report, "status")?.to_owned(),
            effective: date.transpose()?,
            // One that cannot be read limits nothing: the report is then about the whole model.
            certificate: optional_text(report, "certificate")?.and_then(NamedCertificate::read),
        })
    }

    /// The status as it stands in the file, also where it is not known here.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// The date from which it counts; always, without one.
    #[must_use]
    pub const fn effective(&self) -> Option<UnixTime> {
        self.effective
    }

    fn is_in_effect(&self, time: UnixTime) -> bool {
        self.effective.is_none_or(|effective| effective <= time)
    }

    /// The reason to refuse the model, if the report is one.
    fn refusal(&self) -> Option<Reason> {
        REFUSED.iter().find(|(status, _)| *status == self.status).map(|(_, reason)| *reason)
    }

    fn is_noteworthy(&self) -> bool {
        self.status == "UPDATE_AVAILABLE"
            || !(QUIET.contains(&self.status.as_str())
                || CERTIFIED.iter().any(|prefix| self.status.starts_with(prefix)))
    }

    /// Whether the report speaks of these certificates: it names none, or one of them, or an
    /// issuer of theirs.
    fn concerns(&self, certificates: &[Certificate<'_>]) -> bool {
        self.certificate.as_ref().is_none_or(|named| {
            certificates.iter().any(|certificate| {
                certificate.encoded == named.encoded || certificate.issuer == named.subject
            })
        })
    }
}

impl NamedCertificate {
    fn read(text: &str) -> Option<Self> {
        let encoded = base64url::decode_standard(text, "certificate").ok()?;
        let subject = Certificate::read(&encoded).ok()?.subject.to_vec();
        Some(Self { encoded, subject })
    }
}

/// MD-7. What is bad and was ever in effect is final: no later report takes it back. Handed back
/// are the reports that a person should see: of an update, or of a status that is not known here.
pub(super) fn judge<'m>(
    reports: &'m [StatusReport],
    certificates: &[Certificate<'_>],
    time: UnixTime,
) -> Result<Vec<&'m str>, Refusal> {
    let mut notices = Vec::new();
    for report in reports.iter().filter(|report| report.is_in_effect(time)) {
        if let Some(reason) = report.refusal()
            && report.concerns(certificates)
        {
            let since = report.effective.map_or(Evidence::None, |since| Evidence::Time(since.0));
            return Err(reason.found(since));
        }
        if report.is_noteworthy() {
            notices.push(report.status.as_str());
        }
    }
    Ok(notices)
}

/// The newest report in effect. Of reports of the same day the file has the newest first.
pub(super) fn latest(reports: &[StatusReport], time: UnixTime) -> Option<&StatusReport> {
    let in_effect = reports.iter().filter(|report| report.is_in_effect(time));
    in_effect.rev().max_by_key(|report| report.effective)
}

const REFUSED: [(&str, Reason); 5] = [
    ("REVOKED", Reason::StatusRevoked),
    ("USER_VERIFICATION_BYPASS", Reason::StatusUserVerificationBypass),
    ("ATTESTATION_KEY_COMPROMISE", Reason::StatusAttestationKey),
    ("USER_KEY_REMOTE_COMPROMISE", Reason::StatusUserKeyRemote),
    ("USER_KEY_PHYSICAL_COMPROMISE", Reason::StatusUserKeyPhysical),
];

/// Known, and nothing to point at.
const QUIET: [&str; 2] = ["NOT_FIDO_CERTIFIED", "SELF_ASSERTION_SUBMITTED"];
/// Levels are added now and then; a new level of a known scheme is nothing unknown.
const CERTIFIED: [&str; 2] = ["FIDO_CERTIFIED", "FIPS140_CERTIFIED"];
