//! The program as a child, and a client that speaks HTTP/1.1 in as many words.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// A folder that is gone when the test is over.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-serve-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program with no settings but those that are given.
pub(crate) fn program(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DEVICE_ENROLLMENT_") {
            command.env_remove(name);
        }
    }
    // What it makes for a while goes with the folder, also when it is killed.
    command.env("TMPDIR", &folder.0);
    command.current_dir(&folder.0).args(arguments).stdin(Stdio::null());
    command
}

/// The program that is tested: what Cargo built for the tests of its own package, or, for the tests
/// of another one, what was built into the same folder before.
fn binary() -> PathBuf {
    if let Some(built) = option_env!("CARGO_BIN_EXE_device-enrollment") {
        return built.into();
    }
    // The test runs in `deps`, or in a folder beside it; the program stands one above.
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().skip(1).map(|folder| folder.join("device-enrollment"));
    program.take(3).find(|path| path.is_file()).expect(
        "the program is not built: cargo build --package device-enrollment-service, in the same \
         profile",
    )
}

/// Runs the program to its end.
pub(crate) fn run(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    program(folder, arguments).envs(settings.iter().copied()).output().unwrap()
}

/// A service under way.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _folder: Option<Folder>,
}

impl Server {
    /// A service with a database of its own, on a free port.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut server = Self::start_in(&folder, settings);
        server._folder = Some(folder);
        server
    }

    /// A service in a folder that outlives it.
    pub(crate) fn start_in(folder: &Folder, settings: &[(&str, &str)]) -> Self {
        Self::start_with(folder, &[], settings)
    }

    /// The same with more arguments. What it prints is in the file `printed` of the folder.
    pub(crate) fn start_with(folder: &Folder, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
        let mut command = program(folder, &arguments);
        command.envs(settings.iter().copied());
        command.stdout(std::fs::File::create(folder.file("printed")).unwrap());
        Self::run(command)
    }

    /// A service by a command that ends in one, with its settings.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut address = None;
        while address.is_none() {
            let mut line = String::new();
            let read = lines.read_line(&mut line).unwrap();
            log.lock().unwrap().push_str(&line);
            assert!(read > 0, "the service did not start: {}", log.lock().unwrap());
            let event: Option<Value> = serde_json::from_str(&line).ok();
            let event = event.filter(|event| event["message"] == "listening");
            address = event.and_then(|event| event["address"].as_str()?.parse().ok());
        }
        let rest = log.clone();
        let reader = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = rest.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, address: address.unwrap(), log, reader: Some(reader), _folder: None }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // Ends a test that hangs; no test depends on how long it is.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes and reads to the end of the connection.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        Answer::read(stream)
    }

    /// One request on a connection of its own. Headers are lines that end with CRLF.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let headers = format!("connection: close\r\n{headers}");
        self.send(&rendered(method, path, &headers, body))
    }

    pub(crate) fn get(&self, path: &str, headers: &str) -> Answer {
        self.request("GET", path, headers, b"")
    }

    /// The process, for what can be done to one from outside.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// All it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Ends the service as a crash would (SIGKILL): nothing is finished, nobody is told.
    pub(crate) fn crash(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the service to stop, and gives back how it ended and all it logged.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (status, log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request as it goes over a connection. Headers are lines that end with CRLF.
pub(crate) fn rendered(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}");
    if !body.is_empty() {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

/// A connection that is kept for many requests, one after another.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(server: &Server) -> Self {
        let stream = server.connect();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a rendered request, and reads its answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Answer {
        self.0.get_mut().write_all(request).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                self.0.read_line(&mut head).unwrap() > 0,
                "the connection was not kept: {head}"
            );
        }
        head.truncate(head.len() - 4);
        let mut answer = Answer::of(head, String::new());
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads one to the end of its connection.
    pub(crate) fn read(mut stream: impl std::io::Read) -> Self {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        // What is no HTTP, such as an alert of TLS, counts as no answer.
        let text = String::from_utf8(bytes).unwrap_or_default();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Self::of(head.to_owned(), body.to_owned())
    }

    fn of(head: String, body: String) -> Self {
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        Self { status, head, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
