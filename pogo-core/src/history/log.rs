//! A log of one job that can be read by itself.

use std::sync::Arc;

use crate::fleet::{Fleet, FleetBuilder, HostName};
use crate::policy::Policy;
use crate::scheduler::{Event, JobEventKind, NamespaceEventKind, Record, Scheduler};

/// The records of one job as a log: behind a record of the fleet and the policy, as every log begins, so that pictures
/// can be made of it. [`Scheduler::of_one_job`] replays it.
///
/// Which fleet and policy the job ran under is not among its records. Those in force may do: hosts that have left the
/// fleet are added to it, without their tags; where the job does not fit the policy any more, the log has an empty one;
/// and the beginning of a wave is left out that would not follow under these.
///
/// It is nothing to audit: whether a slot was free, and how long a host may wait, depends on records that it does not
/// have.
pub fn job_log(records: Vec<Record>, fleet: &Fleet, policy: &Arc<Policy>) -> Vec<Record> {
    let Some(at) = records.first().map(|first| first.at) else {
        return records;
    };
    let fleet = Arc::new(with_hosts_of(&records, fleet));
    let configured = |policy: &Arc<Policy>| {
        let (fleet, policy) = (Arc::clone(&fleet).into(), Arc::clone(policy).into());
        Record::new(
            at,
            Event::of_namespace(NamespaceEventKind::Configured { fleet, policy }),
        )
    };
    let log = replayable(configured(policy), &records);
    log.or_else(|| replayable(configured(&Arc::default()), &records))
        // Whoever reads it says which record is damaged.
        .unwrap_or_else(|| std::iter::once(configured(policy)).chain(records).collect())
}

/// The records behind this one, if they can be replayed.
fn replayable(configured: Record, records: &[Record]) -> Option<Vec<Record>> {
    let mut scheduler = Scheduler::of_one_job();
    let mut log = Vec::with_capacity(records.len() + 1);
    for record in std::iter::once(&configured).chain(records) {
        match scheduler.apply(record) {
            Ok(()) => log.push(record.clone()),
            // Which wave waits to begin follows from the stages that the job had under the fleet and policy of then.
            Err(_) if matches!(record.event.job_kind(), Some(JobEventKind::WaveOpened { .. })) => {}
            Err(_) => return None,
        }
    }
    Some(log)
}

fn with_hosts_of(records: &[Record], fleet: &Fleet) -> Fleet {
    let hosts = records.iter().filter_map(|record| {
        let Some(JobEventKind::Submitted { hosts, .. }) = record.event.job_kind() else {
            return None;
        };
        Some(hosts.iter())
    });
    let left = hosts.flatten().filter(|host| fleet.id(host.as_str()).is_none());
    let left: Vec<&HostName> = left.collect();
    if left.is_empty() {
        return fleet.clone();
    }
    let builder = left
        .iter()
        .fold(FleetBuilder::from(fleet), |builder, host| builder.host(host.as_str()));
    // Names that a job had are names of hosts.
    builder.build().unwrap_or_else(|_| fleet.clone())
}
