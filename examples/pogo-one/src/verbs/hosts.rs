//! From what was typed to hosts.

use pogo_api::ClientError;
use pogo_api::wire::ProblemKind;
use pogo_core::fleet::{FleetBuilder, HostName, Selector, fold};
use pogo_core::scheduler::{HostResult, HostsQuery, JobId, PageLimit, TaskState};

use super::session::Session;
use crate::exit::CliError;
use crate::service::client_error;

/// The most hosts that a list of jobs is asked for.
const MOST_HOSTS: usize = 1_000;

/// Several words as one selector.
pub(super) fn together(words: &[Selector]) -> Option<Selector> {
    match words {
        [] => None,
        [one] => Some(one.clone()),
        more => Some(Selector::Or(more.to_vec())),
    }
}

/// Hosts as they are shown in a sentence.
pub(super) fn shown<N: AsRef<str>>(hosts: &[N]) -> String {
    let text = fold(hosts).to_string();
    match text.len() {
        0..=200 => text,
        _ => format!("{} hosts", hosts.len()),
    }
}

/// `is` or `are`.
pub(super) fn be(count: usize) -> &'static str {
    match count {
        1 => "is",
        _ => "are",
    }
}

/// Hosts that jobs may have had; those that no fleet has any more by their names.
pub(super) async fn named_on(session: &Session, on: &Selector) -> Result<Vec<HostName>, CliError> {
    let configuration = session.client.configuration().await.map_err(client_error)?;
    let fleet = configuration.fleet.unwrap_or_default();
    let larger = FleetBuilder::from(fleet.as_ref())
        .unlisted(on)
        .build()
        .map_err(CliError::usage)?;
    let hosts = larger.resolve(on).map_err(CliError::usage)?;
    match hosts.len() {
        0 => Err(CliError::usage(format!("no host is named by {on}"))),
        1..=MOST_HOSTS => Ok(hosts.into_iter().map(|host| larger.name(host).clone()).collect()),
        many => Err(CliError::usage(format!(
            "{on} names {many} hosts; name at most {MOST_HOSTS}"
        ))),
    }
}

impl Session {
    /// The hosts of a job with their results: those in these states if any are named, and among these hosts.
    pub(super) async fn results(
        &self,
        job: JobId,
        states: &[TaskState],
        among: Option<&Selector>,
    ) -> Result<Vec<HostResult>, CliError> {
        self.try_results(job, states, among).await.map_err(client_error)
    }

    pub(super) async fn try_results(
        &self,
        job: JobId,
        states: &[TaskState],
        among: Option<&Selector>,
    ) -> Result<Vec<HostResult>, ClientError> {
        let mut query = HostsQuery::of(job)
            .states(states.iter().copied())
            .limit(PageLimit::new(PageLimit::MAX));
        query.hosts = among.cloned();
        let mut hosts = vec![];
        loop {
            let page = self.client.hosts(query.clone()).await?;
            hosts.extend(page.entries);
            match page.next {
                Some(next) => query = query.after(next),
                None => return Ok(hosts),
            }
        }
    }

    /// As [`results`](Self::results), by name. Of a job that has retired, those that still hold slots because of it.
    pub(super) async fn chosen(
        &self,
        job: JobId,
        states: &[TaskState],
        among: Option<&Selector>,
    ) -> Result<Vec<HostName>, CliError> {
        match self.try_results(job, states, among).await {
            Ok(hosts) => Ok(hosts.into_iter().map(|result| result.host).collect()),
            Err(ClientError::Refused(problem)) if problem.kind == ProblemKind::RetiredJob => {
                self.left_behind(job, among).await
            }
            Err(error) => Err(client_error(error)),
        }
    }

    async fn left_behind(&self, job: JobId, among: Option<&Selector>) -> Result<Vec<HostName>, CliError> {
        let summary = self.summary().await?;
        let left = summary.retired.into_iter().find(|retired| retired.job == job);
        let left = left.map(|retired| retired.hosts).unwrap_or_default();
        let Some(among) = among else { return Ok(left) };
        let named = self.resolved(among).await?;
        Ok(left.into_iter().filter(|host| named.contains(host)).collect())
    }

    /// The hosts of the fleet that are named.
    pub(super) async fn resolved(&self, hosts: &Selector) -> Result<Vec<HostName>, CliError> {
        let configuration = self.client.configuration().await.map_err(client_error)?;
        let fleet = configuration.fleet.unwrap_or_default();
        let ids = fleet.resolve(hosts).map_err(CliError::usage)?;
        Ok(ids.into_iter().map(|id| fleet.name(id).clone()).collect())
    }

    /// As [`resolved`](Self::resolved), of hosts that something is done to: there must be some.
    pub(super) async fn named_hosts(&self, words: &[Selector]) -> Result<Vec<HostName>, CliError> {
        let Some(selector) = together(words) else {
            return Err(CliError::usage("name hosts"));
        };
        match self.resolved(&selector).await? {
            hosts if hosts.is_empty() => Err(CliError::usage(format!("no host is named by {selector}"))),
            hosts => Ok(hosts),
        }
    }
}
