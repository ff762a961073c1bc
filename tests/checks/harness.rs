//! Judging what the testkit makes, and pinning the verdict.

use core::cmp::Ordering;
use core::fmt::Debug;
use core::ops::{Deref, DerefMut};

use device_enrollment::policy::Policy;
use device_enrollment::verdict::{CheckId, Failure, Outcome, Verdict};
use device_enrollment::webauthn::{
    AcceptedAuthentication, AcceptedRegistration, AuthenticationExpectation,
    AuthenticationResponse, CredentialRecord, Judgement, Origin, RegistrationExpectation,
    RegistrationResponse, UserVerification, Verifier,
};
use device_enrollment::{
    AndroidStatusList, Base64Reading, Metadata, TrustAnchor, TrustStore, UnixTime,
};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::{Assertion, Edit, Registration, RegistrationParts, TIME};
use serde_json::Value;

/// The seed of every ceremony that does not need another one.
pub const SEED: &str = "checks";

/// One of the testkit's ways to make a registration from a seed.
pub type Make = fn(&str) -> Registration;

/// A ceremony in the setting that it is judged in. Every field is a lever.
pub trait Ceremony: Clone {
    type Accepted: Debug;

    fn judge(&self) -> Judgement<Self::Accepted>;
}

/// A ceremony that was shown to be accepted: what a test may change one thing of.
pub struct Valid<C: Ceremony> {
    ceremony: C,
    pub judgement: Judgement<C::Accepted>,
}

/// Shows that a ceremony is accepted.
pub fn valid<C: Ceremony>(ceremony: C) -> Valid<C> {
    let judgement = ceremony.judge();
    assert_accepted(&judgement);
    Valid { ceremony, judgement }
}

impl<C: Ceremony> Valid<C> {
    /// The judgement of the same ceremony after one change.
    pub fn but(&self, change: impl FnOnce(&mut C)) -> Judgement<C::Accepted> {
        self.with(change).judge()
    }

    /// The same ceremony after one change.
    pub fn with(&self, change: impl FnOnce(&mut C)) -> C {
        let mut ceremony = self.ceremony.clone();
        change(&mut ceremony);
        ceremony
    }
}

/// The ceremony was accepted, and this check passed.
#[track_caller]
pub fn passes<T: Debug>(judgement: &Judgement<T>, id: CheckId) {
    assert_accepted(judgement);
    assert_eq!(judgement.verdict().outcome(id), Some(Outcome::Passed), "{id}");
}

/// The ceremony was refused by this check, for this reason, and nothing was judged after it.
#[track_caller]
pub fn fails<T: Debug>(judgement: &Judgement<T>, id: CheckId, code: &str) {
    let verdict = judgement.verdict();
    let failure = judgement.accepted().expect_err("it was accepted");
    assert_eq!(verdict.failure.as_ref(), Some(failure));
    assert_eq!(verdict.decision().as_str(), "refused");
    pinned(verdict, id, code);
}

/// The request could not be read because of this check, for this reason, and its verdict says so.
#[track_caller]
pub fn unreadable<T: Debug>(read: Result<T, Failure>, id: CheckId, code: &str) {
    let failure = read.expect_err("it was read");
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let ceremony = device_enrollment::verdict::Ceremony::Registration;
    let verdict = verifier.malformed(&failure, ceremony, b"request", None);
    assert_eq!(verdict.decision().as_str(), "malformed");
    pinned(&verdict, id, code);
}

/// What stands before the failed check was judged, and nothing after it.
#[track_caller]
fn pinned(verdict: &Verdict, id: CheckId, code: &str) {
    let failure = verdict.failure.as_ref().expect("a refusal has a failure");
    assert_eq!((failure.check, failure.code()), (id, code), "{failure}");
    let at = verdict.checks.iter().position(|check| check.id == id).expect("a planned check");
    for (index, check) in verdict.checks.iter().enumerate() {
        let judged = !matches!(check.outcome, Outcome::Failed | Outcome::NotReached);
        match index.cmp(&at) {
            // An object that cannot be opened shows nothing of its members.
            Ordering::Less if id == CheckId::En2 && check.id == CheckId::En1 => {}
            Ordering::Less => assert!(judged, "{} before {id}", check.id),
            Ordering::Equal => assert_eq!(check.outcome, Outcome::Failed, "{id}"),
            Ordering::Greater => {
                assert_eq!(check.outcome, Outcome::NotReached, "{} after {id}", check.id);
            }
        }
    }
}

#[track_caller]
fn assert_accepted<T: Debug>(judgement: &Judgement<T>) {
    let verdict = judgement.verdict();
    if let Err(failure) = judgement.accepted() {
        panic!("refused: {failure} ({})", failure.code());
    }
    assert!(verdict.is_accepted() && verdict.failure.is_none());
    let open = |outcome| matches!(outcome, Outcome::Failed | Outcome::NotReached);
    let open = verdict.checks.iter().find(|check| open(check.outcome));
    assert_eq!(open, None, "an acceptance settles every check");
}

/// A registration, sent as a browser's JSON. The testkit's levers are reached directly.
#[derive(Clone)]
pub struct Enrollment {
    /// How the outer members of the browser's JSON are read.
    pub reading: Base64Reading,
    pub registration: Registration,
    pub policy: Policy,
    pub expectation: RegistrationExpectation,
    /// The trust store; by default the anchors that the testkit hands out, and a status list of
    /// Android certificates that lists nothing.
    pub store: Option<TrustStore>,
    /// Authenticator metadata in the trust store.
    pub metadata: Option<Metadata>,
    pub time: Option<UnixTime>,
    /// When it is judged again; it is not, without one.
    pub status_time: Option<UnixTime>,
    /// Changes the browser's JSON.
    pub edit_json: Edit<Value>,
}

/// A registration under exactly what WebAuthn demands.
pub fn plain(make: Make) -> Enrollment {
    Enrollment::of(make(SEED), Policy::webauthn())
}

/// A registration under the bank's profile.
pub fn bank(make: Make) -> Enrollment {
    let mut registration = make(SEED);
    registration.authenticator_data.set_flag(flag::USER_VERIFIED);
    Enrollment::of(registration, Policy::open_finance_brasil())
}

impl Enrollment {
    /// Expects what the registration's relying party asked for; user verification where the
    /// authenticator can.
    pub fn of(registration: Registration, policy: Policy) -> Self {
        let origins = vec![Origin::parse(&registration.origin).unwrap()];
        let challenge = registration.challenge.clone();
        let mut expectation =
            RegistrationExpectation::new(challenge, registration.rp_id.clone(), origins);
        expectation.algorithms = Some(vec![registration.credential_algorithm]);
        if registration.authenticator_data.flags & flag::USER_VERIFIED == 0 {
            expectation.user_verification = UserVerification::Discouraged;
        }
        Self {
            reading: Base64Reading::Strict,
            registration,
            policy,
            expectation,
            store: None,
            metadata: None,
            time: Some(UnixTime(TIME)),
            status_time: None,
            edit_json: Edit::none(),
        }
    }

    /// With a change that every variation of the test shares.
    pub fn given(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Changes the browser's JSON.
    pub fn json(&mut self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.edit_json = Edit::new(change);
    }

    /// Judges a response that was read from some other form than the browser's JSON.
    pub fn judge_response(
        &self,
        response: &RegistrationResponse,
        parts: &RegistrationParts,
    ) -> Judgement<AcceptedRegistration> {
        let owner =
            if self.registration.attestation.format == "apple" { "Apple" } else { "Google" };
        let mut store = self.store.clone().unwrap_or_else(|| store_of(owner, &parts.anchors));
        if let Some(metadata) = &self.metadata {
            store = store.with_metadata(metadata.clone());
        }
        let mut verifier = Verifier::new(self.policy.clone(), store);
        if let Some(status_time) = self.status_time {
            verifier = verifier.with_status_time(status_time);
        }
        verifier.registration(response, &self.expectation, self.time)
    }
}

impl Ceremony for Enrollment {
    type Accepted = AcceptedRegistration;

    fn judge(&self) -> Judgement<AcceptedRegistration> {
        let parts = self.registration.make();
        let mut json = parts.to_json();
        self.edit_json.apply(&mut json);
        let text = json.to_string();
        let response = RegistrationResponse::from_webauthn_json(text.as_bytes(), self.reading);
        self.judge_response(&response.expect("a readable envelope"), &parts)
    }
}

impl Deref for Enrollment {
    type Target = Registration;

    fn deref(&self) -> &Registration {
        &self.registration
    }
}

impl DerefMut for Enrollment {
    fn deref_mut(&mut self) -> &mut Registration {
        &mut self.registration
    }
}

/// An assertion, sent as a browser's JSON.
#[derive(Clone)]
pub struct Login {
    pub assertion: Assertion,
    pub policy: Policy,
    pub expectation: AuthenticationExpectation,
    /// Changes the browser's JSON.
    pub edit_json: Edit<Value>,
}

/// An assertion by a registered credential, under exactly what WebAuthn demands.
pub fn login(registration: &Registration) -> Login {
    let assertion = Assertion::of(registration);
    let origins = vec![Origin::parse(&assertion.origin).unwrap()];
    let key = assertion.credential_public_key.clone();
    let mut record = CredentialRecord::new(assertion.credential_id.clone(), key, 0);
    record.user_handle = Some(registration.user_handle.clone());
    record.backup_eligible =
        Some(registration.authenticator_data.flags & flag::BACKUP_ELIGIBLE != 0);
    let expectation = AuthenticationExpectation::new(
        assertion.challenge.clone(),
        assertion.rp_id.clone(),
        origins,
        vec![record],
    );
    Login { assertion, policy: Policy::webauthn(), expectation, edit_json: Edit::none() }
}

impl Login {
    /// With a change that every variation of the test shares.
    pub fn given(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Changes the browser's JSON.
    pub fn json(&mut self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.edit_json = Edit::new(change);
    }

    /// The stored credential.
    pub fn record(&mut self) -> &mut CredentialRecord {
        &mut self.expectation.credentials[0]
    }
}

impl Ceremony for Login {
    type Accepted = AcceptedAuthentication;

    fn judge(&self) -> Judgement<AcceptedAuthentication> {
        let mut json = self.assertion.make().to_json();
        self.edit_json.apply(&mut json);
        let text = json.to_string();
        let response =
            AuthenticationResponse::from_webauthn_json(text.as_bytes(), Base64Reading::Strict);
        let verifier = Verifier::new(self.policy.clone(), TrustStore::empty());
        verifier.authentication(&response.expect("a readable envelope"), &self.expectation, None)
    }
}

impl Deref for Login {
    type Target = Assertion;

    fn deref(&self) -> &Assertion {
        &self.assertion
    }
}

impl DerefMut for Login {
    fn deref_mut(&mut self) -> &mut Assertion {
        &mut self.assertion
    }
}

/// A store of these certificates, with a status list that lists nothing. The owner matters for the
/// formats of one vendor alone; most of those are Android's.
pub fn store(anchors: &[Vec<u8>]) -> TrustStore {
    store_of("Google", anchors)
}

/// The same, with an owner of the anchors.
pub fn store_of(owner: &str, anchors: &[Vec<u8>]) -> TrustStore {
    let anchor = |der: &Vec<u8>| TrustAnchor::from_der(der).unwrap().owned_by(owner);
    TrustStore::new(anchors.iter().map(anchor).collect())
        .with_android_status(status_list("{}", TIME))
}

/// A status list with these entries, fetched at this time.
pub fn status_list(entries: &str, fetched: i64) -> AndroidStatusList {
    let json = format!("{{\"entries\":{entries}}}");
    AndroidStatusList::from_json(json.as_bytes(), UnixTime(fetched)).unwrap()
}
