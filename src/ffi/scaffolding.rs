//! What uniffi needs of every library.

uniffi::setup_scaffolding!("device_enrollment");
