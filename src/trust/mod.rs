//! Floor 2: whom to believe. Anchors come from configuration alone; nothing that a response
//! carries can become one.

mod anchors;
mod android_chain;
mod android_status;
mod metadata;
mod path;
mod refused_keys;
mod remembered;
mod store_file;
mod tpm_vendors;

pub use anchors::{AnchorError, InForce, Provenance, TrustAnchor, TrustStore};
pub(crate) use android_chain::{ChainKind, dates_by_kind, stated_place};
pub use android_status::{AndroidStatusError, AndroidStatusList};
pub use metadata::{
    Authenticity, Metadata, MetadataEntry, MetadataReport, MetadataSource, QuarantinedEntry,
    StatusReport, UnknownRevocation,
};
pub(crate) use metadata::{Known, METADATA_OVERDUE, key_identifier};
pub(crate) use path::{Path, PathFailure, Quirks, dates_at, find_path};
pub use store_file::TrustStoreError;
pub(crate) use tpm_vendors::{EDITION as TPM_VENDOR_EDITION, Vendor, registered, vendor_of_issuer};

#[cfg(test)]
pub(crate) mod tests;
