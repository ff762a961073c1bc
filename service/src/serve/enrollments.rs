//! The enrollments of Open Finance over HTTP: the published routes under `/open-finance`, and under
//! `/extensions/v1/open-finance` what they leave out and the flow needs: the account holder's side,
//! verdicts for support, and consents that an enrolled device approves.
//!
//! # Who sees what
//!
//! An enrollment belongs to the requester that made it and to the user that it acted as; to everybody
//! else it is as unknown as one that is not there. The account holder's side is for keys whose
//! requester may `confirm` enrollments.
//!
//! # How a request counts once
//!
//! See [`once`]. What a request is judged on is read, judged by the library, and stored under the
//! condition that it is still what was judged ([`moving`]).

mod answer;
mod asked;
mod consents;
mod holder;
mod list;
mod moving;
mod once;
mod published;
mod registration;
mod schemas;
#[cfg(test)]
mod tests;
pub(crate) mod work;

use std::sync::Arc;

use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::{OpenFinanceCode, Refusal};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use work::ended_with_device;

use super::http::{App, Problem};

/// The routes, with their descriptions.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(published::create, list::list))
        .routes(routes!(published::get))
        .routes(routes!(published::revoke))
        .routes(routes!(published::risk_signal))
        .routes(routes!(published::credentials))
        .routes(routes!(published::get_credentials))
        .routes(routes!(registration::create_device))
        .routes(routes!(holder::confirm))
        .routes(routes!(holder::revoke))
        .routes(routes!(holder::verdicts))
        .routes(routes!(consents::create))
        .routes(routes!(consents::get))
        .routes(routes!(consents::sign_options))
        .routes(routes!(consents::authorise))
}

/// A key in a path.
fn key(text: &str, name: &'static str) -> Result<Uuid4, Problem> {
    Ok(Uuid4::parse(text).ok_or(Refusal::header_invalid(name))?)
}

/// There is no such object, or it is somebody else's.
fn no_such() -> Problem {
    Refusal::plain(OpenFinanceCode::NaoEncontrado).into()
}
