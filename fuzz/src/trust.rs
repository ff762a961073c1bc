//! Data that an operator loads: it is not an attacker's, but a fetch can bring anything.

use device_enrollment::{AndroidStatusList, Metadata, MetadataSource, UnixTime};
use device_enrollment_testkit::TIME;

/// Google's status list.
pub fn android_status(data: &[u8]) {
    if let Ok(list) = AndroidStatusList::from_json(data, UnixTime(TIME)) {
        assert!(list.unknown_statuses() <= list.len());
    }
}

/// The payload of FIDO metadata, whose signature was not checked.
pub fn metadata(data: &[u8]) {
    let source = MetadataSource::new(&[], UnixTime(TIME));
    drop(Metadata::import_unsigned(data, &source));
}
