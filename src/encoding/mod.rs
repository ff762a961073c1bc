//! Floor 0: readers that turn bytes into borrowed values and refuse everything else.
//!
//! Only [`reader::Reader`] and the readers built on it touch raw input. None of them indexes,
//! casts, recurses without a bound, or forgets what follows the value it read.

pub(crate) mod base64url;
pub(crate) mod canonical;
pub(crate) mod cbor;
pub(crate) mod certificate;
pub(crate) mod certificate_list;
pub(crate) mod der;
mod fault;
pub(crate) mod hex;
pub(crate) mod json;
pub(crate) mod jws;
pub(crate) mod reader;

pub use base64url::Base64Reading;
pub use fault::{Fault, Malformed};
