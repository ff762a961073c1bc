//! The ways to the outside: each a trait with a real adapter, some with one for demonstration.
