//! Holds: hosts that somebody has taken out of service outside of any job, and those that somebody waits to hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::{Actor, JobId};

/// A hold of one host, in force or waiting in line. Displays as who holds it, since when and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Hold {
    /// Who.
    pub owner: HoldOwner,
    /// Who ordered it for them, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Arc<Actor>>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Where it stands in line.
    #[serde(default)]
    pub priority: i32,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// Since when it is in force; `None` while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The latest job when it was ordered: it waits behind that one.
    #[serde(default = "first_job")]
    pub(crate) behind: JobId,
}

impl Hold {
    /// Whether this actor may end it as its owner. The owner is a name that anybody can say; where it is known who
    /// ordered the hold, it is theirs.
    pub(in crate::scheduler) fn is_of(&self, actor: Option<&Actor>) -> bool {
        match (&self.actor, actor) {
            // Holds of before orders had actors, and orders whose actor nobody knows: the name of
            // the owner is all there is.
            (None, _) => true,
            (Some(owner), Some(actor)) => owner.is_same_as(actor),
            (Some(_), None) => false,
        }
    }

    /// Who ordered it, where that is not its owner's name: `, ordered by ann@laptop`.
    pub(in crate::scheduler) fn ordered_by(&self) -> String {
        let actor = self.actor.as_ref().map(ToString::to_string);
        let other = actor.filter(|actor| actor != self.owner.as_str());
        other.map(|actor| format!(", ordered by {actor}")).unwrap_or_default()
    }
}

fn first_job() -> JobId {
    JobId::new(0)
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.since {
            Some(since) => write!(f, "by {} since {since}", self.owner)?,
            None => write!(f, "by {}, who waits since {}", self.owner, self.ordered)?,
        }
        match self.reason.as_str() {
            "" => Ok(()),
            reason => write!(f, " ({reason})"),
        }
    }
}

/// A hold, and of which host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HoldView {
    /// The host; it may have left the fleet, which ends no hold.
    pub host: HostName,
    /// Who holds it, or waits to.
    #[serde(flatten)]
    pub hold: Hold,
}

/// All holds, by the names of their hosts: a host that leaves the fleet and comes back is held as before.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Holds {
    by_host: BTreeMap<HostName, HostHolds>,
    /// How many wait. Zero while there are none, so that asking costs nothing.
    waiting: usize,
}

/// The holds of one host.
#[derive(Debug, Clone, Default, PartialEq)]
struct HostHolds {
    in_force: Option<Hold>,
    /// In the order in which they were ordered.
    waiting: Vec<Hold>,
}

impl Holds {
    /// The hold in force.
    pub(crate) fn in_force(&self, host: &HostName) -> Option<&Hold> {
        self.by_host.get(host)?.in_force.as_ref()
    }

    /// Those that wait, in the order in which they were ordered.
    pub(crate) fn waiting(&self, host: &HostName) -> &[Hold] {
        self.by_host.get(host).map_or(&[], |holds| &holds.waiting)
    }

    /// The next that is in force when its turn comes: the greatest priority, then the first.
    pub(crate) fn next(&self, host: &HostName) -> Option<&Hold> {
        // Of equals this takes the last, so they are asked from behind.
        self.waiting(host).iter().rev().max_by_key(|hold| hold.priority)
    }

    /// The hold of this owner, in force or waiting.
    pub(crate) fn of(&self, host: &HostName, owner: &HoldOwner) -> Option<&Hold> {
        self.of_host(host).find(|hold| hold.owner == *owner)
    }

    /// All holds of a host, the one in force first.
    pub(crate) fn of_host(&self, host: &HostName) -> impl Iterator<Item = &Hold> {
        let holds = self.by_host.get(host).into_iter();
        holds.flat_map(|holds| holds.in_force.iter().chain(&holds.waiting))
    }

    pub(crate) fn is_known(&self, host: &HostName) -> bool {
        self.by_host.contains_key(host)
    }

    pub(crate) fn any_waits(&self) -> bool {
        self.waiting > 0
    }

    /// How many wait in line.
    pub(crate) fn waiting_count(&self) -> usize {
        self.waiting
    }

    /// Hosts that are held, by name.
    pub(crate) fn held(&self) -> impl Iterator<Item = &HostName> {
        let held = self.by_host.iter().filter(|(_, holds)| holds.in_force.is_some());
        held.map(|(host, _)| host)
    }

    /// Hosts that somebody waits for, by name.
    pub(crate) fn awaited(&self) -> impl Iterator<Item = &HostName> {
        let awaited = self.by_host.iter().filter(|(_, holds)| !holds.waiting.is_empty());
        awaited.map(|(host, _)| host)
    }

    /// All holds by host; of each host the one in force first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HostName, &Hold)> {
        self.by_host.iter().flat_map(|(host, holds)| {
            let of_host = holds.in_force.iter().chain(&holds.waiting);
            of_host.map(move |hold| (host, hold))
        })
    }

    /// A hold waits, or is in force if it says since when. One of the same owner that waited is replaced.
    pub(in crate::scheduler) fn put(&mut self, host: &HostName, hold: Hold) {
        // First, so that one that waited is counted out before it is counted in, or is in force.
        self.remove(host, &hold.owner);
        let holds = self.by_host.entry(host.clone()).or_default();
        if hold.since.is_some() {
            holds.in_force = Some(hold);
        } else {
            self.waiting += 1;
            holds.waiting.push(hold);
        }
    }

    /// Ends a hold, or its wait.
    pub(in crate::scheduler) fn remove(&mut self, host: &HostName, owner: &HoldOwner) -> Option<Hold> {
        let holds = self.by_host.get_mut(host)?;
        let removed = match holds.in_force.take_if(|hold| hold.owner == *owner) {
            Some(hold) => Some(hold),
            None => {
                let at = holds.waiting.iter().position(|hold| hold.owner == *owner)?;
                self.waiting -= 1;
                Some(holds.waiting.remove(at))
            }
        };
        if holds.in_force.is_none() && holds.waiting.is_empty() {
            self.by_host.remove(host);
        }
        removed
    }
}
