//! Remarks on hosts without a known key.

use pogo_core::fleet::{HostName, fold};
use pogo_ssh::FirstContacts;

/// Remarks on hosts without a known key.
pub(super) fn contact_remarks(contacts: &FirstContacts) -> Vec<String> {
    let line = |hosts: Vec<HostName>, said: &dyn Fn(usize, &str) -> String| {
        let plural = if hosts.len() == 1 { "" } else { "s" };
        (!hosts.is_empty()).then(|| format!("{}: {}", said(hosts.len(), plural), fold(&hosts)))
    };
    let accepted = line(contacts.accepted(), &|count, plural| {
        format!("{count} new host key{plural} accepted and recorded (--host-keys accept-new)")
    });
    let refused = line(contacts.refused(), &|count, plural| {
        format!("{count} host key{plural} not known and refused; --host-keys accept-new accepts new ones")
    });
    accepted.into_iter().chain(refused).collect()
}
