//! Who comes in. The pages call the published routes under `/demo/api/app/…` and
//! `/demo/api/initiator/…`, and the door puts the key in: no page ever has one.
//!
//! A page of somebody else could try the same, because a browser sends requests anywhere, or have a
//! name of its own lead to this address. So what comes has to be for this host by the name of
//! loopback, and has to come from a page of ours.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::uri::{PathAndQuery, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use super::people::Callers;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the pages may ask for: the published routes and what belongs to them.
const ROUTES: &[&str] = &["/account/", "/open-finance/", "/extensions/v1/"];

/// Puts the door before a router.
pub(super) fn before(router: Router, callers: Callers) -> Router {
    let door = from_fn_with_state(Arc::new(callers), through);
    Router::new().fallback_service(router).layer(door)
}

async fn through(
    State(callers): State<Arc<Callers>>,
    mut request: Request,
    next: Next,
) -> Response {
    // What does not come in keeps its path, where it is refused like any other request.
    if comes_from_our_page(request.headers())
        && let Some((uri, key)) = meant(request.uri(), &callers)
    {
        *request.uri_mut() = uri;
        request.headers_mut().insert(AUTHORIZATION, key);
    }
    next.run(request).await
}

/// The published route that is meant, and the key to call it with.
fn meant(uri: &Uri, callers: &Callers) -> Option<(Uri, axum::http::HeaderValue)> {
    let text = uri.path_and_query()?.as_str().strip_prefix("/demo/api/")?;
    let (caller, _) = text.split_once('/')?;
    let key = match caller {
        "app" => &callers.app,
        "initiator" => &callers.initiator,
        _ => return None,
    };
    let path = text.strip_prefix(caller)?;
    if !ROUTES.iter().any(|route| path.starts_with(route)) {
        return None;
    }
    let path: PathAndQuery = path.parse().ok()?;
    Some((Uri::from(path), key.clone()))
}

/// Whether a request is for this host by a name of loopback.
pub(super) fn is_for_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = only(headers, &HOST) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

/// Whether a request comes from a page of ours. A client that is no browser says nothing of where it
/// comes from, and may do what it could do anyway.
pub(super) fn comes_from_our_page(headers: &HeaderMap) -> bool {
    let own_site = match headers.get(FETCH_SITE) {
        None => true,
        Some(site) => site == "same-origin" || site == "none",
    };
    let own_origin = match (headers.contains_key(ORIGIN), only(headers, &ORIGIN)) {
        (false, _) => true,
        (true, Some(origin)) => {
            only(headers, &HOST).is_some_and(|host| origin == format!("http://{host}"))
        }
        (true, None) => false,
    };
    is_for_loopback(headers) && own_site && own_origin
}

/// The value of a header that stands there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_name_that_is_not_of_loopback_is_not_served() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:8700", true),
            ("127.0.0.1:8700", true),
            ("[::1]:8700", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:8700", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost:8700:1", false),
            ("", false),
        ] {
            assert_eq!(is_for_loopback(&headers(&[("host", host)])), expected, "{host}");
        }
        assert!(!is_for_loopback(&headers(&[])));
        assert!(!is_for_loopback(&headers(&[("host", "localhost"), ("host", "localhost")])));
    }

    #[test]
    fn what_comes_from_another_page_is_told_from_our_own() {
        const HOST: (&str, &str) = ("host", "localhost:8700");
        assert!(comes_from_our_page(&headers(&[HOST])));
        for (name, value, expected) in [
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            // Another port of this machine is the same site.
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "cross-site", false),
            ("origin", "http://localhost:8700", true),
            ("origin", "http://localhost:3000", false),
            ("origin", "https://localhost:8700", false),
            ("origin", "https://evil.example", false),
            ("origin", "null", false),
        ] {
            let from = headers(&[HOST, (name, value)]);
            assert_eq!(comes_from_our_page(&from), expected, "{name}: {value}");
        }
    }

    #[test]
    fn the_door_leads_to_published_routes_alone() {
        let callers = Callers {
            app: HeaderValue::from_static("Bearer app"),
            initiator: HeaderValue::from_static("Bearer initiator"),
        };
        let meant = |path: &str| meant(&path.parse().unwrap(), &callers);
        let (uri, key) = meant("/demo/api/app/account/x/device?y=1").unwrap();
        assert_eq!(
            (uri.to_string(), key),
            ("/account/x/device?y=1".to_owned(), callers.app.clone())
        );
        let (uri, key) = meant("/demo/api/initiator/open-finance/enrollments").unwrap();
        assert_eq!(
            (uri.to_string(), key),
            ("/open-finance/enrollments".to_owned(), callers.initiator.clone())
        );
        for path in [
            "/demo/api/somebody/account/x",
            "/demo/api/app/metrics",
            "/demo/api/app/demo/api/app/account/x",
            "/demo/api/app",
            "/demo/api/app//account/x",
            "/account/x/device",
        ] {
            assert!(meant(path).is_none(), "{path}");
        }
    }
}
