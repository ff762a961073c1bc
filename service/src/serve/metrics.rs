//! Figures of the service, in the form of Prometheus. Labels are words of ours: never a key, a
//! number or a text that a client sent.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "device_enrollment_requests_total";
const REQUEST_SECONDS: &str = "device_enrollment_request_seconds";
const ANSWERS: &str = "device_enrollment_error_answers_total";
const VERDICTS: &str = "device_enrollment_verdicts_total";
const VERIFICATION_SECONDS: &str = "device_enrollment_verification_seconds";
const REFUSALS: &str = "device_enrollment_refusals_total";
const DELIVERIES: &str = "device_enrollment_deliveries_total";
const DELIVERY_SECONDS: &str = "device_enrollment_delivery_seconds";
const WAITING: &str = "device_enrollment_outbox_messages";
const STORAGE_SECONDS: &str = "device_enrollment_storage_seconds";
const STORAGE_FAILURES: &str = "device_enrollment_storage_failures_total";

/// Seconds that requests, deliveries and units of work are counted up to.
const BUCKETS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Seconds that verifications are counted up to: a signature is checked in tens of microseconds.
const FINE_BUCKETS: [f64; 8] = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.0025, 0.01, 0.1];

/// The figures of this process.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to count.
    ///
    /// # Errors
    ///
    /// When this process counts already.
    pub(crate) fn install() -> Result<Self, String> {
        let verification = Matcher::Full(VERIFICATION_SECONDS.to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .and_then(|builder| builder.set_buckets_for_metric(verification, &FINE_BUCKETS))
            .map_err(|error| error.to_string())?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
        describe_counter!(REQUESTS, "Requests by method, route and status.");
        describe_histogram!(REQUEST_SECONDS, "Seconds from a request's head to its answer.");
        describe_counter!(ANSWERS, "Answers that are errors, by their stable code.");
        describe_counter!(VERDICTS, "Verdicts by ceremony and decision.");
        describe_histogram!(
            VERIFICATION_SECONDS,
            "Seconds a ceremony was judged, signatures included."
        );
        describe_counter!(REFUSALS, "Refused ceremonies by the check that refused.");
        describe_counter!(DELIVERIES, "Deliveries to the outside by port and outcome.");
        describe_histogram!(DELIVERY_SECONDS, "Seconds a delivery took, by port.");
        describe_gauge!(WAITING, "Messages that wait in the outbox, by queue.");
        describe_histogram!(STORAGE_SECONDS, "Seconds the storage took, by operation.");
        describe_counter!(STORAGE_FAILURES, "What the storage could not do, by cause.");
        Ok(Self(handle))
    }

    /// Figures that nothing is counted into: a process counts in one place.
    #[cfg(test)]
    pub(crate) fn unheard() -> Self {
        Self(PrometheusBuilder::new().build_recorder().handle())
    }

    /// The page, in the text form of Prometheus.
    pub(crate) fn page(&self) -> String {
        self.0.render()
    }

    /// Lets go of what the histograms have gathered; to be called every few seconds.
    pub(crate) fn upkeep(&self) {
        self.0.run_upkeep();
    }

    /// A request was answered. `code` is empty unless the answer is an error with a code.
    pub(crate) fn answered(
        &self,
        method: &'static str,
        route: &str,
        status: u16,
        code: &str,
        took: Duration,
    ) {
        let status = status.to_string();
        counter!(REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status)
            .increment(1);
        histogram!(REQUEST_SECONDS, "method" => method, "route" => route.to_owned()).record(took);
        if !code.is_empty() {
            counter!(ANSWERS, "code" => code.to_owned()).increment(1);
        }
    }

    /// A ceremony was judged; `check` is the id of the check that refused.
    pub(crate) fn judged(
        &self,
        ceremony: &'static str,
        check: Option<&'static str>,
        took: Duration,
    ) {
        histogram!(VERIFICATION_SECONDS, "ceremony" => ceremony).record(took);
        let decision = if check.is_none() { "accepted" } else { "refused" };
        counter!(VERDICTS, "ceremony" => ceremony, "decision" => decision).increment(1);
        if let Some(check) = check {
            counter!(REFUSALS, "ceremony" => ceremony, "check" => check).increment(1);
        }
    }
}

/// Something went to the outside, or did not.
pub(crate) fn delivered(port: &'static str, outcome: &'static str, took: Duration) {
    counter!(DELIVERIES, "port" => port, "outcome" => outcome).increment(1);
    histogram!(DELIVERY_SECONDS, "port" => port).record(took);
}

/// So many messages wait in a queue of the outbox.
pub(crate) fn waiting(queue: &'static str, messages: u64) {
    // A gauge is a float; no outbox holds so many that one is lost.
    gauge!(WAITING, "queue" => queue).set(u32::try_from(messages).unwrap_or(u32::MAX));
}

/// The storage did something, or could not; `failure` is the cause.
pub(crate) fn stored(operation: &'static str, took: Duration, failure: Option<&'static str>) {
    histogram!(STORAGE_SECONDS, "operation" => operation).record(took);
    if let Some(cause) = failure {
        counter!(STORAGE_FAILURES, "operation" => operation, "cause" => cause).increment(1);
    }
}
