//! Every state and event of a transfer, and every interleaving of what races.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use device_enrollment::UnixMillis;
use device_enrollment::two_factor::{
    AssertionCheck, CodeAttempt, PublishedCode, RailNotice, RailOutcome, RefusalReason,
    SignOptions, Transfer, TransferEffect, TransferEvent,
};
use device_enrollment_testkit::seed;

use crate::fixtures::{NOW, entropy, uuid};
use crate::transfer_fixtures::{
    Desk, FIVE_MINUTES, OTHER_TED, TED, TRANSACTION, after, approve, by_code, by_device, facts,
    resend, restarted, sent, wrong,
};

/// A transfer in some state, what is under way of it, and the time.
struct Scene {
    transfer: Transfer,
    code_attempt: Option<CodeAttempt>,
    assertion: Option<(AssertionCheck, SignOptions)>,
    now: UnixMillis,
}

impl Scene {
    fn at(transfer: Transfer) -> Self {
        Self { transfer, code_attempt: None, assertion: None, now: NOW }
    }
}

const STATES: [&str; 17] = [
    "awaiting a code",
    "awaiting a code, an attempt is being compared",
    "awaiting a code, the code is over",
    "awaiting a code, the fifth attempt is being compared",
    "awaiting a code, the fifth attempt was never compared",
    "awaiting the device",
    "awaiting the device, options were given",
    "awaiting the device, an assertion is being judged",
    "awaiting the device, the device approved",
    "awaiting the device, the approval is over",
    "handing",
    "pending",
    "sent",
    "rejected, the attempts are spent",
    "rejected, the rail refused",
    "rejected, returned",
    "dropped",
];

fn scene(desk: &Desk, state: &str, right: bool) -> Scene {
    let (awaiting_code, code) = desk.awaiting_code();
    let token = if right { code.expose().to_owned() } else { wrong(&code) };
    let attempted = |times: u8| {
        let mut scene = Scene::at(desk.awaiting_code().0);
        for attempt in 1..=times {
            let (transfer, check) = desk.attempt(scene.transfer, &token, NOW);
            scene.transfer = transfer;
            if attempt < times {
                // Told to be wrong, so that the last one alone is open.
                let (again, other) = (scene.transfer, check);
                let event = TransferEvent::CodeEvaluated(other.evaluate(&others().keys));
                scene.transfer = desk.refused(again, event, NOW).0;
            } else {
                scene.code_attempt = Some(check);
            }
        }
        scene
    };
    let handed = || {
        let (transfer, code) = desk.awaiting_code();
        desk.validate(transfer, code.expose(), NOW).unwrap().0
    };
    let rail = |outcome| {
        let event = TransferEvent::Rail(outcome);
        Scene::at(handed().apply(event, desk.context(), NOW).state)
    };
    match state {
        "awaiting a code" => Scene::at(awaiting_code),
        "awaiting a code, an attempt is being compared" => attempted(1),
        "awaiting a code, the code is over" => {
            Scene { now: after(FIVE_MINUTES), ..Scene::at(awaiting_code) }
        }
        "awaiting a code, the fifth attempt is being compared" => attempted(5),
        "awaiting a code, the fifth attempt was never compared" => {
            Scene { now: after(FIVE_MINUTES), ..attempted(5) }
        }
        "awaiting the device" => Scene::at(desk.awaiting_device()),
        "awaiting the device, options were given" => {
            Scene::at(desk.options(desk.awaiting_device(), "options", NOW).0)
        }
        "awaiting the device, an assertion is being judged" => {
            let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
            let (transfer, check) = desk.present(transfer, NOW);
            Scene { assertion: Some((check, options)), ..Scene::at(transfer) }
        }
        "awaiting the device, the device approved" => Scene::at(desk.approved_by_device()),
        "awaiting the device, the approval is over" => {
            Scene { now: after(FIVE_MINUTES), ..Scene::at(desk.approved_by_device()) }
        }
        "handing" => Scene::at(handed()),
        "pending" => rail(RailOutcome::Pending),
        "sent" => rail(RailOutcome::Sent { transaction_key: uuid(TRANSACTION) }),
        "rejected, the attempts are spent" => {
            let mut transfer = awaiting_code;
            for _ in 0..5 {
                transfer = desk.validate(transfer, &wrong(&code), NOW).unwrap_err().0;
            }
            Scene::at(transfer)
        }
        "rejected, the rail refused" => {
            rail(RailOutcome::Rejected { code: PublishedCode::OutsideTransferWindow })
        }
        "rejected, returned" => Scene::at(handed().apply(returned(), desk.context(), NOW).state),
        "dropped" => {
            let event = TransferEvent::DeliveryFailed { number: 1 };
            Scene::at(awaiting_code.apply(event, desk.context(), NOW).state)
        }
        other => panic!("{other}"),
    }
}

/// A desk whose keys compare nothing right.
fn others() -> Desk {
    use device_enrollment::two_factor::{CodeKey, CodeKeys};
    let mut desk = Desk::new();
    desk.keys = CodeKeys::new(CodeKey::new("2026-11", &[0x52; 32]).unwrap());
    desk
}

fn returned() -> TransferEvent<'static> {
    TransferEvent::Notice(RailNotice::Refused {
        reason: RefusalReason {
            refusal_code: "02".to_owned(),
            enumerator: "account_closed".to_owned(),
            description: "Conta encerrada".to_owned(),
        },
    })
}

const EVENTS: [&str; 22] = [
    "approve with a token",
    "approve with the empty body",
    "code_evaluated: right",
    "code_evaluated: wrong",
    "code_evaluated: another transfer's",
    "resend",
    "delivered",
    "delivery_failed",
    "sign_options",
    "sign_options without a bound credential",
    "assertion_presented",
    "assertion_evaluated: approves",
    "assertion_evaluated: fails",
    "assertion_evaluated: another transfer's",
    "rail: sent",
    "rail: pending",
    "rail: rejected",
    "notice: settled",
    "notice: settled under another key",
    "notice: refused",
    "resume",
    "tick",
];

/// What an event does to a state, in words.
fn outcome(desk: &Desk, state: &str, event: &str) -> String {
    let right = event.ends_with("right");
    let Scene { transfer, code_attempt, assertion, now } = scene(desk, state, right);
    let credentials = [desk.credential()];
    let sign_options = |credentials| TransferEvent::SignOptions {
        credentials,
        relying_party: &desk.relying_party,
        entropy: entropy("an event"),
    };
    let foreign_code = || {
        let (other, _) = desk.request_as(OTHER_TED, &by_code("sms"), facts()).unwrap();
        let (_, attempt) = desk.attempt(other, "000000", NOW);
        TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys))
    };
    let foreign_assertion = || {
        let (other, _) = desk.request_as(OTHER_TED, &by_device(), facts()).unwrap();
        let (other, options) = desk.options(other, "others", NOW);
        let (_, check) = desk.present(other, NOW);
        let evaluation = desk.judge(check, &desk.assertion(&options), NOW).1;
        assert!(evaluation.is_approval());
        TransferEvent::AssertionEvaluated(evaluation)
    };
    let event = match event {
        "approve with a token" => approve("329123"),
        "approve with the empty body" => approve(""),
        // Where no attempt is under way, there is none but another transfer's.
        "code_evaluated: right" | "code_evaluated: wrong" => match code_attempt {
            Some(attempt) => TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys)),
            None => foreign_code(),
        },
        "code_evaluated: another transfer's" => foreign_code(),
        "resend" => resend("{}", "an event"),
        "delivered" => TransferEvent::Delivered { number: 1 },
        "delivery_failed" => TransferEvent::DeliveryFailed { number: 1 },
        "sign_options" => sign_options(&credentials),
        "sign_options without a bound credential" => sign_options(&[]),
        "assertion_presented" => TransferEvent::AssertionPresented,
        "assertion_evaluated: approves" | "assertion_evaluated: fails" => match assertion {
            Some((check, options)) => {
                let mut signed = desk.assertion(&options);
                if event.ends_with("fails") {
                    signed.client_data.origin = "https://evil.example".into();
                }
                TransferEvent::AssertionEvaluated(desk.judge(check, &signed, NOW).1)
            }
            None => foreign_assertion(),
        },
        "assertion_evaluated: another transfer's" => foreign_assertion(),
        "rail: sent" => {
            TransferEvent::Rail(RailOutcome::Sent { transaction_key: uuid(TRANSACTION) })
        }
        "rail: pending" => TransferEvent::Rail(RailOutcome::Pending),
        "rail: rejected" => TransferEvent::Rail(RailOutcome::Rejected {
            code: PublishedCode::OutsideTransferWindow,
        }),
        "notice: settled" => {
            TransferEvent::Notice(RailNotice::Settled { transaction_key: uuid(TRANSACTION) })
        }
        "notice: settled under another key" => {
            TransferEvent::Notice(RailNotice::Settled { transaction_key: uuid(TED) })
        }
        "notice: refused" => returned(),
        "resume" => TransferEvent::Resume,
        "tick" => TransferEvent::Tick,
        other => panic!("{other}"),
    };
    let before = transfer.clone();
    let step = transfer.apply(event, desk.context(), now);
    let mut words = if step.state == before {
        "stays".to_owned()
    } else if step.state.state_name() == before.state_name() {
        "changes".to_owned()
    } else {
        format!("→ {}", step.state.state_name())
    };
    restarted(&step.state);
    for effect in &step.effects {
        write!(words, ", {}", effect.name()).unwrap();
    }
    if let Some(refusal) = step.refusal {
        match refusal.caller_fault() {
            Some(fault) => write!(words, "; refused: {fault:?}").unwrap(),
            None => write!(words, "; {}", refusal.code()).unwrap(),
        }
        if refusal.rejected().is_some() {
            words.push_str(" with `ted_data`");
        }
    }
    words
}

#[test]
fn the_table_of_the_document_is_that_of_the_code() {
    let desk = Desk::new();
    let mut page = String::from(
        "# The flow of a transfer\n\n\
         What every event does in every state, written by the code\n\
         (`UPDATE_DOCS=1 cargo test --test flows`). *stays*: nothing changes; *changes*: the state\n\
         has the same name and other content; then the effects, and the published code of a refusal,\n\
         or the fault of the caller. An evaluation where none is under way is another transfer's.\n",
    );
    let mut pairs = 0;
    for state in STATES {
        write!(page, "\n## {state}\n\n| outcome | events |\n|---|---|\n").unwrap();
        let mut order = Vec::new();
        let mut rows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for event in EVENTS {
            let outcome = outcome(&desk, state, event);
            if !rows.contains_key(&outcome) {
                order.push(outcome.clone());
            }
            rows.entry(outcome).or_default().push(event);
            pairs += 1;
        }
        for outcome in order {
            writeln!(page, "| {outcome} | {} |", rows[&outcome].join("<br>")).unwrap();
        }
    }
    assert_eq!(pairs, STATES.len() * EVENTS.len());
    compare("docs/transfer-flow.md", &page);
}

fn compare(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is out of date: run UPDATE_DOCS=1 cargo test --test flows");
}

/// No state but those that wait hands anything over, and no event but a resume does it twice.
#[test]
fn only_an_approval_hands_over() {
    let desk = Desk::new();
    let mut handing = Vec::new();
    for state in STATES {
        for event in EVENTS {
            if outcome(&desk, state, event).contains("hand_to_rail") {
                handing.push((state, event));
            }
        }
    }
    assert_eq!(
        handing,
        [
            ("awaiting a code, an attempt is being compared", "code_evaluated: right"),
            ("awaiting a code, the fifth attempt is being compared", "code_evaluated: right"),
            ("awaiting the device, the device approved", "approve with the empty body"),
            ("handing", "resume"),
        ],
    );
}

/// Bytes that choose what happens next.
struct Dice {
    bytes: Vec<u8>,
    next: usize,
}

impl Dice {
    fn new(walk: u32) -> Self {
        Self { bytes: seed::bytes(&format!("walk {walk}"), "dice", 1024), next: 0 }
    }

    fn roll(&mut self, sides: u8) -> u8 {
        self.next += 1;
        self.bytes[self.next % self.bytes.len()] % sides
    }
}

const WALKS: u32 = 3_000;
const STEPS: u32 = 24;

/// Callers that attempt, compare, tell, resend, lose what they hold and start again, in any order
/// and as slowly as they like.
#[test]
fn no_interleaving_of_codes_evaluates_six_attempts_or_succeeds_twice() {
    let desk = Desk::new();
    let (mut successes, mut fifths) = (0, 0);
    for walk in 0..WALKS {
        let mut dice = Dice::new(walk);
        let (mut transfer, first) = desk.awaiting_code();
        let mut live = first.expose().to_owned();
        let mut under_way: Vec<CodeAttempt> = Vec::new();
        let (mut attempts, mut handed) = (0, 0);
        let mut now = NOW;
        for turn in 0..STEPS {
            now = now.plus_millis(i64::from(dice.roll(40)) * 1000);
            let event = match dice.roll(9) {
                0..=3 => {
                    let right = dice.roll(8) == 0;
                    let other = if live.starts_with('0') { "1" } else { "0" };
                    let token = if right { live.clone() } else { format!("{other}{}", &live[1..]) };
                    approve(&token)
                }
                4..=6 if !under_way.is_empty() => {
                    let which = usize::from(dice.roll(u8::try_from(under_way.len()).unwrap()));
                    let attempt = under_way.swap_remove(which);
                    TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys))
                }
                // The process goes down, and with it what it held.
                7 if dice.roll(4) == 0 => {
                    under_way.clear();
                    TransferEvent::Tick
                }
                _ => resend("{}", &format!("{walk} {turn}")),
            };
            let step = restarted(&transfer).apply(event, desk.context(), now);
            transfer = step.state;
            for effect in step.effects {
                match effect {
                    TransferEffect::EvaluateCode(attempt) => {
                        attempts += 1;
                        under_way.push(attempt);
                    }
                    TransferEffect::SendCode { code, .. } => live = code.expose().to_owned(),
                    TransferEffect::HandToRail(_) => handed += 1,
                    TransferEffect::Announce { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(attempts <= 5, "walk {walk} evaluated {attempts} attempts");
        assert!(handed <= 1, "walk {walk} handed over {handed} times");
        successes += handed;
        fifths += u32::from(attempts == 5);
    }
    // The walks reach what they are about.
    assert!(successes > WALKS / 20 && fifths > WALKS / 5, "{successes} {fifths}");
}

#[test]
fn no_interleaving_of_assertions_judges_six_or_hands_over_twice() {
    let desk = Desk::new();
    let credentials = [desk.credential()];
    let (mut successes, mut fifths) = (0, 0);
    let walks = WALKS / 20;
    for walk in 0..walks {
        let mut dice = Dice::new(walk);
        let mut transfer = desk.awaiting_device();
        let mut options: Option<SignOptions> = None;
        let mut under_way: Vec<(AssertionCheck, SignOptions)> = Vec::new();
        let (mut attempts, mut handed) = (0, 0);
        let mut now = NOW;
        for turn in 0..STEPS {
            now = now.plus_millis(i64::from(dice.roll(40)) * 1000);
            let event = match dice.roll(8) {
                0..=2 => TransferEvent::SignOptions {
                    credentials: &credentials,
                    relying_party: &desk.relying_party,
                    entropy: entropy(&format!("{walk} {turn}")),
                },
                3..=4 => TransferEvent::AssertionPresented,
                5..=6 if !under_way.is_empty() => {
                    let which = usize::from(dice.roll(u8::try_from(under_way.len()).unwrap()));
                    let (check, options) = under_way.swap_remove(which);
                    let mut assertion = desk.assertion(&options);
                    if dice.roll(3) > 0 {
                        assertion.client_data.origin = "https://evil.example".into();
                    }
                    TransferEvent::AssertionEvaluated(desk.judge(check, &assertion, now).1)
                }
                6 if dice.roll(4) == 0 => {
                    under_way.clear();
                    TransferEvent::Tick
                }
                _ => approve(""),
            };
            let step = restarted(&transfer).apply(event, desk.context(), now);
            transfer = step.state;
            for effect in step.effects {
                match effect {
                    TransferEffect::GiveOptions(given) => options = Some(given),
                    TransferEffect::JudgeAssertion(check) => {
                        attempts += 1;
                        under_way.push((check, options.clone().unwrap()));
                    }
                    TransferEffect::HandToRail(_) => handed += 1,
                    TransferEffect::StoreSignCount(_) | TransferEffect::Announce { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(attempts <= 5, "walk {walk} judged {attempts} assertions");
        assert!(handed <= 1, "walk {walk} handed over {handed} times");
        successes += handed;
        fifths += u32::from(attempts == 5);
    }
    assert!(successes > walks / 20 && fifths > 0, "{successes} {fifths}");
}

/// Of two callers that hold the right code, the second finds the transfer handed over.
#[test]
fn the_second_success_comes_too_late() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (transfer, one) = desk.attempt(transfer, code.expose(), NOW);
    let (transfer, other) = desk.attempt(transfer, code.expose(), NOW);
    let tell = |attempt: CodeAttempt| TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys));
    let (handed, effects) = desk.accepted(transfer, tell(one), NOW);
    assert!(matches!(effects[..], [TransferEffect::HandToRail(_)]));
    let (handed, refusal) = desk.refused(handed, tell(other), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferNotPending);
    assert_eq!(handed.state_name(), "handing");
}

/// A right code that a new one replaced while it was compared is void.
#[test]
fn a_code_that_was_replaced_while_it_was_compared_is_void() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (transfer, attempt) = desk.attempt(transfer, code.expose(), NOW);
    let (transfer, effects) = desk.accepted(transfer, resend("{}", "second"), NOW);
    let (_, second, _) = sent(effects);
    let event = TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys));
    let (transfer, refusal) = desk.refused(transfer, event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    desk.validate(transfer, second.expose(), NOW).unwrap();
}
