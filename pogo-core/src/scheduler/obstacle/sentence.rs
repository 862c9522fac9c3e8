//! Formats obstacles as sentences.

use std::collections::BTreeMap;

use super::brief::brief;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::policy::{Limit, Rule};
use crate::scheduler::{Blocker, Freeze, Hold, HoldView, Holder, HolderReason, Obstacle};

/// Formats a time. The core knows no time zone, so the caller provides the format.
pub type FormatTime<'a> = dyn Fn(Timestamp) -> String + 'a;

impl Obstacle {
    /// One sentence: the obstacle and the first cure.
    pub fn sentence(&self, time: &FormatTime<'_>) -> String {
        let what = self.blocker.describe(time);
        match (self.passes, self.cures.first(), &self.blocker) {
            (true, _, Blocker::BucketFull { .. } | Blocker::JobMaxParallel { .. }) => {
                format!("{what}; it goes on when one ends")
            }
            (true, ..) | (false, None, _) => what,
            (false, Some(cure), _) => format!("{what}: {cure}"),
        }
    }
}

impl Blocker {
    /// The obstacle without its cures.
    pub fn describe(&self, time: &FormatTime<'_>) -> String {
        match self {
            Self::BucketFull {
                group, rule, slots: 0, ..
            } => format!("{rule} leaves {group} no slot"),
            Self::BucketFull {
                group,
                rule,
                slots,
                holders,
                in_line,
                ..
            } => full(group, *rule, *slots, holders, time) + &waiting(in_line),
            Self::GateClosed { .. } => self.gate(),
            Self::Baking { until } => format!("the wave before is being watched until {}", time(*until)),
            Self::Unpromoted { wave } => format!("wave {} begins by an order", u64::from(*wave) + 1),
            Self::Frozen { freeze } => frozen(freeze, time),
            Self::Held { hosts, hold } => held(hosts, hold, time),
            Self::LeftFleet { since, until } => format!(
                "it left the fleet at {}; the job waits for it until {}",
                time(*since),
                time(*until)
            ),
            Self::Leased { job } => format!("job {} runs there", job.number()),
            Self::Backoff { until, never_began } => {
                let again = format!("it is tried again at {}", time(*until));
                match never_began {
                    Some(why) => format!("{why}; {again}"),
                    None => again,
                }
            }
            Self::Paused { steered: None } => "the job is paused".to_owned(),
            Self::Halted { steered: None } => "the job is halted".to_owned(),
            Self::Paused { steered: Some(steered) } | Self::Halted { steered: Some(steered) } => {
                format!("the job was {}", steered.describe(&format!(" at {}", time(steered.at))))
            }
            Self::FailureBudget {
                group,
                failures,
                allowed,
                failed,
            } => over_budget(group, *failures, *allowed, failed),
            Self::LeftOut { count } => {
                format!("{count} more obstacles and hosts are left out, as the journal takes no larger record")
            }
            Self::JobMaxParallel { limit } => format!("the job runs {}, as many at once as it may", hosts(*limit)),
        }
    }

    fn gate(&self) -> String {
        let Self::GateClosed {
            sequence,
            stage,
            after,
            pending,
            failed,
            cancelled,
            allowed,
        } = self
        else {
            return String::new();
        };
        let mut clauses = Vec::new();
        if !failed.is_empty() {
            clauses.push(format!("{} failed ({} may)", short(failed), allowance(*allowed)));
        }
        if !cancelled.is_empty() {
            let were = if cancelled.len() == 1 { "was" } else { "were" };
            clauses.push(format!("{} {were} cancelled", short(cancelled)));
        }
        if !pending.is_empty() {
            let have = if pending.len() == 1 { "has" } else { "have" };
            clauses.push(format!("{} still {have} to end", short(pending)));
        }
        format!(
            "{stage} comes after {after} in sequence `{sequence}`, where {}",
            listed(&clauses)
        )
    }
}

fn frozen(freeze: &Freeze, time: &FormatTime<'_>) -> String {
    let Freeze {
        hosts,
        by,
        reason,
        since,
    } = freeze;
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(" by {by}")
    };
    format!("{hosts} is frozen{by} since {}{why}", time(*since))
}

fn over_budget(group: &str, failures: u32, allowed: u32, failed: &[HostName]) -> String {
    let who = if failed.is_empty() {
        hosts(failures)
    } else {
        short(failed)
    };
    format!("{who} failed in {group}, where {} may", allowance(allowed))
}

/// Who holds hosts outside of any job, or waits to.
fn held(hosts: &[HostName], hold: &Hold, time: &FormatTime<'_>) -> String {
    let Hold {
        owner, reason, since, ..
    } = hold;
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    let is = if hosts.len() == 1 { "is" } else { "are" };
    let hosts = short(hosts);
    match since {
        Some(since) => format!("{hosts} {is} held by {owner} since {}{why}", time(*since)),
        None => format!("{owner} waits to hold {hosts}{why}"),
    }
}

/// Who waits for slots of a bucket, to hold hosts.
fn waiting(holds: &[HoldView]) -> String {
    let mut by_owner: BTreeMap<&HoldOwner, Vec<&HostName>> = BTreeMap::new();
    for HoldView { host, hold } in holds {
        by_owner.entry(&hold.owner).or_default().push(host);
    }
    let waits = by_owner.into_iter();
    waits
        .map(|(owner, hosts)| format!(", and {owner} waits to hold {}", short(hosts)))
        .collect()
}

/// Who holds the slots of a bucket.
fn full(group: &str, rule: Rule, slots: u32, holders: &[Holder], time: &FormatTime<'_>) -> String {
    let mut reasons: BTreeMap<&HostName, Vec<&Holder>> = BTreeMap::new();
    for holder in holders {
        reasons.entry(&holder.host).or_default().push(holder);
    }
    // Hosts that are unavailable for the same reasons share a clause.
    let mut alike: BTreeMap<Vec<HolderReason>, Vec<(&HostName, Vec<&Holder>)>> = BTreeMap::new();
    for (host, holders) in reasons {
        let key = holders.iter().map(|holder| holder.reason.clone()).collect();
        alike.entry(key).or_default().push((host, holders));
    }
    let count: usize = alike.values().map(Vec::len).sum();
    // What needs an operator comes before what runs.
    // One that runs and has failed in another job too needs somebody all the same.
    let is_running = |reasons: &Vec<HolderReason>| matches!(reasons[..], [HolderReason::Running { .. }]);
    let (running, stuck): (Vec<_>, Vec<_>) = alike.into_iter().partition(|(reasons, _)| is_running(reasons));
    let parts = stuck.into_iter().chain(running).map(|(reasons, of)| {
        let names: Vec<&HostName> = of.iter().map(|(host, _)| *host).collect();
        let why = reasons.iter().enumerate().map(|(nth, reason)| {
            let times = of.iter().filter_map(|(_, holders)| Some(holders.get(nth)?.since));
            because(reason, &times.collect::<Vec<_>>(), time)
        });
        format!("{} ({})", short(names), listed(&why.collect::<Vec<_>>()))
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        return format!("all {slots} slots of {group} are taken");
    }
    let hold = if count == 1 { "holds" } else { "hold" };
    let all = if slots == 1 {
        "the only slot".to_owned()
    } else {
        format!("all {slots} slots")
    };
    // The number is all that a plain count says.
    let said = match rule {
        Rule::MaxParallel(Limit::Count(_)) | Rule::MaxParallelTotal(Limit::Count(_)) => String::new(),
        rule => format!(" ({rule})"),
    };
    format!("{} {hold} {all} of {group}{said}", listed(&parts))
}

fn because(reason: &HolderReason, since: &[Timestamp], time: &FormatTime<'_>) -> String {
    let (first, last) = (since.iter().min(), since.iter().max());
    let (first, last) = (first.map(|at| time(*at)), last.map(|at| time(*at)));
    let (Some(first), Some(last)) = (first, last) else {
        return String::new();
    };
    let between = if first == last {
        None
    } else {
        Some(format!("between {first} and {last}"))
    };
    let at = || between.clone().unwrap_or_else(|| format!("at {first}"));
    match reason {
        HolderReason::Failed { .. } => format!("{reason} {}", at()),
        HolderReason::Running { .. }
        | HolderReason::InDoubt { .. }
        | HolderReason::Down
        | HolderReason::Held { .. } => {
            format!("{reason} since {first}")
        }
    }
}

/// Hosts as a text that stays short.
fn short<N: AsRef<str>>(names: impl AsRef<[N]>) -> String {
    match brief(names.as_ref()) {
        (text, 0) => text,
        (text, more) => format!("{text} and {more} more"),
    }
}

fn hosts(count: u32) -> String {
    match count {
        1 => "1 host".to_owned(),
        count => format!("{count} hosts"),
    }
}

fn allowance(count: u32) -> String {
    match count {
        0 => "none".to_owned(),
        count => count.to_string(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
