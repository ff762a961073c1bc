//! Parameters of a path.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::{App, Problem};

/// Parameters of a path. What is no text is refused in the words of the route's family, and not in
/// those of the router.
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path: Result<Path<T>, _> = Path::from_request_parts(parts, app).await;
        path.map(|Path(parameters)| Self(parameters)).map_err(|_| Problem::malformed(Some("id")))
    }
}
