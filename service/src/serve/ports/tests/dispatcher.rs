use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use device_enrollment::UnixMillis;

use super::super::dispatcher::{Round, Target};
use super::super::{Dispatcher, EventsWebhook, RailWebhook, Roots};
use super::PATIENT;
use super::servers::HttpServer;
use crate::serve::config::{self, Secret};
use crate::serve::storage::{Change, Database, NewMessage, Queue, SqliteSettings, Storage};

/// A database that goes with the test.
struct Place {
    storage: Storage,
    folder: PathBuf,
}

impl Place {
    async fn open() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-dispatcher-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("outbox.sqlite");
        let settings = SqliteSettings { file, readers: 2, max_pages: None };
        let storage = Storage::open(&Database::Sqlite(settings)).await.unwrap();
        Self { storage, folder }
    }

    async fn write(&self, queue: Queue, id: &str) {
        let message = NewMessage {
            message_id: id,
            queue,
            kind: "kind",
            subject: "subject",
            payload: r#"{"n":1}"#,
            now: UnixMillis(0),
        };
        self.storage.commit(vec![Change::send(&message)]).await.unwrap();
    }

    fn worker(&self, name: &str, target: Target) -> Dispatcher {
        Dispatcher::new(self.storage.clone(), target, name.to_owned(), PATIENT)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn webhook(server: &HttpServer) -> config::Webhook {
    config::Webhook {
        url: server.url("/"),
        secret: Secret::new("0123456789abcdef0123456789abcdef".to_owned()),
        timeout: PATIENT,
    }
}

fn events(server: &HttpServer) -> Target {
    let events = EventsWebhook::new(&webhook(server), &Roots::only(Vec::new())).unwrap();
    Target::Events(Arc::new(events))
}

fn rail(server: &HttpServer) -> Target {
    let rail = RailWebhook::new(&webhook(server), &Roots::only(Vec::new())).unwrap();
    Target::Rail(Arc::new(rail))
}

const NOTHING: Round = Round { delivered: 0, put_off: 0 };

#[tokio::test]
async fn every_message_is_posted_under_its_id_and_not_again() {
    let place = Place::open().await;
    let server = HttpServer::start(&[(204, "")]).await;
    for id in ["a", "b", "c"] {
        place.write(Queue::Event, id).await;
    }
    // Another queue's.
    place.write(Queue::Rail, "d").await;
    let worker = place.worker("one", events(&server));
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 3, put_off: 0 });
    assert_eq!(worker.round().await.unwrap(), NOTHING);
    let mut ids: Vec<String> =
        server.received().iter().map(|request| request.header("x-message-id").to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(place.storage.waiting_messages(Queue::Event).await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_not_taken_waits_and_comes_again_under_the_same_id() {
    let place = Place::open().await;
    let server = HttpServer::start(&[(500, ""), (204, "")]).await;
    place.write(Queue::Event, "a").await;
    let worker = place.worker("one", events(&server));
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 0, put_off: 1 });
    // Its pause is not over.
    assert_eq!(worker.round().await.unwrap(), NOTHING);
    assert_eq!(place.storage.waiting_messages(Queue::Event).await.unwrap(), 1);
    let later = place.storage.now().await.unwrap().plus_millis(5_000);
    let due = place.storage.due_messages(Queue::Event, later, 9).await.unwrap();
    assert_eq!(
        due.iter()
            .map(|message| (message.message_id.as_str(), message.attempts))
            .collect::<Vec<_>>(),
        [("a", 1)]
    );
    // As if the pause were over: the message is leased and given back with a time that has come.
    let now = place.storage.now().await.unwrap();
    place
        .storage
        .commit(vec![Change::lease("a", "other", later, later.plus_millis(1))])
        .await
        .unwrap();
    place.storage.commit(vec![Change::not_delivered("a", "other", now)]).await.unwrap();
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 1, put_off: 0 });
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("x-message-id"), received[1].header("x-message-id"));
    assert_eq!(received[0].body, received[1].body);
}

/// Workers on any number of nodes: none posts what another leases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_side_by_side_post_each_message_once() {
    let place = Place::open().await;
    let server = HttpServer::start(&[(204, "")]).await;
    for number in 0..40 {
        place.write(Queue::Event, &format!("message-{number}")).await;
    }
    let workers = ["one", "two", "three", "four"].map(|name| {
        let worker = place.worker(name, events(&server));
        let storage = place.storage.clone();
        tokio::spawn(async move {
            while storage.waiting_messages(Queue::Event).await.unwrap() > 0 {
                worker.round().await.unwrap();
            }
        })
    });
    for worker in workers {
        worker.await.unwrap();
    }
    let mut posted = BTreeMap::<String, u32>::new();
    for request in server.received() {
        *posted.entry(request.header("x-message-id").to_owned()).or_default() += 1;
    }
    assert_eq!(posted.len(), 40);
    assert!(posted.values().all(|times| *times == 1), "{posted:?}");
}

/// A worker that dies after it has leased does not lose the message.
#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over() {
    let place = Place::open().await;
    let server = HttpServer::start(&[(204, "")]).await;
    place.write(Queue::Event, "a").await;
    let now = place.storage.now().await.unwrap();
    let long = now.plus_millis(3_600_000);
    place.storage.commit(vec![Change::lease("a", "dead", now, long)]).await.unwrap();
    let worker = place.worker("one", events(&server));
    assert_eq!(worker.round().await.unwrap(), NOTHING);
    // The dead worker's time is over.
    place.storage.commit(vec![Change::not_delivered("a", "dead", now)]).await.unwrap();
    place.storage.commit(vec![Change::lease("a", "dead", now, now)]).await.unwrap();
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 1, put_off: 0 });
}

#[tokio::test]
async fn what_the_core_answers_is_kept_beside_the_order() {
    let place = Place::open().await;
    const SENT: &str =
        r#"{"status":"sent","transaction_key":"9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21"}"#;
    let server = HttpServer::start(&[(200, SENT), (202, "")]).await;
    let worker = place.worker("one", rail(&server));
    place.write(Queue::Rail, "a").await;
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 1, put_off: 0 });
    let answered = place.storage.answered_orders(9).await.unwrap();
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0].message_id, "a");
    assert_eq!(answered[0].outcome.as_deref(), Some(SENT));
    // One that is pending has no answer yet, and is not posted again.
    place.write(Queue::Rail, "b").await;
    assert_eq!(worker.round().await.unwrap(), Round { delivered: 1, put_off: 0 });
    assert_eq!(worker.round().await.unwrap(), NOTHING);
    assert_eq!(place.storage.answered_orders(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_looks_at_once_and_stops_when_it_is_told_to() {
    let place = Place::open().await;
    let server = HttpServer::start(&[(204, "")]).await;
    let worker = place.worker("one", events(&server));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    place.write(Queue::Event, "a").await;
    let running = tokio::spawn(worker.clone().run(stopped));
    while place.storage.waiting_messages(Queue::Event).await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    assert_eq!(server.received().len(), 1);
}
