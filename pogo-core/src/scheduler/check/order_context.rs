//! The context of an order: who gave it, why, as which request, and its answer.

use std::sync::Arc;

use crate::fleet::HostName;
use crate::scheduler::{Actor, Answer, Event, JobId, NamespaceEventKind, OrderKind, RequestId};

/// The context of a valid order.
pub(in crate::scheduler) struct OrderContext {
    pub(in crate::scheduler) order: OrderKind,
    pub(in crate::scheduler) job: Option<JobId>,
    pub(in crate::scheduler) request: Option<RequestId>,
    pub(in crate::scheduler) actor: Option<Arc<Actor>>,
    pub(in crate::scheduler) reason: Option<Arc<str>>,
    pub(in crate::scheduler) answer: Answer,
    /// Hosts in doubt that its actor answers for, by force.
    pub(in crate::scheduler) forced: Vec<HostName>,
}

impl OrderContext {
    /// The record of the context, unless the records of the order have all of it: each has the actor, and some the
    /// reason. What is forced comes first in an order, and is no order by itself.
    pub(in crate::scheduler) fn event(&self) -> Option<Event> {
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
    pub(in crate::scheduler) fn reason(&self) -> String {
        self.reason.as_deref().unwrap_or_default().to_owned()
    }

    /// By whom, as records of freezes have it.
    pub(in crate::scheduler) fn by(&self) -> String {
        self.actor.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}
