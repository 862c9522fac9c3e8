//! Where a source names its hosts.

use std::fmt;

use crate::fleet::{HostId, TagPath};
use crate::policy::Origin;

/// The line of each host, tag and setting of a source.
///
/// Hosts are those of the fleet that is built from the same listing. A source without lines has `()`.
pub trait Origins: fmt::Debug + Send + Sync {
    /// Where a host is named first.
    fn listed(&self, host: HostId) -> Option<Origin>;

    /// The tags of a host, each with where it is given, in the source's order.
    fn tags(&self, host: HostId) -> Vec<(TagPath, Origin)>;

    /// Where a setting of a host is written: `address`, `port`, `user`, or a further setting by its name.
    fn setting(&self, host: HostId, setting: &str) -> Option<Origin>;

    /// Passes on every origin of hosts, without a tag, and of their tags: each time in the same order, and in a time
    /// that is linear in their number. By default there is none.
    fn each(&self, take: &mut dyn FnMut(Option<&TagPath>, HostId, Origin)) {
        let _ = take;
    }
}

impl Origins for () {
    fn listed(&self, _: HostId) -> Option<Origin> {
        None
    }

    fn tags(&self, _: HostId) -> Vec<(TagPath, Origin)> {
        Vec::new()
    }

    fn setting(&self, _: HostId, _: &str) -> Option<Origin> {
        None
    }
}
