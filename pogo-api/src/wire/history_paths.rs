//! Where history is asked for.

use pogo_core::fleet::{HostName, fold};
use pogo_core::history::{JobEventsQuery, JobFilter};
use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;

use super::paths::{Address, namespace_path};
use super::{NamespaceName, TouchedQuery};

/// Where the jobs that there are and were are listed, with parameters.
///
/// ```
/// use pogo_api::wire::history_path;
/// use pogo_core::history::JobFilter;
/// use pogo_core::scheduler::JobStatus;
///
/// let blocked = JobFilter::new().by("alice").statuses([JobStatus::Blocked]).on(["web1".parse()?, "web2".parse()?]);
/// let path = history_path(&"default".parse()?, &blocked);
/// assert_eq!(path, "/v1/namespaces/default/history?by=alice&on=web%5B1-2%5D&status=blocked");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn history_path(namespace: &NamespaceName, filter: &JobFilter) -> String {
    let hosts = Some(&filter.hosts).filter(|hosts| !hosts.is_empty());
    let limit = Some(filter.limit).filter(|limit| *limit != JobFilter::default().limit);
    Address::new(format!("{}/history", namespace_path(namespace)))
        .optional("by", filter.by.as_ref())
        .optional("on", hosts.map(|hosts| fold(hosts.iter().map(HostName::as_str))))
        .each("status", &filter.statuses)
        .optional("unfinished", filter.unfinished.then_some(true))
        .optional("since", filter.since.map(|since| since.as_millis()))
        .optional("before", filter.before.map(JobId::number))
        .optional("limit", limit)
        .finish()
}

/// Where the records of a job are read, with parameters.
pub fn job_events_path(namespace: &NamespaceName, query: &JobEventsQuery) -> String {
    let limit = Some(query.limit).filter(|limit| *limit != JobEventsQuery::LIMIT);
    Address::new(format!(
        "{}/jobs/{}/events",
        namespace_path(namespace),
        query.job.number()
    ))
    .optional("host", query.host.as_ref())
    .optional("after", query.after.map(|after| after.0))
    .optional("limit", limit)
    .finish()
}

/// Where the records of a namespace are read, behind this position; from the first on if it is `None`.
///
/// ```
/// use pogo_api::wire::records_path;
/// use pogo_core::journal::Seq;
///
/// let path = records_path(&"default".parse()?, Some(Seq(7)));
/// assert_eq!(path, "/v1/namespaces/default/records?after=7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn records_path(namespace: &NamespaceName, after: Option<Seq>) -> String {
    Address::new(format!("{}/records", namespace_path(namespace)))
        .optional("after", after.map(|after| after.0))
        .finish()
}

/// Where it is asked what touched hosts, with parameters.
pub fn touched_path(namespace: &NamespaceName, query: &TouchedQuery) -> String {
    Address::new(format!("{}/touched", namespace_path(namespace)))
        .optional("hosts", query.hosts.as_ref())
        .optional("from", Some(query.from.as_millis()))
        .optional("to", query.to.map(|to| to.as_millis()))
        .optional("after", query.after.as_ref())
        .optional("limit", query.limit)
        .finish()
}
