//! What a unit of work is, and what each condition lets through.

use super::*;

pub(super) fn hold<'a>(key: &'a str, holder: &'a str, now: UnixMillis) -> IdempotencyHold<'a> {
    IdempotencyHold {
        scope: "bank POST /open-finance/enrollments",
        key,
        fingerprint: "payload",
        holder,
        now,
        held_until: now.plus_millis(60_000),
        keep_until: now.plus_minutes(1440),
    }
}

pub(super) fn message(message_id: &str, queue: Queue) -> NewMessage<'_> {
    NewMessage {
        message_id,
        queue,
        kind: "baas.ted.outgoing_ted",
        subject: "ted",
        payload: "{}",
        now: NOW,
    }
}

fn spend(value: &str) -> Change {
    Change::spend(SpentKind::LivenessResult, value, NOW, NOW.plus_minutes(5))
}

async fn a_unit_is_applied_whole_or_not_at_all(nodes: Nodes) {
    nodes.one.commit(vec![spend("a"), spend("b")]).await.unwrap();
    // The last condition is lost: what stands before it is undone.
    let unit = vec![spend("c"), spend("d"), spend("b")];
    assert_eq!(lost(nodes.one.commit(unit).await), (2, Rule::Unspent));
    // A constraint is a condition as well: there is no such account.
    let orphan = NewDevice { account_key: "nobody", ..device(DEVICE, "{}") };
    let unit = vec![spend("c"), Change::add_device(&orphan)];
    assert_eq!(lost(nodes.two.commit(unit).await), (1, Rule::DeviceKeyFree));
    // A statement that the schema does not take is a fault of ours, and undoes the unit too.
    let unit = vec![spend("c"), statement("INSERT INTO nowhere VALUES (1)")];
    match nodes.one.commit(unit).await {
        Err(CommitError::Fault(fault)) => assert_eq!(fault.at, "Configured"),
        other => panic!("{other:?}"),
    }
    nodes.two.commit(vec![spend("c"), spend("d")]).await.unwrap();
    assert_eq!(number(&nodes.one, "SELECT COUNT(*) FROM spent").await, 4);
}

/// Units that wait together share a transaction on SQLite, and still nothing of each other's fate.
async fn units_that_are_committed_together_do_not_share_their_fate(nodes: Nodes) {
    let unit = |task: usize| match task % 4 {
        0 => vec![spend(&format!("even {task}")), spend("contested")],
        1 => vec![spend(&format!("odd {task}"))],
        2 => vec![spend(&format!("broken {task}")), statement("SELECT nothing FROM nowhere")],
        _ => vec![
            spend(&format!("odd {task}")),
            Change::send(&message(&format!("m{task}"), Queue::Rail)),
        ],
    };
    let tasks: Vec<_> = (0..200)
        .map(|task| {
            let (storage, unit) = (nodes.one.clone(), unit(task));
            tokio::spawn(async move { (task, storage.commit(unit).await) })
        })
        .collect();
    let mut contested = 0;
    for task in tasks {
        match task.await.unwrap() {
            (task, Ok(())) if task % 4 == 0 => contested += 1,
            (task, result) if task % 4 == 0 => assert_eq!(lost(result), (1, Rule::Unspent)),
            (task, Err(CommitError::Fault(_))) => assert_eq!(task % 4, 2),
            (task, result) => {
                assert_ne!(task % 4, 2);
                result.unwrap();
            }
        }
    }
    assert_eq!(contested, 1);
    assert_eq!(number(&nodes.two, "SELECT COUNT(*) FROM spent WHERE value LIKE 'odd%'").await, 100);
    assert_eq!(number(&nodes.two, "SELECT COUNT(*) FROM spent WHERE value LIKE 'even%'").await, 1);
    assert_eq!(
        number(&nodes.two, "SELECT COUNT(*) FROM spent WHERE value LIKE 'broken%'").await,
        0
    );
    assert_eq!(nodes.one.waiting_messages(Queue::Rail).await.unwrap(), 50);
}

async fn what_one_node_commits_the_other_reads(nodes: Nodes) {
    let new = device(DEVICE, "state");
    nodes.one.commit(vec![Change::add_device(&new)]).await.unwrap();
    let read = nodes.two.device(ACCOUNT, DEVICE).await.unwrap().unwrap();
    assert_eq!((read.session_id.as_str(), read.machine.state.as_str()), (new.session_id, "state"));
    assert_eq!((read.machine.revision, read.machine.is_final), (1, false));
    // A device is of its account: under another it is as unknown as one that is missing.
    assert_eq!(nodes.one.device("another", DEVICE).await.unwrap(), None);
    assert_eq!(nodes.two.account(ACCOUNT).await.unwrap(), Some(account()));
    assert!(nodes.two.approver(ACCOUNT, DOCUMENT).await.unwrap() == Some(approver()));
    assert_eq!(nodes.two.accounts_of(DOCUMENT).await.unwrap(), [account()]);
    assert!(nodes.two.approver(ACCOUNT, "12345678909").await.unwrap().is_none());
}

async fn a_move_is_dated_no_earlier_than_the_one_before(nodes: Nodes) {
    nodes.one.commit(vec![Change::add_device(&device(DEVICE, "{}"))]).await.unwrap();
    let earlier = Move { now: NOW.plus_millis(-3_600_000), ..to(1, "{}") };
    nodes.one.commit(vec![Change::move_device(ACCOUNT, DEVICE, &earlier)]).await.unwrap();
    let machine = nodes.one.device(ACCOUNT, DEVICE).await.unwrap().unwrap().machine;
    assert_eq!((machine.revision, machine.updated_at), (2, NOW));
    assert_eq!(machine.not_before_last_move(earlier.now), NOW);
}

async fn transfers_and_enrollments_move_by_their_revision(nodes: Nodes) {
    let store = &nodes.one;
    store.commit(vec![Change::add_transfer(&transfer("ted", "control"))]).await.unwrap();
    store.commit(vec![Change::move_transfer("ted", &to(1, "sent"))]).await.unwrap();
    let stale = vec![Change::move_transfer("ted", &to(1, "sent again"))];
    assert_eq!(lost(store.commit(stale).await), (0, Rule::TransferUnmoved));
    let by_control = store.transfer_by_control_key(ACCOUNT, "control").await.unwrap().unwrap();
    assert_eq!(by_control.machine.state, "sent");
    assert_eq!(store.transfer(ACCOUNT, "ted").await.unwrap(), Some(by_control));

    store.commit(vec![Change::add_enrollment(&enrollment("e", "[]"))]).await.unwrap();
    let overdue = store.overdue_enrollments(NOW.plus_minutes(5), 10).await.unwrap();
    assert_eq!(overdue.len(), 1);
    assert_eq!(store.overdue_enrollments(NOW, 10).await.unwrap(), []);
    let deadline = Some(NOW.plus_minutes(20));
    let moved = Change::move_enrollment("e", &to(1, "2"), Some("d"), Some(ACCOUNT), deadline);
    store.commit(vec![moved]).await.unwrap();
    // What is not said stays, but for the deadline.
    let end = Move { is_final: true, status: "REJECTED", ..to(2, "3") };
    store.commit(vec![Change::move_enrollment("e", &end, None, None, None)]).await.unwrap();
    let read = store.enrollment("e").await.unwrap().unwrap();
    assert_eq!(
        (read.device_id.as_deref(), read.account_key.as_deref()),
        (Some("d"), Some(ACCOUNT))
    );
    assert_eq!((read.deadline_at, read.machine.status.as_str()), (None, "REJECTED"));

    let consent = NewConsent {
        consent_id: "c",
        requester_key: "bank",
        account_key: Some(ACCOUNT),
        enrollment_id: Some("e"),
        machine: to(0, "{}"),
    };
    store.commit(vec![Change::add_consent(&consent)]).await.unwrap();
    assert_eq!(
        lost(store.commit(vec![Change::add_consent(&consent)]).await).1,
        Rule::ConsentIdFree
    );
    store.commit(vec![Change::move_consent("c", &to(1, "signed"))]).await.unwrap();
    assert_eq!(store.consent("c").await.unwrap().unwrap().machine.state, "signed");
    let stale = vec![Change::move_consent("c", &to(1, "signed"))];
    assert_eq!(lost(store.commit(stale).await), (0, Rule::ConsentUnmoved));
}

async fn enrollments_are_listed_by_page_and_filter(nodes: Nodes) {
    let store = &nodes.one;
    for number in 0..5_i64 {
        let permissions = if number < 2 { r#"["PAYMENTS_INITIATE"]"# } else { "[]" };
        let id = format!("e{number}");
        let mut new = enrollment(&id, permissions);
        new.machine.now = NOW.plus_millis(number);
        store.commit(vec![Change::add_enrollment(&new)]).await.unwrap();
    }
    let foreign = NewEnrollment { requester_key: "other", ..enrollment("foreign", "[]") };
    store.commit(vec![Change::add_enrollment(&foreign)]).await.unwrap();
    let list = async |filter: EnrollmentFilter, page: Page| {
        let found = store.enrollments("bank", &filter, page).await.unwrap();
        let count = store.count_enrollments("bank", &filter).await.unwrap();
        let ids: Vec<String> = found.into_iter().map(|found| found.enrollment_id).collect();
        (ids.join(" "), count)
    };
    let all = Page { size: 100, skip: 0, newest_first: false };
    let any = EnrollmentFilter::default;
    assert_eq!(list(any(), all).await, ("e0 e1 e2 e3 e4".to_owned(), 5));
    let second = Page { size: 2, skip: 2, newest_first: true };
    assert_eq!(list(any(), second).await, ("e2 e1".to_owned(), 5));
    let permitted = EnrollmentFilter { permission: Some("PAYMENTS_INITIATE".to_owned()), ..any() };
    assert_eq!(list(permitted, all).await, ("e0 e1".to_owned(), 2));
    let partly = EnrollmentFilter { permission: Some("PAYMENTS".to_owned()), ..any() };
    assert_eq!(list(partly, all).await, (String::new(), 0));
    let between = EnrollmentFilter {
        created_from: Some(NOW.plus_millis(1)),
        created_to: Some(NOW.plus_millis(3)),
        status: Some("pending_2fa_approval".to_owned()),
        logged_user_document: Some(DOCUMENT.to_owned()),
        ..any()
    };
    assert_eq!(list(between, all).await, ("e1 e2 e3".to_owned(), 3));
    for nobody in [
        EnrollmentFilter { user_key: Some("u".to_owned()), ..any() },
        EnrollmentFilter { participant_id: Some("p".to_owned()), ..any() },
        EnrollmentFilter { business_document: Some("b".to_owned()), ..any() },
        EnrollmentFilter { status: Some("REVOKED".to_owned()), ..any() },
        EnrollmentFilter { logged_user_document: Some("12345678909".to_owned()), ..any() },
    ] {
        assert_eq!(list(nobody, all).await, (String::new(), 0));
    }
}

async fn a_replay_is_blocked_for_its_window_and_no_longer(nodes: Nodes) {
    let pass = |now: UnixMillis| vec![Change::pass_request("f", now, now.plus_minutes(120))];
    nodes.one.commit(pass(NOW)).await.unwrap();
    let last_moment = NOW.plus_minutes(120).plus_millis(-1);
    // A blocked request does not prolong the block.
    for moment in [NOW, NOW.plus_minutes(60), last_moment] {
        assert_eq!(lost(nodes.two.commit(pass(moment)).await), (0, Rule::RequestUnseen));
    }
    nodes.two.commit(pass(NOW.plus_minutes(120))).await.unwrap();
    assert_eq!(lost(nodes.one.commit(pass(NOW.plus_minutes(121))).await).1, Rule::RequestUnseen);
}

async fn an_idempotency_key_goes_through_its_life(nodes: Nodes) {
    let (one, two) = (&nodes.one, &nodes.two);
    let take = |holder: &str, now| vec![Change::hold_idempotency_key(&hold("k", holder, now))];
    let scope = hold("k", "", NOW).scope;
    let finish = |holder: &str| {
        vec![spend("effect"), Change::finish_idempotency_key(scope, "k", holder, 201, "{\"a\": 1}")]
    };
    one.commit(take("first", NOW)).await.unwrap();
    let known = two.idempotency(scope, "k", NOW).await.unwrap().unwrap();
    assert!(known.answer.is_none());
    // Another payload never takes it over, not even from a dead holder.
    let late = NOW.plus_minutes(2);
    let other = IdempotencyHold { fingerprint: "other", ..hold("k", "third", late) };
    let other = vec![Change::hold_idempotency_key(&other)];
    assert_eq!(lost(two.commit(other).await).1, Rule::IdempotencyKeyFree);
    // The holder was too slow: its like takes over, and its own effect is undone.
    two.commit(take("second", late)).await.unwrap();
    assert_eq!(lost(one.commit(finish("first")).await), (1, Rule::IdempotencyKeyHeld));
    two.commit(finish("second")).await.unwrap();
    let known = one.idempotency(scope, "k", late).await.unwrap().unwrap();
    assert!(known.answer == Some((201, "{\"a\": 1}".to_owned())));
    assert_eq!(lost(two.commit(finish("second")).await).1, Rule::Unspent);
    // An answer stays until the key is forgotten, and then the key is free.
    let end = late.plus_minutes(1440);
    assert_eq!(lost(one.commit(take("x", end.plus_millis(-1))).await).1, Rule::IdempotencyKeyFree);
    assert!(one.idempotency(scope, "k", end).await.unwrap().is_none());
    one.commit(take("x", end)).await.unwrap();
}

async fn a_nonce_is_for_whom_and_as_long_as_it_was_issued(nodes: Nodes) {
    let store = &nodes.one;
    store.commit(vec![Change::issue_liveness_nonce(&races::nonce_of("n"))]).await.unwrap();
    let again = vec![Change::issue_liveness_nonce(&races::nonce_of("n"))];
    assert_eq!(lost(store.commit(again).await), (0, Rule::NonceFree));
    let end = NOW.plus_minutes(5);
    for (nonce, account, device, now) in [
        ("m", ACCOUNT, DEVICE, NOW),
        ("n", "another", DEVICE, NOW),
        ("n", ACCOUNT, "another", NOW),
        ("n", ACCOUNT, DEVICE, end),
    ] {
        let unit = vec![Change::spend_liveness_nonce(nonce, account, device, now)];
        assert_eq!(lost(store.commit(unit).await), (0, Rule::NonceUnspent));
    }
    let last_moment = end.plus_millis(-1);
    let unit = vec![Change::spend_liveness_nonce("n", ACCOUNT, DEVICE, last_moment)];
    store.commit(unit).await.unwrap();
}

async fn a_counter_holds_its_cap_from_the_first_addition(nodes: Nodes) {
    let store = &nodes.one;
    let counter = Counter {
        name: "amount",
        subject: ACCOUNT,
        window_start: NOW,
        keep_until: NOW.plus_minutes(1440),
        cap: 100_000,
    };
    assert_eq!(lost(store.commit(vec![Change::count(&counter, 100_001)]).await).1, Rule::BelowCap);
    store.commit(vec![Change::count(&counter, 60_000)]).await.unwrap();
    assert_eq!(lost(store.commit(vec![Change::count(&counter, 40_001)]).await).1, Rule::BelowCap);
    store.commit(vec![Change::count(&counter, 40_000)]).await.unwrap();
    // Another window, another subject, another name are other counters.
    let tomorrow = Counter { window_start: NOW.plus_minutes(1440), ..counter };
    store.commit(vec![Change::count(&tomorrow, 1)]).await.unwrap();
    assert_eq!(store.counted("amount", ACCOUNT, NOW).await.unwrap(), 100_001);
    assert_eq!(store.counted("amount", ACCOUNT, tomorrow.window_start).await.unwrap(), 1);
    assert_eq!(store.counted("amount", "another", NOW).await.unwrap(), 0);
    // A cap of nothing lets nothing through, in however many rows.
    let none = Counter { subject: "none", cap: 0, ..counter };
    assert_eq!(lost(store.commit(vec![Change::count(&none, 1)]).await).1, Rule::BelowCap);
    let unit = vec![Change::count_spread(&none, 1, 16, 7)];
    assert_eq!(lost(store.commit(unit).await).1, Rule::BelowCap);
}

async fn a_credential_moves_forward_while_it_is_live(nodes: Nodes) {
    let store = &nodes.one;
    let orphan = vec![Change::add_credential(&credential("c"))];
    assert_eq!(lost(store.commit(orphan).await), (0, Rule::CredentialIdFree));
    store.commit(vec![Change::add_device(&device(DEVICE, "{}"))]).await.unwrap();
    store.commit(vec![Change::add_credential(&credential("c"))]).await.unwrap();
    let sign = |from_sign_count, to_sign_count| {
        vec![Change::use_credential(&CredentialUse {
            credential_id: "c",
            from_sign_count,
            to_sign_count,
            now: NOW,
        })]
    };
    // An authenticator without a counter stays at 0.
    store.commit(sign(0, 0)).await.unwrap();
    store.commit(sign(0, 7)).await.unwrap();
    for (from, to) in [(7, 7), (7, 6), (7, 0), (0, 8)] {
        assert_eq!(lost(store.commit(sign(from, to)).await), (0, Rule::CredentialUnmoved));
    }
    store.commit(sign(7, u32::MAX)).await.unwrap();
    let read = nodes.two.credential("c").await.unwrap().unwrap();
    assert_eq!((read.sign_count, read.last_used_at), (u32::MAX, Some(NOW)));
    assert!(read.owner == credential("c").owner && read.public_key == credential("c").public_key);
    assert_eq!(store.credentials_of_device(ACCOUNT, DEVICE).await.unwrap().len(), 1);
    assert_eq!(store.credentials_of_approver(ACCOUNT, DOCUMENT).await.unwrap().len(), 1);

    // Disabling the device revokes what is bound to it, in one unit.
    let disabled = Move { is_final: true, status: "disabled", ..to(1, "{}") };
    let unit = vec![
        Change::move_device(ACCOUNT, DEVICE, &disabled),
        Change::revoke_credentials_of_device(ACCOUNT, DEVICE, "device disabled", NOW),
    ];
    store.commit(unit).await.unwrap();
    assert_eq!(store.credential("c").await.unwrap().unwrap().revoked_at, Some(NOW));
    assert_eq!(store.credentials_of_device(ACCOUNT, DEVICE).await.unwrap(), []);
}

async fn a_credential_of_an_enrollment_ends_with_it(nodes: Nodes) {
    let store = &nodes.one;
    store.commit(vec![Change::add_enrollment(&enrollment("e", "[]"))]).await.unwrap();
    let owner = CredentialOwner::Enrollment { enrollment_id: "e".to_owned() };
    let credential = Credential { owner, ..credential("c") };
    store.commit(vec![Change::add_credential(&credential)]).await.unwrap();
    assert_eq!(store.credential("c").await.unwrap(), Some(credential));
    for (because, now) in [("revoked", NOW), ("again", NOW.plus_minutes(1))] {
        store.commit(vec![Change::end_credential("c", because, now)]).await.unwrap();
        // The first time stays.
        assert_eq!(store.credential("c").await.unwrap().unwrap().revoked_at, Some(NOW));
    }
}

async fn a_message_is_delivered_at_least_once_and_marked_by_who_leases_it(nodes: Nodes) {
    let (one, two) = (&nodes.one, &nodes.two);
    one.commit(vec![Change::send(&message("m", Queue::Event))]).await.unwrap();
    let twice = vec![spend("effect"), Change::send(&message("m", Queue::Event))];
    assert_eq!(lost(one.commit(twice).await), (1, Rule::MessageIdFree));
    let due = async |now| two.due_messages(Queue::Event, now, 10).await.unwrap().len();
    let lease =
        |worker: &str, now: UnixMillis| vec![Change::lease("m", worker, now, now.plus_minutes(1))];
    assert_eq!(due(NOW).await, 1);
    one.commit(lease("a", NOW)).await.unwrap();
    assert_eq!(due(NOW).await, 0);
    assert_eq!(lost(two.commit(lease("b", NOW)).await), (0, Rule::MessageDue));
    // The worker died: its lease runs out, and another takes over.
    let later = NOW.plus_minutes(1);
    assert_eq!(due(later).await, 1);
    two.commit(lease("b", later)).await.unwrap();
    let delivered = |worker| vec![Change::delivered("m", worker, later)];
    assert_eq!(lost(one.commit(delivered("a")).await), (0, Rule::MessageLeased));
    // It could not deliver, and tries again an hour later.
    let retry = later.plus_minutes(60);
    two.commit(vec![Change::not_delivered("m", "b", retry)]).await.unwrap();
    assert_eq!((due(retry.plus_millis(-1)).await, due(retry).await), (0, 1));
    two.commit(lease("b", retry)).await.unwrap();
    two.commit(delivered("b")).await.unwrap();
    assert_eq!(due(retry.plus_minutes(999)).await, 0);
    assert_eq!(one.waiting_messages(Queue::Event).await.unwrap(), 0);
}

async fn an_order_is_answered_once_and_acted_on_once(nodes: Nodes) {
    let (one, two) = (&nodes.one, &nodes.two);
    one.commit(vec![Change::send(&message("order", Queue::Rail))]).await.unwrap();
    assert_eq!(lost(one.commit(vec![Change::settle("order", NOW)]).await).1, Rule::MessageAnswered);
    one.commit(vec![Change::answer("order", r#"{"status":"sent"}"#, NOW)]).await.unwrap();
    let other = vec![Change::answer("order", r#"{"status":"rejected"}"#, NOW)];
    assert_eq!(lost(two.commit(other).await), (0, Rule::MessageUnanswered));
    let answered = two.answered_orders(10).await.unwrap();
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0].outcome.as_deref(), Some(r#"{"status":"sent"}"#));
    two.commit(vec![Change::settle("order", NOW)]).await.unwrap();
    assert_eq!(lost(one.commit(vec![Change::settle("order", NOW)]).await).1, Rule::MessageAnswered);
    assert_eq!(one.answered_orders(10).await.unwrap(), []);
}

async fn an_api_key_lives_until_it_ends_or_is_revoked(nodes: Nodes) {
    let store = &nodes.one;
    let requester = Requester {
        requester_key: "bank".to_owned(),
        name: "The bank".to_owned(),
        configuration: None,
    };
    let key = NewApiKey {
        prefix: "abcdef",
        secret_hash: &[7; 32],
        requester_key: "bank",
        label: "first",
        expires_at: Some(NOW.plus_minutes(60)),
    };
    // The requester has to be there first.
    assert_eq!(
        lost(store.commit(vec![Change::add_api_key(&key, NOW)]).await).1,
        Rule::ApiKeyPrefixFree
    );
    store.commit(vec![Change::put_requester(&requester, NOW)]).await.unwrap();
    assert_eq!(store.requester("bank").await.unwrap(), Some(requester.clone()));
    let configured = Requester { configuration: Some("{}".to_owned()), ..requester };
    store.commit(vec![Change::put_requester(&configured, NOW)]).await.unwrap();
    assert_eq!(store.requester("bank").await.unwrap(), Some(configured));
    store.commit(vec![Change::add_api_key(&key, NOW)]).await.unwrap();
    assert_eq!(
        lost(store.commit(vec![Change::add_api_key(&key, NOW)]).await).1,
        Rule::ApiKeyPrefixFree
    );
    let read = async || nodes.two.api_key("abcdef").await.unwrap().unwrap();
    let live = read().await;
    assert_eq!((live.secret_hash.as_slice(), live.last_used_at), (&[7; 32][..], None));
    assert!(live.is_live(NOW) && !live.is_live(NOW.plus_minutes(60)));
    // The last use is noted by the minute.
    for (millis, noted) in [(0, 0), (59_999, 0), (60_001, 60_001)] {
        let used = vec![Change::api_key_used("abcdef", NOW.plus_millis(millis))];
        store.commit(used).await.unwrap();
        assert_eq!(read().await.last_used_at, Some(NOW.plus_millis(noted)));
    }
    store.commit(vec![Change::revoke_api_key("abcdef", NOW)]).await.unwrap();
    assert!(!read().await.is_live(NOW));
    let again = vec![Change::revoke_api_key("abcdef", NOW.plus_minutes(1))];
    assert_eq!(lost(store.commit(again).await), (0, Rule::ApiKeyLive));
    assert_eq!(store.api_keys().await.unwrap().len(), 1);
}

async fn an_import_takes_the_last_word_and_knows_its_accounts(nodes: Nodes) {
    let store = &nodes.one;
    let blocked = Account { status: AccountStatus::Blocked, kind: AccountKind::Hub, ..account() };
    store.commit(vec![Change::put_account(&blocked, NOW)]).await.unwrap();
    assert_eq!(store.account(ACCOUNT).await.unwrap(), Some(blocked));
    let moved = Approver { phone: None, since: NOW.plus_minutes(1), ..approver() };
    store.commit(vec![Change::put_approver(&moved)]).await.unwrap();
    let read = store.approver(ACCOUNT, DOCUMENT).await.unwrap().unwrap();
    assert!(read.phone.is_none() && read.since == NOW);
    let orphan = Approver { account_key: "nobody".to_owned(), ..approver() };
    assert_eq!(lost(store.commit(vec![Change::put_approver(&orphan)]).await).1, Rule::Configured);
    store.commit(vec![Change::remove_approver(ACCOUNT, DOCUMENT)]).await.unwrap();
    assert_eq!(store.approvers(ACCOUNT).await.unwrap().len(), 0);
    let again = vec![Change::remove_approver(ACCOUNT, DOCUMENT)];
    assert_eq!(lost(store.commit(again).await).1, Rule::Configured);
}

on_both_engines!(
    a_unit_is_applied_whole_or_not_at_all,
    units_that_are_committed_together_do_not_share_their_fate,
    what_one_node_commits_the_other_reads,
    a_move_is_dated_no_earlier_than_the_one_before,
    transfers_and_enrollments_move_by_their_revision,
    enrollments_are_listed_by_page_and_filter,
    a_replay_is_blocked_for_its_window_and_no_longer,
    an_idempotency_key_goes_through_its_life,
    a_nonce_is_for_whom_and_as_long_as_it_was_issued,
    a_counter_holds_its_cap_from_the_first_addition,
    a_credential_moves_forward_while_it_is_live,
    a_credential_of_an_enrollment_ends_with_it,
    a_message_is_delivered_at_least_once_and_marked_by_who_leases_it,
    an_order_is_answered_once_and_acted_on_once,
    an_api_key_lives_until_it_ends_or_is_revoked,
    an_import_takes_the_last_word_and_knows_its_accounts,
);
