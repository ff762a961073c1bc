//! What a test needs that starts the real program: a bank on a real database, its nodes as processes,
//! a gateway that catches what is sent, and the steps of an enrollment.
//!
//! A test of this package includes it by its path. So do the tests of other packages, which find the
//! program where Cargo put it.

pub(crate) mod enrolling;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod world;

/// Each test on SQLite, and on PostgreSQL with two nodes.
#[allow(unused_macros, reason = "not every test is of both")]
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test($crate::bank::world::Engine::Sqlite) })+
        }
        mod postgres {
            $(#[test] fn $test() { super::$test($crate::bank::world::Engine::Postgres) })+
        }
    };
}
#[allow(unused_imports, reason = "not every test is of both")]
pub(crate) use on_both_engines;
