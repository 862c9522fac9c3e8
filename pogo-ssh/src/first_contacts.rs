//! Hosts without a known key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Failure, FailureCause};

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
    /// Whether each that was accepted is a remark in the output of its host.
    remarks: bool,
    /// Those of which that was not said yet.
    unsaid: BTreeSet<HostName>,
}

/// The remark of a host whose new key was recorded.
///
/// It is a marker as well, compared whole and byte for byte: kept output has it, of this version and of those before,
/// so it may not be reworded. It is no field of a record, as records know nothing of what one transport trusts.
const ACCEPTED: &str = "[new host key accepted and recorded]\n";

impl FirstContacts {
    /// Contacts that are remarks in the output of their hosts as well, for whoever shows a job from elsewhere.
    /// [`read_remark`](Self::read_remark) takes note of them there.
    pub fn with_remarks() -> Self {
        let contacts = Self::default();
        contacts.contacts().remarks = true;
        contacts
    }

    /// Takes note of a remark of contacts that were made elsewhere. Whether it was one.
    pub fn read_remark(&self, host: &HostName, remark: &[u8]) -> bool {
        let is_one = remark == ACCEPTED.as_bytes();
        if is_one {
            self.accept(host);
        }
        is_one
    }

    /// Takes note of the failure of an attempt that ran elsewhere. Whether its host was refused because none of its
    /// keys is known.
    pub fn read_failure(&self, host: &HostName, failure: &Failure) -> bool {
        let is_one = failure.cause == Some(FailureCause::UnknownHostKey);
        if is_one {
            self.refuse(host);
        }
        is_one
    }

    /// What to say in the output of a host whose new key was recorded, once.
    pub(crate) fn remark(&self, host: &HostName) -> Option<&'static str> {
        self.contacts().unsaid.remove(host).then_some(ACCEPTED)
    }

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
        let mut contacts = self.contacts();
        if contacts.accepted.insert(host.clone()) && contacts.remarks {
            contacts.unsaid.insert(host.clone());
        }
    }

    pub(crate) fn refuse(&self, host: &HostName) {
        self.contacts().refused.insert(host.clone());
    }

    fn contacts(&self) -> MutexGuard<'_, Contacts> {
        // Poisoning is harmless: each change is a single operation.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::FailureKind;

    use super::*;

    #[test]
    fn contacts_of_elsewhere_are_read_from_remarks_and_failures() {
        let (there, here) = (FirstContacts::with_remarks(), FirstContacts::default());
        let [web1, web2]: [HostName; 2] = ["web1", "web2"].map(|name| name.parse().unwrap());
        there.accept(&web1);
        let remark = there.remark(&web1).unwrap();
        assert_eq!(
            remark, "[new host key accepted and recorded]\n",
            "kept output has it in these words"
        );
        assert_eq!(there.remark(&web1), None, "it is said once");
        assert!(here.read_remark(&web1, remark.as_bytes()) && !here.read_remark(&web2, b"[another]\n"));
        let failure = Failure::new(FailureKind::HostKey, "in any words");
        assert!(
            !here.read_failure(&web1, &failure),
            "its key is another than the one that is known"
        );
        assert!(here.read_failure(&web2, &failure.with_cause(FailureCause::UnknownHostKey)));
        assert_eq!((here.accepted(), here.refused()), (vec![web1], vec![web2]));
    }
}
