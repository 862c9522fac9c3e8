//! Hosts that were met for the first time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::fleet::HostName;

/// Hosts of which no key was known, and whether their keys were taken. Shared by all its clones.
///
/// Give one to [`SshTransportBuilder::first_contacts`](crate::SshTransportBuilder::first_contacts), and say in one line what each of them would
/// say for itself.
#[derive(Debug, Clone, Default)]
pub struct FirstContacts(Arc<Mutex<Contacts>>);

#[derive(Debug, Default)]
struct Contacts {
    accepted: BTreeSet<HostName>,
    refused: BTreeSet<HostName>,
}

impl FirstContacts {
    /// Hosts whose new key was recorded. The `ssh` program does not tell.
    pub fn accepted(&self) -> Vec<HostName> {
        self.contacts().accepted.iter().cloned().collect()
    }

    /// Hosts that were refused because no key of theirs is known.
    pub fn refused(&self) -> Vec<HostName> {
        self.contacts().refused.iter().cloned().collect()
    }

    /// Whether this host was refused because no key of it is known.
    pub fn is_refused(&self, host: &HostName) -> bool {
        self.contacts().refused.contains(host)
    }

    pub(crate) fn accept(&self, host: &HostName) {
        self.contacts().accepted.insert(host.clone());
    }

    pub(crate) fn refuse(&self, host: &HostName) {
        self.contacts().refused.insert(host.clone());
    }

    fn contacts(&self) -> MutexGuard<'_, Contacts> {
        // Each change is one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
