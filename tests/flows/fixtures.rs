//! A bank with one account, one approver and one requester.

use device_enrollment::UnixMillis;
use device_enrollment::flow::{Entropy, Uuid4};
use device_enrollment::two_factor::{
    AccountFacts, AccountStanding, Caps, CodeKey, CodeKeys, Contact, Contacts, Device,
    DeviceContext, DeviceEffect, DeviceEvent, DeviceRefusal, DeviceRequest, RequestFacts,
    RequesterFacts, ResendRequest, Spent,
};
use device_enrollment::two_factor::{Channel, Code, CodeCheck, Evaluation};
use device_enrollment_testkit::seed;

pub const NOW: UnixMillis = UnixMillis(1_734_899_423_459);
pub const ACCOUNT: &str = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b01";
pub const DEVICE: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
pub const SESSION: &str = "0f7c1c5e-57ab-4b8e-8d7e-1f2a3b4c5d6e";
pub const APPROVER: &str = "98765432100";
pub const PHONE: &str = "+5511987654321";
pub const EMAIL: &str = "approver@example.com";
pub const IMAGE: &str = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";

pub fn uuid(text: &str) -> Uuid4 {
    Uuid4::parse(text).unwrap()
}

pub fn entropy(label: &str) -> Entropy {
    Entropy::new(seed::array(label, "entropy of an event"))
}

pub fn keys() -> CodeKeys {
    CodeKeys::new(CodeKey::new("2026-11", &[0x51; 32]).unwrap())
}

/// Caps that are in nobody's way.
pub fn no_caps() -> Caps {
    Caps {
        attempts_per_approver: u32::MAX,
        codes_per_approver: u32::MAX,
        resend_pauses_seconds: vec![0; 1000],
        attempts_budget: u32::MAX,
        codes_budget: u32::MAX,
        ..Caps::default()
    }
}

pub fn open_account() -> AccountFacts {
    AccountFacts { standing: AccountStanding::Open, is_hub: false }
}

pub fn contacts() -> Contacts {
    Contacts {
        phone: Some(Contact::new(PHONE.to_owned())),
        email: Some(Contact::new(EMAIL.to_owned())),
    }
}

/// Facts under which every request is accepted.
pub fn facts() -> RequestFacts {
    RequestFacts {
        account_key: uuid(ACCOUNT),
        account: Some(open_account()),
        requester: Some(RequesterFacts { may_create_devices: true }),
        approver: Some(contacts()),
        device_key_used: false,
        spent: Spent::default(),
    }
}

pub fn body(tfa_info: &str) -> String {
    format!(r#"{{"device_key":"{DEVICE}","session_id":"{SESSION}","tfa_info":{tfa_info}}}"#)
}

pub fn tfa_info(contact_type: &str) -> String {
    format!(r#"{{"approver_document_number":"{APPROVER}","contact_type":"{contact_type}"}}"#)
}

pub fn liveness_body() -> String {
    body(&format!(
        r#"{{"approver_document_number":"{APPROVER}","contact_type":"liveness","image_key":"{IMAGE}"}}"#
    ))
}

/// Keys and caps that events of one test are judged with.
pub struct Bank {
    pub keys: CodeKeys,
    pub caps: Caps,
}

impl Bank {
    pub fn new() -> Self {
        Self { keys: keys(), caps: no_caps() }
    }

    pub fn context(&self) -> DeviceContext<'_> {
        DeviceContext { keys: &self.keys, caps: &self.caps }
    }

    pub fn request(
        &self,
        body: &str,
        facts: RequestFacts,
    ) -> Result<(Device, Vec<DeviceEffect>), DeviceRefusal> {
        let request = DeviceRequest::parse(body.as_bytes())?;
        Device::request(request, facts, entropy("request"), self.context(), NOW)
    }

    /// A device that waits for its code, and the code.
    pub fn pending(&self) -> (Device, Code) {
        let (device, effects) = self.request(&body(&tfa_info("sms")), facts()).unwrap();
        (device, sent(effects).1)
    }

    /// A device that waits for its liveness result.
    pub fn awaiting_liveness(&self) -> Device {
        self.request(&liveness_body(), facts()).unwrap().0
    }

    /// Counts an attempt.
    pub fn attempt(
        &self,
        device: Device,
        now: UnixMillis,
    ) -> Result<(Device, CodeCheck), (Device, DeviceRefusal)> {
        let event = DeviceEvent::Attempt { spent: Spent::default() };
        let (device, mut effects) = device.apply(event, self.context(), now).accepted()?;
        match (effects.pop(), effects.pop()) {
            (Some(DeviceEffect::Compare(check)), None) => Ok((device, check)),
            other => panic!("{other:?}"),
        }
    }

    /// Counts an attempt, compares, and tells the device.
    pub fn validate(
        &self,
        device: Device,
        entered: &Code,
        now: UnixMillis,
    ) -> Result<Device, (Device, DeviceRefusal)> {
        let (device, check) = self.attempt(device, now)?;
        let evaluation = check.evaluate(entered, &self.keys);
        self.evaluated(device, evaluation, now)
    }

    pub fn evaluated(
        &self,
        device: Device,
        evaluation: Evaluation,
        now: UnixMillis,
    ) -> Result<Device, (Device, DeviceRefusal)> {
        let step = device.apply(DeviceEvent::Evaluated(evaluation), self.context(), now);
        step.accepted().map(|(device, effects)| {
            assert!(effects.is_empty());
            device
        })
    }

    pub fn resend(
        &self,
        device: Device,
        body: &str,
        label: &str,
        now: UnixMillis,
    ) -> Result<(Device, (Channel, Code, u32)), (Device, DeviceRefusal)> {
        let event = DeviceEvent::Resend {
            request: ResendRequest::parse(body.as_bytes()).unwrap(),
            contacts: contacts(),
            spent: Spent::default(),
            entropy: entropy(label),
        };
        let (device, effects) = device.apply(event, self.context(), now).accepted()?;
        Ok((device, sent(effects)))
    }

    /// Applies an event that is accepted and has no effect.
    pub fn moved(&self, device: Device, event: DeviceEvent, now: UnixMillis) -> Device {
        let (device, effects) = device.apply(event, self.context(), now).accepted().unwrap();
        assert!(effects.is_empty());
        device
    }

    /// Applies an event that is refused.
    pub fn refused(
        &self,
        device: Device,
        event: DeviceEvent,
        now: UnixMillis,
    ) -> (Device, DeviceRefusal) {
        device.apply(event, self.context(), now).accepted().unwrap_err()
    }
}

/// The only effect: a code that is sent to the contact of its channel.
pub fn sent(mut effects: Vec<DeviceEffect>) -> (Channel, Code, u32) {
    assert_eq!(effects.len(), 1);
    match effects.remove(0) {
        DeviceEffect::SendCode { channel, contact, code, number } => {
            assert_eq!(contact.as_str(), if channel == Channel::Sms { PHONE } else { EMAIL });
            (channel, code, number)
        }
        other => panic!("{other:?}"),
    }
}

/// A code that is not the one.
pub fn wrong(code: &Code) -> Code {
    let mut characters = code.expose().to_owned().into_bytes();
    characters[0] = if characters[0] == b'0' { b'1' } else { b'0' };
    Code::parse(core::str::from_utf8(&characters).unwrap()).unwrap()
}

pub fn same(code: &Code) -> Code {
    Code::parse(code.expose()).unwrap()
}
