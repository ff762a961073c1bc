//! Policies: what is accepted, as plain values.
//!
//! A policy has no behaviour. Every loosening is a named field; a check that a field waives shows
//! in the verdict as skipped by policy, with the field's name beside it.

mod android;

pub use android::{
    AndroidApplication, AndroidApplicationRule, AndroidPatchAge, AndroidSecurityLevel,
    AndroidUserAuthentication, Digest,
};

use serde::{Deserialize, Deserializer, Serialize};

use crate::crypto::{Algorithm, sha256};
pub use crate::time::Overdue;
use crate::verdict::{AttestationType, Format};

/// Whether a rule is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A response that breaks the rule is refused.
    Judged,
    /// The rule is passed over, and the verdict says so.
    NotJudged,
}

impl Rule {
    pub(crate) const fn is_judged(self) -> bool {
        matches!(self, Self::Judged)
    }
}

/// How many parts of a compound statement have to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompoundRule {
    /// Every part.
    All,
    /// One part at least.
    Any,
    /// This many parts at least; 0 counts as 1.
    AtLeast(u8),
}

/// When evidence of the app and the device has to come with a registration (PO-6).
///
/// Evidence that comes unasked is judged all the same, and refuses where it does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceEvidenceRule {
    /// Never.
    NotAsked,
    /// Where nothing vouches for the authenticator: the attestation type is none or self, or no
    /// path to an anchor was judged. Passkeys of iPhones are such.
    WhereUnattested,
    /// Always, also beside a passkey that is attested itself.
    Always,
}

/// What is accepted.
///
/// Start from [`Policy::open_finance_brasil`], [`Policy::device_bound_only`] or
/// [`Policy::webauthn`] and change fields by name.
/// A policy that is read from JSON names every field, and none that is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// A name for the verdict.
    pub name: String,
    /// User verification is required whatever the ceremony asked for.
    pub user_verification: Rule,
    /// Cross-origin ceremonies are refused even where the ceremony allows them (CD-4).
    pub same_origin_only: Rule,
    /// Client data has to follow the specified serialization (CD-5). Android's native client data
    /// does not, so this is off in both profiles and reported as a fact.
    pub client_data_serialization: Rule,
    /// Reserved flag bits have to be zero. The specification binds authenticators, not
    /// relying parties, so this is off in both profiles and reported as a fact.
    pub reserved_flags: Rule,
    /// Extension outputs that were not asked for are refused (EX-1).
    pub unsolicited_extensions: Rule,
    /// The signature counter has to grow unless both are zero (AS-4).
    pub signature_counter: Rule,
    /// Formats that are accepted; `None` accepts every format that is verified here (PO-1).
    #[serde(deserialize_with = "stated")]
    pub formats: Option<Vec<Format>>,
    /// Attestation types that are accepted; `None` accepts all (PO-2).
    #[serde(deserialize_with = "stated")]
    pub attestation_types: Option<Vec<AttestationType>>,
    /// Authenticator models that are accepted; `None` accepts all (PO-3). With a list, a model
    /// counts only when a path to an anchor vouches for it.
    #[serde(deserialize_with = "stated")]
    pub aaguids: Option<Vec<[u8; 16]>>,
    /// Algorithms that are accepted whatever was asked for; `None` accepts all (PO-4).
    #[serde(deserialize_with = "stated")]
    pub algorithms: Option<Vec<Algorithm>>,
    /// RS1 signatures (RSA with SHA-1) are refused, of credentials and of statements. Real Windows
    /// TPMs sign their attestations so, and the Recommendation does not forbid it.
    pub refuse_sha1: Rule,
    /// SafetyNet statements are refused (PO-1): the service has ended. Where they are taken, for
    /// judging old records again, the verdict says so.
    pub refuse_safetynet: Rule,
    /// SafetyNet: the response was made within minutes of the time that the caller gives (SN-6).
    pub safetynet_timestamp: Rule,
    /// How many parts of a compound statement have to verify (CP-4). An unknown format among
    /// them refuses under every value.
    pub compound: CompoundRule,
    /// Formats of which a compound statement has to have a part that verifies (CP-4).
    pub compound_includes: Vec<Format>,
    /// No format may stand twice in a compound statement (CP-6).
    pub compound_distinct_formats: Rule,
    /// An assertion must not carry attested credential data. No step of §7.2 demands it.
    pub assertion_without_attested_data: Rule,
    /// Keys that can be backed up are refused (PO-5).
    pub device_bound_only: Rule,
    /// When evidence of the app and the device has to come with a registration (PO-6).
    pub device_evidence: DeviceEvidenceRule,
    /// The certificate path is led to a configured anchor.
    pub attestation_path: Rule,
    /// The dates of certificates are judged at the time that the caller gives.
    pub certificate_dates: Rule,
    /// Every certificate of a packed x5c has to be within its dates, also unused ones (PK-12).
    pub packed_all_dates: Rule,
    /// Subject C has to be a country code that ISO 3166 assigns (PK-5); otherwise any two letters.
    pub assigned_country_codes: Rule,
    /// Subject attributes have to have the specified string types (PK-7).
    pub subject_string_types: Rule,
    /// A certified packed authenticator has to name its model (PK-15).
    pub packed_model: Rule,
    /// FIDO metadata has the last word on the model: an entry, a good status, attestation type and
    /// algorithm among those listed (MD-4, MD-7 to MD-9, PK-14, FU-8).
    pub metadata: Rule,
    /// An authenticator that metadata does not know is refused (MD-8, FU-8). Phones are mostly
    /// not in it; without this rule what is known is judged, and what is not is left to anchors.
    pub metadata_entry: Rule,
    /// What becomes of metadata whose next edition is due (MD-4).
    pub metadata_overdue: Overdue,
    /// A U2F authenticator's AAGUID has to be zero (FU-7).
    pub u2f_zero_aaguid: Rule,
    /// Certificates whose signature declares unused bits are refused (FU-9).
    pub certificate_unused_bits: Rule,
    /// Android: only the list that hardware enforces counts for origin and purpose (AK-10).
    pub android_hardware_enforced: Rule,
    /// Android: signing has to be the key's only purpose (AK-9).
    pub android_sign_only: Rule,
    /// Android: authorization lists have to be in ascending order (AK-7). Real devices are not
    /// always tidy, so an unordered list is reported unless this is judged.
    pub android_authorization_order: Rule,
    /// Android: only the leaf may carry a key description (AK-5).
    pub android_single_description: Rule,
    /// Android: attestation and key store are at least at this security level, and at the same
    /// one (AK-11).
    #[serde(deserialize_with = "stated")]
    pub android_security_level: Option<AndroidSecurityLevel>,
    /// Android: the device is locked and its boot verified, as hardware states (AK-12).
    pub android_verified_boot: Rule,
    /// Android: keys by which a locked device may boot a system that its owner signed (AK-12),
    /// as the key description states them. A boot that needs one shows as a tolerance.
    pub android_self_signed_boot_keys: Vec<Digest>,
    /// Android: how old the phone's software may be (AK-13).
    #[serde(deserialize_with = "stated")]
    pub android_patch_age: Option<AndroidPatchAge>,
    /// Android: which keys have to be made by an expected application (AK-14). Device evidence is
    /// always the bank's own app's: see `android_applications`.
    pub android_application: AndroidApplicationRule,
    /// Android: the applications that may make keys (AK-14). Where any are listed, device evidence
    /// has to come from one of them, whatever the rule above; where none are, it is refused
    /// unless that rule is `NotJudged`: any app of any genuine phone could have sent it.
    pub android_applications: Vec<AndroidApplication>,
    /// Android: the key's terms of use agree with the user verification flag (AK-15). Off in both
    /// profiles: 20 of the 22 descriptions in Google's public fixtures say that nobody need be
    /// authenticated, and for passkeys of the platform a system service verifies the user before
    /// it uses the key.
    pub android_user_authentication: AndroidUserAuthentication,
    /// Android: the versions of attestation and key store are known ones (AK-16). A later version
    /// is taken as long as every field that is used can be read, and shows as a tolerance.
    pub android_attestation_version: Rule,
    /// Android: no certificate is on Google's status list, which was fetched at most this many
    /// seconds before the time that the caller gives (AK-18). `None`: not judged.
    #[serde(deserialize_with = "stated")]
    pub android_status_age: Option<u32>,
    /// Android: dates are judged by the kind of chain (AK-19), in place of X-13. A key store
    /// makes up the dates of its leaf, and the issuers of phones that were provisioned in the
    /// factory expire while the phones live on.
    pub android_chain_dates: Rule,
    /// Android: the issuer of a factory chain has to be a CA like any other. Without this,
    /// the phones that say otherwise are taken, but only where a single key description is
    /// demanded: without that rule, an attested key could issue a leaf of its own.
    pub android_factory_issuer_ca: Rule,
    /// Apple: a key that claims to be backup eligible is refused (AP-8).
    pub apple_device_bound: Rule,
    /// TPM: object attributes of a device-bound signing key (TP-3).
    pub tpm_object_attributes: Rule,
    /// TPM: key parameters of a signing key (TP-4).
    pub tpm_parameters: Rule,
    /// TPM: the manufacturer is in the registry of vendors (TP-10).
    pub tpm_registered_vendor: Rule,
    /// TPM: the manufacturer is the one that the issuer's name is for (TP-16).
    pub tpm_issuer_vendor: Rule,
    /// TPM: an issuer whose name is for no vendor is refused (TP-16). Windows attestation keys
    /// have issuers named for one; another attestation CA needs this off.
    pub tpm_issuer_naming: Rule,
}

/// A change of a policy that names no field, or a value that the field cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(String);

impl core::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "policy: {}", self.0)
    }
}

impl core::error::Error for PolicyError {}

impl Policy {
    /// This policy with the fields that `changes` names, in the form in which a policy is
    /// serialized.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for a name that is no field, and for a value that the field cannot have.
    pub fn with_changes(
        &self,
        changes: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, PolicyError> {
        let wrong = |error: serde_json::Error| PolicyError(error.to_string());
        let mut fields = serde_json::to_value(self).map_err(wrong)?;
        for (name, value) in changes {
            let field = fields.get_mut(name);
            *field.ok_or_else(|| PolicyError(format!("no field {name:?}")))? = value.clone();
        }
        serde_json::from_value(fields).map_err(wrong)
    }

    /// Exactly what WebAuthn Level 3 demands; nothing beyond it.
    #[must_use]
    pub fn webauthn() -> Self {
        Self {
            name: "webauthn".to_owned(),
            user_verification: Rule::NotJudged,
            same_origin_only: Rule::NotJudged,
            client_data_serialization: Rule::NotJudged,
            reserved_flags: Rule::NotJudged,
            unsolicited_extensions: Rule::NotJudged,
            signature_counter: Rule::Judged,
            formats: None,
            attestation_types: None,
            aaguids: None,
            algorithms: None,
            refuse_sha1: Rule::NotJudged,
            refuse_safetynet: Rule::NotJudged,
            safetynet_timestamp: Rule::NotJudged,
            compound: CompoundRule::All,
            compound_includes: Vec::new(),
            compound_distinct_formats: Rule::NotJudged,
            assertion_without_attested_data: Rule::NotJudged,
            device_bound_only: Rule::NotJudged,
            device_evidence: DeviceEvidenceRule::NotAsked,
            attestation_path: Rule::Judged,
            certificate_dates: Rule::Judged,
            packed_all_dates: Rule::NotJudged,
            assigned_country_codes: Rule::NotJudged,
            subject_string_types: Rule::NotJudged,
            packed_model: Rule::NotJudged,
            metadata: Rule::NotJudged,
            metadata_entry: Rule::Judged,
            metadata_overdue: Overdue::Refused,
            u2f_zero_aaguid: Rule::NotJudged,
            certificate_unused_bits: Rule::NotJudged,
            android_hardware_enforced: Rule::NotJudged,
            android_sign_only: Rule::NotJudged,
            android_authorization_order: Rule::NotJudged,
            android_single_description: Rule::NotJudged,
            android_security_level: None,
            android_verified_boot: Rule::NotJudged,
            android_self_signed_boot_keys: Vec::new(),
            android_patch_age: None,
            android_application: AndroidApplicationRule::NotJudged,
            android_applications: Vec::new(),
            android_user_authentication: AndroidUserAuthentication::NotJudged,
            android_attestation_version: Rule::NotJudged,
            android_status_age: None,
            android_chain_dates: Rule::NotJudged,
            android_factory_issuer_ca: Rule::Judged,
            apple_device_bound: Rule::NotJudged,
            tpm_object_attributes: Rule::NotJudged,
            tpm_parameters: Rule::NotJudged,
            tpm_registered_vendor: Rule::NotJudged,
            tpm_issuer_vendor: Rule::NotJudged,
            tpm_issuer_naming: Rule::NotJudged,
        }
    }

    /// The bank's default: user verification, no cross-origin frames, no unsolicited extensions,
    /// anchors for every attestation that claims one, hardware where hardware is claimed.
    ///
    /// It needs data from the bank: trust anchors, and for Android Google's status list, no older
    /// than a day; without either, attested phones are refused. Where the bank's own app makes
    /// keys for itself, its packages belong into `android_applications`; where the platform's
    /// passkey service does, `android_application` has to be `Listed` with that service, or
    /// `NotJudged`, since its keys do not name the app.
    ///
    /// Left off: vendor and boot patch levels and `android_user_authentication` (the fields say
    /// why), `device_bound_only` (a bank that takes synced passkeys must not be surprised),
    /// `device_evidence` (it takes an app that sends some; a bank whose app does should ask for it
    /// with `WhereUnattested`, since this policy takes passkeys without attestation), and what
    /// else stays `NotJudged`.
    #[must_use]
    pub fn open_finance_brasil() -> Self {
        Self {
            name: "open_finance_brasil".to_owned(),
            user_verification: Rule::Judged,
            // Not fido-u2f: its signature does not cover the user verification flag.
            formats: Some(vec![
                Format::None,
                Format::Packed,
                Format::AndroidKey,
                Format::Apple,
                Format::Tpm,
                Format::Compound,
            ]),
            same_origin_only: Rule::Judged,
            unsolicited_extensions: Rule::Judged,
            refuse_sha1: Rule::Judged,
            refuse_safetynet: Rule::Judged,
            safetynet_timestamp: Rule::Judged,
            compound_distinct_formats: Rule::Judged,
            assertion_without_attested_data: Rule::Judged,
            certificate_unused_bits: Rule::Judged,
            packed_all_dates: Rule::Judged,
            assigned_country_codes: Rule::Judged,
            packed_model: Rule::Judged,
            u2f_zero_aaguid: Rule::Judged,
            android_hardware_enforced: Rule::Judged,
            android_sign_only: Rule::Judged,
            android_single_description: Rule::Judged,
            android_security_level: Some(AndroidSecurityLevel::TrustedEnvironment),
            android_verified_boot: Rule::Judged,
            android_patch_age: Some(AndroidPatchAge {
                os_months: Some(24),
                // Reported: phones in use state none, or one that no update has moved for years.
                vendor_months: None,
                boot_months: None,
                // Android 8: the first that had to offer key attestation in hardware.
                lowest_os_version: Some(80_000),
            }),
            android_application: AndroidApplicationRule::OwnApp,
            android_attestation_version: Rule::Judged,
            // Leaked attestation keys are traded openly: an old list is as good as none.
            android_status_age: Some(24 * 60 * 60),
            android_chain_dates: Rule::Judged,
            apple_device_bound: Rule::Judged,
            tpm_object_attributes: Rule::Judged,
            tpm_parameters: Rule::Judged,
            tpm_registered_vendor: Rule::Judged,
            tpm_issuer_vendor: Rule::Judged,
            tpm_issuer_naming: Rule::Judged,
            ..Self::webauthn()
        }
    }

    /// The bank's default for keys that never leave the hardware they were made in: no key that
    /// can be backed up (PO-5), and none that only speaks for itself (PO-2: basic, attca or
    /// anonca, and so a path to an anchor).
    ///
    /// Hardware is what Android's security level, a TPM's attributes or Apple's anchor say it is.
    /// Packed says nothing of the kind: there it is what the configured anchors vouch for, so an
    /// anchor of a software authenticator does not belong into the store.
    ///
    /// No passkey of an iPhone passes: it has no attestation, and can be backed up.
    #[must_use]
    pub fn device_bound_only() -> Self {
        Self {
            name: "device_bound_only".to_owned(),
            device_bound_only: Rule::Judged,
            attestation_types: Some(vec![
                AttestationType::Basic,
                AttestationType::AttCa,
                AttestationType::AnonCa,
            ]),
            ..Self::open_finance_brasil()
        }
    }

    /// SHA-256 over the JSON form of every field.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        // A policy is plain data: strings, numbers and enums always serialise.
        let json = serde_json::to_vec(self).unwrap_or_default();
        sha256(&[b"device-enrollment policy 1", &json])
    }
}

/// A list that may be `null` but not left out: an absent list would accept everything.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_what_it_writes_and_no_other_field() {
        let mut policy = Policy::open_finance_brasil();
        policy.aaguids = Some(vec![[7; 16]]);
        policy.algorithms = Some(Algorithm::all().collect());
        policy.attestation_types = Some(vec![AttestationType::Self_]);
        let mut written = serde_json::to_value(&policy).unwrap();
        assert_eq!(serde_json::from_value::<Policy>(written.clone()).unwrap(), policy);

        written["algorithms"] = serde_json::json!([0]);
        assert!(serde_json::from_value::<Policy>(written.clone()).is_err());
        written["algorithms"] = serde_json::Value::Null;
        assert!(serde_json::from_value::<Policy>(written.clone()).is_ok());
        written["user_verificaton"] = serde_json::json!("judged");
        assert!(serde_json::from_value::<Policy>(written.clone()).is_err());
        written.as_object_mut().unwrap().remove("user_verificaton");
        for (name, _) in written.as_object().unwrap() {
            let mut without = written.clone();
            without.as_object_mut().unwrap().remove(name);
            assert!(serde_json::from_value::<Policy>(without).is_err(), "{name}");
        }
    }
}
