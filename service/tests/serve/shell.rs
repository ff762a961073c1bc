//! What is around every route, as the program has it.

use super::server::{Answer, Server};

#[test]
fn it_lives_is_ready_and_stops_when_told() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/health/live", "").json()["status"], "live");
    assert_eq!(server.get("/health/ready", "").json()["status"], "ready");
    // An idle connection does not hold it up.
    let idle = server.connect();
    let (status, log) = server.stop();
    assert!(status.success(), "{status}: {log}");
    assert!(log.lines().last().unwrap().contains("\"message\":\"stopped\""), "{log}");
    assert_eq!(Answer::read(idle).status, 0);
}

#[test]
fn what_was_stored_is_there_after_a_restart() {
    let folder = super::server::Folder::new();
    let keys = folder.file("device-enrollment.keys");
    let first = Server::start_in(&folder, &[]);
    assert!(first.stop().0.success());
    let made = std::fs::read_to_string(&keys).unwrap();
    let second = Server::start_in(&folder, &[]);
    assert_eq!(second.get("/health/ready", "").status, 200);
    assert!(second.stop().0.success());
    assert_eq!(std::fs::read_to_string(&keys).unwrap(), made);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn nobody_comes_in_without_a_key() {
    let server = Server::start(&[]);
    let stranger = format!("authorization: Bearer de_0123456789ab_{}\r\n", "x".repeat(43));
    for header in ["", "authorization: Basic eA==\r\n", "authorization: Bearer x\r\n", &stranger] {
        let answer = server.get("/extensions/v1/caller", header);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("API000401")));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn what_is_not_there_is_said_in_the_family_of_the_path() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/account/none", "").json()["code"], "API000404");
    let portuguese = server.get("/open-finance/none", "").json();
    assert_eq!(portuguese["errors"][0]["title"], "Não encontrado.");
    let english = server.get("/open-finance/none", "x-lang: en-US\r\n").json();
    assert_eq!(english["errors"][0]["title"], "Not found.");
    let answer = server.request("DELETE", "/health/live", "", b"");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
}

#[test]
fn the_document_and_its_page_ask_nobody_else_for_anything() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/openapi.json", "").json()["openapi"], "3.1.0");
    for path in ["/docs", "/docs/page.js", "/docs/page.css"] {
        let answer = server.get(path, "");
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "{path}");
    }
    let closed = Server::start(&[("DEVICE_ENROLLMENT_SERVER_DOCS", "false")]);
    assert_eq!(closed.get("/docs", "").status, 404);
    assert_eq!(closed.get("/openapi.json", "").status, 404);
}

#[test]
fn figures_can_have_an_address_of_their_own() {
    let server = Server::start(&[]);
    server.get("/health/live", "");
    let page = server.get("/metrics", "").body;
    assert!(page.contains("device_enrollment_requests_total{method=\"GET\",route=\"/health/live\",status=\"200\"} 1"), "{page}");
    let apart = Server::start(&[("DEVICE_ENROLLMENT_SERVER_OPERATIONS_LISTEN", "127.0.0.1:0")]);
    assert_eq!(apart.get("/metrics", "").status, 404);
}

#[test]
fn nothing_that_a_client_sends_reaches_the_log_or_the_figures() {
    let settings = [("DEVICE_ENROLLMENT_LOG_LEVEL", "debug")];
    let server = Server::start(&settings);
    let headers = "authorization: Bearer de_0123456789ab_canary\r\nx-request-id: canary\r\n\
                   nonce: canary\r\nx-lang: canary\r\nuser-agent: canary\r\ncookie: canary\r\n";
    let body = br#"{"token":"canary"}"#;
    for path in [
        "/account/canary/device",
        "/open-finance/canary?canary=1",
        "/extensions/v1/caller",
        "/canary",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "CANARY"] {
            let answer = server.request(method, path, headers, body);
            assert!(answer.status >= 400, "{method} {path}");
            assert!(!answer.head.contains("canary") && !answer.body.contains("canary"));
        }
    }
    let broken = server.send(b"GET /canary canary\r\n\r\n");
    assert_eq!(broken.status, 400);
    let page = server.get("/metrics", "").body.to_ascii_lowercase();
    let (_, log) = server.stop();
    assert!(log.contains("\"route\":\"unmatched\""), "{log}");
    assert!(!page.contains("canary"), "{page}");
    assert!(!log.to_ascii_lowercase().contains("canary"), "{log}");
}

#[test]
fn a_line_of_the_log_is_one_object_with_the_route_and_the_id() {
    let server = Server::start(&[]);
    let id = server.get("/health/live", "").header("x-request-id").unwrap().to_owned();
    let (_, log) = server.stop();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = lines.iter().find(|line| line["request_id"] == id.as_str()).unwrap();
    assert_eq!(line["route"], "/health/live");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["status"], 200);
    assert!(line["latency_ms"].is_u64());
}
