//! Every question that can be asked of a state.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptsQuery, HoldsQuery, HostsQuery, JobsQuery, Query, Scheduler, SlotsQuery};

pub(crate) fn queries(scheduler: &Scheduler) -> Vec<Query> {
    let mut queries = vec![
        Query::Namespace,
        Query::Jobs(JobsQuery::new()),
        Query::Attempts(AttemptsQuery::new()),
        Query::Slots(SlotsQuery::new()),
        Query::Holds(HoldsQuery::new()),
    ];
    for job in scheduler.jobs() {
        let id = job.id();
        queries.push(Query::Job { job: id });
        queries.push(Query::Hosts(HostsQuery::of(id)));
        let explain = |host: &HostName| Query::Explain {
            job: id,
            host: host.clone(),
        };
        queries.extend(job.tasks().map(|task| explain(task.host())));
    }
    let fleet = scheduler.fleet();
    queries.extend(fleet.ids().map(|host| Query::Host {
        host: fleet.name(host).clone(),
    }));
    queries
}
