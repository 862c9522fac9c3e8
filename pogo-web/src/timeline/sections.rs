//! Groups of a job's hosts that are shown together.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{JobView, Scheduler};

/// The most sections; of more, hosts are told apart by stages alone, or not at all.
const MOST: usize = 24;
/// The label of hosts that no group tells apart.
const ALL: &str = "all hosts";

/// Hosts in the same stages and under the same limits.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) label: String,
    /// Whether no group tells its hosts apart.
    pub(super) is_all: bool,
    /// Positions in the job's listed order.
    pub(super) hosts: Vec<u32>,
    /// The numbers of the limits that count them.
    pub(super) limits: Vec<u32>,
}

impl Section {
    /// The only section.
    pub(super) fn all(hosts: Vec<u32>) -> Self {
        Self {
            label: ALL.to_owned(),
            is_all: true,
            hosts,
            limits: vec![],
        }
    }
}

type Key = (Vec<usize>, Vec<String>, Vec<u32>);

/// The sections of a job, in the order of its plan.
pub(super) fn sections(scheduler: &Scheduler, job: JobView<'_>, names: &[HostName]) -> Vec<Section> {
    let stages = stages(job, names.len());
    let limits: Vec<Vec<u32>> = names.iter().map(|name| limits_of(scheduler, name)).collect();
    let by_both = partition(&stages, |host| limits.get(host).cloned().unwrap_or_default(), scheduler);
    let by_stage = || partition(&stages, |_| vec![], scheduler);
    let all = || vec![Section::all((0..).take(names.len()).collect())];
    // Limits of a fleet with one group for each rack are more sections than a screen has: stages,
    // which are few, come next.
    [Some(by_both), Some(by_stage()).filter(|found| found.len() > 1)]
        .into_iter()
        .flatten()
        .find(|found| found.len() <= MOST)
        .unwrap_or_else(all)
}

/// Of each host the positions and labels of its stages.
fn stages(job: JobView<'_>, hosts: usize) -> Vec<Vec<(usize, String)>> {
    let mut stages = vec![vec![]; hosts];
    for (at, stage) in job
        .stages()
        .iter()
        .enumerate()
        // Waves are of the plan too, but of another kind: they are drawn behind the bars, and would
        // split each group.
        .filter(|(_, stage)| stage.wave.is_none())
    {
        for &task in stage.tasks() {
            if let Some(of) = stages.get_mut(task as usize) {
                of.push((at, stage.label.clone()));
            }
        }
    }
    stages
}

fn limits_of(scheduler: &Scheduler, name: &HostName) -> Vec<u32> {
    let host = scheduler.fleet().id(name.as_str());
    let buckets = host.map(|host| scheduler.rules().buckets_of(host)).unwrap_or_default();
    buckets
        .iter()
        .map(|bucket| u32::try_from(bucket.index()).unwrap_or(u32::MAX))
        .collect()
}

fn partition(
    stages: &[Vec<(usize, String)>],
    limits: impl Fn(usize) -> Vec<u32>,
    scheduler: &Scheduler,
) -> Vec<Section> {
    let mut found: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
    for ((host, stages), at) in stages.iter().enumerate().zip(0..) {
        let limits = limits(host);
        let positions = stages.iter().map(|(at, _)| *at).collect();
        let labels = stages.iter().map(|(_, label)| label.clone()).collect();
        found.entry((positions, labels, limits)).or_default().push(at);
    }
    let alone = found.len() == 1;
    let parts_of = |stages: Vec<String>, limits: &[u32]| {
        let groups = limits
            .iter()
            .filter_map(|&limit| scheduler.rules().buckets().get(limit as usize));
        let mut label: Vec<String> = vec![];
        for part in stages.into_iter().chain(groups.map(|bucket| bucket.group.clone())) {
            refine(&mut label, part);
        }
        label
    };
    let sections = found.into_iter().map(|((_, stages, limits), hosts)| {
        let parts = parts_of(stages, &limits);
        let label = match (parts.is_empty(), alone) {
            (false, _) => parts.join(", "),
            (true, true) => ALL.to_owned(),
            (true, false) => "other hosts".to_owned(),
        };
        Section {
            label,
            is_all: parts.is_empty() && alone,
            hosts,
            limits: limits.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
        }
    });
    sections.collect()
}

/// Adds a part to a label; `$front.east` replaces `$front`.
fn refine(label: &mut Vec<String>, part: String) {
    let narrower = |of: &str, than: &str| {
        let rest = of.strip_prefix(than);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with(" & "))
    };
    if label.iter().any(|known| narrower(known, &part)) {
        return;
    }
    label.retain(|known| !narrower(&part, known));
    label.push(part);
}
