//! Commands that are refused: their orders, and what is said of them.

use super::{Checked, CheckedOrder, OrderContext};
use crate::Timestamp;
use crate::scheduler::state::State;
use crate::scheduler::{Actor, Command, InputError, Order, OrderClass, RequestId};

impl State {
    /// Refuses a command whose order is invalid in this state. One that was given before does nothing.
    pub(in crate::scheduler) fn check_command(&self, now: Timestamp, command: Command) -> Result<Checked, InputError> {
        let Command {
            request,
            actor,
            reason,
            order,
        } = command;
        let kind = order.kind();
        // First of all: whoever lost the answer sends the order again, when what followed from it may refuse it.
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
        check_length(actor.as_deref(), reason.as_deref())?;
        let job = order.job();
        let why = reason.as_deref().unwrap_or_default();
        // Before the order, which is taken apart by its check; its refusal is given behind it.
        let forced = self.check_fenced(&order, why);
        let order = match self.is_answered_alone(request.as_ref(), &order) {
            true => CheckedOrder::Nothing,
            false => self.check_order(now, order, (why, actor.as_deref()))?,
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
        match order.class() {
            OrderClass::Configuration { fleet, policy } => {
                // Without a record, the same request given again would undo what somebody
                // else has configured meanwhile.
                request.is_some() && self.given.as_ref() == Some(fleet) && self.policy == *policy
            }
            OrderClass::NewJob
            | OrderClass::Job(_)
            | OrderClass::EndedJob(_)
            | OrderClass::HostsOfJob { .. }
            | OrderClass::AvailableHost(_)
            | OrderClass::Hosts => false,
        }
    }
}

/// Refuses texts that are too long for a record.
pub(super) fn check_length(actor: Option<&Actor>, reason: Option<&str>) -> Result<(), InputError> {
    let (what, max) = match (actor, reason) {
        (Some(actor), _) if actor.is_too_long() => ("a text of its actor", Actor::MAX_LEN),
        (_, Some(reason)) if reason.len() > Command::MAX_REASON => ("its reason", Command::MAX_REASON),
        _ => return Ok(()),
    };
    Err(InputError::TooLong { what, max })
}
