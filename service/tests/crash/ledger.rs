//! What clients were told has happened.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// What happened to what: the words of the audit trail.
pub(crate) type Effect = (&'static str, String, &'static str);

/// What all clients were told.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    acknowledged: BTreeMap<Effect, u64>,
    number: u64,
    doubts: u64,
}

impl Ledger {
    /// Notes an effect that was acknowledged.
    pub(crate) fn acknowledged(&self, kind: &'static str, key: &str, action: &'static str) {
        let mut entries = self.0.lock().unwrap();
        *entries.acknowledged.entry((kind, key.to_owned(), action)).or_default() += 1;
        entries.number += 1;
    }

    /// Notes a request that nobody knew the outcome of for a while.
    pub(crate) fn doubted(&self) {
        self.0.lock().unwrap().doubts += 1;
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.lock().unwrap().number
    }

    pub(crate) fn doubts(&self) -> u64 {
        self.0.lock().unwrap().doubts
    }

    /// All of them so far, and how often each.
    pub(crate) fn all(&self) -> BTreeMap<Effect, u64> {
        self.0.lock().unwrap().acknowledged.clone()
    }
}
