//! Hosts without a known key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::fleet::HostName;

/// Hosts without a known key, and whether their keys were accepted. Shared by all its clones.
///
/// Pass one to [`SshTransportBuilder::first_contacts`](crate::SshTransportBuilder::first_contacts) to report all of
/// them in one line instead of one each.
#[derive(Debug, Clone, Default)]
pub struct FirstContacts(Arc<Mutex<Contacts>>);

#[derive(Debug, Default)]
struct Contacts {
    accepted: BTreeSet<HostName>,
    refused: BTreeSet<HostName>,
}

impl FirstContacts {
    /// Hosts whose new key was recorded. Empty with the `ssh` program, which does not report it.
    pub fn accepted(&self) -> Vec<HostName> {
        self.contacts().accepted.iter().cloned().collect()
    }

    /// Hosts that were refused because none of their keys is known.
    pub fn refused(&self) -> Vec<HostName> {
        self.contacts().refused.iter().cloned().collect()
    }

    /// Whether this host was refused because none of its keys is known.
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
        // Poisoning is harmless: each change is a single operation.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
