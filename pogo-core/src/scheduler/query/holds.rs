//! Holds outside of any job.

use serde::{Deserialize, Serialize};

use super::{PageLimit, Paged};
use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::HoldView;
use crate::scheduler::state::State;

/// Which holds to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HoldsQuery {
    /// Those of this owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<HoldOwner>,
    /// Those of hosts whose names come after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<HostName>,
    /// How many at once; the holds of one host are not parted, so there may be more.
    #[serde(default)]
    pub limit: PageLimit,
}

impl HoldsQuery {
    /// All holds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves only holds of this owner.
    #[must_use]
    pub fn of(mut self, owner: HoldOwner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Goes on after this host.
    #[must_use]
    pub fn after(mut self, host: HostName) -> Self {
        self.after = Some(host);
        self
    }

    /// Sets how many holds a page has.
    #[must_use]
    pub fn limit(mut self, limit: PageLimit) -> Self {
        self.limit = limit;
        self
    }
}

impl State {
    pub(super) fn holds_page(&self, query: &HoldsQuery) -> Paged<HoldView, HostName> {
        let holds = self.holds.iter().filter(|(host, hold)| {
            query.after.as_ref().is_none_or(|after| *host > after)
                && query.owner.as_ref().is_none_or(|owner| hold.owner == *owner)
        });
        let (mut entries, mut next): (Vec<HoldView>, Option<HostName>) = (vec![], None);
        for (host, hold) in holds {
            let last = entries.last().map(|view| &view.host);
            // The cursor is a host: a page that ended within one would leave out the rest of its
            // holds.
            if entries.len() >= query.limit.get() as usize && last != Some(host) {
                next = last.cloned();
                break;
            }
            entries.push(HoldView {
                host: host.clone(),
                hold: hold.clone(),
            });
        }
        Paged { entries, next }
    }
}
