//! What the routes of the flows share: the library's values, made once from the configuration, and
//! the way from a judgement to an answer.
//!
//! # How a flow goes
//!
//! Read what the machine is judged on; judge; store what it came to as one unit under the condition
//! that it is still what was judged ([`Tries`]); carry out the effects; answer. Who loses a condition
//! reads and judges again. Nothing is sent, compared or answered before it is stored.

mod answer;
mod counting;
mod delivery;
mod described;
mod facts;
mod tries;

use std::sync::{Arc, PoisonError, RwLock};

use device_enrollment::flow::{Entropy, Uuid4};
use device_enrollment::open_finance::ContractVersion;
use device_enrollment::open_finance::options::Preferences;
use device_enrollment::two_factor::{
    Caps, CodeKey, CodeKeys, LivenessKey, LivenessProvider, RelyingParty, UnregisteredDeviceLimits,
};
use device_enrollment::webauthn::{Origin, Verifier};
use device_enrollment::{Algorithm, UnixMillis};
use zeroize::Zeroize as _;

pub(crate) use answer::{Failure, answer, unreadable};
pub(crate) use counting::Counting;
pub(crate) use delivery::CodeToSend;
pub(crate) use described::errors;
pub(crate) use facts::{Keys, Permitted};
pub(crate) use tries::Tries;

use super::config::{self, Config, MacKeyFile};
use super::demo::Demo;
use super::http::{Caller, Context, Problem};
use super::ports::Ports;
use super::storage::{AuditEntry, Change};

/// What every flow has at hand. Nothing in it changes while the service runs, but the keys of codes.
pub(crate) struct Flows {
    /// The keys that codes are kept under, as their file had them when it was last read.
    keys: RwLock<Arc<CodeKeys>>,
    /// How many codes are sent and tried.
    pub(crate) caps: Caps,
    /// Who asks for credentials and assertions.
    pub(crate) relying_party: RelyingParty,
    /// What people are shown of it.
    pub(crate) relying_party_name: String,
    /// What is asked of every credential that is made.
    preferences: Preferences,
    /// What judges them.
    pub(crate) verifier: Arc<Verifier>,
    /// Which version of the Enrollments contract is spoken.
    pub(crate) contract: ContractVersion,
    /// Whose face checks are believed. None: nobody's.
    pub(crate) liveness: Option<LivenessProvider>,
    /// Limits for transfers that no registered device approves.
    pub(crate) unregistered_device: Option<UnregisteredDeviceLimits>,
    /// The ways to the outside.
    pub(crate) ports: Ports,
    /// The stand-ins of a demonstration.
    pub(crate) demo: Option<Arc<Demo>>,
    /// Days that the audit trail is kept.
    audit_days: u32,
}

/// What was done, for the audit trail.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'a> {
    /// `device.requested`, `device.attempted` …
    pub(crate) action: &'a str,
    /// `done`, or the published code of the refusal.
    pub(crate) outcome: &'a str,
    /// `device`, `transfer`, `enrollment` …
    pub(crate) subject_kind: &'a str,
    /// Its key.
    pub(crate) subject_key: &'a str,
    /// On which account.
    pub(crate) account_key: Option<&'a str>,
    /// About whom, by document number; the trail has the pseudonym.
    pub(crate) person: Option<&'a str>,
}

impl Flows {
    /// Makes everything that the flows need.
    ///
    /// # Errors
    ///
    /// One line that names the setting that cannot be used.
    pub(crate) fn open(config: &Config, keys: &MacKeyFile, demo: bool) -> Result<Self, String> {
        let mut ports = Ports::open(config)?;
        let mut liveness = config.liveness.as_ref().map(liveness_provider).transpose()?;
        let verifier = Arc::new(verifier(&config.policy)?);
        let demo = if demo { Some(Arc::new(Demo::new(&verifier)?)) } else { None };
        if let Some(demo) = &demo {
            ports = ports.with_demo(&demo.outbox, &demo.liveness);
            if liveness.is_none() {
                liveness = Some(demo.provider()?);
            }
        }
        Ok(Self {
            keys: RwLock::new(Arc::new(code_keys(keys)?)),
            caps: caps(config),
            relying_party: relying_party(&config.relying_party)?,
            relying_party_name: config.relying_party.name.clone(),
            preferences: preferences(&config.policy),
            verifier,
            contract: config.contract,
            liveness,
            unregistered_device: config.caps.unregistered_device,
            ports,
            demo,
            audit_days: config.retention.audit_days,
        })
    }

    /// What judges the registration of an enrollment: in a demonstration the person may choose.
    pub(crate) fn verifier_of(&self, enrollment_id: &str) -> &Verifier {
        let chosen = self.demo.as_ref().and_then(|demo| demo.verifier_of(enrollment_id));
        chosen.unwrap_or(&self.verifier)
    }

    /// What the credential of an enrollment is asked for with.
    pub(crate) fn preferences_of(&self, enrollment_id: &str) -> Preferences {
        let mut preferences = self.preferences.clone();
        if let Some(demo) = &self.demo {
            preferences.attestation = demo.attestation_of(enrollment_id);
        }
        preferences
    }

    /// The keys that codes are kept under. What begins with some of them ends with the same.
    pub(crate) fn keys(&self) -> Arc<CodeKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes other keys from here on.
    ///
    /// # Errors
    ///
    /// One line that says why they cannot be used.
    pub(crate) fn change_keys(&self, keys: &MacKeyFile) -> Result<(), String> {
        let keys = Arc::new(code_keys(keys)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// An entry of the audit trail, for the unit of what it is about.
    pub(crate) fn audit(
        &self,
        caller: &Caller,
        context: &Context,
        deed: Deed<'_>,
        now: UnixMillis,
    ) -> Change {
        let actor = format!("requester:{}", caller.requester_key);
        self.audit_as(&actor, Some(&context.id.to_string()), deed, now)
    }

    /// An entry of the audit trail about what nobody asked for by a request of their own.
    pub(crate) fn audit_as(
        &self,
        actor: &str,
        request_id: Option<&str>,
        deed: Deed<'_>,
        now: UnixMillis,
    ) -> Change {
        const DAY: i64 = 86_400_000;
        Change::audit(&AuditEntry {
            at: now,
            actor,
            action: deed.action,
            outcome: deed.outcome,
            subject_kind: deed.subject_kind,
            subject_key: deed.subject_key,
            account_key: deed.account_key,
            person: deed.person,
            request_id,
            detail: "{}",
            keep_until: now.plus_millis(i64::from(self.audit_days).saturating_mul(DAY)),
        })
    }
}

/// Random bytes for one event.
///
/// # Errors
///
/// A [`Problem`] when the operating system gives none.
pub(crate) fn entropy() -> Result<Entropy, Problem> {
    let mut bytes = [0; Entropy::LENGTH];
    fill(&mut bytes)?;
    let entropy = Entropy::new(bytes);
    bytes.zeroize();
    Ok(entropy)
}

/// A new key.
///
/// # Errors
///
/// A [`Problem`] when the operating system gives no random bytes.
pub(crate) fn fresh_key() -> Result<Uuid4, Problem> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(Uuid4::from_random(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<(), Problem> {
    getrandom::fill(bytes).map_err(|error| {
        tracing::error!(%error, "no random bytes");
        Problem::busy()
    })
}

fn code_keys(file: &MacKeyFile) -> Result<CodeKeys, String> {
    let wrong = |error| format!("setting codes.mac_keys: {error}");
    let mut keys = file.keys().map(|(id, secret)| CodeKey::new(id, secret).map_err(wrong));
    let current = keys.next().ok_or("setting codes.mac_keys: there is no key")??;
    match keys.next().transpose()? {
        None => Ok(CodeKeys::new(current)),
        Some(previous) => CodeKeys::rotating(current, previous).map_err(wrong),
    }
}

fn caps(config: &Config) -> Caps {
    let caps = &config.caps;
    Caps {
        attempts_per_approver: caps.attempts_per_approver,
        codes_per_approver: caps.codes_per_approver,
        approver_window_minutes: caps.approver_window_minutes,
        resend_pauses_seconds: caps.resend_pauses_seconds.clone(),
        attempts_budget: caps.attempts_budget,
        codes_budget: caps.codes_budget,
        budget_window_minutes: caps.budget_window_minutes,
        email_allowed: config.codes.email,
    }
}

fn relying_party(settings: &config::RelyingParty) -> Result<RelyingParty, String> {
    let origins = settings.origins.iter().map(|origin| {
        Origin::parse(origin).map_err(|error| format!("setting relying_party.origins: {error}"))
    });
    Ok(RelyingParty::new(settings.id.clone(), origins.collect::<Result<_, _>>()?))
}

fn preferences(settings: &config::Policy) -> Preferences {
    let mut preferences = Preferences::default();
    preferences.attestation = settings.attestation;
    preferences
}

fn verifier(settings: &config::Policy) -> Result<Verifier, String> {
    let of = |name: &'static str| {
        move |crate::Unusable(why): crate::Unusable| format!("setting policy.{name}: {why}")
    };
    let mut policy = settings.profile.policy();
    let mut store = crate::trust::configured(settings.trust.as_deref()).map_err(of("trust"))?;
    if let Some(path) = &settings.metadata {
        let metadata = crate::metadata::load(path).map_err(of("metadata"))?;
        store = store.with_metadata(Arc::new(metadata));
        policy.metadata = device_enrollment::Rule::Judged;
    }
    if let Some(path) = &settings.android_status {
        let list = crate::trust::android_status(path, None).map_err(of("android_status"))?;
        store = store.with_android_status(Arc::new(list));
    }
    Ok(Verifier::new(policy, store))
}

fn liveness_provider(settings: &config::Liveness) -> Result<LivenessProvider, String> {
    const MOST: u64 = 64 * 1024;
    let wrong = |why: &str| format!("setting liveness.key_file: {why}");
    let unusable = |crate::Unusable(why): crate::Unusable| wrong(&why);
    let file = &settings.key_file;
    let bytes = crate::input::read(file, MOST).map_err(unusable)?;
    let blocks = crate::trust::blocks(&bytes, "PUBLIC KEY", file).map_err(unusable)?;
    let [der] = blocks.as_slice() else {
        return Err(wrong("there has to be one PUBLIC KEY in it"));
    };
    let by = |algorithm| LivenessKey::new(&settings.key_id, algorithm, der);
    let key = by(Algorithm::Es256)
        .or_else(|_| by(Algorithm::EdDsa))
        .map_err(|_| wrong("it has to be a key of P-256 or Ed25519"))?;
    let mut provider = LivenessProvider::new(&settings.issuer, &settings.audience, vec![key]);
    provider.most_age_seconds = u32::try_from(settings.max_age.as_secs()).unwrap_or(u32::MAX);
    Ok(provider)
}
