//! Obstacles and their cures as whoever acts on them needs them: a sentence, the program's command, and the orders to
//! send.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Blocker, Cure, CureOrder, Holder, HolderReason, JobId, Obstacle, Order};
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
    /// In a few words, as on a button.
    label: String,
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
            label: label(cure),
            command: cure.to_string(),
            forced: orders.iter().any(Order::is_forced),
            dangerous: orders.iter().any(is_dangerous),
            orders: if hosts > MOST_HOSTS { vec![] } else { orders },
        }
    }
}

/// The longest selector that stands on a button.
const SELECTOR: usize = 24;

/// A cure in a few words.
fn label(cure: &Cure) -> String {
    let orders: Vec<String> = cure.orders.iter().map(order_label).collect();
    let text = orders.join(", then ");
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

fn order_label(order: &CureOrder) -> String {
    let by_force = |force: bool| if force { " by force" } else { "" };
    match order {
        CureOrder::Retry { hosts, force, .. } => format!("retry {}{}", hosts_label(hosts), by_force(*force)),
        CureOrder::Skip { hosts, force, .. } => format!("skip {}{}", hosts_label(hosts), by_force(*force)),
        CureOrder::MarkUp { hosts, force } => format!("mark {} up{}", hosts_label(hosts), by_force(*force)),
        CureOrder::Release { hosts } => format!("release {} by force", hosts_label(hosts)),
        CureOrder::Resume { job } => format!("resume job {}", job.number()),
        CureOrder::Promote { .. } => "begin the next wave".to_owned(),
        CureOrder::Thaw { hosts } => match hosts.to_string() {
            hosts if hosts.len() <= SELECTOR => format!("thaw {hosts}"),
            _ => "thaw".to_owned(),
        },
        CureOrder::MaxParallel { limit, .. } => format!("run {limit} at once"),
        CureOrder::Relax { group, .. } if group.len() <= SELECTOR => format!("change the limit of {group}"),
        CureOrder::Relax { .. } => "change the limit".to_owned(),
        order => order.to_string(),
    }
}

fn hosts_label(hosts: &[HostName]) -> String {
    match hosts {
        [host] => host.to_string(),
        hosts => format!("{} hosts", hosts.len()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn label_of(orders: &str) -> String {
        label(&serde_json::from_str(orders).unwrap())
    }

    #[test]
    fn a_cure_has_a_label_that_fits_a_button() {
        let many: Vec<String> = (0..500).map(|host| format!("\"web{host}.example.com\"")).collect();
        let many = many.join(",");
        for (orders, wanted) in [
            (r#"[{"order":"retry","job":3,"hosts":["db7"]}]"#.to_owned(), "Retry db7"),
            (
                format!(r#"[{{"order":"retry","job":3,"hosts":[{many}]}}]"#),
                "Retry 500 hosts",
            ),
            (
                r#"[{"order":"skip","job":3,"hosts":["db7"],"force":true}]"#.to_owned(),
                "Skip db7 by force",
            ),
            (r#"[{"order":"mark_up","hosts":["db7"]}]"#.to_owned(), "Mark db7 up"),
            (
                r#"[{"order":"release","hosts":["db7","db8"]}]"#.to_owned(),
                "Release 2 hosts by force",
            ),
            (
                r#"[{"order":"skip","job":3,"hosts":["db7"]},{"order":"resume","job":3}]"#.to_owned(),
                "Skip db7, then resume job 3",
            ),
            (r#"[{"order":"promote","job":3}]"#.to_owned(), "Begin the next wave"),
            (r#"[{"order":"thaw","hosts":"$web"}]"#.to_owned(), "Thaw $web"),
            (
                r#"[{"order":"thaw","hosts":"$web & $colo.na & $role.front & $rack.r17"}]"#.to_owned(),
                "Thaw",
            ),
            (
                r#"[{"order":"max_parallel","job":3,"limit":4}]"#.to_owned(),
                "Run 4 at once",
            ),
            (
                r#"[{"order":"relax","group":"$web","rule":{"max_parallel":"2"}}]"#.to_owned(),
                "Change the limit of $web",
            ),
        ] {
            assert_eq!(label_of(&orders), wanted, "{orders:.80}");
        }
    }
}
