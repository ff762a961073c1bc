//! `serve --demo`: the service in a browser, with nothing to configure.
//!
//! What is judged, stored and answered is what the service does for everybody; the pages call the
//! published routes. What stands in for the outside is said on the pages: an account that is made up,
//! codes that a page shows, a rail that pays nobody. A demonstration has a database of its own, listens
//! on loopback, and takes no setting of a way to the outside, so that it is never mixed with the real
//! thing.

mod assets;
mod door;
mod people;
mod policies;
mod routes;
mod stage;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use device_enrollment::Algorithm;
use device_enrollment::open_finance::options::AttestationConveyance;
use device_enrollment::two_factor::{LivenessKey, LivenessProvider};
use device_enrollment::verdict::Verdict;
use device_enrollment::webauthn::Verifier;

pub(super) use routes::routes;
pub(super) use stage::{Stage, settings};

use self::policies::Choice;
use super::http::{self, App};
use super::ports::{DemoLiveness, DemoOutbox};

/// Verdicts and choices that are kept; the oldest go first.
const MOST: usize = 100;

/// The stand-ins of a demonstration, and what its pages are told beside the published answers.
pub(crate) struct Demo {
    pub(crate) outbox: DemoOutbox,
    pub(crate) liveness: DemoLiveness,
    /// What judges where the person chose that no path is judged.
    path_not_judged: Verifier,
    /// What was chosen, by enrollment, the newest first.
    choices: Mutex<VecDeque<(String, Choice)>>,
    /// Verdicts of assertions, by transfer, the newest first: the service itself keeps none.
    verdicts: Mutex<VecDeque<(String, String)>>,
}

impl Demo {
    /// `aud` of the demonstration's face checks.
    const AUDIENCE: &'static str = "device-enrollment";

    /// The stand-ins of a demonstration whose credentials `verifier` judges.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub(super) fn new(verifier: &Verifier) -> Result<Self, String> {
        Ok(Self {
            outbox: DemoOutbox::default(),
            liveness: DemoLiveness::new(Self::AUDIENCE)?,
            path_not_judged: policies::path_not_judged(verifier),
            choices: Mutex::default(),
            verdicts: Mutex::default(),
        })
    }

    /// Whose face checks are believed: the demonstration's own.
    ///
    /// # Errors
    ///
    /// When its key cannot be used.
    pub(super) fn provider(&self) -> Result<LivenessProvider, String> {
        let unusable = || "the demonstration's key for face checks cannot be used".to_owned();
        let der = self.liveness.public_key().ok_or_else(unusable)?;
        let key = LivenessKey::new(DemoLiveness::KEY_ID, Algorithm::Es256, &der);
        let key = key.map_err(|_| unusable())?;
        Ok(LivenessProvider::new(DemoLiveness::ISSUER, Self::AUDIENCE, vec![key]))
    }

    /// What judges the registration of an enrollment, where the person chose something else than the
    /// bank's policy.
    pub(super) fn verifier_of(&self, enrollment_id: &str) -> Option<&Verifier> {
        match self.choice(enrollment_id) {
            Choice::Bank | Choice::BankAttested => None,
            Choice::PathNotJudged => Some(&self.path_not_judged),
        }
    }

    /// Whether an attestation is asked for.
    pub(super) fn attestation_of(&self, enrollment_id: &str) -> AttestationConveyance {
        match self.choice(enrollment_id) {
            Choice::Bank => AttestationConveyance::None,
            Choice::BankAttested | Choice::PathNotJudged => AttestationConveyance::Direct,
        }
    }

    /// Without a choice it is the bank's.
    fn choice(&self, enrollment_id: &str) -> Choice {
        find(&self.choices, enrollment_id).unwrap_or(Choice::Bank)
    }

    fn choose(&self, enrollment_id: &str, choice: Choice) {
        put(&self.choices, enrollment_id, choice);
    }

    /// Keeps what came of the assertion for a transfer, for the page that draws it.
    pub(super) fn keep(&self, ted_key: &str, verdict: &Verdict) {
        // A verdict is plain data and always serialises; without it a page has nothing to draw.
        put(&self.verdicts, ted_key, serde_json::to_string(verdict).unwrap_or_default());
    }

    fn verdict(&self, ted_key: &str) -> Option<String> {
        find(&self.verdicts, ted_key)
    }
}

fn put<T>(kept: &Mutex<VecDeque<(String, T)>>, key: &str, value: T) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|(known, _)| known != key);
    kept.push_front((key.to_owned(), value));
    kept.truncate(MOST);
}

fn find<T: Clone>(kept: &Mutex<VecDeque<(String, T)>>, key: &str) -> Option<T> {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
}

/// Makes up the account with its approver, and the two that call; gives the router with the door
/// through which the pages come in as one of them.
///
/// # Errors
///
/// What keeps the demonstration from starting, in a line.
pub(super) async fn open(app: &Arc<App>) -> Result<Router, String> {
    let callers = people::make(&app.storage).await?;
    Ok(door::before(http::router(app), callers))
}
