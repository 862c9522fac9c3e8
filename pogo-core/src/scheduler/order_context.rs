//! The context of an order: who gave it, why, as which request, and its answer.

use std::sync::Arc;

use super::check::Checked;
use super::checked_order::CheckedOrder;
use super::state::State;
use super::{Actor, Answer, Command, Event, InputError, JobId, NamespaceEventKind, Order, OrderKind, RequestId};
use crate::Timestamp;
use crate::fleet::HostName;

/// The context of a valid order.
pub(super) struct OrderContext {
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
        let why = reason.as_deref().unwrap_or_default();
        let forced = self.check_fenced(&order, why);
        let order = match self.is_answered_alone(request.as_ref(), &order) {
            true => CheckedOrder::Nothing,
            false => self.check_order(now, order, why)?,
        };
        // What is wrong with the order itself comes first: no host is asked for an order that is refused anyway.
        let forced = forced?;
        let answer = order.answer();
        let context = OrderContext {
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
            context: Box::new(context),
        })
    }

    /// Whether nothing but the answer to a request is recorded: it gives the fleet and the policy that are in force.
    fn is_answered_alone(&self, request: Option<&RequestId>, order: &Order) -> bool {
        match order {
            Order::Configure { fleet, policy } => {
                // Without a record, the same request given again would undo what somebody
                // else has configured meanwhile.
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

impl OrderContext {
    /// The record of the context, unless the records of the order have all of it: each has the actor, and some the reason. What is
    /// forced comes first in an order, and is no order by itself.
    pub(super) fn event(&self) -> Option<Event> {
        let has_reason = matches!(
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
        if self.request.is_none() && self.forced.is_empty() && (self.reason.is_none() || has_reason) {
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
