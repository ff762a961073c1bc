//! The same ceremonies given to `webauthn-rs-core` 0.6.2.
//!
//! The crate makes its challenges itself and keeps them in an opaque state. That state serialises,
//! so the case's challenge is written over the random one (as in `tests/peers`). States, anchors
//! and stored credentials are made beforehand, as ours are.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationCaList, AttestationFormat, AuthenticationState, COSEAlgorithm, COSEKey, Credential,
    ParsedAttestation, PublicKeyCredential, RegisterPublicKeyCredential, RegisteredExtensions,
    RegistrationState, UserVerificationPolicy,
};

use crate::cases::{Approval, Enrollment};

/// The other verifier, ready for a registration.
pub struct PeerEnrollment {
    core: WebauthnCore,
    state: RegistrationState,
    anchors: Option<AttestationCaList>,
    response: RegisterPublicKeyCredential,
    json: String,
}

impl PeerEnrollment {
    /// For this registration.
    pub fn new(enrollment: &Enrollment) -> Self {
        let parts = &enrollment.parts;
        let core = verifier(&parts.rp_id, &parts.origin);
        let algorithm = COSEAlgorithm::try_from(i128::from(parts.credential_algorithm));
        let builder = core
            .new_challenge_register_builder(b"user", "user", "user")
            .expect("a builder")
            .user_verification_policy(UserVerificationPolicy::Required)
            .credential_algorithms(algorithm.into_iter().collect());
        let (_, state) = core.generate_challenge_register(builder).expect("a challenge");
        Self {
            state: with_challenge(&state, &parts.challenge),
            anchors: anchors(&parts.anchors),
            response: serde_json::from_str(&enrollment.json).expect("a response"),
            json: enrollment.json.clone(),
            core,
        }
    }

    /// Judges the response, already read.
    pub fn judge(&self) -> Result<Credential, WebauthnError> {
        self.core.register_credential(&self.response, &self.state, self.anchors.as_ref())
    }

    /// Reads the response and judges it.
    pub fn read_and_judge(&self) -> Result<Credential, WebauthnError> {
        let response = serde_json::from_str(&self.json).expect("a response");
        self.core.register_credential(&response, &self.state, self.anchors.as_ref())
    }
}

/// The other verifier, ready for an assertion.
pub struct PeerApproval {
    core: WebauthnCore,
    state: AuthenticationState,
    response: PublicKeyCredential,
    json: String,
}

impl PeerApproval {
    /// For this assertion; an error where the crate cannot load the key.
    pub fn new(approval: &Approval) -> Result<Self, WebauthnError> {
        let parts = &approval.parts;
        let core = verifier(&parts.rp_id, &parts.origin);
        let key: serde_cbor_2::Value =
            serde_cbor_2::from_slice(&parts.credential_public_key).expect("CBOR");
        let policy = UserVerificationPolicy::Required;
        let credential = Credential {
            cred_id: parts.credential_id.clone(),
            cred: COSEKey::try_from(&key)?,
            counter: 0,
            transports: None,
            user_verified: true,
            backup_eligible: false,
            backup_state: false,
            registration_policy: policy,
            extensions: RegisteredExtensions::none(),
            attestation: ParsedAttestation::default(),
            attestation_format: AttestationFormat::None,
        };
        let builder = core.new_challenge_authenticate_builder(vec![credential], Some(policy))?;
        let (_, state) = core.generate_challenge_authenticate(builder)?;
        Ok(Self {
            state: with_challenge(&state, &parts.challenge),
            response: serde_json::from_str(&approval.json).expect("a response"),
            json: approval.json.clone(),
            core,
        })
    }

    /// Judges the response, already read.
    pub fn is_accepted(&self) -> bool {
        self.core.authenticate_credential(&self.response, &self.state).is_ok()
    }

    /// Reads the response and judges it.
    pub fn is_read_and_accepted(&self) -> bool {
        let response = serde_json::from_str(&self.json).expect("a response");
        self.core.authenticate_credential(&response, &self.state).is_ok()
    }
}

fn verifier(rp_id: &str, origin: &str) -> WebauthnCore {
    let origin = Url::parse(origin).expect("an origin");
    let minute = Duration::from_secs(60);
    let no = Some(false);
    WebauthnCore::new_unsafe_experts_only("benches", rp_id, vec![origin], minute, no, no)
}

/// Puts the case's challenge in the place of the random one.
fn with_challenge<S>(state: &S, challenge: &[u8]) -> S
where
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut state = serde_json::to_value(state).expect("a state");
    state["challenge"] = URL_SAFE_NO_PAD.encode(challenge).into();
    serde_json::from_value(state).expect("a state")
}

fn anchors(certificates: &[Vec<u8>]) -> Option<AttestationCaList> {
    let mut all: Option<AttestationCaList> = None;
    for certificate in certificates {
        let body = STANDARD.encode(certificate);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        let one = AttestationCaList::try_from(pem.as_bytes()).expect("an anchor");
        match &mut all {
            Some(list) => list.union(&one),
            None => all = Some(one),
        }
    }
    all
}
