//! Connections that are lent and come back.
//!
//! The driver has a pool of its own, which asks each connection whether it still is one when it is
//! lent and again when it comes back: a query is three round trips. Here a connection is asked after
//! it was idle for a while, one that met an error of the database's or the network's does not come
//! back, and neither does one whose user went away in the middle of something.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Later;
use super::error::{Cause, Failure, Unavailable};

/// A connection that was idle for so long is asked before it is lent. Under load none is; what has
/// broken then is found out by whom it is lent to.
const IDLE: Duration = Duration::from_secs(1);
/// One that is as old is replaced: what it is connected to may have moved.
const OLD: Duration = Duration::from_secs(30 * 60);

/// How connections are made and asked.
pub(super) trait Maker: Send + Sync {
    type Connection: Send;

    fn make(&self) -> Later<'_, Result<Self::Connection, sqlx::Error>>;
    /// Whether it still is one.
    fn lives<'a>(&'a self, connection: &'a mut Self::Connection) -> Later<'a, bool>;
    fn end(&self, connection: Self::Connection) -> Later<'_, ()>;
}

/// Connections, so many at most.
pub(super) struct Pool<M: Maker> {
    maker: M,
    most: u32,
    /// How long one is waited for.
    wait: Duration,
    places: Semaphore,
    /// The one that came back last is lent first.
    idle: Mutex<Vec<Known<M::Connection>>>,
}

struct Known<C> {
    connection: C,
    made: Instant,
    came_back: Instant,
}

/// A connection, to be given back. One that is dropped is closed.
pub(super) struct Lent<'p, M: Maker> {
    pool: &'p Pool<M>,
    connection: M::Connection,
    made: Instant,
    _place: SemaphorePermit<'p>,
}

impl<M: Maker> Pool<M> {
    pub(super) fn new(maker: M, most: u32, wait: Duration) -> Self {
        let most = most.max(1);
        let places = Semaphore::new(usize::try_from(most).unwrap_or(1));
        Self { maker, most, wait, places, idle: Mutex::default() }
    }

    /// A connection: one that is idle, or a new one.
    pub(super) async fn lend(&self) -> Result<Lent<'_, M>, sqlx::Error> {
        let lent = tokio::time::timeout(self.wait, self.lend_in_time()).await;
        lent.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn lend_in_time(&self) -> Result<Lent<'_, M>, sqlx::Error> {
        let place = self.places.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        while let Some(mut known) = self.pop() {
            let is_live = known.made.elapsed() < OLD
                && (known.came_back.elapsed() < IDLE
                    || self.maker.lives(&mut known.connection).await);
            if is_live {
                let Known { connection, made, .. } = known;
                return Ok(Lent { pool: self, connection, made, _place: place });
            }
        }
        let connection = self.maker.make().await?;
        Ok(Lent { pool: self, connection, made: Instant::now(), _place: place })
    }

    fn pop(&self) -> Option<Known<M::Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Lends nothing more, waits for what is lent, and ends all.
    pub(super) async fn close(&self) {
        // An error is a pool that is closed already.
        let all = self.places.acquire_many(self.most).await;
        self.places.close();
        drop(all);
        while let Some(known) = self.pop() {
            self.maker.end(known.connection).await;
        }
    }
}

impl<M: Maker> Lent<'_, M> {
    pub(super) fn connection(&mut self) -> &mut M::Connection {
        &mut self.connection
    }

    /// Gives it back, in good order.
    pub(super) fn give_back(self) {
        let Self { pool, connection, made, .. } = self;
        let known = Known { connection, made, came_back: Instant::now() };
        pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(known);
    }

    /// Gives it back or not, by what it met.
    pub(super) fn after_failure(self, failure: &Failure) {
        match failure {
            Failure::Unavailable(unavailable) => self.after(unavailable),
            Failure::TryAgain | Failure::Constraint | Failure::Fault(_) => self.give_back(),
        }
    }

    /// The same. Where one has broken, what else is idle may have as well: whoever comes next gets
    /// new ones.
    pub(super) fn after(self, unavailable: &Unavailable) {
        match unavailable.cause {
            Cause::Unreachable | Cause::Broken => {
                self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
            _ => self.give_back(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Makes numbers.
    #[derive(Default)]
    struct Numbers(AtomicU32);

    impl Maker for Numbers {
        type Connection = u32;

        fn make(&self) -> Later<'_, Result<u32, sqlx::Error>> {
            Box::pin(std::future::ready(Ok(self.0.fetch_add(1, Ordering::Relaxed))))
        }

        fn lives<'a>(&'a self, _: &'a mut u32) -> Later<'a, bool> {
            Box::pin(std::future::ready(true))
        }

        fn end(&self, _: u32) -> Later<'_, ()> {
            Box::pin(std::future::ready(()))
        }
    }

    fn pool() -> Pool<Numbers> {
        Pool::new(Numbers::default(), 2, Duration::from_millis(10))
    }

    #[tokio::test]
    async fn what_is_given_back_is_lent_again_and_what_is_dropped_is_not() {
        let pool = pool();
        pool.lend().await.unwrap().give_back();
        let mut first = pool.lend().await.unwrap();
        assert_eq!(*first.connection(), 0);
        drop(first);
        assert_eq!(*pool.lend().await.unwrap().connection(), 1);
    }

    #[tokio::test]
    async fn where_one_has_broken_none_that_was_idle_is_lent() {
        let pool = pool();
        let (one, other) = (pool.lend().await.unwrap(), pool.lend().await.unwrap());
        one.give_back();
        // Somebody else kept a row locked: that is no fault of the connection.
        other.after(&Unavailable::because(Cause::Busy));
        let mut other = pool.lend().await.unwrap();
        assert_eq!(*other.connection(), 1);
        other.after(&Unavailable::because(Cause::Unreachable));
        assert_eq!(*pool.lend().await.unwrap().connection(), 2);
    }

    #[tokio::test]
    async fn there_are_so_many_and_none_behind_the_end() {
        let pool = pool();
        let (one, other) = (pool.lend().await.unwrap(), pool.lend().await.unwrap());
        assert!(matches!(pool.lend().await, Err(sqlx::Error::PoolTimedOut)));
        // Its user went away in the middle of something: its place is free.
        drop(one);
        pool.lend().await.unwrap().give_back();
        other.give_back();
        pool.close().await;
        assert!(matches!(pool.lend().await, Err(sqlx::Error::PoolClosed)));
    }
}
