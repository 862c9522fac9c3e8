//! A record: one line of a log.

use serde::{Deserialize, Serialize};

use super::{Event, NamespaceEventKind};
use crate::{Digest, Timestamp};

/// An event and the time it was decided.
///
/// This is a line of the job log, of the live stream and of the journal:
/// `{"at":5,"event":"task_started","job":1,"host":"web1","attempt":17}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Record {
    /// When it was decided; never decreases along a log.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Record {
    /// What was decided at this time.
    pub fn new(at: Timestamp, event: Event) -> Self {
        Self { at, event }
    }

    /// The digests by which it names content that is stored beside its journal.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        // No wildcard: content of an event that is forgotten here would be removed while records name it.
        let named = match &self.event {
            Event::Namespace(event) => match &event.kind {
                NamespaceEventKind::Configured { fleet, policy } => [fleet.digest(), policy.digest()],
                NamespaceEventKind::OwnerChanged { .. }
                | NamespaceEventKind::Restored { .. }
                | NamespaceEventKind::HostsFrozen { .. }
                | NamespaceEventKind::HostsThawed { .. }
                | NamespaceEventKind::Ordered { .. }
                | NamespaceEventKind::LateReported { .. } => [None, None],
            },
            Event::Host(_) | Event::Job(_) | Event::Task(_) => [None, None],
        };
        named.into_iter().flatten()
    }
}
