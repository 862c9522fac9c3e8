//! Jobs that there are and were, and what happened to one.

use std::sync::Arc;

use pogo_api::wire::{JobRecords, Problem, ProblemKind};
use pogo_core::Timestamp;
use pogo_core::dispatcher::Handle;
use pogo_core::fleet::{Fleet, FleetBuilder, HostName, Selector};
use pogo_core::history::{JobEvents, JobEventsQuery, JobFilter, JobReplay};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{HostsQuery, JobEnd, JobId, JobsQuery, PageLimit, Query, QueryError, View};
use pogo_core::stream::{QueryAnswer, StreamRecord};

use crate::ServedNamespace;
use crate::history::History;
use crate::json::{Reply, document, large_document};
use crate::page_bytes::PageBytes;
use crate::refusal::Refusal;
use crate::request::Request;

/// The most hosts that a list of jobs is asked for: each is looked for in each job.
const MOST_HOSTS: usize = 1_000;
/// The most records in an answer.
const MOST_RECORDS: usize = 10_000;

pub(crate) async fn history(mut request: Request) -> Reply {
    let (_, history) = request.past()?;
    let handle = request.namespace().map(|served| served.handle.clone());
    let parameters = &mut request.parameters;
    let mut filter = JobFilter::new().statuses(parameters.words("status")?);
    filter.by = parameters.optional("by")?;
    let on = parameters.selector("on")?;
    filter.unfinished = parameters.optional("unfinished")?.unwrap_or(false);
    filter.since = parameters.optional("since")?.map(Timestamp::from_millis);
    filter.before = parameters.optional("before")?;
    filter.limit = parameters.limit()?.get() as usize;
    request.parameters.finish()?;
    let history = history.ok_or_else(no_history)?;
    if let Some(on) = on {
        // Which hosts a selector names, the dispatcher knows.
        let fleet = handle?.query(|scheduler| Arc::clone(scheduler.fleet())).await?;
        filter.hosts = hosts_of("on", &on, &fleet, MOST_HOSTS)?;
        if filter.hosts.is_empty() {
            return document(&pogo_api::wire::HistoryPage::new(vec![], None));
        }
    }
    let page = history.jobs(&filter).await?;
    large_document(pogo_api::wire::HistoryPage::new(page.entries, page.next)).await
}

/// The hosts that a selector names; jobs of the past had hosts that the fleet no longer has.
pub(super) fn hosts_of(parameter: &str, on: &Selector, fleet: &Fleet, most: usize) -> Result<Vec<HostName>, Refusal> {
    let refuse = |said: String| -> Refusal {
        let problem = Problem::new(ProblemKind::InvalidParameter, said);
        problem.parameter(parameter).into()
    };
    let names = |fleet: &Fleet| {
        let hosts = fleet.resolve(on)?;
        Ok(hosts.iter().map(|&host| fleet.name(host).clone()).collect::<Vec<_>>())
    };
    let named = names(fleet).or_else(|_| {
        let larger = FleetBuilder::from(fleet).unlisted(on).build();
        let larger = larger.map_err(|error| refuse(format!("`{parameter}`: {error}")))?;
        names(&larger).map_err(|error: pogo_core::fleet::ResolveError| refuse(format!("`{parameter}`: {error}")))
    })?;
    match named.len() {
        many if many > most => Err(refuse(format!("`{parameter}` names {many} hosts; name at most {most}"))),
        _ => Ok(named),
    }
}

pub(crate) async fn job_events(mut request: Request) -> Reply {
    let job: JobId = request.segment("job")?;
    let (handle, history) = request.past()?;
    let parameters = &mut request.parameters;
    let mut query = JobEventsQuery::of(job);
    query.host = parameters.optional("host")?;
    query.after = parameters.optional("after")?.map(Seq);
    let limit: usize = parameters.optional("limit")?.unwrap_or(JobEventsQuery::LIMIT);
    query.limit = limit.clamp(1, MOST_RECORDS);
    std::mem::take(parameters).finish()?;
    let history = history.ok_or_else(no_history)?;
    let events = history.events(&query).await?;
    if events.records.is_empty() && events.next.is_none() {
        is_known(handle.as_ref(), &history, job).await?;
    }
    let most = request.shared().limits.records;
    let fitting = tokio::task::spawn_blocking(move || fitting(events, most)).await;
    large_document(fitting.map_err(|error| Refusal::new(ProblemKind::Internal, error))?).await
}

/// The first of these records, as many as fit into so many bytes.
fn fitting(events: JobEvents, most: usize) -> JobRecords {
    let (all, mut bytes) = (events.records.len(), PageBytes::new(most));
    let records = events.records.into_iter();
    let records = records.map(|(seq, record)| StreamRecord::new(seq, record));
    let records: Vec<_> = records.take_while(|record| bytes.takes(record)).collect();
    let next = match records.len() == all {
        true => events.next,
        false => records.last().map(|last| last.seq),
    };
    JobRecords::new(records, next)
}

/// Refuses a job that there never was.
async fn is_known(handle: Option<&Handle>, history: &History, job: JobId) -> Result<(), Refusal> {
    let Some(handle) = handle else {
        let entry = history.entry(job).await?;
        return entry.map(drop).ok_or_else(|| QueryError::UnknownJob { job }.into());
    };
    match handle.view(Query::Job { job }).await {
        Err(QueryError::RetiredJob { .. }) | Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn no_history() -> Refusal {
    let said = "no history of jobs is kept in this namespace; give its store to the server";
    Refusal::new(ProblemKind::NoHistoryKept, said)
}

/// A job that has retired, where its records can still be read.
pub(super) struct RetiredJob {
    handle: Handle,
    replay: Arc<JobReplay>,
}

impl RetiredJob {
    pub(super) async fn find(namespace: &ServedNamespace, job: JobId) -> Result<Self, Refusal> {
        let replay = match &namespace.history {
            Some(history) => history.replay(job).await?,
            None => None,
        };
        let handle = namespace.handle.clone();
        let replay = replay.ok_or_else(|| gone(job))?;
        Ok(Self { handle, replay })
    }

    pub(super) async fn details(&self) -> Result<QueryAnswer, Refusal> {
        let details = self.replay.details().ok_or_else(|| gone(self.replay.job()))?;
        self.answer(View::Job(Box::new(details))).await
    }

    pub(super) async fn hosts(&self, query: &HostsQuery) -> Result<QueryAnswer, Refusal> {
        let fleet = self.handle.query(|scheduler| Arc::clone(scheduler.fleet())).await?;
        self.answer(View::Hosts(self.replay.hosts(query, &fleet)?)).await
    }

    /// As of where the namespace stands: nothing changes of a job that has retired.
    async fn answer(&self, view: View) -> Result<QueryAnswer, Refusal> {
        let least = Query::Jobs(JobsQuery::new().limit(PageLimit::new(1)));
        let mut answer = self.handle.view(least).await?;
        answer.view = view;
        Ok(answer)
    }
}

/// How a job ended that has retired.
pub(super) async fn end_of_retired(history: Option<&History>, job: JobId) -> Result<JobEnd, Refusal> {
    let entry = match history {
        Some(history) => history.entry(job).await?,
        None => None,
    };
    entry.map(|entry| entry.end()).ok_or_else(|| gone(job))
}

fn gone(job: JobId) -> Refusal {
    let said = format_args!("{job} is over and has left the scheduler, and its records are not kept here");
    Refusal::new(ProblemKind::RetiredJob, said)
}
