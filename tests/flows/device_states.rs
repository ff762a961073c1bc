//! Every event in every state of a device: what it does is written to docs/device-flow.md from the
//! code. `UPDATE_DOCS=1 cargo test --test flows` writes the page anew.

use std::fmt::Write as _;
use std::path::Path;

use device_enrollment::two_factor::{
    AnalysisStatus, Code, Device, DeviceEvent, DeviceRefusal, DeviceStatus, Evaluation,
    LivenessRefusal, ResendRequest, Spent,
};

use crate::fixtures::*;

/// A state that the machine tells apart, and how to come to it.
const STATES: [(&str, &str, fn(&Bank) -> Device); 10] = [
    ("awaiting_code", "Pending", |bank| bank.pending().0),
    ("awaiting_code, an attempt open", "Pending", |bank| attempted(bank, 1)),
    ("awaiting_code, the fifth attempt open", "Pending", |bank| attempted(bank, 5)),
    ("awaiting_code, sent again", "Pending", |bank| {
        bank.resend(bank.pending().0, "{}", "again", NOW).unwrap().0
    }),
    ("awaiting_code, expired", "Pending", |bank| bank.pending().0),
    ("awaiting_liveness", "Pending", Bank::awaiting_liveness),
    ("active", "Active", |bank| {
        let (device, code) = bank.pending();
        bank.validate(device, &code, NOW).unwrap()
    }),
    ("locked", "Locked", |bank| {
        let device = attempted(bank, 5);
        bank.evaluated(device, evaluation(bank, 5, false), NOW).unwrap_err().0
    }),
    ("disabled", "Disabled", |bank| {
        let step = bank.pending().0.apply(DeviceEvent::Disable, bank.context(), NOW);
        step.accepted().unwrap().0
    }),
    ("dropped", "none", |bank| {
        bank.refused(bank.pending().0, DeviceEvent::DeliveryFailed { number: 1 }, NOW).0
    }),
];

/// An event, and how to make one that is meant for the device of the state.
const EVENTS: [(&str, fn(&Bank, &str) -> DeviceEvent); 14] = [
    ("attempt", |_, _| DeviceEvent::Attempt { spent: Spent::default() }),
    ("evaluated, right", |bank, state| {
        DeviceEvent::Evaluated(evaluation(bank, attempt_of(state), true))
    }),
    ("evaluated, wrong", |bank, state| {
        DeviceEvent::Evaluated(evaluation(bank, attempt_of(state), false))
    }),
    ("evaluated, of another device", |bank, _| DeviceEvent::Evaluated(foreign(bank))),
    ("resend", |_, _| DeviceEvent::Resend {
        request: ResendRequest { contact_type: None },
        contacts: contacts(),
        spent: Spent::default(),
        entropy: entropy("resend"),
    }),
    ("delivered, first code", |_, _| DeviceEvent::Delivered { number: 1 }),
    ("delivery_failed, first code", |_, _| DeviceEvent::DeliveryFailed { number: 1 }),
    ("delivery_failed, second code", |_, _| DeviceEvent::DeliveryFailed { number: 2 }),
    ("liveness_judged, refused", |_, _| {
        DeviceEvent::LivenessJudged(Err(LivenessRefusal::NotApproved))
    }),
    ("liveness_judged, approved", |_, _| crate::liveness::approved()),
    ("liveness_unavailable", |_, _| DeviceEvent::LivenessUnavailable),
    ("disable", |_, _| DeviceEvent::Disable),
    ("analysed", |_, _| DeviceEvent::Analysed {
        status: AnalysisStatus::AutomaticallyApproved,
        reason: None,
        reason_description: None,
    }),
    ("tick", |_, _| DeviceEvent::Tick),
];

/// The pending device after so many attempts, of which the last is open.
fn attempted(bank: &Bank, attempts: u8) -> Device {
    let (mut device, code) = bank.pending();
    for _ in 1..attempts {
        device = bank.validate(device, &wrong(&code), NOW).unwrap_err().0;
    }
    bank.attempt(device, NOW).unwrap().0
}

/// What an attempt of that device came to. Everything is made from the same random bytes, so that it
/// is the attempt which [`attempted`] left open.
fn evaluation(bank: &Bank, attempts: u8, right: bool) -> Evaluation {
    let (mut device, code) = bank.pending();
    for _ in 1..attempts {
        device = bank.validate(device, &wrong(&code), NOW).unwrap_err().0;
    }
    let (_, check) = bank.attempt(device, NOW).unwrap();
    let entered: Code = if right { code } else { wrong(&code) };
    check.evaluate(&entered, &bank.keys)
}

fn foreign(bank: &Bank) -> Evaluation {
    let other = "44444444-4444-4444-8444-444444444444";
    let (device, effects) =
        bank.request(&body(&tfa_info("sms")).replace(DEVICE, other), facts()).unwrap();
    let (_, check) = bank.attempt(device, NOW).unwrap();
    check.evaluate(&sent(effects).1, &bank.keys)
}

fn attempt_of(state: &str) -> u8 {
    if state.contains("fifth") { 5 } else { 1 }
}

fn at(state: &str) -> device_enrollment::UnixMillis {
    if state.ends_with("expired") { NOW.plus_minutes(5) } else { NOW }
}

#[test]
fn every_event_in_every_state_is_on_the_page() {
    let bank = Bank::new();
    let mut page = String::from(
        "# The flow of a device\n\nWritten by `UPDATE_DOCS=1 cargo test --test flows`: every event in \
         every state, as `Device::apply` answers it.\nA dash is a state that stays, no effect, no \
         refusal.\n\n## States\n\n| state | status | registration pages | disabling page | query page \
         |\n|---|---|---|---|---|\n",
    );
    for (state, canonical, make) in STATES {
        let device = make(&bank);
        assert!(state.starts_with(device.state_name()), "{state}: {}", device.state_name());
        let status = device.status().map_or("none".to_owned(), |status| format!("{status:?}"));
        assert_eq!(status, canonical, "{state}");
        let rendered = |render: fn(DeviceStatus) -> &'static str| {
            device.status().map_or("–".to_owned(), |status| format!("`{}`", render(status)))
        };
        writeln!(
            page,
            "| {state} | {status} | {} | {} | {} |",
            rendered(DeviceStatus::on_registration),
            rendered(DeviceStatus::on_disabling),
            rendered(DeviceStatus::on_query),
        )
        .unwrap();
    }
    page.push_str("\n## Events\n\n| state | event | then | effects | refusal | code |\n|---|---|---|---|---|---|\n");
    for (state, _, make) in STATES {
        for (event, make_event) in EVENTS {
            let device = make(&bank);
            let before = device.state_name();
            let made = make_event(&bank, state);
            assert!(event.starts_with(made.name()), "{event}: {}", made.name());
            let step = device.apply(made, bank.context(), at(state));
            let then = match step.state.state_name() {
                same if same == before => "–",
                moved => moved,
            };
            let effects: Vec<String> =
                step.effects.iter().map(|effect| format!("`{}`", effect.name())).collect();
            let effects = if effects.is_empty() { "–".to_owned() } else { effects.join(", ") };
            let refusal = step.refusal.map_or("–".to_owned(), |refusal| format!("{refusal:?}"));
            let code = step.refusal.map_or("–", |refusal| refusal.code().as_str());
            writeln!(page, "| {state} | {event} | {then} | {effects} | {refusal} | {code} |")
                .unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/device-flow.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/device-flow.md: run UPDATE_DOCS=1 cargo test --test flows");
}

/// Which events are legal where, written down by hand; everything else is refused by name.
#[test]
fn what_is_not_legal_is_refused() {
    let bank = Bank::new();
    let always = ["disable", "analysed", "tick"];
    for (state, _, make) in STATES {
        let legal: &[&str] = match state {
            "awaiting_code" => &["attempt", "resend", "delivered"],
            "awaiting_code, an attempt open" => {
                &["attempt", "evaluated, right", "resend", "delivered"]
            }
            "awaiting_code, the fifth attempt open" => &["evaluated, right", "delivered"],
            "awaiting_code, sent again" => &["attempt", "resend", "delivered"],
            "awaiting_code, expired" => &["resend", "delivered"],
            "awaiting_liveness" => &["liveness_judged, approved"],
            "active" | "locked" | "disabled" => &["delivered"],
            _ => &[],
        };
        for (event, make_event) in EVENTS {
            let step = make(&bank).apply(make_event(&bank, state), bank.context(), at(state));
            let expected = match (state, event) {
                ("dropped", event) => event == "tick",
                ("disabled", "disable") => false,
                (_, event) => {
                    always.contains(&event)
                        || legal.iter().any(|legal| event.split(", first").next() == Some(legal))
                }
            };
            assert_eq!(step.refusal.is_none(), expected, "{state}, {event}: {:?}", step.refusal);
            // Only a code and a liveness result make a device active.
            let made_active = step.state.status() == Some(DeviceStatus::Active);
            let by = ["evaluated, right", "liveness_judged, approved"].contains(&event);
            assert!(state == "active" || !made_active || by, "{state}, {event}");
        }
    }
}

#[test]
fn refusals_in_a_state_are_those_of_the_pages() {
    let bank = Bank::new();
    let refusal = |state: &str, event: &str| {
        let make = STATES.iter().find(|(name, _, _)| *name == state).unwrap().2;
        let make_event = EVENTS.iter().find(|(name, _)| *name == event).unwrap().1;
        let step = make(&bank).apply(make_event(&bank, state), bank.context(), at(state));
        step.refusal.unwrap()
    };
    let code = |state: &str, event: &str| refusal(state, event).code().as_str();
    assert_eq!(code("awaiting_code, expired", "attempt"), "OBD0000100");
    assert_eq!(code("awaiting_code, an attempt open", "evaluated, wrong"), "OBD0000100");
    assert_eq!(code("awaiting_code, the fifth attempt open", "evaluated, wrong"), "OBD000099");
    assert_eq!(code("awaiting_code, the fifth attempt open", "attempt"), "OBD000099");
    assert_eq!(code("awaiting_code, the fifth attempt open", "resend"), "OBD000099");
    assert_eq!(refusal("awaiting_code", "evaluated, right"), DeviceRefusal::ForeignEvaluation,);
    for state in ["active", "disabled", "dropped", "awaiting_liveness"] {
        for event in ["attempt", "resend"] {
            assert_eq!(code(state, event), "OBD000100", "{state}, {event}");
        }
    }
    for event in ["attempt", "resend"] {
        assert_eq!(code("locked", event), "OBD000099");
    }
    assert_eq!(code("disabled", "disable"), "OBD000100");
    assert_eq!(code("awaiting_code", "delivery_failed, first code"), "OBD000097");
}
