//! The HTTP service: the published endpoints over the library's machines.
//!
//! The library decides; what it has not got lives here: the clock, randomness, storage, and the
//! ways to the outside. A request is answered after what it changed is stored.

pub(crate) mod admin;
mod code_keys;
pub(crate) mod config;
mod demo;
mod devices;
mod enrollments;
mod flows;
mod http;
mod listen;
mod log;
mod metrics;
pub(crate) mod ports;
mod requester;
mod storage;
mod transfers;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::{Config, Source};
use flows::Flows;
use http::App;
use metrics::Metrics;
use ports::{Dispatcher, Target};
use storage::{Database, PostgresSettings, Queue, Retention, SqliteSettings, Storage};

use crate::{Ending, Unusable};

/// The arguments of `serve`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file, TOML. Without it, what `DEVICE_ENROLLMENT_CONFIG` names.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, before `server.listen`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Where everything is kept, before `database.url`: sqlite:FILE, or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A demonstration in a browser, without a configuration: a database that is thrown away, an
    /// account, and stand-ins for every way to the outside. Codes are shown on a page.
    #[arg(long)]
    demo: bool,
    /// Let a demonstration listen beyond loopback, where anybody who reaches it reads its codes.
    #[arg(long, requires = "demo")]
    demo_for_others: bool,
    /// Say whether the configuration is in order, and end.
    #[arg(long)]
    check_config: bool,
}

/// Serves until it is told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let (mut source, unknown) = source(arguments.config.as_deref())?;
    source.add_flag("server.listen", arguments.listen.as_deref());
    source.add_flag("database.url", arguments.database.as_deref());
    let throw_away = !source.is_set("database.url");
    if arguments.demo {
        demo::settings(&mut source);
    }
    let summary = source.summary();
    let mut config = Config::read(source).map_err(Unusable)?;
    let mut stage = match arguments.demo {
        true => Some(demo::Stage::new(&mut config, arguments, throw_away).map_err(Unusable)?),
        false => None,
    };
    let keys = code_keys::open(&config, arguments.check_config).map_err(Unusable)?;
    let flows = Flows::open(&config, &keys, arguments.demo).map_err(Unusable)?;
    let tls = config.server.tls.as_ref().map(listen::tls).transpose().map_err(Unusable)?;
    if arguments.check_config {
        crate::print(&format!("{summary}The configuration is in order.\n"))?;
        return Ok(Ending::Accepted);
    }
    log::begin(&config.log)?;
    for variable in unknown {
        tracing::warn!(variable, "no setting is called so; ignored");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(config, flows, tls, keys, stage.as_mut()));
    // What did not end in its time is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended.map(|()| Ending::Accepted).map_err(Unusable)
}

/// The configuration's file and the environment, and variables of it that only look like settings.
fn source(file: Option<&Path>) -> Result<(Source, Vec<String>), Unusable> {
    const FILE: &str = "DEVICE_ENROLLMENT_CONFIG";
    let mut source = Source::default();
    let named = std::env::var_os(FILE).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = file.or(named.as_deref()) {
        source.add_file(&config::read(path).map_err(Unusable)?);
    }
    // A variable that is no text cannot be one of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut unknown = source.add_environment(variables);
    unknown.retain(|variable| variable != FILE);
    Ok((source, unknown))
}

async fn serve(
    config: Config,
    flows: Flows,
    tls: Option<listen::Tls>,
    keys: MacKeyFile,
    mut stage: Option<&mut demo::Stage>,
) -> Result<(), String> {
    // Before anything else, so that a signal during the start is not lost.
    let mut signals = listen::Signals::new().map_err(|error| error.to_string())?;
    let metrics = Metrics::install()?;
    let storage = open(&config).await?;
    let main = match &mut stage {
        Some(stage) => stage.listener().map_err(|error| error.to_string())?,
        None => listen::bind(config.server.listen, "server.listen").await?,
    };
    let operations = match config.server.operations {
        Some(address) => Some(listen::bind(address, "server.operations_listen").await?),
        None => None,
    };
    let (limits, drain) = (config.limits.clone(), config.server.drain);
    let app = App::new(config, storage, metrics, flows);
    let router = match &stage {
        Some(_) => demo::open(&app).await?,
        None => http::router(&app),
    };

    let keys = code_keys::Watched::of(&app.config, keys);
    let upkeep = tokio::spawn(upkeep(app.clone(), keys));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let mut workers = workers(&app, &stopping)?;
    let sweeper = tokio::spawn(sweep(app.clone()));
    let mut servers = vec![listen::Server::start(main, tls, router, &limits)];
    if let Some(listener) = operations {
        let router = http::operations_router(&app);
        servers.push(listen::Server::start(listener, None, router, &limits));
    }
    for server in &servers {
        tracing::info!(address = %server.address, "listening");
    }
    if let Some(stage) = stage {
        crate::print(&stage.words()).map_err(|Unusable(why)| why)?;
    }

    let signal = signals.next().await;
    tracing::info!(signal, "stopping");
    app.drain();
    let ended = tokio::time::timeout(drain, async {
        for server in servers {
            server.stop().await;
        }
        app.idle().await;
    });
    if ended.await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
    }
    upkeep.abort();
    // What a worker was about is leased for a while, and done by another one.
    let _ = stop.send(true);
    let _ = tokio::time::timeout(Duration::from_secs(1), async {
        while workers.join_next().await.is_some() {}
    })
    .await;
    workers.abort_all();
    sweeper.abort();
    app.storage.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn open(config: &Config) -> Result<Storage, String> {
    let connections = config.database.connections;
    let database = match config.database.file() {
        Some(file) => Database::Sqlite(SqliteSettings {
            file: file.to_owned(),
            readers: connections.div_ceil(4),
            max_pages: None,
        }),
        None => Database::Postgres(PostgresSettings {
            url: config.database.url.reveal().to_owned(),
            connections,
        }),
    };
    let opened = Storage::open(&database).await;
    let storage = opened.map_err(|error| format!("setting database.url: {error}"))?;
    tracing::info!(engine = storage.engine(), "storage is open");
    Ok(storage)
}

/// What empties the outbox, and acts on what comes back.
fn workers(
    app: &Arc<App>,
    stop: &tokio::sync::watch::Receiver<bool>,
) -> Result<tokio::task::JoinSet<()>, String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    let name = device_enrollment::flow::Uuid4::from_random(random).to_string();
    let ports = &app.flows.ports;
    let of = |webhook: &Option<config::Webhook>| {
        webhook.as_ref().map_or(Duration::from_secs(8), |webhook| webhook.timeout)
    };
    let mut targets = Vec::new();
    if let Some(rail) = &ports.rail {
        targets.push((Target::Rail(rail.clone()), of(&app.config.rail)));
    }
    if let Some(events) = &ports.events {
        targets.push((Target::Events(events.clone()), of(&app.config.events)));
    }
    let mut workers = tokio::task::JoinSet::new();
    for (target, timeout) in targets {
        let dispatcher = Dispatcher::new(app.storage.clone(), target, name.clone(), timeout);
        workers.spawn(dispatcher.run(stop.clone()));
    }
    workers.spawn(transfers::Settling::new(app.clone()).run(stop.clone()));
    Ok(workers)
}

/// What is to be done every few seconds.
async fn upkeep(app: Arc<App>, mut keys: Option<code_keys::Watched>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        app.metrics.upkeep();
        for queue in [Queue::Event, Queue::Rail] {
            // What the storage could not do is counted.
            if let Ok(messages) = app.storage.waiting_messages(queue).await {
                metrics::waiting(queue.word(), messages);
            }
        }
        if let Some(keys) = &mut keys {
            keys.look(&app);
        }
        enrollments::work::round(&app).await;
    }
}

/// Deletes what is over, again and again. No decision waits for it; several nodes may do it at once.
async fn sweep(app: Arc<App>) {
    let config = &app.config.retention;
    let retention = Retention {
        final_devices_days: config.finished_days,
        final_transfers_days: config.finished_days,
        final_enrollments_days: config.finished_days,
        ..Retention::default()
    };
    let mut ticks = tokio::time::interval(config.sweep_every);
    loop {
        ticks.tick().await;
        let swept = match app.storage.now().await {
            Ok(now) => app.storage.sweep(&retention, now).await,
            Err(error) => Err(error.into()),
        };
        // The next time will do; what the storage could not do is counted.
        if let Err(error) = swept {
            tracing::warn!(%error, "nothing was swept");
        }
    }
}

impl Source {
    /// What was set, a line each, without secrets.
    fn summary(&self) -> String {
        let mut summary = String::new();
        for (name, shown, origin) in self.set() {
            let _ = writeln!(summary, "{name} = {shown} ({origin})");
        }
        summary
    }
}
