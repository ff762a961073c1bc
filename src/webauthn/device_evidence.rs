//! Evidence of the app and the device beside a passkey, over the challenge of its registration.
//!
//! Passkeys of iPhones come without attestation, and so do synced ones everywhere. What a bank can
//! still know is that its own app, unmodified, on a genuine device took part in the ceremony: the
//! app has the platform attest a key of the app's own, with the bytes of the challenge that the
//! registration was issued.
//!
//! What it does not say is that the passkey lies in that device. The two are bound by the
//! challenge, which the bank issues once and to one session, and by nothing else; a person who
//! runs the genuine app on one phone can still make the passkey in another one.

mod android;

use super::app_attest::{
    self, AcceptedAppAttestation, AppAttestEnvironment, AppAttestation, AppAttestationExpectation,
};
use super::attestation_path::Trust;
use crate::crypto::Transcript;
use crate::policy::{DeviceEvidenceRule, Policy};
use crate::time::UnixTime;
use crate::trust::TrustStore;
use crate::verdict::marker::Po6;
use crate::verdict::{
    AttestationType, Cause, Evidence, Facts, Failure, Format, InputDigest, Ledger, Part, PartRole,
    Reason, Settled,
};

/// What the relying party's own app sent beside a registration, to show itself and its device.
///
/// The challenge is that of the [`RegistrationExpectation`](super::RegistrationExpectation): the
/// bytes that were issued, not their base64url text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceEvidence {
    /// Apple App Attest. The app calls
    /// `DCAppAttestService.attestKey(keyId, clientDataHash: Data(SHA256.hash(data: challenge)))`.
    AppAttest {
        /// What the app sent.
        attestation: AppAttestation,
        /// The App ID that the relying party expects, never one that the app sent: team
        /// identifier, a dot, bundle identifier.
        app_id: String,
        /// The environment that the relying party expects.
        environment: AppAttestEnvironment,
    },
    /// Android key attestation. The app makes a signing key with
    /// `KeyGenParameterSpec.Builder(alias, PURPOSE_SIGN).setAttestationChallenge(challenge)` and
    /// sends `KeyStore.getCertificateChain(alias)`. Which applications may, the policy says
    /// (`android_applications`).
    AndroidKey {
        /// The certificates in DER, that of the key first.
        certificates: Vec<Vec<u8>>,
    },
}

impl DeviceEvidence {
    /// App Attest by the app with this App ID, in the production environment.
    #[must_use]
    pub fn app_attest(attestation: AppAttestation, app_id: impl Into<String>) -> Self {
        let environment = AppAttestEnvironment::Production;
        Self::AppAttest { attestation, app_id: app_id.into(), environment }
    }

    /// An Android key's certificates in DER, that of the key first.
    #[must_use]
    pub const fn android_key(certificates: Vec<Vec<u8>>) -> Self {
        Self::AndroidKey { certificates }
    }

    pub(super) const fn format(&self) -> Format {
        match self {
            Self::AppAttest { .. } => Format::AppleAppattest,
            Self::AndroidKey { .. } => Format::AndroidKey,
        }
    }

    pub(super) fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment device evidence 1");
        transcript.bytes(self.format().as_str().as_bytes());
        match self {
            Self::AppAttest { attestation, app_id, environment } => {
                attestation.write(&mut transcript);
                transcript.bytes(app_id.as_bytes());
                transcript.bytes(environment.name().as_bytes());
            }
            Self::AndroidKey { certificates } => transcript.byte_list(certificates),
        }
        transcript.finish()
    }
}

/// Evidence that was accepted: what has to be stored of it, for later assertions by the same key.
///
/// There is no way to get one but to have every check of the registration settled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AcceptedDeviceEvidence {
    /// The app's key on an Apple device.
    AppAttest(AcceptedAppAttestation),
    /// The app's key on an Android device.
    AndroidKey {
        /// SubjectPublicKeyInfo in DER.
        public_key: Vec<u8>,
    },
}

/// What evidence is judged under: the registration's own policy, anchors, challenge and time.
pub(super) struct Setting<'s> {
    pub(super) policy: &'s Policy,
    pub(super) store: &'s TrustStore,
    pub(super) challenge: &'s [u8],
    /// The signing digest in the origin, where the origin is an Android application's.
    pub(super) application: Option<[u8; 32]>,
    pub(super) time: Option<UnixTime>,
    /// When statuses are asked, which may be later.
    pub(super) status_time: Option<UnixTime>,
}

impl Setting<'_> {
    const fn trust<'t>(&'t self, aaguid: &'t [u8; 16]) -> Trust<'t> {
        Trust {
            policy: self.policy,
            store: self.store,
            time: self.time,
            status_time: self.status_time,
            aaguid,
        }
    }
}

/// Judges evidence in a ledger of its own, to its end.
pub(super) fn judge(
    evidence: &DeviceEvidence,
    setting: &Setting<'_>,
    whole: &mut Ledger,
) -> (Part, Result<AcceptedDeviceEvidence, Cause>) {
    let mut ledger = Ledger::new();
    let mut facts = Facts { format: Some(evidence.format()), ..Facts::default() };
    let (outcome, plan) = match evidence {
        DeviceEvidence::AppAttest { attestation, app_id, environment } => {
            let mut expected = AppAttestationExpectation::new(app_id, setting.challenge);
            expected.environment = *environment;
            let trust = setting.trust(environment.aaguid());
            let outcome = app_attest::judge_attestation(
                attestation,
                &expected,
                &trust,
                &mut ledger,
                &mut facts,
            );
            let outcome =
                outcome.map(|(accepted, _proof)| AcceptedDeviceEvidence::AppAttest(accepted));
            (outcome, app_attest::ATTESTATION_CHECKS)
        }
        DeviceEvidence::AndroidKey { certificates } => {
            let outcome = android::judge(certificates, setting, &mut ledger, &mut facts);
            let outcome = outcome
                .map(|(public_key, _proof)| AcceptedDeviceEvidence::AndroidKey { public_key });
            (outcome, android::CHECKS)
        }
    };
    let (checks, tolerances) = ledger.finish(plan.iter().copied());
    if outcome.is_ok() {
        tolerances.into_iter().for_each(|name| whole.tolerate(name));
    }
    let failure = outcome.as_ref().err().cloned();
    let part = Part { role: PartRole::DeviceEvidence, failure, checks, facts };
    (part, outcome.map_err(|failure| refused(&failure)))
}

/// The refusal of the whole names the check of the part and its code.
fn refused(failure: &Failure) -> Cause {
    let found = Evidence::text(&format!("{} ({})", failure.check, failure.code()));
    Reason::DeviceEvidenceRefused.found(found).into()
}

/// PO-6 where no evidence came. `vouched`: the credential's own path ends at an anchor.
pub(super) fn absent(
    found: AttestationType,
    vouched: bool,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Po6>, Failure> {
    let attested = vouched && !matches!(found, AttestationType::None | AttestationType::Self_);
    match policy.device_evidence {
        DeviceEvidenceRule::NotAsked => Ok(ledger.skip("device_evidence")),
        DeviceEvidenceRule::WhereUnattested if attested => {
            Ok(ledger.not_applicable("the credential itself is attested"))
        }
        DeviceEvidenceRule::WhereUnattested | DeviceEvidenceRule::Always => {
            let attestation = Evidence::Note(found.as_str());
            Err(ledger.refuse::<Po6>(Reason::DeviceEvidenceMissing.found(attestation).into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_counts_in_the_digest() {
        let app = |key_id: &[u8], object: &[u8], app_id: &str| {
            DeviceEvidence::app_attest(AppAttestation::from_bytes(key_id, object), app_id)
        };
        let mut development = app(b"key", b"object", "app");
        if let DeviceEvidence::AppAttest { environment, .. } = &mut development {
            *environment = AppAttestEnvironment::Development;
        }
        let all = [
            app(b"key", b"object", "app"),
            app(b"yek", b"object", "app"),
            app(b"key", b"tcejbo", "app"),
            app(b"keyo", b"bject", "app"),
            app(b"key", b"object", "ppa"),
            development,
            DeviceEvidence::android_key(Vec::new()),
            DeviceEvidence::android_key(vec![vec![1], vec![2]]),
            DeviceEvidence::android_key(vec![vec![2], vec![1]]),
            DeviceEvidence::android_key(vec![vec![1, 2]]),
        ];
        let digests: BTreeSet<[u8; 32]> = all.iter().map(|one| one.digest().value()).collect();
        assert_eq!(digests.len(), all.len());
    }
}
