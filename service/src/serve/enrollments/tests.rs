//! What time does to an enrollment that nobody asks about: its rows are put back in time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use device_enrollment::UnixMillis;
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::ContractVersion;
use device_enrollment::open_finance::enrollment::{
    Approval, CreateRequest, DebtorAccount, Enrollment, Event, Terms,
};
use device_enrollment::open_finance::options::UserNames;

use super::moving::{Loaded, is_final, to_stored};
use super::work;
use crate::serve::config::{Config, MacKeyFile, Source};
use crate::serve::flows::{Flows, fresh_key};
use crate::serve::http::App;
use crate::serve::metrics::Metrics;
use crate::serve::storage::{
    Change, Database, Move, NewEnrollment, Queue, SqliteSettings, Storage,
};

struct Served {
    app: Arc<App>,
    folder: PathBuf,
}

impl Served {
    async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-lazy-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("test.db");
        let settings = SqliteSettings { file, readers: 1, max_pages: None };
        let storage = Storage::open(&Database::Sqlite(settings)).await.unwrap();
        let config = Config::read(Source::default()).unwrap();
        let keys = MacKeyFile::parse(&MacKeyFile::fresh("1").unwrap()).unwrap();
        let flows = Flows::open(&config, &keys, false).unwrap();
        Self { app: App::new(config, storage, Metrics::unheard(), flows), folder }
    }

    /// Stores an enrollment that was moved last so many minutes ago.
    async fn put(&self, events: Vec<Event>, minutes_ago: i64) -> Uuid4 {
        let now = self.app.storage.now().await.unwrap();
        let then = now.plus_millis(minutes_ago.saturating_mul(-60_000));
        let body = br#"{"client_redirect_url": "https://payer.example/back", "participant_id": "p",
            "logged_user_document": "98765432100", "permissions": ["PAYMENTS_INITIATE"]}"#;
        let version = ContractVersion::V2_1;
        let request = CreateRequest::from_zro(body, version).unwrap();
        let [id, device_id] = [fresh_key().unwrap(), fresh_key().unwrap()];
        let mut machine = Enrollment::create(id, device_id, request, true, version, then).unwrap();
        for event in events {
            machine = machine.apply(event, then).accepted().unwrap().0;
        }
        let state = to_stored(&machine).unwrap();
        let change = Change::add_enrollment(&NewEnrollment {
            enrollment_id: &id.to_string(),
            device_id: Some(&device_id.to_string()),
            requester_key: "requester",
            user_key: Some("requester"),
            wallet_key: None,
            product_key: None,
            account_key: None,
            logged_user_document: "98765432100",
            business_document: None,
            participant_id: None,
            permissions: "[]",
            deadline_at: machine.deadline(),
            machine: Move {
                from_revision: 0,
                status: machine.zro_status().as_str(),
                is_final: is_final(&machine),
                state: &state,
                now: then,
            },
        });
        self.app.storage.commit(vec![change]).await.unwrap();
        id
    }

    async fn status(&self, id: Uuid4) -> String {
        self.app.storage.enrollment(&id.to_string()).await.unwrap().unwrap().machine.status
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn approval(expires_at: Option<UnixMillis>) -> Event {
    let debtor_account = DebtorAccount::new("00000000", Some("0001"), "1234567", "CACC").unwrap();
    let user = UserNames { name: "***567".to_owned(), display_name: "Maria".to_owned() };
    let terms = Terms { expires_at, ..Terms::default() };
    Event::HolderApproved(Box::new(Approval { debtor_account, user, terms }))
}

#[tokio::test]
async fn what_nobody_asks_about_ends_in_its_time_and_is_told() {
    let served = Served::start().await;
    let app = &served.app;
    let signals = || Event::RiskSignals(Ok(()));
    // In the last minute of each status, and in the first one after it.
    let mut waiting = Vec::new();
    let mut over = Vec::new();
    for (events, minutes) in
        [(vec![], 5), (vec![signals()], 15), (vec![signals(), approval(None)], 5)]
    {
        let again = |events: &[Event]| match events {
            [] => vec![],
            [_] => vec![signals()],
            _ => vec![signals(), approval(None)],
        };
        waiting.push(served.put(again(&events), minutes - 1).await);
        over.push(served.put(events, minutes).await);
    }
    // Shown before it is stored.
    for id in &over {
        let row = app.storage.enrollment(&id.to_string()).await.unwrap().unwrap();
        let loaded = Loaded::of(app, row).await.unwrap();
        assert_eq!(loaded.at_its_time().zro_status().as_str(), "REJECTED");
        assert_ne!(served.status(*id).await, "REJECTED");
    }
    work::round(app).await;
    for id in &over {
        assert_eq!(served.status(*id).await, "REJECTED");
        let trail = app.storage.audit_of("enrollment", &id.to_string()).await.unwrap();
        assert_eq!(trail.last().unwrap().action, "enrollment.ended");
    }
    for id in &waiting {
        assert_ne!(served.status(*id).await, "REJECTED");
    }
    // Each is told once, however often somebody looks.
    work::round(app).await;
    let now = app.storage.now().await.unwrap();
    let told = app.storage.due_messages(Queue::Event, now, 100).await.unwrap();
    let mut subjects: Vec<String> = told.iter().map(|message| message.subject.clone()).collect();
    subjects.sort_unstable();
    let mut ended: Vec<String> = over.iter().map(Uuid4::to_string).collect();
    ended.sort_unstable();
    assert_eq!(subjects, ended);
    assert!(told.iter().all(|message| message.kind == "STATE_CHANGED"));
}
