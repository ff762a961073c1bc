//! A table for people, and one line of JSON.

use serde_json::{Value, json};

use crate::client::Step;
use crate::figures::Spread;
use crate::phases::{Phase, Run};

/// Errors that are printed.
const SHOWN: usize = 5;

pub(crate) fn print(run: &Run) {
    println!(
        "\n{}, {} node{}; one flush of the disk at a time: {:.0}/s; load before it: {}",
        run.engine,
        run.nodes,
        if run.nodes == 1 { "" } else { "s" },
        run.flushes,
        run.load_average
    );
    for phase in &run.phases {
        phase.print();
    }
    println!("\nlooked up at the end and there: {}; errors: {}", run.found, run.errors.len());
    for error in run.errors.iter().take(SHOWN) {
        println!("  {error}");
    }
    println!("{}", run.json());
}

impl Run {
    fn json(&self) -> Value {
        json!({
            "engine": self.engine, "nodes": self.nodes, "flushes_per_second": rounded(self.flushes),
            "load_average": self.load_average, "found": self.found, "errors": self.errors.len(),
            "phases": self.phases.iter().map(Phase::json).collect::<Vec<_>>()
        })
    }
}

impl Phase {
    fn flows(&self) -> f64 {
        self.tally.flows.len() as f64
    }

    fn rate(&self) -> f64 {
        self.flows() / self.seconds
    }

    fn requests(&self) -> f64 {
        self.tally.steps.len() as f64 / self.seconds
    }

    fn per_flow(&self, number: f64) -> f64 {
        number / self.flows().max(1.0)
    }

    /// The part of the service's processor time that verification took.
    fn verification_share(&self) -> f64 {
        self.counted.verification_seconds / self.processor.service.max(0.001)
    }

    fn print(&self) {
        let spread = Spread::of(self.tally.flows.clone());
        println!("\n{}, {} clients, {:.1} s", self.name, self.clients, self.seconds);
        line(self.unit, self.rate(), spread);
        if self.tally.steps.len() != self.tally.flows.len() {
            println!("  {:18} {:8.0}/s", "requests", self.requests());
            for step in Step::ALL {
                let times = self.tally.of(step);
                if !times.is_empty() {
                    let rate = times.len() as f64 / self.seconds;
                    line(&format!("  {}", step.name()), rate, Spread::of(times));
                }
            }
        }
        if !self.tally.refused.is_empty() {
            let times = self.tally.refused.clone();
            line("refused, 503", times.len() as f64 / self.seconds, Spread::of(times));
        }
        let of = |seconds: f64| seconds / self.seconds;
        println!(
            "  processors: service {:.2}, PostgreSQL {:.2}, clients {:.2}; each {:.0} + {:.0} + \
             {:.0} us",
            of(self.processor.service),
            of(self.processor.postgres),
            of(self.processor.clients),
            self.per_flow(self.processor.service) * 1e6,
            self.per_flow(self.processor.postgres) * 1e6,
            self.per_flow(self.processor.clients) * 1e6,
        );
        let counted = &self.counted;
        println!(
            "  verification: {:.0} us each, {:.0} % of the service's processor time",
            counted.verification_seconds / counted.verifications.max(1.0) * 1e6,
            self.verification_share() * 100.0
        );
        println!(
            "  storage, each: {:.1} reads, {:.1} units of {:.1} ms; {:.0} units not applied",
            self.per_flow(counted.reads),
            self.per_flow(counted.units),
            counted.unit_seconds / counted.units.max(1.0) * 1000.0,
            counted.not_applied
        );
        if self.written.flushes > 0.0 {
            println!(
                "  PostgreSQL: {:.0} transactions/s, {:.0} flushes/s, {:.1} MB/s of log",
                self.written.transactions / self.seconds,
                self.written.flushes / self.seconds,
                self.written.log_bytes / self.seconds / 1e6
            );
        }
        println!(
            "  memory: service {:.0} MB (peak {:.0}), PostgreSQL {:.0} MB",
            self.memory.service, self.memory.service_peak, self.memory.postgres
        );
    }

    fn json(&self) -> Value {
        let steps = Step::ALL.into_iter().filter_map(|step| {
            let times = self.tally.of(step);
            (!times.is_empty()).then(|| (step.name().to_owned(), spread(Spread::of(times))))
        });
        json!({
            "name": self.name, "clients": self.clients, "seconds": rounded(self.seconds),
            "per_second": rounded(self.rate()), "requests_per_second": rounded(self.requests()),
            "milliseconds": spread(Spread::of(self.tally.flows.clone())),
            "steps": steps.collect::<serde_json::Map<_, _>>(),
            "refused": self.tally.refused.len(),
            "refused_milliseconds": spread(Spread::of(self.tally.refused.clone())),
            "errors": self.tally.errors.len(),
            "processor_seconds": {
                "service": rounded(self.processor.service),
                "postgres": rounded(self.processor.postgres),
                "clients": rounded(self.processor.clients)
            },
            "memory_megabytes": {
                "service": rounded(self.memory.service),
                "service_peak": rounded(self.memory.service_peak),
                "postgres": rounded(self.memory.postgres)
            },
            "verification_seconds": rounded(self.counted.verification_seconds),
            "verification_share": rounded(self.verification_share()),
            "reads": self.counted.reads, "units": self.counted.units,
            "transactions": self.written.transactions, "flushes": self.written.flushes
        })
    }
}

fn line(name: &str, rate: f64, spread: Spread) {
    println!(
        "  {name:18} {rate:8.0}/s   p50 {:8.2} ms   p99 {:8.2} ms   max {:8.2} ms",
        spread.p50, spread.p99, spread.max
    );
}

fn spread(of: Spread) -> Value {
    json!({"p50": rounded(of.p50), "p99": rounded(of.p99), "max": rounded(of.max)})
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
