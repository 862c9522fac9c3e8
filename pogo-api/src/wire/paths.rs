//! Where things are asked for.

use std::fmt::Display;

use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pogo_core::output::Stream;
use pogo_core::scheduler::{
    AttemptId, AttemptsQuery, HoldsQuery, HostsQuery, JobId, JobsQuery, PageLimit, Query, SlotsQuery,
};
use pogo_core::stream::StreamRequest;
use serde::Serialize;

use super::NamespaceName;

/// What a segment of a path may have as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The path of a namespace: `/v1/namespaces/default`.
pub fn namespace_path(namespace: &NamespaceName) -> String {
    format!("/v1/namespaces/{namespace}")
}

/// Where a query is asked, with its parameters; `None` for a query that this version has no path for.
///
/// ```
/// use pogo_api::wire::query_path;
/// use pogo_core::scheduler::{HostsQuery, JobId, Query, TaskState};
///
/// let failed = HostsQuery::of(JobId::new(3)).states([TaskState::Failed]).among("$web".parse()?);
/// let path = query_path(&"default".parse()?, &Query::Hosts(failed));
/// assert_eq!(path.as_deref(), Some("/v1/namespaces/default/jobs/3/hosts?state=failed&hosts=%24web"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn query_path(namespace: &NamespaceName, query: &Query) -> Option<String> {
    let namespace = namespace_path(namespace);
    let segment = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
    Some(match query {
        Query::Namespace => namespace,
        Query::Jobs(query) => jobs(&namespace, query),
        Query::Job { job } => format!("{namespace}/jobs/{}", job.number()),
        Query::Hosts(query) => hosts(&namespace, query),
        Query::Host { host } => format!("{namespace}/hosts/{}", segment(host.as_str())),
        Query::Attempts(query) => attempts(&namespace, query),
        Query::Slots(query) => slots(&namespace, query),
        Query::Holds(query) => holds(&namespace, query),
        Query::Explain { job, host } => {
            let host = segment(host.as_str());
            format!("{namespace}/jobs/{}/hosts/{host}/explain", job.number())
        }
        _ => return None,
    })
}

/// Where the stream is, with its parameters.
pub fn stream_path(namespace: &NamespaceName, request: &StreamRequest) -> String {
    stream(namespace, request).finish()
}

/// Where the stream is that also brings what hosts write.
pub fn stream_path_with_output(namespace: &NamespaceName, request: &StreamRequest) -> String {
    stream(namespace, request).optional("output", Some(true)).finish()
}

/// Where the stream is that brings what hosts write, and questions to a person.
pub fn stream_path_with_questions(namespace: &NamespaceName, request: &StreamRequest) -> String {
    let address = stream(namespace, request).optional("output", Some(true));
    address.optional("questions", Some(true)).finish()
}

fn stream(namespace: &NamespaceName, request: &StreamRequest) -> Address {
    Address::new(format!("{}/events", namespace_path(namespace)))
        .optional("after", request.after)
        .optional("job", request.job.map(JobId::number))
}

/// A stream of an attempt, and which of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputRange {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The stream.
    pub stream: Stream,
    /// The first byte.
    pub from: u64,
    /// The end; as much as one answer has if open.
    pub to: Option<u64>,
}

impl OutputRange {
    /// The beginning of what an attempt wrote to a stream.
    pub fn of(job: JobId, attempt: AttemptId, stream: Stream) -> Self {
        let (from, to) = (0, None);
        Self {
            job,
            attempt,
            stream,
            from,
            to,
        }
    }

    /// From this byte on.
    #[must_use]
    pub fn from(mut self, from: u64) -> Self {
        self.from = from;
        self
    }

    /// Up to this byte, which is no longer part of it.
    #[must_use]
    pub fn to(mut self, to: u64) -> Self {
        self.to = Some(to);
        self
    }
}

/// Where output is read.
pub fn output_path(namespace: &NamespaceName, range: &OutputRange) -> String {
    let OutputRange {
        job, attempt, stream, ..
    } = range;
    let namespace = namespace_path(namespace);
    let path = format!(
        "{namespace}/jobs/{}/attempts/{}/output/{stream}",
        job.number(),
        attempt.number()
    );
    let address = Address::new(path).optional("from", Some(range.from).filter(|from| *from > 0));
    address.optional("to", range.to).finish()
}

/// Of how many attempts output is read with one request.
pub const OUTPUT_ATTEMPTS: usize = 1_000;

/// Where the output of several attempts of a job is read.
pub fn job_output_path(namespace: &NamespaceName, job: JobId, attempts: &[AttemptId]) -> String {
    let path = format!("{}/jobs/{}/output", namespace_path(namespace), job.number());
    let numbers: Vec<String> = attempts.iter().map(|attempt| attempt.number().to_string()).collect();
    // In the form of a query, whose commas need no escapes: there may be a thousand numbers.
    format!("{path}?attempts={}", numbers.join(","))
}

fn jobs(namespace: &str, query: &JobsQuery) -> String {
    let JobsQuery {
        statuses,
        user,
        after,
        limit,
        ..
    } = query;
    Address::new(format!("{namespace}/jobs"))
        .each("status", statuses)
        .optional("user", user.as_ref())
        .optional("after", after.map(JobId::number))
        .limit(*limit)
        .finish()
}

fn hosts(namespace: &str, query: &HostsQuery) -> String {
    let HostsQuery {
        job,
        states,
        hosts,
        after,
        limit,
        ..
    } = query;
    Address::new(format!("{namespace}/jobs/{}/hosts", job.number()))
        .each("state", states)
        .optional("hosts", hosts.as_ref())
        .optional("after", after.as_ref())
        .limit(*limit)
        .finish()
}

fn attempts(namespace: &str, query: &AttemptsQuery) -> String {
    let AttemptsQuery { job, after, limit, .. } = query;
    Address::new(format!("{namespace}/attempts"))
        .optional("job", job.map(JobId::number))
        .optional("after", after.map(AttemptId::number))
        .limit(*limit)
        .finish()
}

fn slots(namespace: &str, query: &SlotsQuery) -> String {
    let SlotsQuery {
        hosts, after, limit, ..
    } = query;
    Address::new(format!("{namespace}/slots"))
        .optional("hosts", hosts.as_ref())
        .optional("after", *after)
        .limit(*limit)
        .finish()
}

fn holds(namespace: &str, query: &HoldsQuery) -> String {
    let HoldsQuery {
        owner, after, limit, ..
    } = query;
    Address::new(format!("{namespace}/holds"))
        .optional("owner", owner.as_ref())
        .optional("after", after.as_ref())
        .limit(*limit)
        .finish()
}

/// A path, and its parameters.
pub(super) struct Address {
    path: String,
    parameters: Serializer<'static, String>,
}

impl Address {
    pub(super) fn new(path: String) -> Self {
        let parameters = Serializer::new(String::new());
        Self { path, parameters }
    }

    pub(super) fn optional(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            self.parameters.append_pair(name, &value.to_string());
        }
        self
    }

    /// A parameter for each value, by the name that it has in documents.
    pub(super) fn each(mut self, name: &str, values: &[impl Serialize]) -> Self {
        let names = values.iter().filter_map(|value| serde_json::to_value(value).ok());
        for value in names {
            self.parameters.append_pair(name, value.as_str().unwrap_or_default());
        }
        self
    }

    fn limit(self, limit: PageLimit) -> Self {
        let limit = Some(limit).filter(|limit| *limit != PageLimit::default());
        self.optional("limit", limit.map(PageLimit::get))
    }

    pub(super) fn finish(mut self) -> String {
        let parameters = self.parameters.finish();
        match parameters.is_empty() {
            true => self.path,
            false => format!("{}?{parameters}", self.path),
        }
    }
}
