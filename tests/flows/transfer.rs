//! A TED through its public interface: what is read, what is answered, and what the pages say.

use device_enrollment::flow::{DocumentNumber, Stored};
use device_enrollment::two_factor::{
    AccountStanding, AccountType, Amount, ApprovalMode, ApproveRequest, CallerFault, Caps, Channel,
    CodeKey, CodeKeys, Contacts, LimitRefusal, Money, Payee, PublishedCode, PublishedError,
    RailNotice, RailOutcome, RefusalReason, Rejection, ResendRequest, Spent, Transfer,
    TransferEffect, TransferEvent, TransferRefusal, TransferRequest, UnregisteredDeviceLimits,
};

use crate::catalogue;
use crate::fixtures::{ACCOUNT, APPROVER, NOW, SESSION, contacts, open_account, same, uuid};
use crate::transfer_fixtures::{
    CONTROL, Desk, FIVE_MINUTES, OTHER_TED, TED, TRANSACTION, after, approve, by_code, by_device,
    facts, resend, restarted, sent, ted_body, wrong,
};

// ---------------------------------------------------------------- bodies

#[test]
fn the_published_request_is_read() {
    let request = TransferRequest::parse(by_device().as_bytes()).unwrap();
    assert_eq!(request.request_control_key, uuid(CONTROL));
    assert_eq!(request.amount, Amount::parse("202.01").unwrap());
    assert_eq!(request.approver, DocumentNumber::person(APPROVER).unwrap());
    assert_eq!(request.mode, ApprovalMode::Device { session_id: uuid(SESSION) });
    let payee = Payee::new(
        "0001",
        "1234567",
        "8",
        DocumentNumber::person_or_company("12345678000195").unwrap(),
        "Padaria São João",
        "32402502",
        AccountType::CheckingAccount,
    );
    assert_eq!(Some(request.payee), payee);
    for (contact_type, channel) in [("sms", Channel::Sms), ("email", Channel::Email)] {
        let request = TransferRequest::parse(by_code(contact_type).as_bytes()).unwrap();
        assert_eq!(request.mode, ApprovalMode::Code(channel));
    }
    for kind in AccountType::ALL {
        let body = by_device().replace("checking_account", kind.as_str());
        let request = TransferRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(request.payee.account_type(), kind);
    }
}

/// One thing is changed in a request that is read.
#[test]
fn what_does_not_fit_the_page_is_a_schema_error() {
    let long_name = format!(r#""{}""#, "ã".repeat(51));
    for (found, changed) in [
        (r#"{"request_control_key""#, r#"["request_control_key""#),
        (CONTROL, "b6804f32-101e-1702-8fbc-c2dbc4c2caec"),
        (r#""request_control_key""#, r#""request_controlkey""#),
        ("202.01", "\"202.01\""),
        ("202.01", "202.010"),
        ("202.01", "2.0201e2"),
        ("202.01", "-202.01"),
        ("202.01", "0"),
        ("202.01", "12345678901"),
        ("202.01", "null"),
        ("202.01", "202.01,\"transaction_amount\":1"),
        ("202.01", "202.01,\"transaction_\\u0061mount\":1"),
        ("202.01", "202.01,\"note\":\"\""),
        (r#""0001""#, r#""00001""#),
        (r#""0001""#, r#""""#),
        (r#""0001""#, r#""000a""#),
        (r#""0001""#, "1"),
        (r#""1234567""#, r#""""#),
        (r#""1234567""#, r#""12-34567""#),
        (r#""8""#, r#""""#),
        (r#""8""#, r#""88""#),
        (r#""8""#, r#""-""#),
        (r#""8""#, r#""8","account_digit":"8""#),
        ("12345678000195", "1234567800019"),
        ("12345678000195", "12.345.678/0001-95"),
        (r#""Padaria São João""#, r#""""#),
        (r#""Padaria São João""#, r#""   ""#),
        (r#""Padaria São João""#, r#""Padaria\u0000""#),
        (r#""Padaria São João""#, &long_name),
        ("32402502", "3240250"),
        ("32402502", "324025021"),
        ("checking_account", "current_account"),
        (r#""checking_account""#, r#"{"checking_account":null}"#),
        (r#""account_type""#, r#""kind":1,"account_type""#),
        (APPROVER, "12345678000195"),
        (r#""device""#, r#""liveness""#),
        (r#""device""#, r#""sms""#),
        (r#""session_id""#, r#""image_key""#),
        (SESSION, "not a key"),
        (r#""contact_type":"device","#, ""),
    ] {
        let body = by_device();
        assert!(body.contains(found), "{found}");
        let changed = body.replacen(found, changed, 1);
        let read = TransferRequest::parse(changed.as_bytes());
        assert_eq!(read, Err(PublishedCode::SchemaError), "{changed}");
    }
    for refused in ["", "{}", "[]", "null", "{", &by_code("device"), &ted_body("{}")] {
        let read = TransferRequest::parse(refused.as_bytes());
        assert_eq!(read, Err(PublishedCode::SchemaError), "{refused}");
    }
    let without = by_code("sms").replace(r#","tfa_info":{"#, r#","other":{"#);
    let read = TransferRequest::parse(without.as_bytes());
    assert_eq!(read, Err(PublishedCode::SchemaError));
}

#[test]
fn the_length_of_number_and_digit_is_judged_together_and_first() {
    let parse = |number: &str, digit: &str| {
        let body = by_device()
            .replace(r#""1234567""#, &format!("\"{number}\""))
            .replace(r#""8""#, &format!("\"{digit}\""));
        TransferRequest::parse(body.as_bytes()).map(|_| ())
    };
    let number = |digits| "1".repeat(digits);
    assert_eq!(parse(&number(20), "8"), Ok(()));
    assert_eq!(parse(&number(20), "X"), Ok(()));
    assert_eq!(parse(&number(21), "8"), Err(PublishedCode::TargetAccountNumberTooLong));
    assert_eq!(parse(&number(20), "88"), Err(PublishedCode::TargetAccountNumberTooLong));
    assert_eq!(parse(&number(21), ""), Err(PublishedCode::SchemaError));
    assert_eq!(parse(&number(19), "88"), Err(PublishedCode::SchemaError));
}

#[test]
fn the_digits_of_an_amount_go_through_unchanged() {
    for text in ["0.01", "0.10", "1.00", "29.99", "202.01", "1000.10", "9999999.99"] {
        let body = by_code("sms").replace("202.01", text);
        let (transfer, _) = Desk::new().request(&body, facts()).unwrap();
        let answer = serde_json::to_string(&restarted(&transfer).view().unwrap()).unwrap();
        assert!(answer.contains(&format!("\"transaction_amount\":{text},")), "{answer}");
    }
}

#[test]
fn an_approval_has_a_token_or_nothing() {
    for empty in ["", "{}", " { } "] {
        assert!(ApproveRequest::parse(empty.as_bytes()).unwrap().token.is_none());
    }
    let read = ApproveRequest::parse(br#"{"token":"329123"}"#).unwrap();
    assert_eq!(read.token.unwrap().expose(), "329123");
    for refused in [
        r#"{"token":"32912"}"#,
        r#"{"token":"3291234"}"#,
        r#"{"token":"32912!"}"#,
        r#"{"token":329123}"#,
        r#"{"token":null}"#,
        r#"{"token":"329123","token":"329123"}"#,
        r#"{"token":"329123","x":1}"#,
        r#"{"Token":"329123"}"#,
        r#"["329123"]"#,
        r#"{"token":"329123"},"#,
        " ",
        "null",
    ] {
        let read = ApproveRequest::parse(refused.as_bytes()).map(|_| ());
        assert_eq!(read, Err(PublishedCode::SchemaError), "{refused}");
    }
}

// ---------------------------------------------------------------- answers

const CREATED_AT: &str = "2024-12-22T20:30:23.459Z";

fn answer(transaction_key: &str, status: &str) -> String {
    format!(
        r#"{{"request_control_key":"{CONTROL}",{transaction_key}"ted_key":"{TED}","transaction_amount":202.01,"fee_amount":10.00,"ted_status":"{status}","created_at":"{CREATED_AT}"}}"#
    )
}

fn body_of(transfer: &Transfer) -> String {
    serde_json::to_string(&transfer.view().unwrap()).unwrap()
}

#[test]
fn bodies_are_as_published() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    assert_eq!(transfer.http_status(), 202);
    assert_eq!(body_of(&transfer), answer("", "pending_2fa_approval"));

    let (handed, order) = desk.validate(transfer, code.expose(), NOW).unwrap();
    assert_eq!(order, *handed.order());
    assert_eq!(body_of(&handed), answer("", "pending"));

    let pending = TransferEvent::Rail(RailOutcome::Pending);
    let (pending, effects) = desk.accepted(handed.clone(), pending, NOW);
    assert!(effects.is_empty());
    assert_eq!(pending.http_status(), 202);
    assert_eq!(body_of(&pending), answer("", "pending"));

    let outcome = RailOutcome::Sent { transaction_key: uuid(TRANSACTION) };
    let (sent, effects) = desk.accepted(handed.clone(), TransferEvent::Rail(outcome), NOW);
    assert!(effects.is_empty());
    assert_eq!(sent.http_status(), 201);
    let transaction = format!(r#""transaction_key":"{TRANSACTION}","#);
    assert_eq!(body_of(&sent), answer(&transaction, "sent"));

    let outcome = RailOutcome::Rejected { code: PublishedCode::OutsideTransferWindow };
    let (rejected, refusal) = desk.refused(handed, TransferEvent::Rail(outcome), NOW);
    assert_eq!(body_of(&rejected), answer("", "rejected"));
    assert_eq!(
        serde_json::to_string(&refusal).unwrap(),
        format!(
            r#"{{"title":"Bad Request","description":"Wrong day/time for TED","translation":"Dia/hora incorretos para a TED","code":"TED000011","extra_fields":{{"ted_data":{}}}}}"#,
            answer("", "rejected"),
        ),
    );
}

// ---------------------------------------------------------------- the published errors

/// The rows of "Approve TED" and "Request Token Resend for a Ted Transaction".
const APPROVE_AND_RESEND: [&str; 8] = [
    "QIT000001",
    "TED000009",
    "TED000020",
    "TED000082",
    "TED000083",
    "TED000084",
    "TED000086",
    "TED000110",
];

#[test]
fn every_row_of_approval_and_resend_is_raised_and_worded_as_published() {
    let desk = Desk::new();
    let key = uuid(ACCOUNT);
    let token_required = || {
        let (transfer, _) = desk.awaiting_code();
        desk.refused(transfer, approve(""), NOW).1
    };
    let raise = |code: &str| -> Vec<TransferRefusal> {
        let (waiting, token) = desk.awaiting_code();
        match code {
            "QIT000001" => vec![
                ApproveRequest::parse(b"[]").unwrap_err().into(),
                ResendRequest::parse(b"[]").unwrap_err().code().into(),
                desk.refused(desk.awaiting_device(), approve("329123"), NOW).1,
                desk.refused(desk.awaiting_device(), resend("{}", "again"), NOW).1,
            ],
            "TED000009" => vec![Transfer::find(key, None, Some(waiting)).unwrap_err()],
            "TED000020" => vec![
                Transfer::find(key, Some(open_account()), None).unwrap_err(),
                Transfer::find(uuid(TED), Some(open_account()), Some(waiting)).unwrap_err(),
            ],
            "TED000082" => {
                let rejected = spend(&desk, waiting, &wrong(&token)).0;
                vec![
                    desk.refused(rejected.clone(), approve(token.expose()), NOW).1,
                    desk.refused(rejected, resend("{}", "again"), NOW).1,
                ]
            }
            "TED000083" => {
                vec![desk.refused(waiting, approve(token.expose()), after(FIVE_MINUTES)).1]
            }
            "TED000084" => vec![
                desk.validate(waiting, &wrong(&token), NOW).unwrap_err().1,
                desk.refused(desk.awaiting_device(), approve(""), NOW).1,
            ],
            "TED000086" => {
                let (handed, _) = desk.validate(waiting, token.expose(), NOW).unwrap();
                vec![
                    desk.refused(handed.clone(), approve(token.expose()), NOW).1,
                    desk.refused(handed.clone(), approve(""), NOW).1,
                    desk.refused(handed, resend("{}", "again"), NOW).1,
                ]
            }
            "TED000110" => vec![token_required()],
            other => panic!("{other}"),
        }
    };
    for code in APPROVE_AND_RESEND {
        let rows = catalogue::DEVICE.iter().chain(catalogue::TRANSFER);
        let mut row = *rows.clone().find(|row| row.1 == code).unwrap();
        let (description, translation) =
            (row.3.replace("{account_key}", ACCOUNT), row.4.replace("{account_key}", ACCOUNT));
        let raised = raise(code);
        assert!(!raised.is_empty());
        for refusal in raised {
            assert_eq!(refusal.caller_fault(), None, "{refusal:?}");
            assert_eq!(refusal.code().status(), row.0);
            row.3 = "";
            row.4 = "";
            let mut expected = catalogue::body(row);
            expected["description"] = description.clone().into();
            expected["translation"] = translation.clone().into();
            assert_eq!(serde_json::to_value(&refusal).unwrap(), expected);
        }
    }
}

/// Five wrong codes; the transfer, and what the fifth was answered.
fn spend(desk: &Desk, mut transfer: Transfer, token: &str) -> (Transfer, TransferRefusal) {
    for _ in 1..5 {
        let (waiting, refusal) = desk.validate(transfer, token, NOW).unwrap_err();
        assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
        assert_eq!(refusal.rejected(), None);
        assert_eq!(waiting.state_name(), "awaiting_code");
        transfer = waiting;
    }
    desk.validate(transfer, token, NOW).unwrap_err()
}

#[test]
fn the_fifth_wrong_code_rejects_and_says_so() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (rejected, refusal) = spend(&desk, transfer, &wrong(&code));
    assert_eq!(rejected.rejection(), Some(&Rejection::AttemptsSpent));
    assert_eq!(
        serde_json::to_string(&refusal).unwrap(),
        format!(
            r#"{{"title":"Number of token validation attempts exceeded","description":"The maximum number of failed token validation attempts has been reached","translation":"Número máximo de tentativas de validação de token atingida","code":"TED000082","extra_fields":{{"ted_data":{}}}}}"#,
            answer("", "rejected"),
        ),
    );
    // From then on it is told without the transfer.
    let (rejected, refusal) = desk.refused(rejected, approve(code.expose()), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
    assert_eq!(refusal.rejected(), None);
    let (_, refusal) = desk.refused(rejected, resend("{}", "again"), after(FIVE_MINUTES));
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
}

/// Every readable row of the general table is a refusal that a rail can give, and is read back.
#[test]
fn every_row_that_a_rail_gives_rejects_with_the_transfer() {
    let desk = Desk::new();
    for row in catalogue::TRANSFER {
        let code = PublishedCode::parse(row.1).unwrap();
        let (transfer, token) = desk.awaiting_code();
        let (handed, _) = desk.validate(transfer, token.expose(), NOW).unwrap();
        let outcome = TransferEvent::Rail(RailOutcome::Rejected { code });
        let (rejected, refusal) = desk.refused(handed, outcome, NOW);
        assert_eq!(rejected.rejection(), Some(&Rejection::Refused { code }));
        let read = PublishedError::parse(&serde_json::to_vec(&refusal).unwrap()).unwrap();
        assert_eq!((read.code(), read.title()), (code, row.2));
        assert_eq!((read.description(), read.translation()), (row.3, row.4));
        assert_eq!(read.ted_data().unwrap()["ted_status"], "rejected");
    }
}

// ---------------------------------------------------------------- requests

/// One fact is changed under which a request is accepted.
#[test]
fn facts_are_judged_in_their_order() {
    let desk = Desk::new();
    let refused = |change: &dyn Fn(&mut device_enrollment::two_factor::TransferFacts)| {
        let mut facts = facts();
        change(&mut facts);
        desk.request(&by_device(), facts).unwrap_err().code()
    };
    let standing = |standing| {
        move |facts: &mut device_enrollment::two_factor::TransferFacts| {
            facts.account.as_mut().unwrap().standing = standing;
        }
    };
    assert_eq!(refused(&|facts| facts.account = None), PublishedCode::TransferAccountNotFound);
    for closed in [AccountStanding::Blocked, AccountStanding::Closed] {
        assert_eq!(refused(&standing(closed)), PublishedCode::AccountBlockedOrClosed);
    }
    assert_eq!(
        refused(&|facts| facts.account.as_mut().unwrap().is_hub = true),
        PublishedCode::HubAccount,
    );
    assert_eq!(
        refused(&|facts| facts.requester_configured = false),
        PublishedCode::RequesterConfigurationNotFound,
    );
    assert_eq!(
        refused(&|facts| facts.request_control_key_used = true),
        PublishedCode::RequestControlKeyUsed,
    );
    assert_eq!(refused(&|facts| facts.approver = None), PublishedCode::NotAnApprover);
    assert_eq!(refused(&|facts| facts.device_key = None), PublishedCode::DeviceNotFound);
    // Each of them before the next.
    let all = |facts: &mut device_enrollment::two_factor::TransferFacts| {
        facts.device_key = None;
        facts.approver = None;
        facts.request_control_key_used = true;
        facts.requester_configured = false;
        facts.account.as_mut().unwrap().is_hub = true;
        facts.account.as_mut().unwrap().standing = AccountStanding::Closed;
    };
    assert_eq!(refused(&all), PublishedCode::AccountBlockedOrClosed);
    assert_eq!(
        refused(&|facts| {
            all(facts);
            facts.account = Some(open_account());
        }),
        PublishedCode::RequesterConfigurationNotFound,
    );
    assert_eq!(
        refused(&|facts| {
            all(facts);
            facts.account = Some(open_account());
            facts.requester_configured = true;
        }),
        PublishedCode::RequestControlKeyUsed,
    );
    let (mut none, mut code) = (facts(), facts());
    none.approver = Some(Contacts::default());
    let refusal = desk.request(&by_code("sms"), none).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::TokenNotSent);
    // A code needs no device.
    code.device_key = None;
    assert!(desk.request(&by_code("sms"), code).is_ok());
    let refusal = desk.request(&by_device().replace("202.01", "0"), facts()).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::SchemaError);
}

#[test]
fn caps_stand_before_codes_and_attempts() {
    let mut desk = Desk::new();
    desk.caps = Caps { email_allowed: false, ..Caps::default() };
    let refusal = desk.request(&by_code("email"), facts()).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::ContactTypeNotAllowed);
    let mut spent = facts();
    spent.spent = Spent { codes_of_approver: 10, ..Spent::default() };
    let refusal = desk.request(&by_code("sms"), spent).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::ApproverCodesExceeded);

    let (transfer, code) = desk.awaiting_code();
    let TransferEvent::Approve { request, device_active, .. } = approve(code.expose()) else {
        panic!("another event");
    };
    let spent = Spent { attempts_of_approver: 10, ..Spent::default() };
    let event = TransferEvent::Approve { request, spent, device_active };
    let (same_transfer, refusal) = desk.refused(transfer.clone(), event, NOW);
    assert_eq!(refusal.code(), PublishedCode::ApproverAttemptsExceeded);
    assert_eq!(same_transfer, transfer, "nothing was counted");
    let (_, refusal) = desk.refused(transfer, resend(r#"{"contact_type":"email"}"#, "again"), NOW);
    assert_eq!(refusal.code(), PublishedCode::ContactTypeNotAllowed);
}

#[test]
fn limits_for_unregistered_devices_are_off_until_they_are_set() {
    let mut desk = Desk::new();
    assert!(desk.request(&by_code("sms"), facts()).is_ok());
    desk.limits = Some(UnregisteredDeviceLimits::NORMATIVE_INSTRUCTION_491);
    let refusal = desk.request(&by_code("sms"), facts()).unwrap_err();
    assert_eq!(refusal.code(), LimitRefusal::PerTransaction.code());
    assert_eq!(refusal.code().as_str(), "LIM000005");
    // A registered device approves it.
    assert!(desk.request(&by_device(), facts()).is_ok());

    let small = by_code("sms").replace("202.01", "200.00");
    let mut moved = facts();
    moved.moved_today = Money::from_centavos(80_001);
    let refusal = desk.request(&small, moved).unwrap_err();
    assert_eq!(refusal.code().as_str(), "LIM000006");
    let mut moved = facts();
    moved.moved_today = Money::from_centavos(80_000);
    let (_, effects) = desk.request(&small, moved).unwrap();
    match &effects[..] {
        [TransferEffect::CountMoved { account_key, amount, most, .. }, _] => {
            assert_eq!(*account_key, uuid(ACCOUNT));
            assert_eq!((amount.centavos(), most.centavos()), (20_000, 100_000));
        }
        other => panic!("{other:?}"),
    }
}

// ---------------------------------------------------------------- codes

#[test]
fn a_code_is_six_digits_and_good_for_less_than_five_minutes() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
    let late = desk.refused(transfer.clone(), approve(code.expose()), after(FIVE_MINUTES));
    assert_eq!(late.1.code(), PublishedCode::TransferTokenExpired);
    assert_eq!(late.0, transfer, "an expired code counts nothing");
    desk.validate(transfer, code.expose(), after(FIVE_MINUTES - 1)).unwrap();
}

#[test]
fn another_code_voids_the_one_before_and_keeps_the_count() {
    let desk = Desk::new();
    let (transfer, first) = desk.awaiting_code();
    let (transfer, _) = desk.validate(transfer, &wrong(&first), NOW).unwrap_err();
    let event = resend(r#"{"contact_type":"email"}"#, "second");
    let (transfer, effects) = desk.accepted(transfer, event, after(FIVE_MINUTES));
    let (channel, second, number) = sent(effects);
    assert_eq!((channel, number), ("email", 2));
    assert_ne!(first.expose(), second.expose());
    let (transfer, refusal) =
        desk.validate(transfer, first.expose(), after(FIVE_MINUTES)).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    // Without a channel, that of the request.
    let (transfer, effects) = desk.accepted(transfer, resend("", "third"), after(FIVE_MINUTES));
    let (channel, third, _) = sent(effects);
    assert_eq!(channel, "sms");
    let mut waiting = transfer;
    for _ in 0..2 {
        waiting = desk.validate(waiting, &wrong(&third), after(FIVE_MINUTES)).unwrap_err().0;
    }
    let (rejected, refusal) =
        desk.validate(waiting, &wrong(&third), after(FIVE_MINUTES)).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
    assert_eq!(rejected.state_name(), "rejected");
}

#[test]
fn a_transfer_whose_first_code_reaches_nobody_is_dropped() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let step =
        transfer.clone().apply(TransferEvent::DeliveryFailed { number: 1 }, desk.context(), NOW);
    assert_eq!(step.refusal.unwrap().code(), PublishedCode::TokenNotSent);
    assert!(matches!(step.effects[..], [TransferEffect::Drop]));
    assert_eq!(step.state.view(), None);
    let found = Transfer::find(uuid(ACCOUNT), Some(open_account()), Some(step.state.clone()));
    assert_eq!(found.unwrap_err().code(), PublishedCode::TransferNotFound);
    let (_, refusal) = desk.refused(step.state, approve(code.expose()), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferNotFound);

    // A later one gives the one before back.
    let (transfer, _) = desk.accepted(transfer, TransferEvent::Delivered { number: 1 }, NOW);
    let (transfer, _) = desk.accepted(transfer, resend("{}", "second"), NOW);
    let (transfer, refusal) =
        desk.refused(transfer, TransferEvent::DeliveryFailed { number: 2 }, NOW);
    assert_eq!(refusal.code(), PublishedCode::TokenNotSent);
    desk.validate(transfer, code.expose(), NOW).unwrap();
}

/// The stored transfer is changed in one place between the code and its approval: what the approver
/// was told is not what would be paid.
#[test]
fn a_code_for_one_transfer_approves_no_other() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let stored = transfer.to_stored().unwrap();
    desk.validate(transfer.clone(), code.expose(), NOW).unwrap();
    for (found, changed) in BOUND {
        assert!(stored.contains(found), "{found} is not in {stored}");
        let other = Transfer::from_stored(&stored.replacen(found, changed, 1)).unwrap();
        let (_, refusal) = desk.validate(other, code.expose(), NOW).unwrap_err();
        assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect, "{found}");
    }
    // Nor does it under another key.
    let mut others = Desk::new();
    others.keys = CodeKeys::new(CodeKey::new("2026-11", &[0x52; 32]).unwrap());
    let (_, refusal) = others.validate(transfer, code.expose(), NOW).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
}

/// Every member of an order, and another value for it.
pub const BOUND: [(&str, &str); 13] = [
    (TED, OTHER_TED),
    (ACCOUNT, "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b02"),
    (CONTROL, "b6804f32-101e-4702-8fbc-c2dbc4c2caed"),
    (r#""amount":"202.01""#, r#""amount":"202.02""#),
    (r#""fee":"10.00""#, r#""fee":"10.01""#),
    (r#""account_branch":"0001""#, r#""account_branch":"0002""#),
    (r#""account_number":"1234567""#, r#""account_number":"1234568""#),
    (r#""account_digit":"8""#, r#""account_digit":"9""#),
    ("12345678000195", "12345678000196"),
    ("Padaria São João", "Padaria São Joao"),
    ("32402502", "32402503"),
    ("checking_account", "saving_account"),
    (APPROVER, "98765432101"),
];

#[test]
fn an_evaluation_for_another_transfer_is_the_callers_fault() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (other, _) = desk.request_as(OTHER_TED, &by_code("sms"), facts()).unwrap();
    let (_, attempt) = desk.attempt(transfer, code.expose(), NOW);
    let (other, _) = desk.attempt(other, code.expose(), NOW);
    let event = TransferEvent::CodeEvaluated(attempt.evaluate(&desk.keys));
    let (other, refusal) = desk.refused(other, event, NOW);
    assert_eq!(refusal.caller_fault(), Some(CallerFault::Foreign));
    assert_eq!(refusal.code(), PublishedCode::InternalError);
    assert_eq!(other.state_name(), "awaiting_code");
}

// ---------------------------------------------------------------- the rail

fn settled() -> RailNotice {
    RailNotice::Settled { transaction_key: uuid(TRANSACTION) }
}

fn returned() -> RailNotice {
    RailNotice::Refused {
        reason: RefusalReason {
            refusal_code: "02".to_owned(),
            enumerator: "account_closed".to_owned(),
            description: "Conta encerrada".to_owned(),
        },
    }
}

/// T-73: what the rail tells comes at least once and in any order, and ends in one state.
#[test]
fn the_news_of_a_rail_end_in_one_state_whatever_their_order() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (handed, _) = desk.validate(transfer, code.expose(), NOW).unwrap();
    let sent = || TransferEvent::Rail(RailOutcome::Sent { transaction_key: uuid(TRANSACTION) });
    let news: [&dyn Fn() -> TransferEvent<'static>; 4] = [
        &|| TransferEvent::Rail(RailOutcome::Pending),
        &sent,
        &|| TransferEvent::Notice(settled()),
        &|| TransferEvent::Notice(returned()),
    ];
    let mut ends = Vec::new();
    for order in permutations(&[0, 1, 2, 3]) {
        let mut transfer = handed.clone();
        for which in order.iter().flat_map(|which| [which; 3]) {
            transfer = transfer.apply(news[*which](), desk.context(), NOW).state;
        }
        ends.push(transfer.to_stored().unwrap());
    }
    assert_eq!(ends.len(), 24);
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    assert!(ends[0].contains("Conta encerrada") && ends[0].contains(TRANSACTION));
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.len() < 2 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for first in items {
        let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
        for mut order in permutations(&rest) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

#[test]
fn a_transfer_that_may_not_have_reached_the_rail_is_handed_over_again_as_it_was() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (handed, order) = desk.validate(transfer, code.expose(), NOW).unwrap();
    let (handed, effects) = desk.accepted(handed, TransferEvent::Resume, after(FIVE_MINUTES));
    match &effects[..] {
        [TransferEffect::HandToRail(again)] => {
            assert_eq!(*again, order);
            assert_eq!(again.ted_key, uuid(TED));
        }
        other => panic!("{other:?}"),
    }
    let (pending, _) = desk.accepted(handed, TransferEvent::Rail(RailOutcome::Pending), NOW);
    let (_, effects) = desk.accepted(pending, TransferEvent::Resume, NOW);
    assert!(effects.is_empty());
}

#[test]
fn what_changes_after_the_answer_is_announced() {
    let desk = Desk::new();
    let (transfer, code) = desk.awaiting_code();
    let (handed, _) = desk.validate(transfer, code.expose(), NOW).unwrap();
    let (pending, _) = desk.accepted(handed, TransferEvent::Rail(RailOutcome::Pending), NOW);
    let (sent, effects) = desk.accepted(pending, TransferEvent::Notice(settled()), NOW);
    match &effects[..] {
        [TransferEffect::Announce { transfer, reason: None }] => {
            assert_eq!(Some(transfer.clone()), sent.view());
        }
        other => panic!("{other:?}"),
    }
    let (_, effects) = desk.accepted(sent.clone(), TransferEvent::Notice(settled()), NOW);
    assert!(effects.is_empty(), "the same news again is none");
    let (rejected, effects) = desk.accepted(sent, TransferEvent::Notice(returned()), NOW);
    match &effects[..] {
        [TransferEffect::Announce { transfer, reason: Some(reason) }] => {
            assert_eq!(transfer.ted_status.as_str(), "rejected");
            assert_eq!(reason.refusal_code, "02");
        }
        other => panic!("{other:?}"),
    }
    let (_, refusal) = desk.refused(rejected, approve(code.expose()), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferNotPending);
}

// ---------------------------------------------------------------- storage, secrets

#[test]
fn nothing_of_a_code_or_a_person_is_printed() {
    let desk = Desk::new();
    let (transfer, effects) = desk.request(&by_code("sms"), facts()).unwrap();
    let printed = format!("{transfer:?} {effects:?} {:?}", approve("329123"));
    let (_, code, _) = sent(effects);
    for secret in [code.expose(), "329123", APPROVER, "12345678000195", "Padaria", "1234567"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(!transfer.to_stored().unwrap().contains(code.expose()));
    assert_eq!(same(&code).expose(), code.expose());
    let _ = contacts();
}

#[test]
fn a_stored_transfer_of_another_version_or_form_is_refused() {
    let (transfer, _) = Desk::new().awaiting_code();
    let stored = transfer.to_stored().unwrap();
    for (found, changed) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""machine":"transfer""#, r#""machine":"device""#),
        (r#""amount":"202.01""#, r#""amount":"0.00""#),
        (r#""amount":"202.01""#, r#""amount":202.01"#),
        (r#""created_at""#, r#""created""#),
    ] {
        assert!(stored.contains(found), "{stored}");
        assert!(Transfer::from_stored(&stored.replacen(found, changed, 1)).is_err(), "{changed}");
    }
}
