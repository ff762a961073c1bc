//! The HTTP service: the published endpoints over the library's machines.
//!
//! The library decides; what it has not got lives here: the clock, randomness, storage, and the
//! ways to the outside. A request is answered after what it changed is stored.

#![allow(dead_code, unused_imports, reason = "the routes to come use it")]

pub(crate) mod admin;
pub(crate) mod config;
mod devices;
mod enrollments;
mod flows;
mod http;
mod listen;
mod log;
mod metrics;
mod ports;
mod requester;
mod storage;
mod transfers;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::{Config, MacKeyFile, Source};
use flows::Flows;
use http::App;
use metrics::Metrics;
use ports::{Dispatcher, Target};
use storage::{Database, PostgresSettings, Retention, SqliteSettings, Storage};

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
    /// Stand-ins for demonstration where no way to the outside is configured.
    #[arg(long)]
    demo: bool,
    /// Say whether the configuration is in order, and end.
    #[arg(long)]
    check_config: bool,
}

/// Serves until it is told to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let (mut source, unknown) = source(arguments.config.as_deref())?;
    source.add_flag("server.listen", arguments.listen.as_deref());
    source.add_flag("database.url", arguments.database.as_deref());
    let summary = source.summary();
    let config = Config::read(source).map_err(Unusable)?;
    let keys = mac_keys(&config, arguments.check_config).map_err(Unusable)?;
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
    let ended = runtime.block_on(serve(config, flows, tls));
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

/// The keys of codes: as configured, or from the file beside SQLite's, which is made when there is
/// none.
fn mac_keys(config: &Config, only_check: bool) -> Result<MacKeyFile, String> {
    if let Some(keys) = &config.codes.mac_keys {
        return Ok(keys.clone());
    }
    let Some(file) = config.database.file() else {
        return Err(
            "setting codes.mac_keys: with PostgreSQL it has to be set, because every node \
                    has to have the same keys"
                .to_owned(),
        );
    };
    let path = file.with_extension("keys");
    let shown = path.display();
    if !path.exists() {
        let fresh = MacKeyFile::fresh("1").map_err(|error| error.to_string())?;
        if only_check {
            return MacKeyFile::parse(&fresh).map_err(str::to_owned);
        }
        write_private(&path, &fresh).map_err(|error| format!("{shown}: {error}"))?;
    }
    let text = zeroize::Zeroizing::new(config::read(&path)?);
    MacKeyFile::parse(&text).map_err(|rule| format!("{shown}: {rule}"))
}

/// Writes a file that nobody else reads. One that is there already stays as it is.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

async fn serve(config: Config, flows: Flows, tls: Option<listen::Tls>) -> Result<(), String> {
    // Before anything else, so that a signal during the start is not lost.
    let mut signals = listen::Signals::new().map_err(|error| error.to_string())?;
    let metrics = Metrics::install()?;
    let storage = open(&config).await?;
    let main = listen::bind(config.server.listen, "server.listen").await?;
    let operations = match config.server.operations {
        Some(address) => Some(listen::bind(address, "server.operations_listen").await?),
        None => None,
    };
    let (limits, drain) = (config.limits.clone(), config.server.drain);
    let app = App::new(config, storage, metrics, flows);

    let upkeep = tokio::spawn(upkeep(app.clone()));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let mut workers = workers(&app, &stopping)?;
    let sweeper = tokio::spawn(sweep(app.clone()));
    let mut servers = vec![listen::Server::start(main, tls, http::router(&app), &limits)];
    if let Some(listener) = operations {
        let router = http::operations_router(&app);
        servers.push(listen::Server::start(listener, None, router, &limits));
    }
    for server in &servers {
        tracing::info!(address = %server.address, "listening");
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
            calls_after: PostgresSettings::CALLS_AFTER,
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
async fn upkeep(app: Arc<App>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        app.metrics.upkeep();
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
