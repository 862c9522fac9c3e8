//! An order with everything that is said of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Order, RequestId};
use crate::scheduler::Actor;

/// An order with who gives it, why, and an id under which it can be sent again.
///
/// With a [request id](RequestId), the same command given again gets the [answer](super::Answer) that it got before and
/// does nothing, also after a restart. The ids of the last 10,000 commands are known that have one, each for a day.
///
/// ```
/// use pogo_core::scheduler::{Actor, Command, JobId, Order, RequestId};
///
/// let pause = Order::Pause { job: JobId::new(3) };
/// let command = Command::new(pause)
///     .by(Actor::new("alice").at_host("laptop"))
///     .because("deploy is broken")
///     .as_request(RequestId::new("7c1e0f9a")?);
/// let stored = serde_json::to_string(&command)?;
/// assert_eq!(
///     stored,
///     concat!(
///         r#"{"request":"7c1e0f9a","actor":{"name":"alice","host":"laptop"},"#,
///         r#""reason":"deploy is broken","order":{"pause":{"job":3}}}"#,
///     )
/// );
/// assert_eq!(serde_json::from_str::<Command>(&stored)?, command);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Command {
    /// Its id; with one it can be sent again and has an effect once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Who gives the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Arc<Actor>>,
    /// Why, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// What is ordered.
    pub order: Order,
}

impl Command {
    /// The most bytes of a reason.
    pub const MAX_REASON: usize = 4_096;

    /// An order of which nothing more is said.
    pub const fn new(order: Order) -> Self {
        Self {
            request: None,
            actor: None,
            reason: None,
            order,
        }
    }

    /// Says who gives it.
    pub fn by(mut self, actor: impl Into<Arc<Actor>>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Says why.
    pub fn because(mut self, reason: impl Into<Arc<str>>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Gives it an id, so that it can be sent again and has an effect once.
    pub fn as_request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }
}

impl Order {
    /// A command with this order and reason.
    pub fn because(self, reason: impl Into<Arc<str>>) -> Command {
        Command::new(self).because(reason)
    }

    /// A command with this order, given by somebody.
    pub fn by(self, actor: impl Into<Arc<Actor>>) -> Command {
        Command::new(self).by(actor)
    }
}

impl From<Order> for Command {
    fn from(order: Order) -> Self {
        Self::new(order)
    }
}
