//! The audit trail, the sweep, and what is left of a person who was erased.

use super::*;

const PSEUDONYM: &str = "person-1";

async fn the_trail_is_only_added_to(nodes: Nodes) {
    let store = &nodes.one;
    store.commit(vec![Change::know_person(DOCUMENT, PSEUDONYM)]).await.unwrap();
    store.commit(vec![Change::know_person(DOCUMENT, "person-2")]).await.unwrap();
    assert_eq!(store.pseudonym(DOCUMENT).await.unwrap().as_deref(), Some(PSEUDONYM));
    store.commit(vec![Change::audit(&audit(DEVICE))]).await.unwrap();
    let over = AuditEntry { keep_until: UnixMillis(1), person: None, ..audit("over") };
    store.commit(vec![Change::audit(&over)]).await.unwrap();
    for tampering in [
        "UPDATE audit SET outcome = 'undone'",
        "UPDATE audit SET person = NULL",
        "DELETE FROM audit",
    ] {
        let refused = nodes.two.commit(vec![statement(tampering)]).await;
        assert!(matches!(refused, Err(CommitError::Fault(_))), "{tampering}: {refused:?}");
    }
    let trail = nodes.two.audit_of("device", DEVICE).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].person.as_deref(), Some(PSEUDONYM));
    assert_eq!((trail[0].action.as_str(), trail[0].at), ("device.requested", NOW));
    let all = store.audit_after(0, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(store.audit_after(all[0].sequence, 10).await.unwrap(), all[1..]);
    // The sweep takes what is over, and the triggers let it.
    store.sweep(&Retention::default(), store.now().await.unwrap()).await.unwrap();
    assert_eq!(store.audit_after(0, 10).await.unwrap(), trail);
}

async fn the_sweep_takes_what_is_over_and_nothing_else(nodes: Nodes) {
    let store = &nodes.one;
    let (end, day) = (NOW.plus_minutes(1440), 86_400_000);
    let final_ = |from| Move { is_final: true, ..to(from, "{}") };
    let spend =
        |value, keep_until| Change::spend(SpentKind::LivenessResult, value, NOW, keep_until);
    let counter = |subject, keep_until| {
        let counter = Counter { name: "n", subject, window_start: NOW, keep_until, cap: 9 };
        Change::count(&counter, 1)
    };
    let hold = |key, keep_until| {
        let hold = IdempotencyHold { keep_until, ..units::hold(key, "h", NOW) };
        Change::hold_idempotency_key(&hold)
    };
    let nonce = |nonce, expires_at| {
        Change::issue_liveness_nonce(&LivenessNonce { expires_at, ..races::nonce_of(nonce) })
    };
    let later = end.plus_millis(1);
    store
        .commit(vec![
            spend("over", end),
            spend("kept", later),
            counter("over", end),
            counter("kept", later),
            hold("over", end),
            hold("kept", later),
            Change::pass_request("over", NOW, end),
            Change::pass_request("kept", NOW, later),
            nonce("over", end.plus_millis(-day)),
            nonce("kept", later.plus_millis(-day)),
            Change::add_device(&device("over", "{}")),
            Change::add_device(&device("kept", "{}")),
            Change::add_credential(&owned("over")),
            Change::add_credential(&owned("kept")),
            Change::move_device(ACCOUNT, "over", &final_(1)),
            Change::add_transfer(&transfer("over", "over")),
            Change::add_transfer(&transfer("kept", "kept")),
            Change::move_transfer("over", &final_(1)),
            Change::add_enrollment(&enrollment("over", "[]")),
            Change::add_enrollment(&enrollment("kept", "[]")),
            Change::move_enrollment("over", &final_(1), None, None, None),
            Change::send(&units::message("over", Queue::Event)),
            Change::send(&units::message("kept", Queue::Event)),
            Change::lease("over", "w", NOW, end),
            Change::delivered("over", "w", NOW),
            // An answered order that nobody acted on is not over.
            Change::send(&units::message("answered", Queue::Rail)),
            Change::answer("answered", "{}", NOW),
        ])
        .await
        .unwrap();
    let retention = Retention {
        delivered_messages_days: 1,
        final_devices_days: 1,
        final_transfers_days: 1,
        final_enrollments_days: 1,
    };
    // A moment before a day is over, nothing that a day is kept goes.
    store.sweep(&retention, end.plus_millis(-1)).await.unwrap();
    for (table, count) in TABLES.into_iter().zip([2, 2, 2, 2, 2, 2, 2, 2, 2, 3]) {
        assert_eq!(rows_of(store, table).await.len(), count, "{table}");
    }
    store.sweep(&retention, end).await.unwrap();
    for (table, count) in TABLES.into_iter().zip([1, 1, 1, 1, 1, 1, 1, 1, 1, 2]) {
        let rows = rows_of(store, table).await;
        assert_eq!(rows.len(), count, "{table}");
        assert!(rows.iter().all(|row| !row.contains("over")), "{table}");
    }
}

const TABLES: [&str; 10] = [
    "SELECT * FROM spent",
    "SELECT * FROM counters",
    "SELECT * FROM idempotency",
    "SELECT * FROM replay_fingerprints",
    "SELECT * FROM liveness_nonces",
    "SELECT * FROM devices",
    "SELECT * FROM credentials",
    "SELECT * FROM transfers",
    "SELECT * FROM enrollments",
    "SELECT * FROM outbox",
];

/// A credential of the device of its own name.
fn owned(name: &str) -> Credential {
    let owner = CredentialOwner::Device {
        account_key: ACCOUNT.to_owned(),
        approver_document_number: DOCUMENT.to_owned(),
        device_key: name.to_owned(),
    };
    Credential { owner, ..credential(name) }
}

async fn rows_of(store: &Storage, query: &'static str) -> Vec<String> {
    let rows = store.engine.read(Statement::new(query)).await.unwrap();
    rows.into_iter().map(Row::readable).collect()
}

async fn whole(store: &Storage) -> String {
    let mut text = String::new();
    for query in TABLES.into_iter().chain([
        "SELECT * FROM accounts",
        "SELECT * FROM approvers",
        "SELECT * FROM persons",
        "SELECT * FROM audit",
        "SELECT * FROM consents",
    ]) {
        text.extend(rows_of(store, query).await);
    }
    text
}

/// Everywhere a person's number and contacts can be is planted, and searched after the erasure.
async fn nothing_of_an_erased_person_is_left(nodes: Nodes) {
    let store = &nodes.one;
    let quoting = format!(r#"{{"document":"{DOCUMENT}","to":"{PHONE}","mail":"{EMAIL}"}}"#);
    let message = NewMessage { payload: &quoting, ..units::message("m", Queue::Event) };
    let counter = Counter {
        name: "attempts",
        subject: DOCUMENT,
        window_start: NOW,
        keep_until: UnixMillis(i64::MAX),
        cap: 10,
    };
    let mut transfer = transfer("ted", "control");
    transfer.machine.state = &quoting;
    let mut enrollment = enrollment("e", "[]");
    enrollment.machine.state = &quoting;
    let consent = NewConsent {
        consent_id: "c",
        requester_key: "bank",
        account_key: None,
        enrollment_id: Some("e"),
        machine: to(0, &quoting),
    };
    let hold = units::hold("k", "h", NOW);
    // Somebody else, who stays: their number begins with the same digits.
    let other = "9876543210012345";
    let neighbour = format!(r#"{{"document":"{other}"}}"#);
    store
        .commit(vec![
            Change::know_person(DOCUMENT, PSEUDONYM),
            Change::audit(&audit(DEVICE)),
            Change::add_device(&device(DEVICE, &quoting)),
            Change::add_device(&device("neighbour", &neighbour)),
            Change::add_credential(&credential("credential")),
            Change::add_transfer(&transfer),
            Change::add_enrollment(&enrollment),
            Change::add_consent(&consent),
            Change::issue_liveness_nonce(&races::nonce_of("n")),
            Change::count(&counter, 1),
            Change::send(&message),
            Change::hold_idempotency_key(&hold),
            Change::finish_idempotency_key(hold.scope, "k", "h", 201, &quoting),
        ])
        .await
        .unwrap();
    let open = store.open_work_of(DOCUMENT).await.unwrap();
    assert_eq!(
        open,
        OpenWork { devices: 2, transfers: 1, enrollments: 1 }
    );
    assert!(!open.is_none());
    assert!(store.open_work_of("12345678909").await.unwrap().is_none());
    let before = whole(store).await;
    for planted in [DOCUMENT, PHONE, EMAIL, PSEUDONYM, "Maria da Silva"] {
        assert!(before.contains(planted), "{planted}");
    }
    let contacts = store.contacts_of(DOCUMENT).await.unwrap();
    assert_eq!(contacts, [PHONE, "Maria da Silva", EMAIL]);
    store.commit(Change::erase(DOCUMENT, &contacts)).await.unwrap();

    let after = whole(&nodes.two).await.replace(other, "");
    for planted in [DOCUMENT, PHONE, EMAIL, "Maria da Silva"] {
        assert!(!after.contains(planted), "{planted}");
    }
    // The trail is whole and about nobody; what the bank has to keep is there.
    let trail = store.audit_of("device", DEVICE).await.unwrap();
    assert_eq!(trail[0].person.as_deref(), Some(PSEUDONYM));
    assert_eq!(store.pseudonym(DOCUMENT).await.unwrap(), None);
    let kept = store.transfer(ACCOUNT, "ted").await.unwrap().unwrap();
    assert_eq!(kept.approver_document_number.as_deref(), Some("00000000000"));
    assert_eq!(kept.machine.state, r#"{"document":"00000000000","to":"","mail":""}"#);
    // A text that only contains the number is another text.
    let neighbour = store.device(ACCOUNT, "neighbour").await.unwrap().unwrap();
    assert_eq!(neighbour.machine.state, r#"{"document":"9876543210012345"}"#);
    assert!(store.credential("credential").await.unwrap().is_none());
    assert_eq!(store.counted("attempts", DOCUMENT, NOW).await.unwrap(), 0);
}

/// Nothing personal or secret is printed by what goes in, by what comes out, or by an error.
async fn nothing_personal_is_printed(nodes: Nodes) {
    let store = &nodes.one;
    let state = format!("{DOCUMENT} {PHONE} {EMAIL}");
    let changes = vec![
        Change::put_approver(&approver()),
        Change::add_device(&device(DEVICE, &state)),
        Change::add_credential(&credential("secret-id")),
        Change::add_transfer(&transfer("ted", "control")),
        Change::add_enrollment(&enrollment("e", "[]")),
        Change::audit(&audit(DEVICE)),
    ];
    let mut printed = format!("{changes:?} {:?}", changes[1].clone());
    store.commit(changes).await.unwrap();
    printed.push_str(&format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        store,
        store.approver(ACCOUNT, DOCUMENT).await.unwrap(),
        store.device(ACCOUNT, DEVICE).await.unwrap(),
        store.transfer(ACCOUNT, "ted").await.unwrap(),
        store.enrollment("e").await.unwrap(),
        store.credential("secret-id").await.unwrap(),
    ));
    let orphan = Approver { account_key: "nobody".to_owned(), ..approver() };
    let wrong = NewMessage { message_id: DOCUMENT, ..units::message("m", Queue::Event) };
    for unit in [
        vec![Change::put_approver(&orphan)],
        vec![Change::send(&wrong), Change::send(&wrong)],
        // Text where the schema wants a number: PostgreSQL would quote it in its message.
        vec![statement("UPDATE accounts SET created_at = NULL")],
    ] {
        let error = store.commit(unit).await.unwrap_err();
        printed.push_str(&format!("{error} {error:?}"));
    }
    assert!(printed.contains("Change(DeviceKeyFree)"), "{printed}");
    for planted in [DOCUMENT, PHONE, EMAIL, "Maria", "secret-id"] {
        assert!(!printed.contains(planted), "{planted}: {printed}");
    }
}

on_both_engines!(
    the_trail_is_only_added_to,
    the_sweep_takes_what_is_over_and_nothing_else,
    nothing_of_an_erased_person_is_left,
    nothing_personal_is_printed,
);
