//! Obstacles and their cures as whoever acts on them needs them: a sentence, the program's command, and the orders to
//! send.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Blocker, Cure, Holder, HolderReason, JobId, Obstacle, Order};
use serde::Serialize;

/// The most hosts that orders of a cure may name in an answer; of more, the command stands alone.
const MOST_HOSTS: usize = 1_000;
/// The most hosts that are named of those that are in the way.
const MOST_NAMED: usize = 20;

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
    /// Hosts that failed or are in doubt and are in the way, with the job whose output says why; of many the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<HostInTheWay>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cures: Vec<CureOffer>,
}

/// A host that failed or is in doubt, and is in the way of others.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct HostInTheWay {
    host: HostName,
    job: JobId,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct CureOffer {
    /// As a command of the program.
    command: String,
    /// Whether it needs a reason.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    forced: bool,
    /// Whether others may start because of it although nothing has become well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dangerous: bool,
    /// What to order, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    orders: Vec<Order>,
}

impl Reasons {
    pub(crate) fn of(job: JobId, obstacles: &[Obstacle]) -> Self {
        Self {
            version: 1,
            reasons: reasons(job, obstacles),
        }
    }
}

/// Why hosts of this job wait.
pub(super) fn reasons(job: JobId, obstacles: &[Obstacle]) -> Vec<Reason> {
    let reasons = obstacles.iter().map(|obstacle| Reason {
        text: obstacle.blocker.to_string(),
        passes: obstacle.passes,
        hosts: in_the_way(job, &obstacle.blocker),
        cures: obstacle.cures.iter().map(CureOffer::of).collect(),
    });
    reasons.collect()
}

fn in_the_way(job: JobId, blocker: &Blocker) -> Vec<HostInTheWay> {
    let of_job = |hosts: &[HostName]| {
        let hosts = hosts.iter().take(MOST_NAMED).cloned();
        hosts.map(|host| HostInTheWay { host, job }).collect()
    };
    match blocker {
        Blocker::BucketFull { holders, .. } => holders.iter().filter_map(HostInTheWay::of).take(MOST_NAMED).collect(),
        Blocker::GateClosed { failed, .. } | Blocker::FailureBudget { failed, .. } => of_job(failed),
        _ => vec![],
    }
}

impl HostInTheWay {
    fn of(holder: &Holder) -> Option<Self> {
        let (HolderReason::Failed { job } | HolderReason::InDoubt { job }) = holder.reason else {
            return None;
        };
        let host = holder.host.clone();
        Some(Self { host, job })
    }
}

impl CureOffer {
    fn of(cure: &Cure) -> Self {
        let orders: Vec<Order> = cure.orders.iter().flat_map(|order| order.orders()).collect();
        let hosts: usize = orders.iter().map(named).sum();
        Self {
            command: cure.to_string(),
            forced: orders.iter().any(Order::is_forced),
            dangerous: orders.iter().any(is_dangerous),
            orders: if hosts > MOST_HOSTS { vec![] } else { orders },
        }
    }
}

fn is_dangerous(order: &Order) -> bool {
    let frees = matches!(order, Order::Skip { .. } | Order::MarkUp { .. } | Order::Release { .. });
    frees || order.is_forced()
}

fn named(order: &Order) -> usize {
    match order {
        Order::Retry { hosts, .. } | Order::Skip { hosts, .. } | Order::Release { hosts, .. } => hosts.len(),
        _ => 1,
    }
}
