//! A bank with one enrollment and one consent, in every state, made by real events: real keys,
//! real verifier, no state put together by hand.

use device_enrollment::flow::{Entropy, Uuid4};
use device_enrollment::open_finance::consent::{self, AskSigning, Authorise, Consent, NewConsent};
use device_enrollment::open_finance::enrollment::{
    self, Approval, AskOptions, CreateRequest, DebtorAccount, Effect, Enrollment, Event, FreeText,
    NewCredential, RegistrationOutcome, Terms,
};
use device_enrollment::open_finance::options::{
    OpaqueBytes, Platform, Preferences, RelyingParty, UserNames,
};
use device_enrollment::open_finance::{ContractVersion, OpenFinanceCode, Refusal, WireForm};
use device_enrollment::webauthn::{AuthenticationResponse, Origin, RegistrationResponse, Verifier};
use device_enrollment::{Base64Reading, Policy, TrustStore, UnixMillis};
use device_enrollment_testkit::{Assertion, ORIGIN, RP_ID, Registration, TIME};

pub(crate) const V2_1: ContractVersion = ContractVersion::V2_1;
pub(crate) const V2_2: ContractVersion = ContractVersion::V2_2;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const NOW: UnixMillis = UnixMillis(TIME * 1000);

pub(crate) const ZRO_BODY: &str = r#"{
    "client_redirect_url": "https://tpp.example/back",
    "participant_id": "0d0a8b2e-5e07-4e0b-8a1f-0a4a8a6c9a11",
    "logged_user_document": "98765432100",
    "permissions": ["PAYMENTS_INITIATE"]
}"#;

pub(crate) fn verifier() -> Verifier {
    Verifier::new(Policy::open_finance_brasil(), TrustStore::empty())
}

/// Random bytes that are the same for the same number.
pub(crate) fn entropy(number: u8) -> Entropy {
    Entropy::new(core::array::from_fn(|at| u8::try_from(at).unwrap().wrapping_mul(31) ^ number))
}

pub(crate) fn relying_party() -> RelyingParty {
    RelyingParty {
        id: RP_ID.into(),
        name: "Iniciadora".into(),
        origins: vec![Origin::parse(ORIGIN).unwrap()],
    }
}

pub(crate) fn account(number: &str) -> DebtorAccount {
    DebtorAccount::new("12345678", Some("1774"), number, "CACC").unwrap()
}

pub(crate) fn approval() -> Approval {
    Approval {
        debtor_account: account("1234567890"),
        user: UserNames { name: "conta 7890".into(), display_name: "Ana Souza".into() },
        terms: Terms::default(),
    }
}

pub(crate) fn ask_options(key: &str) -> AskOptions {
    AskOptions {
        idempotency_key: FreeText::new(key),
        rp: Some(RP_ID.into()),
        platform: Platform::Browser,
        relying_party: relying_party(),
        exclude_credentials: Vec::new(),
        preferences: Preferences::default(),
        // Another key is another call, with other bytes.
        entropy: entropy(key.bytes().fold(0, u8::wrapping_add)),
    }
}

pub(crate) fn missing_signal() -> Event {
    Event::RiskSignals(Err(Refusal::missing("deviceId")))
}

/// An enrollment that is followed through its events, with the effects of the last of them.
#[derive(Clone)]
pub(crate) struct Followed {
    pub(crate) state: Enrollment,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now: UnixMillis,
}

impl Followed {
    pub(crate) fn created(version: ContractVersion) -> Self {
        let request = CreateRequest::from_zro(ZRO_BODY.as_bytes(), version).unwrap();
        Self::of(request, version)
    }

    pub(crate) fn of(request: CreateRequest, version: ContractVersion) -> Self {
        let [id, device] = [[1; 16], [2; 16]].map(Uuid4::from_random);
        let state = Enrollment::create(id, device, request, true, version, NOW).unwrap();
        Self { state, effects: Vec::new(), now: NOW }
    }

    /// What the event does, without following it.
    pub(crate) fn step(&self, event: Event) -> enrollment::Step {
        // What is stored between two events is the text.
        let stored = device_enrollment::flow::Stored::to_stored(&self.state).unwrap();
        let state: Enrollment = device_enrollment::flow::Stored::from_stored(&stored).unwrap();
        assert_eq!(state, self.state);
        state.apply(event, self.now)
    }

    #[track_caller]
    pub(crate) fn then(&self, event: Event) -> Self {
        let step = self.step(event);
        assert_eq!(step.refusal, None);
        Self { state: step.state, effects: step.effects, now: self.now }
    }

    /// The event is refused so, and what becomes of the enrollment.
    #[track_caller]
    pub(crate) fn refused(&self, event: Event, code: OpenFinanceCode) -> Self {
        let step = self.step(event);
        assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(code));
        Self { state: step.state, effects: step.effects, now: self.now }
    }

    pub(crate) fn later(&self, minutes: i64) -> Self {
        self.later_millis(minutes * MINUTE)
    }

    pub(crate) fn later_millis(&self, millis: i64) -> Self {
        Self { now: self.now.plus_millis(millis), ..self.clone() }
    }

    pub(crate) fn validating(version: ContractVersion) -> Self {
        Self::created(version).then(Event::RiskSignals(Ok(())))
    }

    pub(crate) fn approved(version: ContractVersion) -> Self {
        Self::validating(version).then(Event::HolderApproved(Box::new(approval())))
    }

    pub(crate) fn issued(version: ContractVersion) -> Self {
        Self::approved(version).then(Event::OptionsAsked(Box::new(ask_options("first"))))
    }

    pub(crate) fn judging(version: ContractVersion) -> Self {
        let issued = Self::issued(version);
        issued.then(issued.registration_sent())
    }

    pub(crate) fn authorised(version: ContractVersion) -> Self {
        let judging = Self::judging(version);
        judging.then(Event::RegistrationJudged(Box::new(judging.outcome())))
    }

    pub(crate) fn revoking(version: ContractVersion) -> Self {
        Self::authorised(version).then(revoke("98765432100"))
    }

    pub(crate) fn revoked(version: ContractVersion) -> Self {
        Self::revoking(version).then(Event::RevocationCompleted)
    }

    pub(crate) fn rejected(version: ContractVersion) -> Self {
        Self::validating(version).then(cancel(REJECTION))
    }

    /// The device's registration for the challenge that is issued.
    pub(crate) fn registration(&self) -> Registration {
        let options = self.state.options().expect("options are issued");
        let mut registration = Registration::none("flow");
        registration.challenge = options.challenge().as_bytes().to_vec();
        registration.client_data.challenge.clone_from(&registration.challenge);
        registration.user_handle = options.user_handle().as_bytes().to_vec();
        registration
    }

    pub(crate) fn registration_sent(&self) -> Event {
        sent(&self.registration())
    }

    pub(crate) fn outcome(&self) -> RegistrationOutcome {
        self.outcome_under(&verifier())
    }

    pub(crate) fn outcome_under(&self, verifier: &Verifier) -> RegistrationOutcome {
        match self.effects.as_slice() {
            [Effect::JudgeRegistration(judge)] => judge.evaluate(verifier, self.now).1,
            other => panic!("nothing to judge: {other:?}"),
        }
    }

    /// Sends a response and has it judged.
    #[track_caller]
    pub(crate) fn registered(&self, registration: &Registration) -> enrollment::Step {
        let judging = self.then(sent(registration));
        judging.step(Event::RegistrationJudged(Box::new(judging.outcome())))
    }

    /// Why a registration is refused after one change.
    #[track_caller]
    pub(crate) fn refusal_of(&self, change: impl FnOnce(&mut Registration)) -> Refusal {
        let mut registration = self.registration();
        change(&mut registration);
        self.registered(&registration).refusal.expect("it was accepted")
    }

    pub(crate) fn credential(&self) -> NewCredential {
        match self.effects.as_slice() {
            [Effect::StoreCredential(credential)] => (**credential).clone(),
            other => panic!("no credential: {other:?}"),
        }
    }
}

pub(crate) fn sent(registration: &Registration) -> Event {
    from_text(&registration.make().to_json().to_string())
}

pub(crate) fn from_text(text: &str) -> Event {
    let response = RegistrationResponse::from_webauthn_json(text.as_bytes(), Base64Reading::Strict);
    Event::RegistrationSent { response: Box::new(response), form: WireForm::OpenFinance }
}

pub(crate) const REJECTION: &str = r#"{"rejectionReason": "REJEITADO_MANUALMENTE"}"#;
pub(crate) const REVOCATION: &str = r#"{"revocationReason": "REVOGADO_MANUALMENTE"}"#;

pub(crate) fn cancel(reason: &str) -> Event {
    cancel_body(&format!(r#"{{"data": {{"cancellation": {{"reason": {reason}}}}}}}"#))
}

pub(crate) fn cancel_body(body: &str) -> Event {
    Event::Cancelled(enrollment::CancelRequest::from_open_finance(body.as_bytes(), V2_1).unwrap())
}

pub(crate) fn revoke(document: &str) -> Event {
    let body = format!(r#"{{"logged_user_document": "{document}"}}"#);
    Event::RevokeAsked(enrollment::RevokeRequest::from_zro(body.as_bytes()).unwrap())
}

/// A consent that is followed through its events, beside the enrollment that signs.
#[derive(Clone)]
pub(crate) struct Payment {
    pub(crate) state: Consent,
    pub(crate) effects: Vec<consent::Effect>,
    pub(crate) enrollment: Followed,
    pub(crate) credential: Option<NewCredential>,
}

pub(crate) const APPROVER: [u8; 16] = [7; 16];

pub(crate) fn new_consent() -> NewConsent {
    NewConsent {
        id: "urn:bank:C1DD33123".into(),
        kind: consent::ConsentKind::Payment,
        debtor_account: Some(account("1234567890")),
        further_approvers: Vec::new(),
        expires_at: Some(NOW.plus_minutes(60)),
    }
}

impl Payment {
    pub(crate) fn created(version: ContractVersion) -> Self {
        Self::of(new_consent(), Followed::authorised(version))
    }

    pub(crate) fn of(new: NewConsent, enrollment: Followed) -> Self {
        let credential = enrollment.effects.iter().find_map(|effect| match effect {
            Effect::StoreCredential(credential) => Some((**credential).clone()),
            _ => None,
        });
        let state = Consent::create(new, enrollment.now);
        Self { state, effects: Vec::new(), enrollment, credential }
    }

    pub(crate) fn step(&self, event: consent::Event) -> consent::Step {
        let stored = device_enrollment::flow::Stored::to_stored(&self.state).unwrap();
        let state: Consent = device_enrollment::flow::Stored::from_stored(&stored).unwrap();
        assert_eq!(state, self.state);
        state.apply(event, self.enrollment.now)
    }

    #[track_caller]
    pub(crate) fn then(&self, event: consent::Event) -> Self {
        let step = self.step(event);
        assert_eq!(step.refusal, None);
        Self { state: step.state, effects: step.effects, ..self.clone() }
    }

    #[track_caller]
    pub(crate) fn refused(&self, event: consent::Event, code: OpenFinanceCode) -> Self {
        let step = self.step(event);
        assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(code));
        Self { state: step.state, effects: step.effects, ..self.clone() }
    }

    pub(crate) fn later_millis(&self, millis: i64) -> Self {
        Self { enrollment: self.enrollment.later_millis(millis), ..self.clone() }
    }

    pub(crate) fn ask(&self, key: &str) -> AskSigning {
        AskSigning {
            signer: self.enrollment.state.signer(self.enrollment.now),
            idempotency_key: FreeText::new(key),
            rp: Some(RP_ID.into()),
            platform: Platform::Browser,
            relying_party: relying_party(),
            preferences: Preferences::default(),
            entropy: entropy(key.bytes().fold(100, u8::wrapping_add)),
        }
    }

    pub(crate) fn asked(&self, key: &str) -> consent::Event {
        consent::Event::SigningAsked(Box::new(self.ask(key)))
    }

    pub(crate) fn issued(version: ContractVersion) -> Self {
        let created = Self::created(version);
        created.then(created.asked("first"))
    }

    pub(crate) fn judging(version: ContractVersion) -> Self {
        let issued = Self::issued(version);
        issued.then(issued.authorise())
    }

    /// The device's assertion for the challenge that is issued.
    pub(crate) fn assertion(&self) -> Assertion {
        let options = self.state.options().expect("options are issued");
        let mut registration = Registration::none("flow");
        if let Some(credential) = &self.credential {
            registration.user_handle = credential.user_handle.as_bytes().to_vec();
        }
        let mut assertion = Assertion::of(&registration);
        assertion.challenge = options.challenge().as_bytes().to_vec();
        assertion.client_data.challenge.clone_from(&assertion.challenge);
        assertion
    }

    pub(crate) fn authorise(&self) -> consent::Event {
        self.authorise_with(&self.assertion())
    }

    pub(crate) fn authorise_with(&self, assertion: &Assertion) -> consent::Event {
        consent::Event::AuthoriseSent(Box::new(self.sent(assertion)))
    }

    pub(crate) fn sent(&self, assertion: &Assertion) -> Authorise {
        let text = assertion.make().to_json().to_string();
        Authorise {
            signer: self.enrollment.state.signer(self.enrollment.now),
            signals: Ok(()),
            response: AuthenticationResponse::from_webauthn_json(
                text.as_bytes(),
                Base64Reading::Strict,
            ),
            credential: self.credential.as_ref().map(NewCredential::record),
        }
    }

    pub(crate) fn outcome(&self) -> consent::AssertionOutcome {
        match self.effects.as_slice() {
            [consent::Effect::JudgeAssertion(judge)] => {
                judge.evaluate(&verifier(), self.enrollment.now).1
            }
            other => panic!("nothing to judge: {other:?}"),
        }
    }

    pub(crate) fn judged(&self) -> consent::Event {
        let outcome = Box::new(self.outcome());
        consent::Event::AssertionJudged { outcome, risk_is_accepted: true }
    }

    /// Sends an assertion and has it judged.
    #[track_caller]
    pub(crate) fn authorised_by(&self, assertion: &Assertion) -> consent::Step {
        let judging = self.then(self.authorise_with(assertion));
        judging.step(judging.judged())
    }
}

pub(crate) fn opaque(bytes: &[u8]) -> OpaqueBytes {
    OpaqueBytes::new(bytes)
}
