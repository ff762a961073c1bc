//! A disk and a clock that fail when a test says so: `faults.c`, put between a program and its own.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::process::Command;

use super::postgres;
use super::server::{Folder, Server, text};
use super::site::{Site, Starting};
use super::world::{Engine, World};

/// What is wrong with the disk and the clock of the programs that were started with it.
pub(crate) struct Faults {
    folder: Folder,
    state: File,
}

/// No space is left; input and output failed; the file system is read-only: as Linux numbers them.
pub(crate) const ENOSPC: i32 = 28;
pub(crate) const EIO: i32 = 5;
pub(crate) const EROFS: i32 = 30;

impl Faults {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/faults.c");
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(folder.file("faults.so"))
            .args([source, "-ldl"])
            .output()
            .expect("a C compiler, which the program itself needs as well");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let path = folder.file("state");
        let open = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let state = open.unwrap();
        state.set_len(16).unwrap();
        // PostgreSQL runs as somebody else.
        state.set_permissions(Permissions::from_mode(0o666)).unwrap();
        Self { folder, state }
    }

    /// The variables that a program is started with.
    pub(crate) fn environment(&self) -> [(String, String); 2] {
        let path = |name| text(&self.folder.file(name)).to_owned();
        [("LD_PRELOAD".to_owned(), path("faults.so")), ("FAULTS_FILE".to_owned(), path("state"))]
    }

    /// A bank whose database has this clock: that of the node that has the file, or that of the
    /// server. On SQLite the disk is this one too.
    pub(crate) fn site(&self, engine: Engine, people: usize) -> Site {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let server = || postgres::Server::start_with(&environment);
        match engine {
            Engine::Sqlite => Site::with(engine, people, &[], server, self.node()),
            Engine::Postgres => {
                let plainly = |world: &World| Server::start_in(&world.folder, &world.settings());
                Site::with(engine, people, &[], server, Box::new(plainly))
            }
        }
    }

    /// A node with this disk and this clock.
    pub(crate) fn node(&self) -> Starting {
        let environment = self.environment();
        Box::new(move |world: &World| {
            let mut settings = world.settings();
            settings.extend(environment.iter().map(|(name, value)| (&name[..], &value[..])));
            Server::start_in(&world.folder, &settings)
        })
    }

    /// Sets the clock: so many seconds ahead of what it is.
    pub(crate) fn clock_is_ahead(&self, seconds: i64) {
        self.state.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
        // A node asks the database's clock four times a second and goes by its own in between.
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    /// From now on so many writes and flushes succeed, and those after them fail.
    pub(crate) fn disk_fails(&self, error: i32, after: i32) {
        self.state.write_all_at(&after.to_ne_bytes(), 12).unwrap();
        self.state.write_all_at(&error.to_ne_bytes(), 8).unwrap();
    }

    /// From now on nothing fails any more: whether something has.
    pub(crate) fn disk_works(&self) -> bool {
        let mut left = [0; 4];
        self.state.read_exact_at(&mut left, 12).unwrap();
        self.disk_fails(0, 0);
        i32::from_ne_bytes(left) == 0
    }
}
