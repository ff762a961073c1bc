//! Measured speed. Every ceremony is timed beside the bare signature checks that it cannot do
//! without, made by the same provider of cryptography in the same run: on a shared machine only
//! their ratio means anything.
//!
//! - [`cases`] makes the ceremonies and what is expected of them.
//! - [`bare`] finds the signature checks of a ceremony and makes nothing but them.
//! - [`peer`] gives the same ceremonies to `webauthn-rs-core`.
//! - [`work`] turns each into calls that can be timed or counted.
//!
//! `ratios` times, `instructions` counts (the script `ratchet` runs it), and the Criterion benches
//! of `benches/ceremonies.rs` follow one call closely.

pub mod bare;
pub mod cases;
pub mod peer;
pub mod work;
