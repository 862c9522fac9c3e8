//! Obstacles and their cures as whoever acts on them needs them: a sentence, the program's command, and the orders to
//! send.

use pogo_core::scheduler::{Cure, Obstacle, Order};
use serde::Serialize;

/// The most hosts that orders of a cure may name in an answer; of more, the command stands alone.
const MOST_HOSTS: usize = 1_000;

/// Why something waits.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Reasons {
    version: u32,
    reasons: Vec<Reason>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Reason {
    text: String,
    /// Whether it goes away by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    passes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cures: Vec<CureOffer>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct CureOffer {
    /// As a command of the program.
    command: String,
    /// Whether it needs a reason.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    forced: bool,
    /// What to order, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    orders: Vec<Order>,
}

impl Reasons {
    pub(crate) fn of(obstacles: &[Obstacle]) -> Self {
        Self {
            version: 1,
            reasons: reasons(obstacles),
        }
    }
}

pub(super) fn reasons(obstacles: &[Obstacle]) -> Vec<Reason> {
    let reasons = obstacles.iter().map(|obstacle| Reason {
        text: obstacle.blocker.to_string(),
        passes: obstacle.passes,
        cures: obstacle.cures.iter().map(CureOffer::of).collect(),
    });
    reasons.collect()
}

impl CureOffer {
    fn of(cure: &Cure) -> Self {
        let orders: Vec<Order> = cure.orders.iter().flat_map(|order| order.orders()).collect();
        let hosts: usize = orders.iter().map(named).sum();
        Self {
            command: cure.to_string(),
            forced: orders.iter().any(Order::is_forced),
            orders: if hosts > MOST_HOSTS { vec![] } else { orders },
        }
    }
}

fn named(order: &Order) -> usize {
    match order {
        Order::Retry { hosts, .. } | Order::Skip { hosts, .. } | Order::Release { hosts, .. } => hosts.len(),
        _ => 1,
    }
}
