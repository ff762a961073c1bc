//! What the targets do that is not `device_enrollment::fuzzing`'s: whole ceremonies, the wire
//! forms, the inspector, and the second reader of CBOR.

#[cfg(fuzzing)]
pub mod ceremonies;
#[cfg(fuzzing)]
pub mod forms;
#[cfg(fuzzing)]
#[path = "../../src/encoding/cbor/tests/oracle.rs"]
mod oracle;
pub mod parts;
pub mod seeds;
pub mod trust;

/// Our reader takes exactly what a lenient reader takes and writes back byte for byte.
#[cfg(fuzzing)]
pub fn cbor(bytes: &[u8]) {
    const DEPTH: usize = 4;
    let expected = oracle::accepts(bytes, DEPTH);
    assert_eq!(device_enrollment::fuzzing::cbor(bytes, DEPTH), expected, "{bytes:02x?}");
}
