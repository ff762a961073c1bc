//! Chromium as a child, and the DevTools protocol over its pipe: no port, and it ends when the pipe
//! does, however a test ends.

use std::cell::{Cell, RefCell};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bank::server::{Folder, text};

/// The address that every page is called by; behind it is whatever port the service took.
pub(crate) const ORIGIN: &str = "http://localhost:8700";
/// The same service under an origin that it does not know.
pub(crate) const OTHER_ORIGIN: &str = "http://localhost:8701";

/// Ends a test that hangs; no test depends on how long it is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with a profile of its own.
pub(crate) struct Chromium {
    child: Child,
    commands: RefCell<Option<ChildStdin>>,
    messages: Receiver<Value>,
    events: RefCell<Vec<Value>>,
    number: Cell<u64>,
    profile: Folder,
}

impl Chromium {
    /// A browser that finds the service on this port, also by a name that somebody else gave it,
    /// and nobody else anywhere.
    pub(crate) fn start(port: u16) -> Self {
        let profile = Folder::new();
        let hosts = format!(
            "MAP localhost:{port} 127.0.0.1:{port}, MAP localhost:8700 127.0.0.1:{port}, \
             MAP localhost:8701 127.0.0.1:{port}, MAP bank.example 127.0.0.1, MAP * ~NOTFOUND"
        );
        // The protocol goes over descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"])
            .arg(find())
            .args(["--remote-debugging-pipe", "--headless=new", "--disable-gpu", "--no-first-run"])
            // Its pages are our own, and the sandbox wants what a container does not have.
            .args(["--no-sandbox", "--disable-dev-shm-usage"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-quic", "--no-proxy-server", "--lang=pt-BR"])
            .arg(format!("--host-resolver-rules={hosts}"))
            .arg(format!("--user-data-dir={}", text(&profile.file("profile"))))
            .arg(format!("--crash-dumps-dir={}", text(&profile.file("crashes"))))
            .arg(format!("--log-net-log={}", text(&profile.file("network.json"))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut message = Vec::new();
                let read = answers.read_until(0, &mut message).unwrap_or(0);
                message.pop();
                let Ok(message) = serde_json::from_slice(&message) else { return };
                if read == 0 || sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            commands: RefCell::new(commands),
            messages,
            events: RefCell::default(),
            number: Cell::new(0),
            profile,
        }
    }

    /// A new tab.
    pub(crate) fn page(&self) -> Page<'_> {
        let target = self.call("", "Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.call("", "Target.attachToTarget", attach);
        let page =
            Page { chromium: self, session: attached["sessionId"].as_str().unwrap().to_owned() };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        // Without its window: nobody is there to click.
        page.call("WebAuthn.enable", json!({"enableUI": false}));
        for script in [include_str!("watch.js"), include_str!("client.js")] {
            let script = json!({"source": script});
            page.call("Page.addScriptToEvaluateOnNewDocument", script);
        }
        page
    }

    /// Closes it, and gives back every address that it opened a connection to.
    pub(crate) fn close(mut self) -> Vec<String> {
        self.call("", "Browser.close", json!({}));
        self.wait();
        let log = std::fs::read_to_string(self.profile.file("network.json")).unwrap();
        let log: Value = serde_json::from_str(&log).unwrap();
        let attempt = &log["constants"]["logEventTypes"]["TCP_CONNECT_ATTEMPT"];
        assert!(attempt.is_number(), "{}", log["constants"]["logEventTypes"]);
        let events = log["events"].as_array().unwrap();
        let attempts = events.iter().filter(|event| event["type"] == *attempt);
        let addresses = attempts.filter_map(|event| event["params"]["address"].as_str());
        addresses.map(str::to_owned).collect()
    }

    /// Waits for its end, and brings it about where it takes too long.
    fn wait(&mut self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn call(&self, session: &str, method: &str, parameters: Value) -> Value {
        self.try_call(session, method, parameters)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&self, session: &str, method: &str, parameters: Value) -> Result<Value, Value> {
        let number = self.number.get() + 1;
        self.number.set(number);
        let mut command = json!({"id": number, "method": method, "params": parameters});
        if !session.is_empty() {
            command["sessionId"] = session.into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.borrow_mut().as_mut().unwrap().write_all(&bytes).unwrap();
        loop {
            let mut message = self.message(method);
            if message["id"] == number {
                return match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                };
            }
            self.events.borrow_mut().push(message);
        }
    }

    fn message(&self, waiting_for: &str) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        message.unwrap_or_else(|_| panic!("Chromium has ended or hangs; waited for {waiting_for}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends by itself once nobody listens.
        drop(self.commands.borrow_mut().take());
        self.wait();
    }
}

/// The browser's program.
fn find() -> PathBuf {
    if let Some(named) = std::env::var_os("DEVICE_ENROLLMENT_CHROMIUM") {
        return named.into();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut paths = names.iter().flat_map(|name| folders.iter().map(move |one| one.join(name)));
    paths.find(|path| path.is_file()).expect(
        "Chromium is NOT INSTALLED, and the pages are to be tested in it: \
         apt-get install --no-install-recommends chromium",
    )
}

/// A tab.
pub(crate) struct Page<'a> {
    chromium: &'a Chromium,
    session: String,
}

impl Page<'_> {
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        self.chromium.call(&self.session, method, parameters)
    }

    /// Goes to an address and waits until all of it is there.
    pub(crate) fn open(&self, address: &str) {
        self.chromium.events.borrow_mut().retain(|event| !self.is(event, "Page.loadEventFired"));
        let gone = self.call("Page.navigate", json!({"url": address}));
        assert_eq!(gone.get("errorText"), None, "{address}: {gone}");
        self.wait_for("Page.loadEventFired", |_| true);
    }

    /// Waits for an event, or takes one that was there already.
    pub(crate) fn wait_for(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let fits = |event: &Value| self.is(event, name) && fits(&event["params"]);
        loop {
            let known = self.chromium.events.borrow().iter().position(fits);
            if let Some(known) = known {
                return self.chromium.events.borrow_mut().remove(known)["params"].take();
            }
            let message = self.chromium.message(name);
            self.chromium.events.borrow_mut().push(message);
        }
    }

    /// All events of a name that nobody waited for.
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        let events = self.chromium.events.borrow();
        let events = events.iter().filter(|event| self.is(event, name));
        events.map(|event| event["params"].clone()).collect()
    }

    fn is(&self, event: &Value, name: &str) -> bool {
        event["method"] == name && event["sessionId"] == self.session.as_str()
    }

    /// The value of an expression, awaited; what it throws fails the test. Counts as a person's
    /// doing.
    #[track_caller]
    pub(crate) fn run(&self, expression: &str) -> Value {
        self.run_in(json!({}), expression)
    }

    /// The same in a frame's context.
    #[track_caller]
    pub(crate) fn run_in(&self, mut parameters: Value, expression: &str) -> Value {
        parameters["expression"] = expression.into();
        for name in ["awaitPromise", "returnByValue", "userGesture"] {
            parameters[name] = true.into();
        }
        let mut answer = self.call("Runtime.evaluate", parameters);
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown}");
        answer["result"]["value"].take()
    }

    /// A function of `client.js` by its name, with its arguments.
    #[track_caller]
    pub(crate) fn client(&self, function: &str, arguments: &[Value]) -> Value {
        let arguments: Vec<String> = arguments.iter().map(Value::to_string).collect();
        self.run(&format!("client.{function}({})", arguments.join(", ")))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("Boolean({expression})")) != true {
            if began.elapsed() > PATIENCE {
                let page = self.run("document.body.innerText");
                panic!("never: {expression}, on {}", page.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Comes back to this tab from another one.
    pub(crate) fn come_back(&self) {
        self.call("Page.bringToFront", json!({}));
    }

    /// Presses a key, as a person does.
    pub(crate) fn press(&self, key: &str) {
        // Shift is 8.
        let (modifiers, key) = key.strip_prefix("Shift+").map_or((0, key), |key| (8, key));
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            "ArrowDown" => (40, ""),
            _ => panic!("a key that no test needs yet: {key}"),
        };
        let of = |kind: &str| {
            json!({
                "type": kind, "key": key, "code": if key == " " { "Space" } else { key },
                "windowsVirtualKeyCode": code, "text": text, "modifiers": modifiers
            })
        };
        self.call("Input.dispatchKeyEvent", of("keyDown"));
        self.call("Input.dispatchKeyEvent", of("keyUp"));
    }

    /// Types a text where the focus is.
    pub(crate) fn write(&self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// What the page looks like, PNG.
    pub(crate) fn picture(&self, parameters: Value) -> Vec<u8> {
        let taken = self.call("Page.captureScreenshot", parameters);
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }
}
