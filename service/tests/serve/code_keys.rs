//! The keys that codes are kept under, changed while the service runs.

use std::time::{Duration, SystemTime};

use crate::devices::{code_of, pending, refused, validate};
use crate::server::{Folder, text};
use crate::world::{Engine, World};

crate::bank::on_both_engines!(keys_are_changed_while_codes_are_on_their_way);

/// Waits until every node has read this.
fn known(world: &World, nodes: usize, keys: &str) {
    while world.log().matches(keys).count() < nodes {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn keys_are_changed_while_codes_are_on_their_way(engine: Engine) {
    let folder = Folder::new();
    let file = folder.write("codes.keys", &format!("1:{}\n", "A".repeat(43)));
    let nodes = if engine == Engine::Postgres { 2 } else { 1 };
    let world = World::with(engine, &[("DEVICE_ENROLLMENT_CODES_MAC_KEYS_FILE", text(&file))]);
    let (first, first_code) = pending(&world);
    let (left, left_code) = pending(&world);
    let list = || world.operate(&["admin", "mac-keys", "list"], "");
    assert_eq!(list(), "1  makes codes\n");

    let rotate = ["admin", "mac-keys", "rotate", "--wait-seconds", "6"];
    assert_eq!(world.operate(&rotate, ""), "2  makes codes\n1  is believed\n");
    known(&world, nodes, "MacKeyFile(2, 1)");
    assert_eq!(list(), "2  makes codes\n1  is believed\n");
    assert_eq!(validate(&world, &first, &first_code).status, 201);
    let (second, second_code) = pending(&world);

    // Codes of the first key can be on their way for five minutes.
    let done = world.operated(&rotate, "");
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("REFUSED  codes of the key before"));
    let past = SystemTime::now() - Duration::from_secs(301);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(past).unwrap();
    assert_eq!(world.operate(&rotate, ""), "3  makes codes\n2  is believed\n");
    known(&world, nodes, "MacKeyFile(3, 2)");
    assert_eq!(validate(&world, &second, &second_code).status, 201);
    // Nobody has its key any more.
    assert_eq!(code_of(&validate(&world, &left, &left_code)), (400, "OBD0000100".to_owned()));

    let trail = world.operate(&["admin", "audit", "mac_keys", "3"], "");
    assert!(trail.contains(r#""action":"mac_keys.rotated""#), "{trail}");

    // A file that cannot be read leaves the nodes with what they have.
    let (third, third_code) = pending(&world);
    std::fs::write(&file, "nonsense").unwrap();
    known(&world, nodes, "the keys of codes stay as they were");
    assert_eq!(validate(&world, &third, &third_code).status, 201);
    let log = world.stop();
    assert!(!log.contains(&"A".repeat(43)));

    // Keys in the environment are whoever's who put them there.
    let world = World::start(engine);
    let done = world.operated(&rotate, "");
    assert_eq!(done.status.code(), Some(1));
    let (device_key, code) = pending(&world);
    refused(&validate(&world, &device_key, &crate::devices::wrong(&code)), 400, "OBD0000100");
}
