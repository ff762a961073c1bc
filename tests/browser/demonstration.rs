//! `serve --demo`, and a person at its pages.

use serde_json::{Value, json};

use crate::bank::server::{Folder, Server};
use crate::chromium::{Chromium, Page};

/// A demonstration under way, and a browser at it.
pub(crate) struct Demonstration {
    server: Server,
    pub(crate) chromium: Chromium,
    _folder: Folder,
}

impl Demonstration {
    pub(crate) fn start() -> Self {
        // It says where it listens in its log.
        let log =
            [("DEVICE_ENROLLMENT_LOG_FORMAT", "json"), ("DEVICE_ENROLLMENT_LOG_LEVEL", "info")];
        let folder = Folder::new();
        let server = Server::start_with(&folder, &["--demo"], &log);
        let chromium = Chromium::start(server.address.port());
        Self { server, chromium, _folder: folder }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.server.address.port())
    }

    /// A tab of a page, in `pt-BR` or `en-US`.
    pub(crate) fn page(&self, path: &str, language: &str) -> Page<'_> {
        let page = self.chromium.page();
        self.go(&page, path, language);
        page
    }

    pub(crate) fn go(&self, page: &Page<'_>, path: &str, language: &str) {
        page.open(&format!("{}{path}?lang={language}", self.origin()));
        page.until("document.title.length > 'device-enrollment'.length");
        if path == "/demo" {
            page.until("document.body.dataset.ready");
        }
    }

    /// Closes the browser. All that it connected to, for itself as well, was this machine.
    pub(crate) fn close(self) {
        let own = self.server.address.to_string();
        let addresses = self.chromium.close();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|address| *address == own), "{addresses:?}");
    }

    /// What went wrong in a tab that nobody sees: errors on its console, what its policy forbade,
    /// and requests to anybody else. `answers` are refusals that the test asked for.
    #[track_caller]
    pub(crate) fn nothing_went_wrong(&self, page: &Page<'_>, answers: &[u16]) {
        for call in page.events("Runtime.consoleAPICalled") {
            assert!(
                !["error", "warning", "assert"].contains(&call["type"].as_str().unwrap()),
                "{call}"
            );
        }
        assert_eq!(page.events("Runtime.exceptionThrown"), Vec::<Value>::new());
        let mut refused = answers.to_vec();
        for entry in page.events("Log.entryAdded") {
            let text = entry["entry"]["text"].as_str().unwrap();
            let expected =
                refused.iter().position(|status| text.contains(&format!("status of {status} ")));
            let expected = expected.unwrap_or_else(|| panic!("{entry}"));
            refused.remove(expected);
        }
        assert_eq!(refused, Vec::<u16>::new(), "these were not answered");
        let sent = page.events("Network.requestWillBeSent");
        assert!(!sent.is_empty());
        let own = format!("{}/", self.origin());
        for request in sent {
            let address = request["request"]["url"].as_str().unwrap();
            assert!(address.starts_with(&own), "{address}");
            // No page has a key of the service.
            let headers = request["request"]["headers"].as_object().unwrap();
            assert!(!headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")));
        }
    }
}

/// A person at the walk, who clicks.
impl Page<'_> {
    /// Clicks on what a person could click on, by its id.
    #[track_caller]
    pub(crate) fn click(&self, id: &str) {
        self.until(&format!("document.getElementById('{id}')?.checkVisibility()"));
        self.run(&format!("document.getElementById('{id}').click()"));
    }

    #[track_caller]
    pub(crate) fn fill(&self, id: &str, text: &str) {
        self.run(&format!(
            "{{ const field = document.getElementById('{id}'); field.focus(); field.select(); }}"
        ));
        self.write(text);
    }

    /// Waits until the work of a step is over.
    #[track_caller]
    pub(crate) fn idle(&self) {
        self.until("!document.querySelector('[aria-busy=true]')");
    }

    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.run(&format!("document.querySelector({}).innerText", json!(selector)));
        text.as_str().unwrap().to_owned()
    }

    /// The attribute of an element, once it is there.
    #[track_caller]
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        let of =
            format!("document.querySelector({})?.getAttribute({})", json!(selector), json!(name));
        self.until(&format!("{of} != null"));
        self.run(&of).as_str().unwrap().to_owned()
    }
}
