//! What the machines are judged on beside their own state: the account, the requester, the approver.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use device_enrollment::flow::Uuid4;
use device_enrollment::two_factor::{
    AccountFacts, AccountStanding, Contact, Contacts, RequesterFacts,
};

use crate::serve::http::{App, Caller, Problem};
use crate::serve::requester::RequesterConfiguration;
use crate::serve::storage::{Account, AccountKind, AccountStatus, Approver, Fault, ReadError};

/// The keys in a path, each a UUID of version 4, in the order in which they stand there.
pub(crate) struct Keys<const N: usize>(pub(crate) [Uuid4; N]);

impl<const N: usize> FromRequestParts<Arc<App>> for Keys<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // What is no UTF-8 is no key either.
        let all = RawPathParams::from_request_parts(parts, app).await;
        let all = all.map_err(|_| Problem::malformed(None))?;
        let keys = all
            .iter()
            .map(|(name, text)| Uuid4::parse(text).ok_or_else(|| Problem::malformed(Some(name))));
        let keys: Vec<Uuid4> = keys.collect::<Result<_, _>>()?;
        // A route takes as many as its path has.
        keys.try_into().map(Self).map_err(|_| Problem::internal())
    }
}

/// What a caller may do.
pub(crate) struct Permitted {
    /// What that one may do. None: nothing.
    pub(crate) configuration: Option<RequesterConfiguration>,
}

impl Permitted {
    /// Reads what a caller may do.
    pub(crate) async fn read(app: &App, caller: &Caller) -> Result<Self, ReadError> {
        let requester = app.storage.requester(&caller.requester_key).await?;
        let configuration = requester.and_then(|requester| requester.configuration);
        let configuration = configuration
            .map(|text| RequesterConfiguration::from_stored(&text))
            .transpose()
            .map_err(|_| {
                let at = "the configuration of a requester".to_owned();
                ReadError::Fault(Fault { at, code: None })
            })?;
        Ok(Self { configuration })
    }

    /// Whether the caller may touch an account at all.
    pub(crate) fn touches(&self, account_key: Uuid4) -> bool {
        let configuration = self.configuration.as_ref();
        configuration.is_some_and(|configuration| configuration.accounts.permits(account_key))
    }

    /// An account, if the caller may touch it: somebody else's is as unknown as a missing one.
    pub(crate) async fn account(
        &self,
        app: &App,
        account_key: Uuid4,
    ) -> Result<Option<Account>, ReadError> {
        if self.touches(account_key) {
            app.storage.account(&account_key.to_string()).await
        } else {
            Ok(None)
        }
    }

    /// What a device request is judged on.
    pub(crate) fn facts(&self) -> Option<RequesterFacts> {
        let configuration = self.configuration.as_ref()?;
        Some(RequesterFacts { may_create_devices: configuration.may_create_devices })
    }
}

impl Account {
    /// The account as it is judged.
    pub(crate) fn facts(&self) -> AccountFacts {
        AccountFacts {
            standing: match self.status {
                AccountStatus::Open => AccountStanding::Open,
                AccountStatus::Blocked => AccountStanding::Blocked,
                AccountStatus::Closed => AccountStanding::Closed,
            },
            is_hub: self.kind == AccountKind::Hub,
        }
    }
}

impl Approver {
    /// Where the approver can be reached.
    pub(crate) fn contacts(&self) -> Contacts {
        let contact = |text: &Option<String>| text.clone().map(Contact::new);
        Contacts { phone: contact(&self.phone), email: contact(&self.email) }
    }
}
