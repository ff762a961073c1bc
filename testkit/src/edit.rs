//! A change a test wants made to something the kit computes.

use std::fmt;
use std::sync::Arc;

/// An optional change to a computed value, run at the moment the value is made.
///
/// Fields cover what the kit is *given*; an `Edit` covers what it *computes*, such as the
/// finished attestation statement.
pub struct Edit<T: ?Sized>(Option<Arc<Change<T>>>);

type Change<T> = dyn Fn(&mut T) + Send + Sync;

impl<T: ?Sized> Edit<T> {
    /// Leaves the value as it is.
    pub fn none() -> Self {
        Self(None)
    }

    /// Changes the value with `change`.
    pub fn new(change: impl Fn(&mut T) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(change)))
    }

    /// Whether there is a change.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Runs the change, if there is one.
    pub fn apply(&self, value: &mut T) {
        if let Some(change) = &self.0 {
            change(value);
        }
    }
}

impl<T: ?Sized> Default for Edit<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T: ?Sized> Clone for Edit<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> fmt::Debug for Edit<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_set() { "Edit(set)" } else { "Edit(none)" })
    }
}
