//! Lines of the log on standard error: one JSON object each, or for people.
//!
//! No line has a body, a path, a key, a code, a challenge or anybody's number in it: what is logged
//! are words of ours, ids of requests, prefixes of API keys and figures.

use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

use super::config::Log;

/// Begins to log, panics included.
pub(super) fn begin(log: &Log) -> Result<(), Box<dyn core::error::Error + Send + Sync>> {
    // Of the libraries below only what is wrong: at a lower level they may show what they carry.
    let filter = EnvFilter::try_new(format!("warn,device_enrollment={}", log.level))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    if log.json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init()?;
    } else {
        lines.compact().try_init()?;
    }
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// Says where, and not what: the message of a panic can quote anything.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic");
}
