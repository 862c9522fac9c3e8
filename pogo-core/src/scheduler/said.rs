//! What is said of an order beside what it orders: by whom, why, as which request, and what it is answered.

use std::sync::Arc;

use super::check::Checked;
use super::state::State;
use super::{Actor, Answer, Command, Event, InputError, JobId, NamespaceEventKind, Order, OrderKind, RequestId};
use crate::Timestamp;
use crate::fleet::HostName;

/// What is said of an order that is valid.
pub(super) struct Said {
    pub(super) order: OrderKind,
    pub(super) job: Option<JobId>,
    pub(super) request: Option<RequestId>,
    pub(super) actor: Option<Arc<Actor>>,
    pub(super) reason: Option<Arc<str>>,
    pub(super) answer: Answer,
    /// Hosts in doubt that its actor answers for, by force.
    pub(super) forced: Vec<HostName>,
}

impl State {
    /// Refuses a command whose order is invalid in this state. One that was given before does nothing.
    pub(super) fn check_command(&self, now: Timestamp, command: Command) -> Result<Checked, InputError> {
        let Command {
            request,
            actor,
            reason,
            order,
        } = command;
        let kind = order.kind();
        if let Some(request) = &request
            && let Some(known) = self.requests.get(request, now)
        {
            return match known.order == kind {
                true => Ok(Checked::Repeated { answer: known.answer }),
                false => Err(InputError::RequestReused {
                    request: request.clone(),
                    order: known.order,
                }),
            };
        }
        if let Some((what, max)) = too_long(actor.as_deref(), reason.as_deref()) {
            return Err(InputError::TooLong { what, max });
        }
        let job = order.job();
        let said = reason.as_deref().unwrap_or_default();
        let forced = self.check_fenced(&order, said);
        let order = match self.is_answered_alone(request.as_ref(), &order) {
            true => Checked::Nothing,
            false => self.check_order(now, order, said)?,
        };
        let forced = forced?;
        let answer = order.answer();
        let said = Said {
            order: kind,
            job: job.or(answer.job()),
            request,
            actor,
            reason,
            answer,
            forced,
        };
        Ok(Checked::Command {
            order: Box::new(order),
            said: Box::new(said),
        })
    }
}

impl State {
    /// Whether nothing but the answer to a request is recorded: it gives the fleet and the policy that are in force.
    fn is_answered_alone(&self, request: Option<&RequestId>, order: &Order) -> bool {
        match order {
            Order::Configure { fleet, policy } => {
                request.is_some() && self.given.as_ref() == Some(fleet) && self.policy == *policy
            }
            _ => false,
        }
    }
}

fn too_long(actor: Option<&Actor>, reason: Option<&str>) -> Option<(&'static str, usize)> {
    match (actor, reason) {
        (Some(actor), _) if actor.is_too_long() => Some(("a text of its actor", Actor::MAX_LEN)),
        (_, Some(reason)) if reason.len() > Command::MAX_REASON => Some(("its reason", Command::MAX_REASON)),
        _ => None,
    }
}

impl Said {
    /// The record of what is said, if anything is that the records of the order do not say: they all say by whom, and some why.
    pub(super) fn event(&self) -> Option<Event> {
        let says_why = matches!(
            self.order,
            OrderKind::Halt
                | OrderKind::Abort
                | OrderKind::Freeze
                | OrderKind::Thaw
                | OrderKind::Hold
                | OrderKind::Release
                | OrderKind::MarkDown
                | OrderKind::MarkUp
        );
        if self.request.is_none() && (self.reason.is_none() || says_why) {
            return None;
        }
        let kind = NamespaceEventKind::Ordered {
            order: self.order,
            job: self.job,
            request: self.request.clone(),
            reason: self.reason.clone(),
            answer: self.answer,
        };
        Some(Event::of_namespace(kind).by(self.actor.clone()))
    }

    /// Why, as records of orders have it.
    pub(super) fn reason(&self) -> String {
        self.reason.as_deref().unwrap_or_default().to_owned()
    }

    /// By whom, as records of freezes have it.
    pub(super) fn by(&self) -> String {
        self.actor.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl Checked {
    /// What whoever gave this order is answered.
    fn answer(&self) -> Answer {
        match self {
            Self::Submit { job, .. } => Answer::Job(*job),
            Self::Promote { wave, .. } => Answer::Wave(*wave),
            Self::Retry { tasks } | Self::Skip { tasks } => {
                Answer::Hosts(u32::try_from(tasks.len()).unwrap_or(u32::MAX))
            }
            Self::Hold(holds) => Answer::Hosts(u32::try_from(holds.hosts.len()).unwrap_or(u32::MAX)),
            Self::Nothing => Answer::Unchanged,
            _ => Answer::Done,
        }
    }
}
