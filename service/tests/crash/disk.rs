//! Disks that are full, read-only or broken: writes are answered 503, reads go on, nothing is there
//! by half, and what makes the disk work again makes the service work again.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::books::{Books, files_are_whole};
use super::faults::{EIO, ENOSPC, EROFS, Faults};
use super::load::device;
use super::server::{Server, program};
use super::site::{Person, Site, said};
use super::world::{Engine, World, uuid};

fn devices(person: &Person) -> String {
    format!("/account/{}/device", person.account)
}

/// Asks one node for a device.
fn requested(site: &Site, person: &Person, device_key: &str) -> (u16, String) {
    said(&site.ask(0, "POST", &devices(person), &device(device_key, &uuid(), person)))
}

const BUSY: (u16, &str) = (503, "API000503");

#[track_caller]
fn is(said: &(u16, String), expected: (u16, &str)) {
    assert_eq!((said.0, said.1.as_str()), expected);
}

/// Every write and every flush of a request fails once, in each of three ways: whichever it is, the
/// client is told that it may try again, and when it does, the request has one effect.
#[test]
fn whichever_write_fails_nothing_is_there_by_half() {
    let faults = Faults::new();
    let start = || unreachable!("SQLite has no server");
    let site = Site::with(Engine::Sqlite, 4, &[], start, faults.node());
    let process = site.process(0);
    let (mut points, mut refused) = (0, 0);
    for (person, error) in [ENOSPC, EIO, EROFS].into_iter().enumerate() {
        let person = Person::number(person);
        for after in 0.. {
            let device_key = uuid();
            faults.disk_fails(error, after);
            let first = requested(&site, &person, &device_key);
            let failed = faults.disk_works();
            // The answer says 202 although something failed after the device was stored: that its
            // code was delivered could not be noted, which is nothing to the person who has it.
            assert!(first.0 == 202 || first.0 == 503, "write {after}: {first:?}");
            points += 1;
            refused += u32::from(first.0 == 503);
            let path = format!("{}/{device_key}", devices(&person));
            let there = site.ask(0, "GET", &path, &Value::Null).status;
            let again = requested(&site, &person, &device_key);
            match there {
                404 => is(&again, (202, "")),
                _ => is(&again, (400, "OBD000092")),
            }
            assert!(first.0 == 503 || there == 200, "write {after}: acknowledged and lost");
            if !failed {
                break;
            }
        }
        Books::read(&site).are_whole();
        files_are_whole(&site, true);
    }
    assert!(refused > 20, "{refused} of {points} points were refused: the faults do not reach it");
    assert_eq!(site.health(0), (200, "ready".to_owned()));
    assert_eq!(site.process(0), process, "nothing was restarted");
    eprintln!("{points} points of failure, {refused} of them answered 503");
}

/// As long as the disk is full, every write is refused, every read is answered, and readiness says
/// what is wrong.
#[test]
fn a_disk_that_fails_is_told_and_needs_no_restart() {
    let faults = Faults::new();
    let start = || unreachable!("SQLite has no server");
    let site = Site::with(Engine::Sqlite, 1, &[], start, faults.node());
    let (person, device_key) = (Person::number(0), uuid());
    is(&requested(&site, &person, &device_key), (202, ""));
    let path = format!("{}/{device_key}", devices(&person));
    for error in [ENOSPC, EIO, EROFS] {
        faults.disk_fails(error, 0);
        site.wait_until_not_ready();
        for _ in 0..3 {
            is(&requested(&site, &person, &uuid()), BUSY);
            assert_eq!(site.ask(0, "GET", &path, &Value::Null).status, 200, "reads go on");
        }
        let live = site.with_node(0, |server| server.get("/health/live", "").status);
        assert_eq!(live, 200, "restarting it would help nobody");
        faults.disk_works();
        site.wait_until_ready();
        is(&requested(&site, &person, &uuid()), (202, ""));
    }
    Books::read(&site).are_whole();
    files_are_whole(&site, true);
}

/// A real file system that is full: a small one in memory, in a mount namespace of the node's own.
#[test]
fn a_full_file_system_needs_no_restart() {
    let script = "mkdir -p small && mount -t tmpfs -o size=3m tmpfs small && exec \"$@\"";
    let alone: &[&str] =
        if is_root() { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    let tried = Command::new("unshare")
        .args(alone)
        .args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"])
        .stderr(Stdio::null())
        .status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("LEFT OUT: mount namespaces are not permitted here (a_full_file_system)");
        return;
    }
    let database = ("DEVICE_ENROLLMENT_DATABASE_URL", "sqlite:small/device-enrollment.db");
    let starting = move |world: &World| {
        // The file is in memory: what the operator imported into the one beside it moves there.
        let copy = "cp device-enrollment.db small/ && exec \"$@\"";
        let plain = program(&world.folder, &["serve", "--listen", "127.0.0.1:0"]);
        let mut command = Command::new("unshare");
        command.args(alone).args(["sh", "-c", script, "sh", "sh", "-c", copy, "sh"]);
        command.arg(plain.get_program()).args(plain.get_args());
        command.current_dir(world.folder.path()).envs(world.settings()).stdin(Stdio::null());
        command.env(database.0, database.1);
        Server::run(command)
    };
    let start = || unreachable!("SQLite has no server");
    let site = Site::with(Engine::Sqlite, 1, &[], start, Box::new(starting));
    let (person, first) = (Person::number(0), uuid());
    is(&requested(&site, &person, &first), (202, ""));
    let folder =
        format!("/proc/{}/root{}/small", site.process(0), site.world.folder.path().display());
    let filler = format!("{folder}/filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let mut stored = vec![first];
    // What the log has room for is still taken.
    let refused = loop {
        let device_key = uuid();
        match requested(&site, &person, &device_key) {
            (202, _) => stored.push(device_key),
            refused => break refused,
        }
        assert!(stored.len() < 1000, "it never was full");
    };
    is(&refused, BUSY);
    site.wait_until_not_ready();
    for device_key in &stored {
        let path = format!("{}/{device_key}", devices(&person));
        assert_eq!(site.ask(0, "GET", &path, &Value::Null).status, 200, "reads go on");
    }
    std::fs::remove_file(&filler).unwrap();
    site.wait_until_ready();
    is(&requested(&site, &person, &uuid()), (202, ""));
    for device_key in &stored {
        let path = format!("{}/{device_key}", devices(&person));
        assert_eq!(site.ask(0, "GET", &path, &Value::Null).status, 200, "lost");
    }
}

/// A file or a folder that cannot be written is said at the start, by its name.
#[test]
fn a_read_only_database_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::without_nodes(Engine::Sqlite, &[]);
    let file = world.folder.file("device-enrollment.db");
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&file, 0o444);
    set(world.folder.path(), 0o555);
    let plain = program(&world.folder, &["serve", "--listen", "127.0.0.1:0"]);
    // Nothing is read-only to root.
    let mut command = if is_root() { Command::new("setpriv") } else { Command::new("env") };
    if is_root() {
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
    }
    command.arg(plain.get_program()).args(plain.get_args());
    command.current_dir(world.folder.path()).envs(world.settings());
    let done = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    set(world.folder.path(), 0o755);
    assert_eq!(done.status.code(), Some(2), "{error}");
    assert!(error.contains("device-enrollment.db") && error.contains("database.url"), "{error}");
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}
