//! Whether this process owns a namespace.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// The ownership of this process, if it has it. What only an owner may write is written while it is held, so that none
/// of it comes after the end.
#[derive(Debug, Default)]
pub(crate) struct Tenure(RwLock<bool>);

/// The ownership does not end as long as this is there.
#[derive(Debug)]
pub(crate) struct Tenured<'a> {
    _is_owner: RwLockReadGuard<'a, bool>,
}

impl Tenure {
    pub(crate) fn begin(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Ends it once nobody writes any more, and does this before anybody else may own the namespace.
    pub(crate) fn end(&self, last: impl FnOnce()) {
        let mut is_owner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *is_owner) {
            last();
        }
    }

    /// Holds the ownership, if this process has it. Nobody holds it twice in one thread: the end may come between.
    pub(crate) fn hold(&self) -> Option<Tenured<'_>> {
        let is_owner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_held = *is_owner;
        is_held.then_some(Tenured { _is_owner: is_owner })
    }
}
