//! What an order itself records, known before it is carried out.

use std::sync::Arc;

use super::check::Checked;
use super::check_hold::EndedHolds;
use super::{Event, HaltCause, HostEventKind, Input, InputError, JobEventKind, NamespaceEventKind, Record, Scheduler};
use crate::Timestamp;

impl Scheduler {
    /// The same as [`handle`](Self::handle), but an order whose own record this refuses is refused, and nothing has changed.
    pub(crate) fn handle_if_recorded(
        &mut self,
        now: Timestamp,
        input: Input,
        accept: impl FnOnce(&Record) -> Result<(), InputError>,
    ) -> Result<Vec<Event>, InputError> {
        self.handle_if(now, input, |checked| match checked.own_event() {
            Some(event) => accept(&Record { at: now, event }),
            None => Ok(()),
        })
    }
}

impl Checked {
    /// The event that holds what the order says, which is as large as whoever gave it made it. What follows from an order is small,
    /// event by event.
    pub(super) fn own_event(&self) -> Option<Event> {
        Some(match self {
            Self::Configure {
                input: Input::Configure { fleet, policy },
                ..
            } => Event::of_namespace(NamespaceEventKind::Configured {
                fleet: Arc::clone(fleet).into(),
                policy: Arc::clone(policy).into(),
            }),
            Self::Submit {
                job,
                spec,
                compiled,
                retry_of,
            } => Event::of_job(
                *job,
                JobEventKind::Submitted {
                    spec: Arc::clone(spec),
                    hosts: Arc::clone(&compiled.names),
                    retry_of: *retry_of,
                },
            ),
            Self::Halt { job, reason } | Self::Abort { job, reason } => Event::of_job(
                *job,
                JobEventKind::Halting {
                    reason: reason.clone(),
                    abort: matches!(self, Self::Abort { .. }),
                    cause: Some(HaltCause::Order),
                },
            ),
            Self::Freeze { hosts, by, reason } => Event::of_namespace(NamespaceEventKind::HostsFrozen {
                hosts: hosts.clone(),
                by: by.clone(),
                reason: reason.clone(),
            }),
            Self::Thaw { hosts, by, reason } => Event::of_namespace(NamespaceEventKind::HostsThawed {
                hosts: hosts.clone(),
                by: by.clone(),
                reason: reason.clone(),
            }),
            Self::Alter { job, change } => Event::of_job(
                *job,
                JobEventKind::Altered {
                    change: Box::new(change.clone()),
                },
            ),
            Self::Mark { host, down, reason } => {
                Event::of_host(host.clone(), HostEventKind::marked(*down, reason.clone()))
            }
            Self::Hold(holds) => {
                let (owner, reason) = (holds.owner.clone(), holds.reason.clone());
                let kind = HostEventKind::Held {
                    owner,
                    reason,
                    waited: false,
                };
                Event::of_host(holds.hosts.first()?.clone(), kind)
            }
            Self::Release(EndedHolds { holds, by, reason }) => {
                let (host, owner) = holds.first()?.clone();
                let (by, reason) = (by.clone(), reason.clone());
                Event::of_host(host, HostEventKind::Released { owner, by, reason })
            }
            _ => return None,
        })
    }
}
