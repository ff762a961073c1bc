//! A PostgreSQL of our own for a test: made, started, stopped and removed by it.
//!
//! It listens on a Unix socket in its own folder and nowhere else. Its keeper is a shell that reads
//! commands from a pipe; when the test process ends, however it ends, the pipe closes, and the keeper
//! stops the server and removes the folder. So a server may live in a `static`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a folder, a cluster in it, starts it, and does as it is told until the pipe closes.
/// Everything is durable, as in production: the figures are those of the disk.
const KEEPER: &str = r#"
trap '' INT TERM HUP
bin=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/device-enrollment-postgres.XXXXXX") || exit 1
cd "$folder" || exit 1
start() {
    if "$bin/pg_ctl" -D data -l log -w -t 120 -o "-c listen_addresses='' -k '$folder' \
        -c max_connections=300 -c shared_buffers=64MB -c deadlock_timeout=100ms" \
        start >/dev/null 2>&1 </dev/null; then echo started; else echo "failed $(tail -n 3 log | tr '\n' ' ')"; fi
}
stop() { "$bin/pg_ctl" -D data -m "$1" -w stop >/dev/null 2>&1 </dev/null; }
# SIGKILL to the first process, and to what it started where that is asked for. What is left of them
# notices by itself, and is waited for: the folder is theirs until then.
kill_it() {
    read -r first <data/postmaster.pid || return
    others=$(ps -o pid= --ppid "$first")
    kill -9 "$first"
    if [ "$1" = all ]; then kill -9 $others 2>/dev/null; fi
    for process in $first $others; do
        # A process that nobody has collected is over as well; the server takes it for alive.
        while ps -o stat= -p "$process" | grep -qv '^Z'; do sleep 0.01; done
    done
    rm -f data/postmaster.pid .s.PGSQL.*
}
if "$bin/initdb" -D data -k -U postgres -A trust -E UTF8 --no-locale >log 2>&1 </dev/null; then
    echo "$folder"
    start
else
    echo "failed $(tail -n 3 log | tr '\n' ' ')"
    cd / && rm -rf "$folder"
    exit 1
fi
while read -r word; do
    case $word in
        start) start ;;
        stop) stop fast; echo stopped ;;
        crash) stop immediate; echo stopped ;;
        kill) kill_it first; echo stopped ;;
        kill-all) kill_it all; echo stopped ;;
        standby) touch data/standby.signal; echo done ;;
        promote) "$bin/pg_ctl" -D data -w promote >/dev/null 2>&1 </dev/null; echo done ;;
    esac
done
stop immediate
cd /
rm -rf "$folder"
"#;

/// A running server.
pub struct Server {
    bin: PathBuf,
    folder: String,
    databases: AtomicU32,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    process: Child,
}

impl Server {
    /// Makes and starts a server.
    ///
    /// # Panics
    ///
    /// Loudly, where PostgreSQL is not installed: a suite that leaves it out proves nothing about it.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with variables of its own in its environment.
    ///
    /// # Panics
    ///
    /// As the other one does.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::kept(unprivileged(), environment)
    }

    /// A server in a mount namespace of its own, in which this folder is a file system in memory of
    /// this size, with the empty folder `tables` in it. None where namespaces are not permitted, and
    /// where they would need somebody else than root.
    pub fn start_on_small_disk(folder: &Path, size: &str) -> Option<Self> {
        let small = format!(
            "mount -t tmpfs -o size={size},mode=777 tmpfs '{0}' && mkdir '{0}/tables' && \
             {{ chown postgres '{0}/tables' 2>/dev/null || chown nobody '{0}/tables'; }}",
            folder.display()
        );
        let alone = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", script, "sh"]);
            command
        };
        let tried = alone(&small).stderr(Stdio::null()).status();
        if !tried.is_ok_and(|status| status.success()) {
            return None;
        }
        let inner = unprivileged();
        let mut command = alone(&format!("{small} && exec \"$@\""));
        command.arg(inner.get_program()).args(inner.get_args());
        Some(Self::kept(command, &[]))
    }

    /// Runs a command where the server sees its files. It may fail.
    pub fn in_its_mounts(&self, command: &[&str]) {
        let keeper = self.keeper.lock().expect("no test failed while it gave an order");
        let process = keeper.process.id().to_string();
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--target", &process, "--mount", "--"]).args(command);
        nsenter.stderr(Stdio::null()).status().expect("nsenter");
    }

    fn kept(mut command: Command, environment: &[(&str, &str)]) -> Self {
        let bin = find().expect(
            "PostgreSQL is NOT INSTALLED, and the storage is to be tested on it: \
             apt-get install postgresql",
        );
        let mut process = command
            .args(["sh", "-c", KEEPER, "keeper"])
            .arg(&bin)
            .current_dir("/")
            .env_remove("PGOPTIONS")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("its standard output"));
        let mut keeper = Keeper { commands, answers, process };
        let folder = keeper.answer();
        assert!(folder.starts_with('/'), "PostgreSQL was not made: {folder}");
        let started = keeper.answer();
        assert_eq!(started, "started", "PostgreSQL did not start");
        Self { bin, folder, databases: AtomicU32::new(0), keeper: Mutex::new(keeper) }
    }

    /// A new, empty database: its address.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://postgres@localhost/{name}?host={}", self.folder.replace('/', "%2F"))
    }

    /// Runs SQL on a database by its name, which is the last part of its address's path.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let done = Command::new(self.bin.join("psql"))
            .args(["-h", &self.folder, "-U", "postgres", "-d", database])
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .output()
            .expect("psql");
        assert!(done.status.success(), "psql: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    /// Its first process, whose children are all the others.
    pub fn process(&self) -> u32 {
        let file = Path::new(&self.folder).join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("the server runs");
        text.lines().next().and_then(|line| line.trim().parse().ok()).expect("its process")
    }

    /// Stops it as a crash would: nobody is told, nothing is flushed.
    pub fn crash(&self) {
        assert_eq!(self.order("crash"), "stopped");
    }

    /// Stops it in good order.
    pub fn stop(&self) {
        assert_eq!(self.order("stop"), "stopped");
    }

    /// Kills the process that accepts connections. The others end when they notice.
    pub fn kill(&self) {
        assert_eq!(self.order("kill"), "stopped");
    }

    /// Kills every process of it at once.
    pub fn kill_all(&self) {
        assert_eq!(self.order("kill-all"), "stopped");
    }

    /// From its next start on it is a standby: it can be read and not written.
    pub fn becomes_standby(&self) {
        assert_eq!(self.order("standby"), "done");
    }

    /// Makes a standby one that is written to.
    pub fn promote(&self) {
        assert_eq!(self.order("promote"), "done");
    }

    /// The folder of its programs.
    pub fn programs(&self) -> &Path {
        &self.bin
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Starts it again.
    pub fn start_again(&self) {
        assert_eq!(self.order("start"), "started");
    }

    fn order(&self, word: &str) -> String {
        let mut keeper = self.keeper.lock().expect("no test failed while it gave an order");
        let commands = keeper.commands.as_mut().expect("its standard input");
        writeln!(commands, "{word}").expect("the keeper lives");
        keeper.answer()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Ok(keeper) = self.keeper.get_mut() else { return };
        keeper.commands = None;
        let _ = keeper.process.wait();
    }
}

impl Keeper {
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer of the keeper");
        line.trim_end().to_owned()
    }
}

/// The name of a database in its address.
pub fn name_of(address: &str) -> &str {
    let path = address.rsplit('/').next().unwrap_or(address);
    path.split('?').next().unwrap_or(path)
}

/// The folder with the newest server: Debian keeps them off the PATH.
fn find() -> Option<PathBuf> {
    let has_server = |bin: &Path| ["initdb", "pg_ctl", "psql"].iter().all(|p| bin.join(p).exists());
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| has_server(bin))
        .collect();
    versions.sort_by_key(|bin| {
        bin.parent()
            .and_then(Path::file_name)
            .and_then(|version| version.to_str()?.parse::<u32>().ok())
            .unwrap_or(0)
    });
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|bin| has_server(bin))
    };
    versions.pop().or_else(on_path)
}

/// PostgreSQL refuses to run as root; where we are root, it is somebody else's.
fn unprivileged() -> Command {
    let id = Command::new("id").arg("-u").output().expect("id");
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Command::new("env");
    }
    let exists =
        |user: &str| Command::new("id").arg(user).output().is_ok_and(|done| done.status.success());
    let user = if exists("postgres") { "postgres" } else { "nobody" };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    if !others_can_write("/dev/null") {
        // Seen in containers; without it initdb fails. The capability that root has anyway is what
        // the server needs to discard its output there.
        command.args(["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]);
    }
    command.arg("--");
    command
}

fn others_can_write(path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o002 != 0)
}
