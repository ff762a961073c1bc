//! What is read from outside while a load is on: processor time and memory from `/proc`, the
//! service's own figures, PostgreSQL's, and what the disk can do.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Sub;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ticks of `/proc` in a second: the same on every Linux that there is a build for.
const TICKS: f64 = 100.0;

/// The processes of a run.
#[derive(Clone, Default)]
pub(crate) struct Processes {
    pub(crate) nodes: Vec<u32>,
    /// The postmaster, whose children are the rest of PostgreSQL.
    pub(crate) postgres: Option<u32>,
}

/// Processor seconds, by whose they were.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Processor {
    pub(crate) service: f64,
    pub(crate) postgres: f64,
    pub(crate) clients: f64,
}

/// Megabytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) service: f64,
    pub(crate) service_peak: f64,
    /// Each page once, however many of its processes share it.
    pub(crate) postgres: f64,
}

/// What the service has counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    pub(crate) verifications: f64,
    pub(crate) verification_seconds: f64,
    pub(crate) reads: f64,
    pub(crate) units: f64,
    pub(crate) unit_seconds: f64,
    /// Conditions that were lost, and whatever else a unit was not applied for.
    pub(crate) not_applied: f64,
}

/// What PostgreSQL has counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) transactions: f64,
    pub(crate) flushes: f64,
    pub(crate) log_bytes: f64,
}

impl Processes {
    pub(crate) fn processor(&self) -> Processor {
        let mut postgres = 0.0;
        if let Some(postmaster) = self.postgres {
            // What its children that have ended spent is in its own line.
            postgres = stat(postmaster).map_or(0.0, |stat| stat.own + stat.of_ended);
            let mine = |stat: &Stat| stat.parent == postmaster;
            postgres += all().filter_map(stat).filter(mine).map(|stat| stat.own).sum::<f64>();
        }
        Processor {
            service: self.nodes.iter().filter_map(|node| stat(*node)).map(|stat| stat.own).sum(),
            postgres,
            clients: stat(std::process::id()).map_or(0.0, |stat| stat.own),
        }
    }

    pub(crate) fn memory(&self) -> Memory {
        let of = |name| self.nodes.iter().map(|node| status(*node, name)).sum::<f64>() / 1024.0;
        let children = |postmaster| {
            let mine = move |pid: &u32| stat(*pid).is_some_and(|stat| stat.parent == postmaster);
            all().filter(mine).chain([postmaster]).map(proportional).sum::<f64>() / 1024.0
        };
        Memory {
            service: of("VmRSS:"),
            service_peak: of("VmHWM:"),
            postgres: self.postgres.map_or(0.0, children),
        }
    }
}

fn all() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

struct Stat {
    parent: u32,
    own: f64,
    of_ended: f64,
}

fn stat(process: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it is in brackets, and may have anything in it.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(11)? + ticks(12)?) / TICKS,
        of_ended: (ticks(13)? + ticks(14)?) / TICKS,
    })
}

fn status(process: u32, name: &str) -> f64 {
    kilobytes(&format!("/proc/{process}/status"), name)
}

fn proportional(process: u32) -> f64 {
    kilobytes(&format!("/proc/{process}/smaps_rollup"), "Pss:")
}

fn kilobytes(path: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0.0)
}

impl Counted {
    /// From the pages of all nodes.
    pub(crate) fn read(pages: &str) -> Self {
        let sum = |name: &str, label: &str| -> f64 {
            let of = |line: &str| {
                let rest = line.strip_prefix(name)?;
                let (labels, value) = rest.rsplit_once(' ')?;
                labels.contains(label).then(|| value.parse::<f64>().ok()).flatten()
            };
            pages.lines().filter_map(of).sum()
        };
        const STORAGE: &str = "device_enrollment_storage_seconds";
        const VERIFICATION: &str = "device_enrollment_verification_seconds";
        Self {
            verifications: sum(&format!("{VERIFICATION}_count"), ""),
            verification_seconds: sum(&format!("{VERIFICATION}_sum"), ""),
            reads: sum(&format!("{STORAGE}_count"), "\"read\""),
            units: sum(&format!("{STORAGE}_count"), "\"commit\""),
            unit_seconds: sum(&format!("{STORAGE}_sum"), "\"commit\""),
            not_applied: sum("device_enrollment_storage_failures_total", "\"commit\""),
        }
    }
}

impl Sub for Processor {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            service: self.service - before.service,
            postgres: self.postgres - before.postgres,
            clients: self.clients - before.clients,
        }
    }
}

impl Sub for Counted {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            verifications: self.verifications - before.verifications,
            verification_seconds: self.verification_seconds - before.verification_seconds,
            reads: self.reads - before.reads,
            units: self.units - before.units,
            unit_seconds: self.unit_seconds - before.unit_seconds,
            not_applied: self.not_applied - before.not_applied,
        }
    }
}

impl Sub for Written {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            transactions: self.transactions - before.transactions,
            flushes: self.flushes - before.flushes,
            log_bytes: self.log_bytes - before.log_bytes,
        }
    }
}

/// The middle, the last but one in a hundred, and the worst, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: f64| {
            let last = times.len().saturating_sub(1);
            let time = times.get((last as f64 * part).round() as usize);
            time.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        };
        Self { p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// Flushes of the disk a second, one after the other: what a commit alone waits for.
pub(crate) fn flushes(folder: &Path) -> f64 {
    let path = folder.join("flushed");
    let mut file = std::fs::File::create(&path).unwrap();
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(1) {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    std::fs::remove_file(path).unwrap();
    rate
}

/// How much else the machine has to do.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
