//! Many at once, on two nodes: one goes through, and a cap is never passed.

use super::*;

/// Tasks that are at one thing at once.
const TASKS: usize = 64;

/// How often each race is run. The long run sets it.
fn rounds() -> usize {
    std::env::var("STORAGE_RACE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// Runs units at once, on both nodes in turn, and gives the results back.
async fn at_once(
    nodes: &Nodes,
    unit: impl Fn(usize) -> Vec<Change>,
) -> Vec<Result<(), CommitError>> {
    let start = Arc::new(tokio::sync::Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (storage, unit, start) = (nodes.node(task), unit(task), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                storage.commit(unit).await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(TASKS);
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// One of them went through, and every other one lost this condition and no other.
fn one_winner(results: Vec<Result<(), CommitError>>, position: usize, rule: Rule) {
    let (won, lost_ones): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{rule:?}");
    for result in lost_ones {
        assert_eq!(lost(result), (position, rule));
    }
}

async fn a_machine_is_moved_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let key = format!("device-{round}");
        nodes.one.commit(vec![Change::add_device(&device(&key, "judged"))]).await.unwrap();
        let results = at_once(&nodes, |task| {
            vec![
                Change::audit(&audit(&key)),
                Change::move_device(ACCOUNT, &key, &to(1, &format!("by {task}"))),
            ]
        })
        .await;
        one_winner(results, 1, Rule::DeviceUnmoved);
        let machine = nodes.two.device(ACCOUNT, &key).await.unwrap().unwrap().machine;
        assert_eq!(machine.revision, 2);
        // What a loser wrote before its condition is not there.
        assert_eq!(nodes.one.audit_of("device", &key).await.unwrap().len(), 1);
    }
}

/// As a caller counts attempts: read, judge, move; on a lost condition again.
async fn five_attempts_are_evaluated_and_no_sixth(nodes: Nodes) {
    for round in 0..rounds() {
        let key = format!("device-{round}");
        nodes.one.commit(vec![Change::add_device(&device(&key, "0"))]).await.unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (storage, key) = (nodes.node(task), key.clone());
                tokio::spawn(async move {
                    loop {
                        let machine = storage.device(ACCOUNT, &key).await.unwrap().unwrap().machine;
                        let attempts: u32 = machine.state.parse().unwrap();
                        if attempts == 5 {
                            return 0;
                        }
                        let next = (attempts + 1).to_string();
                        let moved =
                            Change::move_device(ACCOUNT, &key, &to(machine.revision, &next));
                        match storage.commit(vec![moved]).await {
                            Ok(()) => return 1,
                            Err(CommitError::Lost(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                })
            })
            .collect();
        let mut evaluated = 0;
        for task in tasks {
            evaluated += task.await.unwrap();
        }
        assert_eq!(evaluated, 5);
    }
}

async fn what_is_made_once_is_made_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let name = |what: &str| format!("{what}-{round}");
        let results = at_once(&nodes, |_| vec![Change::add_device(&device(&name("d"), "{}"))]);
        one_winner(results.await, 0, Rule::DeviceKeyFree);
        // Each task makes a key of its own for the transfer; the client's key is the same.
        let results = at_once(&nodes, |task| {
            let ted_key = format!("ted-{round}-{task}");
            vec![Change::add_transfer(&transfer(&ted_key, &name("control")))]
        });
        one_winner(results.await, 0, Rule::TransferKeysFree);
        let results = at_once(&nodes, |_| {
            vec![Change::add_enrollment(&enrollment(&name("enrollment"), "[]"))]
        });
        one_winner(results.await, 0, Rule::EnrollmentIdFree);
    }
}

async fn a_challenge_is_spent_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let challenge = format!("challenge-{round}");
        let results = at_once(&nodes, |_| {
            vec![Change::spend(SpentKind::LivenessResult, &challenge, NOW, NOW.plus_minutes(5))]
        });
        one_winner(results.await, 0, Rule::Unspent);
    }
}

async fn a_nonce_is_spent_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let nonce = format!("nonce-{round}");
        nodes.one.commit(vec![Change::issue_liveness_nonce(&nonce_of(&nonce))]).await.unwrap();
        let results =
            at_once(&nodes, |_| vec![Change::spend_liveness_nonce(&nonce, ACCOUNT, DEVICE, NOW)]);
        one_winner(results.await, 0, Rule::NonceUnspent);
    }
}

pub(super) fn nonce_of(nonce: &str) -> LivenessNonce {
    LivenessNonce {
        nonce: nonce.to_owned(),
        account_key: ACCOUNT.to_owned(),
        device_key: DEVICE.to_owned(),
        state: "{}".to_owned(),
        issued_at: NOW,
        expires_at: NOW.plus_minutes(5),
    }
}

async fn a_request_passes_once(nodes: Nodes) {
    for round in 0..rounds() {
        // Every second round stands where an earlier block is over, and replaces it.
        let fingerprint = format!("fingerprint-{}", round / 2);
        let now = NOW.plus_minutes(if round.is_multiple_of(2) { 0 } else { 120 });
        let results = at_once(&nodes, |_| {
            vec![Change::pass_request(&fingerprint, now, now.plus_minutes(120))]
        });
        one_winner(results.await, 0, Rule::RequestUnseen);
    }
}

async fn an_idempotency_key_is_held_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let key = format!("key-{round}");
        let results = at_once(&nodes, |task| {
            vec![Change::hold_idempotency_key(&units::hold(&key, &format!("holder-{task}"), NOW))]
        });
        one_winner(results.await, 0, Rule::IdempotencyKeyFree);
        // Its holder gave no answer in time: again one goes on.
        let later = NOW.plus_minutes(1);
        let results = at_once(&nodes, |task| {
            let holder = format!("successor-{task}");
            vec![Change::hold_idempotency_key(&units::hold(&key, &holder, later))]
        });
        one_winner(results.await, 0, Rule::IdempotencyKeyFree);
    }
}

async fn a_credential_is_bound_by_one_and_its_counter_moved_by_one(nodes: Nodes) {
    nodes.one.commit(vec![Change::add_device(&device(DEVICE, "{}"))]).await.unwrap();
    for round in 0..rounds() {
        let id = format!("credential-{round}");
        let results = at_once(&nodes, |_| vec![Change::add_credential(&credential(&id))]);
        one_winner(results.await, 0, Rule::CredentialIdFree);
        let results = at_once(&nodes, |task| {
            let to_sign_count = u32::try_from(task + 1).unwrap();
            vec![Change::use_credential(&CredentialUse {
                credential_id: &id,
                from_sign_count: 0,
                to_sign_count,
                now: NOW,
            })]
        });
        one_winner(results.await, 0, Rule::CredentialUnmoved);
    }
}

async fn a_message_is_leased_by_one(nodes: Nodes) {
    for round in 0..rounds() {
        let id = format!("message-{round}");
        nodes.one.commit(vec![Change::send(&units::message(&id, Queue::Event))]).await.unwrap();
        let results = at_once(&nodes, |task| {
            vec![Change::lease(&id, &format!("worker-{task}"), NOW, NOW.plus_minutes(1))]
        });
        one_winner(results.await, 0, Rule::MessageDue);
    }
}

async fn a_cap_is_reached_and_never_passed(nodes: Nodes) {
    for round in 0..rounds() {
        let subject = round.to_string();
        let counter = Counter {
            name: "attempts",
            subject: &subject,
            window_start: NOW,
            keep_until: NOW.plus_minutes(1440),
            cap: 10,
        };
        let results = at_once(&nodes, |_| vec![Change::count(&counter, 1)]).await;
        let (won, lost_ones): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 10);
        for result in lost_ones {
            assert_eq!(lost(result), (0, Rule::BelowCap));
        }
        assert_eq!(nodes.two.counted("attempts", &subject, NOW).await.unwrap(), 10);

        // In rows: each stays below its part, and together they fill the cap, which 8 does not divide.
        let spread = Counter { name: "sends", cap: 13, ..counter };
        let results = at_once(&nodes, |task| {
            vec![Change::count_spread(&spread, 1, 8, u64::try_from(task).unwrap())]
        })
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 13);
        assert_eq!(nodes.one.counted("sends", &subject, NOW).await.unwrap(), 13);
    }
}

/// Units that take the same counters in opposite order: nobody is in anybody's way for long.
async fn counters_are_not_taken_crosswise(nodes: Nodes) {
    let counter = |name| Counter {
        name,
        subject: "",
        window_start: NOW,
        keep_until: NOW.plus_minutes(1440),
        cap: 1_000_000,
    };
    let results = at_once(&nodes, |task| {
        let mut unit =
            vec![Change::count(&counter("left"), 1), Change::count(&counter("right"), 1)];
        if task % 4 >= 2 {
            unit.reverse();
        }
        unit
    });
    for result in results.await {
        result.unwrap();
    }
    for name in ["left", "right"] {
        assert_eq!(nodes.one.counted(name, "", NOW).await.unwrap(), 64);
    }
}

/// Units that take other rows in opposite order: where the engine ends the deadlock by choosing one
/// to give way, that one is tried again, and nobody is told.
async fn units_in_each_others_way_all_go_through(nodes: Nodes) {
    let accounts = ["left", "right"]
        .map(|account_key| Account { account_key: account_key.to_owned(), ..account() });
    let start = Arc::new(tokio::sync::Barrier::new(8));
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (storage, start) = (nodes.node(task), start.clone());
            let mut unit: Vec<Change> =
                accounts.iter().map(|account| Change::put_account(account, NOW)).collect();
            if task % 4 >= 2 {
                unit.reverse();
            }
            tokio::spawn(async move {
                start.wait().await;
                for _ in 0..5 {
                    storage.commit(unit.clone()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

on_both_engines!(
    a_machine_is_moved_by_one,
    five_attempts_are_evaluated_and_no_sixth,
    what_is_made_once_is_made_by_one,
    a_challenge_is_spent_by_one,
    a_nonce_is_spent_by_one,
    a_request_passes_once,
    an_idempotency_key_is_held_by_one,
    a_credential_is_bound_by_one_and_its_counter_moved_by_one,
    a_message_is_leased_by_one,
    a_cap_is_reached_and_never_passed,
    counters_are_not_taken_crosswise,
    units_in_each_others_way_all_go_through,
);
