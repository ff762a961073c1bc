//! One run on one engine: the phases, one after the other, and what is looked up at the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::bank::enrolling::Bank;
use crate::bank::server::Folder;
use crate::bank::world::{Engine, postgres_server};
use crate::client::{Client, Keys, Stopped, Tally};
use crate::figures::{Counted, Memory, Processes, Processor, Written, flushes, load_average};
use crate::flows::{self, Enrolled};
use crate::passkeys::{Maker, Passkey};

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) seconds: u64,
    pub(crate) nodes: usize,
    pub(crate) connections: Option<u32>,
    pub(crate) overload: bool,
    /// Whether every effect is looked up at the end, and not only some.
    pub(crate) check_all: bool,
}

/// What was measured on one engine.
pub(crate) struct Run {
    pub(crate) engine: &'static str,
    pub(crate) nodes: usize,
    pub(crate) flushes: f64,
    pub(crate) load_average: String,
    pub(crate) phases: Vec<Phase>,
    /// Effects that were looked up at the end and are there.
    pub(crate) found: usize,
    pub(crate) errors: Vec<String>,
}

/// What was measured in one phase.
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) clients: usize,
    pub(crate) seconds: f64,
    pub(crate) tally: Tally,
    pub(crate) processor: Processor,
    pub(crate) memory: Memory,
    pub(crate) counted: Counted,
    pub(crate) written: Written,
}

/// How long prepared challenges are good for, with time to spare.
const PREPARING: Duration = Duration::from_secs(150);
/// Effects that are looked up where not all are.
const SAMPLE: usize = 500;
/// Connections are made and statements prepared in it.
const WARM_UP: Duration = Duration::from_secs(1);

impl Load {
    pub(crate) fn run(self, engine: Engine) -> Run {
        let (trust, maker) = (Folder::new(), Arc::new(Maker::new()));
        let root = trust.file("root.der");
        std::fs::write(&root, maker.root()).unwrap();
        let folder = root.parent().unwrap();
        let connections = self.connections.map(|most| most.to_string());
        let mut settings = vec![("DEVICE_ENROLLMENT_POLICY_TRUST", folder.to_str().unwrap())];
        if engine == Engine::Postgres {
            let most = connections.as_deref().unwrap_or("16");
            settings.push(("DEVICE_ENROLLMENT_DATABASE_CONNECTIONS", most));
        }
        let rate = flushes(folder);
        let load_average = load_average();
        let nodes = if engine == Engine::Postgres { self.nodes } else { 1 };
        let bank = Bank::with_nodes(engine, &settings, nodes);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut running = Running::new(self, engine, bank, maker);
        runtime.block_on(running.all());
        Run {
            engine: if engine == Engine::Postgres { "postgres" } else { "sqlite" },
            nodes,
            flushes: rate,
            load_average,
            phases: running.phases,
            found: running.found,
            errors: running.errors,
        }
    }
}

struct Running {
    load: Load,
    bank: Bank,
    maker: Arc<Maker>,
    keys: Keys,
    processes: Processes,
    is_postgres: bool,
    phases: Vec<Phase>,
    /// Passkeys that were made so far.
    made: usize,
    passkeys: Shared<Passkey>,
    enrolled: Shared<Enrolled>,
    authorised: Shared<String>,
    found: usize,
    errors: Vec<String>,
}

/// What clients take from and put into.
type Shared<T> = Arc<Mutex<VecDeque<T>>>;

/// Where a phase stood when it began.
struct Began {
    at: Instant,
    processor: Processor,
    counted: Counted,
    written: Written,
}

impl Running {
    fn new(load: Load, engine: Engine, bank: Bank, maker: Arc<Maker>) -> Self {
        let is_postgres = engine == Engine::Postgres;
        let processes = Processes {
            nodes: bank.world.processes(),
            postgres: is_postgres.then(|| postgres_server().process()),
        };
        let keys = Keys { initiator: bank.world.key.clone(), holder: bank.holder.clone() };
        Self {
            load,
            bank,
            maker,
            keys,
            processes,
            is_postgres,
            phases: Vec::new(),
            made: 0,
            passkeys: Shared::default(),
            enrolled: Shared::default(),
            authorised: Shared::default(),
            found: 0,
            errors: Vec::new(),
        }
    }

    async fn all(&mut self) {
        let Load { clients, overload, .. } = self.load;
        let time = Duration::from_secs(self.load.seconds);
        self.make_passkeys(2000);
        let warm = self.enrollments(clients, WARM_UP, false).await;
        // Not a figure, but its errors are errors.
        self.take_errors(warm);

        let began = self.begin();
        let tally = self.enrollments(clients, time, false).await;
        let rate = tally.flows.len() as f64 / time.as_secs_f64();
        self.end("enrollments", "enrollments", clients, began, tally);

        self.registrations(clients, time, rate).await;
        self.approvals(clients, time).await;
        self.authorisations(clients, time).await;

        if overload {
            let many = clients * 10;
            let began = self.begin();
            let tally = self.enrollments(many, time, true).await;
            self.end("ten times the clients", "enrollments", many, began, tally);
            let began = self.begin();
            let tally = self.enrollments(clients, time, false).await;
            self.end("after it", "enrollments", clients, began, tally);
        }
        self.look().await;
    }

    /// Whole enrollments, one after the other, by each client.
    async fn enrollments(&mut self, clients: usize, time: Duration, patient: bool) -> Tally {
        // As many as are likely to be used: what is missing is made while it is needed.
        self.make_passkeys(2000 * time.as_secs() as usize + clients);
        let (maker, passkeys) = (self.maker.clone(), self.passkeys.clone());
        let enrolled = self.enrolled.clone();
        let until = Instant::now() + time;
        self.each(clients, patient.then_some(until), move |mut client| {
            let (maker, passkeys, enrolled) = (maker.clone(), passkeys.clone(), enrolled.clone());
            async move {
                while Instant::now() < until {
                    let Some(passkey) = take(&passkeys) else { break };
                    let began = Instant::now();
                    let done = async {
                        let prepared = flows::prepare(&mut client, &maker, passkey).await?;
                        flows::register(&mut client, prepared).await
                    };
                    match done.await {
                        Ok(one) => {
                            put(&enrolled, one);
                            // One that ends behind the time is not counted.
                            if Instant::now() < until {
                                client.tally.flows.push(began.elapsed());
                            }
                        }
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                }
                client.tally
            }
        })
        .await
    }

    /// Registrations alone: everything before them is done before the clock starts.
    async fn registrations(&mut self, clients: usize, time: Duration, rate: f64) {
        let most = (rate * time.as_secs_f64() * 8.0) as usize + clients;
        self.make_passkeys(most);
        let prepared = Shared::default();
        let until = Instant::now() + PREPARING;
        let (maker, passkeys, ready) =
            (self.maker.clone(), self.passkeys.clone(), prepared.clone());
        let tally = self.each(clients, None, move |mut client| {
            let (maker, passkeys, ready) = (maker.clone(), passkeys.clone(), ready.clone());
            async move {
                while Instant::now() < until && count(&ready) < most {
                    let Some(passkey) = take(&passkeys) else { break };
                    match flows::prepare(&mut client, &maker, passkey).await {
                        Ok(one) => put(&ready, one),
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.take_errors(tally);

        let enrolled = self.enrolled.clone();
        let began = self.begin();
        let until = Instant::now() + time;
        let tally = self.each(clients, None, move |mut client| {
            let (prepared, enrolled) = (prepared.clone(), enrolled.clone());
            async move {
                while Instant::now() < until
                    && let Some(one) = take(&prepared)
                {
                    let began = Instant::now();
                    match flows::register(&mut client, one).await {
                        Ok(one) => {
                            client.tally.flows.push(began.elapsed());
                            put(&enrolled, one);
                        }
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.end("registrations alone", "registrations", clients, began, tally);
    }

    /// Whole approvals, one after the other, by each client.
    async fn approvals(&mut self, clients: usize, time: Duration) {
        let (enrolled, authorised) = (self.enrolled.clone(), self.authorised.clone());
        let began = self.begin();
        let until = Instant::now() + time;
        let tally = self.each(clients, None, move |mut client| {
            let (enrolled, authorised) = (enrolled.clone(), authorised.clone());
            async move {
                while Instant::now() < until
                    && let Some(mut device) = take(&enrolled)
                {
                    let began = Instant::now();
                    let done = async {
                        let signed = flows::sign(&mut client, &mut device).await?;
                        flows::authorise(&mut client, signed).await
                    };
                    match done.await {
                        Ok(consent) => {
                            put(&authorised, consent);
                            put(&enrolled, device);
                            if Instant::now() < until {
                                client.tally.flows.push(began.elapsed());
                            }
                        }
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.end("approvals", "approvals", clients, began, tally);
    }

    /// Assertions alone: each by a device of its own, signed before the clock starts.
    async fn authorisations(&mut self, clients: usize, time: Duration) {
        let ready = Shared::default();
        let (enrolled, signed) = (self.enrolled.clone(), ready.clone());
        let used = Shared::default();
        let spent = used.clone();
        let until = Instant::now() + PREPARING;
        let tally = self.each(clients, None, move |mut client| {
            let (enrolled, signed) = (enrolled.clone(), signed.clone());
            let spent: Shared<Enrolled> = spent.clone();
            async move {
                while Instant::now() < until
                    && let Some(mut device) = take(&enrolled)
                {
                    match flows::sign(&mut client, &mut device).await {
                        Ok(one) => put(&signed, one),
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                    put(&spent, device);
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.take_errors(tally);
        self.enrolled.lock().unwrap().append(&mut used.lock().unwrap());

        let authorised = self.authorised.clone();
        let began = self.begin();
        let until = Instant::now() + time;
        let tally = self.each(clients, None, move |mut client| {
            let (ready, authorised) = (ready.clone(), authorised.clone());
            async move {
                while Instant::now() < until
                    && let Some(one) = take(&ready)
                {
                    let began = Instant::now();
                    match flows::authorise(&mut client, one).await {
                        Ok(consent) => {
                            client.tally.flows.push(began.elapsed());
                            put(&authorised, consent);
                        }
                        Err(stopped) => {
                            note(&mut client, stopped);
                            break;
                        }
                    }
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.end("authorisations alone", "authorisations", clients, began, tally);
    }

    /// Everything that was answered as done has to be there.
    async fn look(&mut self) {
        let mut effects: Vec<(String, &'static str)> = Vec::new();
        for one in self.enrolled.lock().unwrap().iter() {
            effects.push((flows::path_of_enrollment(&one.id), "AUTHORIZED"));
        }
        for id in self.authorised.lock().unwrap().iter() {
            effects.push((flows::path_of_consent(id), "AUTHORISED"));
        }
        if !self.load.check_all && effects.len() > SAMPLE {
            let each = effects.len() / SAMPLE;
            effects = effects.into_iter().step_by(each.max(1)).collect();
        }
        self.found = effects.len();
        let effects: Shared<_> = Arc::new(Mutex::new(effects.into()));
        let tally = self.each(self.load.clients, None, move |mut client| {
            let effects = effects.clone();
            async move {
                while let Some((path, expected)) = take(&effects) {
                    if let Err(stopped) = flows::look(&mut client, &path, expected).await {
                        note(&mut client, stopped);
                    }
                }
                client.tally
            }
        });
        let tally = tally.await;
        self.found -= tally.errors.len().min(self.found);
        self.take_errors(tally);
    }

    /// Clients that do the same, on the nodes in turn, until all of them are done.
    async fn each<F>(
        &self,
        clients: usize,
        patient_until: Option<Instant>,
        what: impl Fn(Client) -> F,
    ) -> Tally
    where
        F: Future<Output = Tally> + Send + 'static,
    {
        let addresses = self.bank.world.addresses();
        let tasks: Vec<_> = (0..clients)
            .map(|number| {
                let address = addresses[number % addresses.len()];
                let mut client = Client::new(address, self.keys.clone());
                client.patient_until = patient_until;
                tokio::spawn(what(client))
            })
            .collect();
        let mut all = Tally::default();
        for task in tasks {
            all.add(task.await.unwrap());
        }
        all
    }

    fn make_passkeys(&mut self, most: usize) {
        let mut passkeys = self.passkeys.lock().unwrap();
        while passkeys.len() < most.min(60_000) {
            passkeys.push_back(self.maker.passkey(&self.made.to_string()));
            self.made += 1;
        }
    }

    fn begin(&self) -> Began {
        Began {
            processor: self.processes.processor(),
            counted: Counted::read(&self.bank.world.metrics()),
            written: self.written(),
            at: Instant::now(),
        }
    }

    fn end(
        &mut self,
        name: &'static str,
        unit: &'static str,
        clients: usize,
        began: Began,
        tally: Tally,
    ) {
        let seconds = began.at.elapsed().as_secs_f64();
        let phase = Phase {
            name,
            unit,
            clients,
            seconds,
            processor: self.processes.processor() - began.processor,
            memory: self.processes.memory(),
            counted: Counted::read(&self.bank.world.metrics()) - began.counted,
            written: self.written() - began.written,
            tally,
        };
        self.errors.extend(phase.tally.errors.iter().cloned());
        self.phases.push(phase);
    }

    fn take_errors(&mut self, tally: Tally) {
        self.errors.extend(tally.errors);
    }

    fn written(&self) -> Written {
        if !self.is_postgres {
            return Written::default();
        }
        let numbers = postgres_server().psql(
            "postgres",
            "SELECT (SELECT sum(xact_commit) FROM pg_stat_database), wal_sync, wal_bytes
             FROM pg_stat_wal",
        );
        let mut numbers = numbers.split('|').map(|number| number.parse().unwrap_or(0.0));
        let mut next = || numbers.next().unwrap_or(0.0);
        Written { transactions: next(), flushes: next(), log_bytes: next() }
    }
}

fn take<T>(shared: &Shared<T>) -> Option<T> {
    shared.lock().unwrap().pop_front()
}

fn put<T>(shared: &Shared<T>, one: T) {
    shared.lock().unwrap().push_back(one);
}

fn count<T>(shared: &Shared<T>) -> usize {
    shared.lock().unwrap().len()
}

fn note(client: &mut Client, stopped: Stopped) {
    if let Stopped::Wrong(what) = stopped {
        client.tally.errors.push(what);
    }
}
