//! What a test needs that starts the real program: a bank on a real database, its nodes as processes,
//! a gateway that catches what is sent, and the steps of an enrollment.
//!
//! A test of this package includes it by its path. So do the tests of other packages, which find the
//! program where Cargo put it.

pub(crate) mod enrolling;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod world;
