//! The event that records an order itself, known before the order is carried out.

use std::sync::Arc;

use super::{Checked, CheckedOrder, EndedHolds, OrderContext};
use crate::Timestamp;
use crate::scheduler::{Event, HaltCause, HostEventKind, JobEventKind, NamespaceEventKind, Record};

impl Checked {
    /// The records that hold what the order says, which are committed together: its answer, and its own event.
    pub(in crate::scheduler) fn own_records(&self, now: Timestamp) -> Vec<Record> {
        let Self::Command { order, context } = self else {
            return vec![];
        };
        // What is measured against the largest commit of a journal, before anything is decided.
        let own = context.event().into_iter().chain(order.own_event(context));
        own.map(|event| Record { at: now, event }).collect()
    }
}

impl CheckedOrder {
    /// The event that holds what the order says, which is as large as whoever gave it made it. What follows from an
    /// order is small, event by event.
    fn own_event(&self, context: &OrderContext) -> Option<Event> {
        let (by, reason) = (context.by(), context.reason());
        let event = match self {
            Self::Configure { fleet, policy, .. } => Event::of_namespace(NamespaceEventKind::Configured {
                fleet: Arc::clone(fleet).into(),
                policy: Arc::clone(policy).into(),
            }),
            Self::Submit {
                job,
                spec,
                compiled,
                retry_of,
            } => {
                let (spec, hosts) = (Arc::clone(spec), Arc::clone(&compiled.names));
                let retry_of = *retry_of;
                Event::of_job(*job, JobEventKind::Submitted { spec, hosts, retry_of })
            }
            Self::Halt { job } | Self::Abort { job } => {
                let (abort, cause) = (matches!(self, Self::Abort { .. }), Some(HaltCause::Order));
                Event::of_job(*job, JobEventKind::Halting { reason, abort, cause })
            }
            Self::Freeze { hosts } => {
                let hosts = hosts.clone();
                Event::of_namespace(NamespaceEventKind::HostsFrozen { hosts, by, reason })
            }
            Self::Thaw { hosts } => {
                let hosts = hosts.clone();
                Event::of_namespace(NamespaceEventKind::HostsThawed { hosts, by, reason })
            }
            Self::Alter { job, change } => {
                let change = Box::new(change.clone());
                Event::of_job(*job, JobEventKind::Altered { change })
            }
            Self::Mark { host, down } => Event::of_host(host.clone(), HostEventKind::marked(*down, reason)),
            Self::Hold(holds) => {
                // Each host has a record of its own, so the first shows whether the order fits.
                let (host, owner, waited) = (holds.hosts.first()?.clone(), holds.owner.clone(), false);
                Event::of_host(host, HostEventKind::Held { owner, reason, waited })
            }
            Self::Release(EndedHolds { holds, by, .. }) => {
                let (host, owner) = holds.first()?.clone();
                let by = by.clone();
                Event::of_host(host, HostEventKind::Released { owner, by, reason })
            }
            Self::Pause { .. }
            | Self::Resume { .. }
            | Self::Promote { .. }
            | Self::Retry { .. }
            | Self::Skip { .. }
            | Self::SkipRetired { .. }
            | Self::Note
            | Self::Nothing => return None,
        };
        Some(event.by(context.actor.clone()))
    }
}
