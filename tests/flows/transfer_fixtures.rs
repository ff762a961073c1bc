//! Transfers of the bank's one account, and the phone of its approver.

use device_enrollment::UnixMillis;
use device_enrollment::flow::{DocumentNumber, Stored};
use device_enrollment::policy::Policy;
use device_enrollment::two_factor::{
    ApproveRequest, AssertionCheck, AssertionEvaluation, BoundCredential, Caps, Code, CodeAttempt,
    CodeKeys, Money, RelyingParty, ResendRequest, SignOptions, Spent, Transfer, TransferContext,
    TransferEffect, TransferEvent, TransferFacts, TransferOrder, TransferRefusal, TransferRequest,
    UnregisteredDeviceLimits,
};
use device_enrollment::webauthn::{
    AuthenticationResponse, CredentialRecord, Origin, RegistrationExpectation, RegistrationResponse,
};
use device_enrollment::{Base64Reading, TrustStore, Verdict, Verifier};
use device_enrollment_testkit::{Assertion, ORIGIN, RP_ID, Registration};

use crate::fixtures::{
    ACCOUNT, APPROVER, DEVICE, NOW, SESSION, contacts, entropy, keys, no_caps, open_account, uuid,
};

pub const TED: &str = "8cb70dea-9fb0-4a68-9572-99a72849c8d6";
pub const OTHER_TED: &str = "8cb70dea-9fb0-4a68-9572-99a72849c8d7";
pub const CONTROL: &str = "b6804f32-101e-4702-8fbc-c2dbc4c2caec";
pub const TRANSACTION: &str = "46804f32-101e-4702-8fbc-c2dbc4c2caec";

/// The published request, with this way of approval.
pub fn ted_body(tfa_info: &str) -> String {
    format!(
        r#"{{"request_control_key":"{CONTROL}","transaction_amount":202.01,"target_account":{{"account_branch":"0001","account_number":"1234567","account_digit":"8","owner_document_number":"12345678000195","owner_name":"Padaria São João","ispb":"32402502","account_type":"checking_account"}},"tfa_info":{tfa_info}}}"#
    )
}

pub fn by_code(contact_type: &str) -> String {
    ted_body(&format!(
        r#"{{"approver_document_number":"{APPROVER}","contact_type":"{contact_type}"}}"#
    ))
}

pub fn by_device() -> String {
    ted_body(&format!(
        r#"{{"approver_document_number":"{APPROVER}","contact_type":"device","session_id":"{SESSION}"}}"#
    ))
}

/// Facts under which every request is accepted.
pub fn facts() -> TransferFacts {
    TransferFacts {
        account_key: uuid(ACCOUNT),
        account: Some(open_account()),
        requester_configured: true,
        approver: Some(contacts()),
        request_control_key_used: false,
        device_key: Some(uuid(DEVICE)),
        spent: Spent::default(),
        moved_today: Money::default(),
        fee: Money::from_centavos(1000),
    }
}

/// What the events of one test are judged with, and the approver's phone.
pub struct Desk {
    pub keys: CodeKeys,
    pub caps: Caps,
    pub limits: Option<UnregisteredDeviceLimits>,
    pub relying_party: RelyingParty,
    pub verifier: Verifier,
    pub phone: Registration,
}

impl Desk {
    pub fn new() -> Self {
        let origin = Origin::parse(ORIGIN).unwrap();
        Self {
            keys: keys(),
            caps: no_caps(),
            limits: None,
            relying_party: RelyingParty::new(RP_ID, vec![origin]),
            verifier: Verifier::new(Policy::open_finance_brasil(), TrustStore::empty()),
            phone: Registration::none("the approver's phone"),
        }
    }

    pub fn context(&self) -> TransferContext<'_> {
        TransferContext { keys: &self.keys, caps: &self.caps, unregistered_device: self.limits }
    }

    pub fn request(
        &self,
        body: &str,
        facts: TransferFacts,
    ) -> Result<(Transfer, Vec<TransferEffect>), TransferRefusal> {
        self.request_as(TED, body, facts)
    }

    pub fn request_as(
        &self,
        ted_key: &str,
        body: &str,
        facts: TransferFacts,
    ) -> Result<(Transfer, Vec<TransferEffect>), TransferRefusal> {
        let request = TransferRequest::parse(body.as_bytes())?;
        Transfer::request(request, uuid(ted_key), facts, entropy(ted_key), self.context(), NOW)
    }

    /// A transfer that waits for a code, and the code.
    pub fn awaiting_code(&self) -> (Transfer, Code) {
        let (transfer, effects) = self.request(&by_code("sms"), facts()).unwrap();
        (transfer, sent(effects).1)
    }

    /// A transfer that waits for the phone.
    pub fn awaiting_device(&self) -> Transfer {
        let (transfer, effects) = self.request(&by_device(), facts()).unwrap();
        assert!(effects.is_empty());
        transfer
    }

    /// Applies an event that is accepted.
    pub fn accepted(
        &self,
        transfer: Transfer,
        event: TransferEvent<'_>,
        now: UnixMillis,
    ) -> (Transfer, Vec<TransferEffect>) {
        let (transfer, effects) = transfer.apply(event, self.context(), now).accepted().unwrap();
        (restarted(&transfer), effects)
    }

    /// Applies an event that is refused.
    pub fn refused(
        &self,
        transfer: Transfer,
        event: TransferEvent<'_>,
        now: UnixMillis,
    ) -> (Transfer, TransferRefusal) {
        let (transfer, refusal) =
            transfer.apply(event, self.context(), now).accepted().unwrap_err();
        (restarted(&transfer), refusal)
    }

    /// Counts an attempt.
    pub fn attempt(
        &self,
        transfer: Transfer,
        token: &str,
        now: UnixMillis,
    ) -> (Transfer, CodeAttempt) {
        let (transfer, mut effects) = self.accepted(transfer, approve(token), now);
        match (effects.pop(), effects.pop()) {
            (Some(TransferEffect::EvaluateCode(attempt)), None) => (transfer, attempt),
            other => panic!("{other:?}"),
        }
    }

    /// Counts an attempt, compares, and tells the transfer.
    pub fn validate(
        &self,
        transfer: Transfer,
        token: &str,
        now: UnixMillis,
    ) -> Result<(Transfer, TransferOrder), (Transfer, TransferRefusal)> {
        let (transfer, attempt) = self.attempt(transfer, token, now);
        let event = TransferEvent::CodeEvaluated(attempt.evaluate(&self.keys));
        let (transfer, mut effects) = transfer.apply(event, self.context(), now).accepted()?;
        match (effects.pop(), effects.pop()) {
            (Some(TransferEffect::HandToRail(order)), None) => Ok((transfer, order)),
            other => panic!("{other:?}"),
        }
    }

    /// The credential of the phone, as its enrollment stored it.
    pub fn credential(&self) -> BoundCredential {
        let parts = self.phone.make();
        let expected = RegistrationExpectation::new(
            parts.challenge,
            RP_ID,
            self.relying_party.origins.clone(),
        );
        let response = RegistrationResponse::from_bytes(
            Some(&parts.credential_id),
            &parts.client_data_json,
            &parts.attestation_object,
        );
        let judged = self.verifier.registration(&response, &expected, Some(NOW.whole_seconds()));
        let enrolled = judged.accepted().unwrap().clone();
        let mut record =
            CredentialRecord::new(enrolled.credential_id, enrolled.public_key, enrolled.sign_count);
        record.backup_eligible = Some(enrolled.backup_eligible);
        record.user_handle = Some(parts.user_handle);
        BoundCredential {
            account_key: uuid(ACCOUNT),
            approver: DocumentNumber::person(APPROVER).unwrap(),
            device_key: uuid(DEVICE),
            record,
        }
    }

    /// Gives the phone its options.
    pub fn options(
        &self,
        transfer: Transfer,
        label: &str,
        now: UnixMillis,
    ) -> (Transfer, SignOptions) {
        let credentials = [self.credential()];
        let event = TransferEvent::SignOptions {
            credentials: &credentials,
            relying_party: &self.relying_party,
            entropy: entropy(label),
        };
        let (transfer, mut effects) = self.accepted(transfer, event, now);
        match (effects.pop(), effects.pop()) {
            (Some(TransferEffect::GiveOptions(options)), None) => (transfer, options),
            other => panic!("{other:?}"),
        }
    }

    /// What the phone would sign under these options: change any part, then [`sign`] it.
    pub fn assertion(&self, options: &SignOptions) -> Assertion {
        let options = serde_json::to_value(options).unwrap();
        let challenge = options["challenge"].as_str().unwrap();
        let mut assertion = Assertion::of(&self.phone);
        assertion.client_data.challenge_text = Some(challenge.to_owned());
        assertion
    }

    /// Spends the challenge.
    pub fn present(&self, transfer: Transfer, now: UnixMillis) -> (Transfer, AssertionCheck) {
        let event = TransferEvent::AssertionPresented;
        let (transfer, mut effects) = self.accepted(transfer, event, now);
        match (effects.pop(), effects.pop()) {
            (Some(TransferEffect::JudgeAssertion(check)), None) => (transfer, check),
            other => panic!("{other:?}"),
        }
    }

    pub fn judge(
        &self,
        check: AssertionCheck,
        assertion: &Assertion,
        now: UnixMillis,
    ) -> (Verdict, AssertionEvaluation) {
        let credentials = [self.credential()];
        check.evaluate(&sign(assertion), &credentials, &self.relying_party, &self.verifier, now)
    }

    /// A transfer that the phone has approved.
    pub fn approved_by_device(&self) -> Transfer {
        let (transfer, options) = self.options(self.awaiting_device(), "options", NOW);
        let (transfer, check) = self.present(transfer, NOW);
        let (verdict, evaluation) = self.judge(check, &self.assertion(&options), NOW);
        assert!(evaluation.is_approval(), "{verdict:?}");
        let event = TransferEvent::AssertionEvaluated(evaluation);
        self.accepted(transfer, event, NOW).0
    }
}

pub fn sign(assertion: &Assertion) -> AuthenticationResponse {
    let json = assertion.make().to_json().to_string();
    AuthenticationResponse::from_webauthn_json(json.as_bytes(), Base64Reading::Strict).unwrap()
}

pub fn approve(token: &str) -> TransferEvent<'static> {
    let body = if token.is_empty() { "{}".to_owned() } else { format!(r#"{{"token":"{token}"}}"#) };
    TransferEvent::Approve {
        request: ApproveRequest::parse(body.as_bytes()).unwrap(),
        spent: Spent::default(),
        device_active: true,
    }
}

pub fn resend(body: &str, label: &str) -> TransferEvent<'static> {
    TransferEvent::Resend {
        request: ResendRequest::parse(body.as_bytes()).unwrap(),
        contacts: contacts(),
        spent: Spent::default(),
        entropy: entropy(label),
    }
}

/// The transfer after its process was restarted: read from what was stored.
pub fn restarted(transfer: &Transfer) -> Transfer {
    let read = Transfer::from_stored(&transfer.to_stored().unwrap()).unwrap();
    assert_eq!(read, *transfer);
    read
}

/// The only effect: a code that is sent.
pub fn sent(mut effects: Vec<TransferEffect>) -> (&'static str, Code, u32) {
    assert_eq!(effects.len(), 1);
    match effects.remove(0) {
        TransferEffect::SendCode { channel, contact: _, code, number } => {
            (channel.as_str(), code, number)
        }
        other => panic!("{other:?}"),
    }
}

/// A token that is not the one.
pub fn wrong(code: &Code) -> String {
    crate::fixtures::wrong(code).expose().to_owned()
}

pub fn after(millis: i64) -> UnixMillis {
    NOW.plus_millis(millis)
}

pub const FIVE_MINUTES: i64 = 300_000;
