//! The C interface of `device-enrollment`, as a shared and as a static library.
//!
//! There is nothing here: the interface is written in the library's `ffi` module, and a crate of its
//! own keeps shared libraries out of every other build.

device_enrollment::uniffi_reexport_scaffolding!();
