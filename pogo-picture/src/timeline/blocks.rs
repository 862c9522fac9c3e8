//! Blocks: hosts that are drawn together.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use super::data::TimelineData;
use pogo_core::fleet::HostId;
use pogo_core::plan::Rules;
use pogo_core::policy::Policy;

/// Hosts in the same groups, by their index.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) label: String,
    pub(super) hosts: Vec<usize>,
}

/// The groups of each host, of one kind: the stages, or those of one constraint; with the position of the first
/// in the plan.
type Partition = Vec<(usize, String)>;

/// The most blocks.
const MOST: usize = 24;

/// Partitions the hosts into blocks: by stages, then by one constraint after the other, as long as that splits
/// them further and the blocks do not become too many. Blocks are in the order of the plan, hosts within a block in the
/// order in which they started.
pub(super) fn blocks(data: &TimelineData) -> Vec<Block> {
    let partitions = [stages(data)].into_iter().chain(constraints(data));
    let mut keys: Vec<Vec<String>> = vec![vec![]; data.hosts.len()];
    let mut ranks: Vec<Vec<usize>> = vec![vec![]; data.hosts.len()];
    let mut count = 1;
    for partition in partitions {
        let labels = partition.iter().map(|(_, label)| label);
        let pairs: BTreeSet<(&Vec<String>, &String)> = keys.iter().zip(labels).collect();
        let finer = pairs.len();
        // A partition that labels every unlabelled host is used for its labels alone.
        let mut unnamed = keys.iter().zip(&partition).filter(|(key, _)| key.is_empty()).peekable();
        let names = unnamed.peek().is_some() && unnamed.all(|(_, (_, label))| !label.is_empty());
        // Skipped rather than the last one: a later constraint may still split into few blocks.
        if finer > MOST || (finer == count && !names) {
            continue;
        }
        count = finer;
        for ((key, ranks), (rank, label)) in keys.iter_mut().zip(&mut ranks).zip(partition) {
            refine(key, label);
            ranks.push(rank);
        }
    }
    let mut blocks: IndexMap<Vec<String>, Vec<usize>, BuildHasherDefault<FxHasher>> = IndexMap::default();
    for host in in_order(data) {
        if let Some(key) = keys.get(host) {
            blocks.entry(key.clone()).or_default().push(host);
        }
    }
    let first = |hosts: &[usize]| hosts.first().and_then(|&host| ranks.get(host));
    blocks.sort_by(|_, one, _, other| first(one).cmp(&first(other)));
    let label = |key: Vec<String>, alone: bool| match (key.is_empty(), alone) {
        (false, _) => key.join(", "),
        (true, true) => "all hosts".to_owned(),
        (true, false) => "other hosts".to_owned(),
    };
    let alone = blocks.len() == 1;
    blocks
        .into_iter()
        .map(|(key, hosts)| Block {
            label: label(key, alone),
            hosts,
        })
        .collect()
}

/// Adds a label to a key; `$front.east` replaces `$front`.
fn refine(key: &mut Vec<String>, label: String) {
    if label.is_empty() || key.contains(&label) {
        return;
    }
    let narrower = |of: &String| {
        label
            .strip_prefix(of.as_str())
            .is_some_and(|rest| rest.starts_with('.') || rest.starts_with(" & "))
    };
    key.retain(|part| !narrower(part));
    key.push(label);
}

/// Hosts by their first start; those that never started come last, in listed order.
fn in_order(data: &TimelineData) -> Vec<usize> {
    let mut order: Vec<usize> = (0..data.hosts.len()).collect();
    order.sort_by_key(|&host| {
        let first = data.hosts.get_index(host).and_then(|(_, host)| host.attempts.first());
        // Many start in the same millisecond, and the numbers of attempts are in the order of their
        // starts.
        first.map_or((u64::MAX, u64::MAX), |attempt| {
            (attempt.began.as_millis(), attempt.id.number())
        })
    });
    order
}

/// The stages that each host is in, by all jobs.
fn stages(data: &TimelineData) -> Partition {
    let mut labels: Vec<BTreeMap<(String, usize), String>> = vec![BTreeMap::new(); data.hosts.len()];
    for job in data.jobs.iter().filter_map(|&job| data.scheduler.job(job)) {
        let hosts: Vec<usize> = job
            .tasks()
            .map(|task| data.hosts.get_index_of(task.host().as_str()).unwrap_or(usize::MAX))
            .collect();
        for (at, stage) in job
            .stages()
            .iter()
            .enumerate()
            .filter(|(_, stage)| stage.wave.is_none())
        {
            for &task in stage.tasks() {
                let host = hosts.get(task as usize).and_then(|&host| labels.get_mut(host));
                if let Some(labels) = host {
                    labels
                        .entry((stage.sequence.clone(), at))
                        .or_insert_with(|| stage.label.clone());
                }
            }
        }
    }
    let rank = |of: &BTreeMap<(String, usize), String>| of.keys().map(|(_, at)| *at).min().unwrap_or(usize::MAX);
    labels
        .into_iter()
        .map(|of| (rank(&of), distinct(of.into_values())))
        .collect()
}

/// For each constraint, the groups that each host is in.
fn constraints(data: &TimelineData) -> impl Iterator<Item = Partition> {
    let (fleet, policy) = (data.scheduler.fleet(), data.scheduler.policy());
    let ids: Vec<Option<HostId>> = data.hosts.keys().map(|host| fleet.id(host.as_str())).collect();
    policy.constraints.iter().filter_map(move |constraint| {
        // Compiled one by one, since the compiled rules of a whole policy no longer say which
        // constraint a group comes from.
        let alone = Policy::new().constraint(constraint.clone());
        let rules = Rules::compile(fleet, &alone).ok()?;
        let groups = |host: &Option<HostId>| {
            let buckets = host.map(|host| rules.buckets_of(host)).unwrap_or_default();
            let of = buckets.iter().filter_map(|bucket| rules.buckets().get(bucket.index()));
            let rank = buckets.iter().map(|bucket| bucket.index()).min().unwrap_or(usize::MAX);
            (rank, distinct(of.map(|bucket| bucket.group.clone())))
        };
        Some(ids.iter().map(groups).collect())
    })
}

fn distinct(labels: impl Iterator<Item = String>) -> String {
    let mut kept: Vec<String> = vec![];
    for label in labels {
        if !kept.contains(&label) {
            kept.push(label);
        }
    }
    kept.join(", ")
}
