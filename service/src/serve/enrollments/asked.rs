//! Who asks, for whom, and what the headers say.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::enrollment::FreeText;
use device_enrollment::open_finance::{IdempotencyKey, OpenFinanceCode, Refusal, RequestContext};

use super::no_such;
use crate::serve::flows::Permitted;
use crate::serve::http::{App, Caller, Context, Known, Problem};
use crate::serve::requester::RequesterConfiguration;
use crate::serve::storage;

/// A request under `/open-finance`, whose caller is known and whose headers are in order.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) known: Arc<Context>,
    pub(super) context: RequestContext,
    pub(super) configuration: RequesterConfiguration,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) key: Option<ClientKey>,
}

/// A request that makes something: its page requires `x-transaction-uuid`.
pub(super) struct AskedToMake(pub(super) Asked);

/// `x-idempotency-key`, as it is looked up and as a machine compares it.
pub(super) struct ClientKey {
    pub(super) key: IdempotencyKey,
    pub(super) text: FreeText,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Self::read(parts, app, false).await
    }
}

impl FromRequestParts<Arc<App>> for AskedToMake {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Asked::read(parts, app, true).await.map(Self)
    }
}

impl Asked {
    async fn read(
        parts: &mut Parts,
        app: &Arc<App>,
        transaction_required: bool,
    ) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let Known(known) = Known::from_request_parts(parts, app).await?;
        let context =
            RequestContext::read(|name| values(&parts.headers, name), transaction_required)?;
        let key = client_key(&parts.headers)?;
        let permitted = Permitted::read(app, &caller).await?;
        let configuration = permitted.configuration.ok_or_else(not_permitted)?;
        let asked = Self {
            caller,
            known,
            context,
            configuration,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            key,
        };
        asked.permitted()?;
        Ok(asked)
    }

    /// What the headers choose has to be the caller's.
    fn permitted(&self) -> Result<(), Problem> {
        let Self { configuration, context, .. } = self;
        let wallet = self.wallet().is_none_or(|wallet| configuration.wallets.permits(wallet));
        let product = self.product().is_none_or(|product| configuration.products.permits(product));
        let user = context.target_user.is_none_or(|user| configuration.users.permits(user));
        if wallet && product && user { Ok(()) } else { Err(not_permitted()) }
    }

    /// The wallet: the one of the header, or the caller's own.
    pub(super) fn wallet(&self) -> Option<Uuid4> {
        self.context.wallet.or(self.configuration.default_wallet)
    }

    /// The product: the one of the header, or the caller's own.
    pub(super) fn product(&self) -> Option<Uuid4> {
        self.context.product.or(self.configuration.default_product)
    }

    /// The user that the request acts as: the one of the header, or the caller itself.
    pub(super) fn user(&self) -> String {
        let target = self.context.target_user.map(|user| user.to_string());
        target.unwrap_or_else(|| self.caller.requester_key.clone())
    }

    /// The user, told apart from the users of other callers.
    pub(super) fn user_anywhere(&self) -> String {
        format!("{}/{}", self.caller.requester_key, self.user())
    }

    /// Whether an enrollment is the caller's, of the user that it acts as.
    pub(super) fn owns(&self, row: &storage::Enrollment) -> bool {
        row.requester_key == self.caller.requester_key
            && row.user_key.as_deref() == Some(self.user().as_str())
    }

    /// An enrollment of the caller's. Somebody else's is as unknown as a missing one.
    pub(super) async fn enrollment(
        &self,
        app: &App,
        id: Uuid4,
    ) -> Result<storage::Enrollment, Problem> {
        let row = app.storage.enrollment(&id.to_string()).await?;
        row.filter(|row| self.owns(row)).ok_or_else(no_such)
    }
}

pub(super) fn client_key(headers: &HeaderMap) -> Result<Option<ClientKey>, Problem> {
    let values = values(headers, "x-idempotency-key");
    if values.is_empty() {
        return Ok(None);
    }
    let key = IdempotencyKey::read(&values)?;
    // The key was read from the one value there is.
    let text = values.first().map(|value| String::from_utf8_lossy(value)).unwrap_or_default();
    Ok(Some(ClientKey { key, text: FreeText::new(text) }))
}

/// A request under our own prefix speaks the languages that the published ones do.
pub(super) fn spoken_to(known: Known) -> Result<Known, Problem> {
    match known.0.asked_language {
        Some(_) => Ok(known),
        None => Err(Refusal::header_invalid("x-lang").into()),
    }
}

pub(super) fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    headers.get_all(name).iter().map(|value| value.as_bytes()).collect()
}

pub(super) fn not_permitted() -> Problem {
    Refusal::plain(OpenFinanceCode::NaoPermitido).into()
}
