//! Clocks that jump by an hour, of the host of SQLite's file and of PostgreSQL's server: what is over
//! stays over, what is not over goes on, and no time in the database goes back.

use serde_json::{Value, json};

use super::books::Books;
use super::faults::Faults;
use super::load::device;
use super::site::{Person, Site, said};
use super::world::{Engine, code_in, uuid};

crate::bank::on_both_engines!(
    a_clock_that_is_set_forward_ends_what_is_over,
    a_clock_that_is_set_back_revives_nothing,
    a_clock_that_is_set_back_over_a_restart_revives_nothing,
);

const HOUR: i64 = 3600;

struct Waiting {
    path: String,
    device_key: String,
    code: String,
}

/// A device that waits for its code.
fn pending(site: &Site, person: &Person) -> Waiting {
    let (device_key, mark) = (uuid(), site.world.gateway.mark());
    let path = format!("/account/{}/device", person.account);
    let answer = site.ask(0, "POST", &path, &device(&device_key, &uuid(), person));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let path = format!("{path}/{device_key}");
    Waiting { path, device_key, code: code_since(site, mark) }
}

fn code_since(site: &Site, mark: usize) -> String {
    let posted = site.world.gateway.since(mark, "/sms").pop().unwrap();
    let message: Value = serde_json::from_str(&posted.body).unwrap();
    code_in(message["text"].as_str().unwrap())
}

impl Waiting {
    fn validate(&self, site: &Site) -> (u16, String) {
        let node = site.nodes() - 1;
        said(&site.ask(
            node,
            "PUT",
            &format!("{}/validate", self.path),
            &json!({"token": self.code}),
        ))
    }

    fn resend(&mut self, site: &Site) {
        let mark = site.world.gateway.mark();
        let answer = site.ask(0, "PATCH", &format!("{}/resend_token", self.path), &json!({}));
        assert_eq!(answer.status, 202, "{}", answer.body);
        self.code = code_since(site, mark);
    }
}

const INCORRECT: &str = "OBD0000100";

fn a_clock_that_is_set_forward_ends_what_is_over(engine: Engine) {
    let faults = Faults::new();
    let site = faults.site(engine, 2);
    let mut waiting = pending(&site, &Person::number(0));
    faults.clock_is_ahead(HOUR);
    // The code was for five minutes; that it is over is not an attempt.
    for _ in 0..6 {
        assert_eq!(waiting.validate(&site), (400, INCORRECT.to_owned()));
    }
    // Nothing has to be restarted: a new code counts from the new time.
    waiting.resend(&site);
    assert_eq!(waiting.validate(&site), (201, String::new()));
    site.wait_until_ready();
    Books::read(&site).are_whole();
    trail_does_not_go_back(&site, &waiting.device_key);
}

fn a_clock_that_is_set_back_revives_nothing(engine: Engine) {
    let faults = Faults::new();
    let site = faults.site(engine, 2);
    let over = pending(&site, &Person::number(0));
    let mut other = pending(&site, &Person::number(1));
    faults.clock_is_ahead(HOUR);
    assert_eq!(over.validate(&site), (400, INCORRECT.to_owned()));
    // The second node has not looked at the clock meanwhile, and learns of it all the same.
    site.wait_until_ready();
    for ahead in [0, -HOUR] {
        faults.clock_is_ahead(ahead);
        assert_eq!(over.validate(&site), (400, INCORRECT.to_owned()), "{ahead} s: it was over");
        assert_eq!(other.validate(&site), (400, INCORRECT.to_owned()), "{ahead} s: it was over");
    }
    other.resend(&site);
    assert_eq!(other.validate(&site), (201, String::new()), "what is new is good");
    Books::read(&site).are_whole();
    trail_does_not_go_back(&site, &other.device_key);
}

fn a_clock_that_is_set_back_over_a_restart_revives_nothing(engine: Engine) {
    let faults = Faults::new();
    let site = faults.site(engine, 2);
    let over = pending(&site, &Person::number(0));
    faults.clock_is_ahead(HOUR);
    // Nobody has tried the code: what is known of the hour is the mark that readiness leaves.
    let readiness = || (0..site.nodes()).all(|node| site.health(node).0 == 200);
    super::site::wait_until("the mark is made", || readiness() && marked_ahead(&site));
    (0..site.nodes()).for_each(|node| site.kill_node(node));
    faults.clock_is_ahead(0);
    (0..site.nodes()).for_each(|node| site.start_node(node));
    site.wait_until_ready();
    assert_eq!(over.validate(&site), (400, INCORRECT.to_owned()), "it was over");
    let fresh = pending(&site, &Person::number(1));
    assert_eq!(fresh.validate(&site), (201, String::new()));
    Books::read(&site).are_whole();
}

/// Whether the mark in the database lies ahead of the time here.
fn marked_ahead(site: &Site) -> bool {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Books::read(site).clock_mark() > i64::try_from(now.as_millis()).unwrap() + HOUR * 1000 / 2
}

fn trail_does_not_go_back(site: &Site, device_key: &str) {
    let trail = site.world.operate(&["admin", "audit", "device", device_key], "");
    let times: Vec<String> = trail
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["at"].to_string())
        .collect();
    assert!(times.len() >= 3 && times.is_sorted(), "{times:?}");
}
