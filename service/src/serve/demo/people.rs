//! Who takes part in a demonstration: an account with its approver, and the two that call.

use axum::http::HeaderValue;
use device_enrollment::UnixMillis;
use serde_json::json;

use crate::serve::http::NewKey;
use crate::serve::storage::{
    Account, AccountKind, AccountStatus, Approver, Change, NewApiKey, Requester, Storage,
};

/// The account.
pub(super) const ACCOUNT: &str = "b6f1c8c2-3f6e-4c0e-9d3a-5a7e1d2c4f10";
pub(super) const BRANCH: &str = "0001";
pub(super) const NUMBER: &str = "123456";
pub(super) const DIGIT: &str = "7";
/// Its approver. Nobody has this number.
pub(super) const APPROVER: &str = "98765432100";
pub(super) const APPROVER_NAME: &str = "Maria da Silva";
const PHONE: &str = "+5511900000000";
const EMAIL: &str = "maria@example.com";

/// The bank's own app: registers devices, speaks for the account holder, moves money.
const APP: &str = "demo-app";
/// An initiator of Open Finance: asks for enrollments.
const INITIATOR: &str = "demo-initiator";
/// What the keys are called in lists.
const LABEL: &str = "demonstration";

/// What the pages call with. The keys live in this process alone.
pub(super) struct Callers {
    pub(super) app: HeaderValue,
    pub(super) initiator: HeaderValue,
}

/// Makes them up. A database that is not a demonstration's stays as it is.
///
/// # Errors
///
/// What keeps the demonstration from starting, in a line.
pub(super) async fn make(storage: &Storage) -> Result<Callers, String> {
    let now = storage.now().await.map_err(|error| error.to_string())?;
    let keys = storage.api_keys().await.map_err(|error| error.to_string())?;
    if keys.iter().any(|key| key.label != LABEL) {
        return Err("setting database.url: there are API keys in it that no demonstration has \
                    made; a demonstration takes a database of its own"
            .to_owned());
    }
    let (app, initiator) = (fresh()?, fresh()?);
    let mut unit = account(now)?;
    unit.extend(requesters(now));
    // Those of an earlier start; nobody has them any more.
    let live = keys.iter().filter(|key| key.is_live(now));
    unit.extend(live.map(|key| Change::revoke_api_key(&key.prefix, now)));
    for (key, requester_key) in [(&app, APP), (&initiator, INITIATOR)] {
        unit.push(Change::add_api_key(
            &NewApiKey {
                prefix: &key.prefix,
                secret_hash: &key.hash,
                requester_key,
                label: LABEL,
                expires_at: None,
            },
            now,
        ));
    }
    storage.commit(unit).await.map_err(|error| error.to_string())?;
    Ok(Callers { app: header(&app)?, initiator: header(&initiator)? })
}

fn fresh() -> Result<NewKey, String> {
    NewKey::fresh().map_err(|error| error.to_string())
}

fn header(key: &NewKey) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(&format!("Bearer {}", key.text.as_str()));
    let mut value = value.map_err(|error| error.to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

fn account(now: UnixMillis) -> Result<Vec<Change>, String> {
    let account = Account {
        account_key: ACCOUNT.to_owned(),
        status: AccountStatus::Open,
        kind: AccountKind::Regular,
        branch: BRANCH.to_owned(),
        number: NUMBER.to_owned(),
        digit: DIGIT.to_owned(),
    };
    let approver = Approver {
        account_key: ACCOUNT.to_owned(),
        document_number: APPROVER.to_owned(),
        name: Some(APPROVER_NAME.to_owned()),
        phone: Some(PHONE.to_owned()),
        email: Some(EMAIL.to_owned()),
        since: now,
    };
    let mut pseudonym = [0; 16];
    getrandom::fill(&mut pseudonym).map_err(|error| error.to_string())?;
    let pseudonym: String = pseudonym.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(vec![
        Change::put_account(&account, now),
        Change::know_person(APPROVER, &pseudonym),
        Change::put_approver(&approver),
    ])
}

fn requesters(now: UnixMillis) -> [Change; 2] {
    let put = |requester_key: &str, name: &str, own: bool| {
        let configuration = json!({
            "may_create_devices": own,
            "may_confirm_enrollments": own,
            "accounts": [ACCOUNT],
            "wallets": [],
            "products": [],
            "users": [],
        });
        let requester = Requester {
            requester_key: requester_key.to_owned(),
            name: name.to_owned(),
            configuration: Some(configuration.to_string()),
        };
        Change::put_requester(&requester, now)
    };
    [put(APP, "The bank's app", true), put(INITIATOR, "An initiator", false)]
}
