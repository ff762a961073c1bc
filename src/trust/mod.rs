//! Floor 2: whom to believe. Anchors come from configuration alone; nothing that a response
//! carries can become one.

mod anchors;
mod metadata;
mod path;
mod store_file;

pub use anchors::{AnchorError, InForce, Provenance, TrustAnchor, TrustStore};
pub use metadata::{
    Authenticity, Metadata, MetadataEntry, MetadataReport, MetadataSource, QuarantinedEntry,
    StatusReport, UnknownRevocation,
};
pub(crate) use metadata::{Known, METADATA_OVERDUE, key_identifier};
pub(crate) use path::{Path, PathFailure, UnusedBits, dates_at, find_path};
pub use store_file::TrustStoreError;
