//! The examples of Web Authentication Level 3, section "Test Vectors", made again.
//!
//! The Recommendation prints fifteen credentials, each with its registration and one use of it,
//! and says beside every value how it came about: random ones are HKDF-SHA-256 over a fixed text,
//! ECDSA signatures are deterministic (RFC 6979), the RSA key is made of two famous primes. So
//! the examples need no copy: what is here follows the recipe and arrives at the same bytes.
//! [`vector_file`] writes them the way `docs/vectors.md` says.

mod certificates;
mod draws;
mod examples;
mod file;

pub use examples::{Example, examples};
pub use file::vector_file;
