//! What is judged at the time of a second judgement, and what stays with the enrollment's own.

use device_enrollment::UnixTime;
use device_enrollment::policy::{Overdue, Policy, Rule};
use device_enrollment::verdict::CheckId::{Ak18, Ak19, Md4, Md7, X13};
use device_enrollment_testkit::metadata::{entry_for, report};
use device_enrollment_testkit::{MetadataBlob, NOT_AFTER, Registration, TIME};
use serde_json::json;

use crate::harness::{Ceremony, Enrollment, SEED, bank, fails, passes, status_list, store, valid};
use crate::import::Import;

const DAY: i64 = 24 * 60 * 60;

/// A packed registration whose model was revoked a month after it was made.
fn revoked_later() -> Enrollment {
    let registration = Registration::packed_basic(SEED);
    let mut entry = entry_for(&registration);
    let reports = entry["statusReports"].as_array_mut().unwrap();
    reports.push(report("REVOKED", "2026-07-01"));
    let metadata = Import::of(MetadataBlob::new("again", vec![entry])).judge().outcome.unwrap();
    Enrollment::of(registration, Policy::webauthn()).given(|c| {
        c.policy.metadata = Rule::Judged;
        c.policy.metadata_overdue = Overdue::Warned;
        c.metadata = Some(metadata);
    })
}

#[test]
fn a_status_counts_that_came_after_the_enrollment() {
    let valid = valid(revoked_later());
    passes(&valid.judgement, Md7);
    let at = |time: i64| valid.but(|c| c.status_time = Some(UnixTime(time)));
    passes(&at(TIME + 30 * DAY - 1), Md7);
    fails(&at(TIME + 30 * DAY), Md7, "metadata.revoked");
    let facts = at(TIME + 30 * DAY).verdict().facts.metadata.clone().unwrap();
    assert_eq!(facts.status.as_deref(), Some("REVOKED"));
}

#[test]
fn metadata_is_as_old_as_it_is_at_the_second_judgement() {
    let valid = valid(revoked_later().given(|c| c.policy.metadata_overdue = Overdue::Refused));
    let at = |time: i64| valid.but(|c| c.status_time = Some(UnixTime(time)));
    passes(&at(TIME), Md4);
    fails(&at(TIME + 60 * DAY), Md4, "metadata.overdue");
}

#[test]
fn the_age_of_a_status_list_is_that_at_the_second_judgement() {
    let valid = valid(bank(Registration::android_key));
    let at = |fetched: i64, status_time: Option<i64>| {
        valid.but(|c| {
            let list = status_list("{}", fetched);
            c.store = Some(store(&c.chain().anchors()).with_android_status(list));
            c.status_time = status_time.map(UnixTime);
        })
    };
    let year = TIME + 365 * DAY;
    passes(&at(year, Some(year)), Ak18);
    passes(&at(TIME + DAY, None), Ak18);
    fails(&at(TIME + DAY, Some(year)), Ak18, "android.status_list_stale");
}

#[test]
fn dates_stay_with_the_enrollment() {
    let later = Some(UnixTime(NOT_AFTER + 1));
    let packed = valid(revoked_later().given(|c| c.metadata = None).given(|c| {
        c.policy.metadata = Rule::NotJudged;
        c.status_time = later;
    }));
    passes(&packed.judgement, X13);
    fails(&packed.but(|c| c.time = later), X13, "path.expired");
    let android = valid(bank(Registration::android_key).given(|c| {
        c.policy.android_status_age = None;
        c.status_time = later;
    }));
    passes(&android.judgement, Ak19);
}

#[test]
fn statuses_are_never_asked_before_the_ceremony() {
    let valid = valid(revoked_later());
    let late = valid.with(|c| c.time = Some(UnixTime(TIME + 30 * DAY)));
    fails(&late.judge(), Md7, "metadata.revoked");
    let back = late.given(|c| c.status_time = Some(UnixTime(TIME)));
    fails(&back.judge(), Md7, "metadata.revoked");
}

#[test]
fn the_verdict_names_the_time_of_a_second_judgement() {
    let valid = valid(revoked_later());
    let inputs = |c: &Enrollment| {
        let judged = c.judge();
        serde_json::to_value(judged.verdict()).unwrap()["inputs"].clone()
    };
    let once = inputs(&valid.with(|_| ()));
    assert!(once.get("status_time").is_none(), "{once}");
    let again = inputs(&valid.with(|c| c.status_time = Some(UnixTime(TIME + 1))));
    assert_eq!(again["time"], json!("2026-06-01T00:00:00Z"));
    assert_eq!(again["status_time"], json!("2026-06-01T00:00:01Z"));
    assert_eq!(again["policy"], once["policy"]);
}
