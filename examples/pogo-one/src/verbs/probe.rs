//! `pogo probe`: asks hosts of a job that failed or are in doubt whether they are well.
//!
//! The check is a job of its own, under the same login and the same limits. A host on which it succeeds is available
//! again, as after any success in a later job; then it is skipped in the job that it failed in, so that this one goes
//! on.

use std::time::Duration;

use pogo_api::ClientError;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::fleet::{HostName, Selector};
use pogo_core::plan::{ExecOptions, JobSpec, RemoteCommand, TransportSettings};
use pogo_core::policy::{JobSettings, Limit, OnDoubt};
use pogo_core::scheduler::{HostResult, JobId, JobStatus, Order, TaskState};
use serde::Serialize;

use super::hosts::{be, shown, together};
use super::job_status::bad_host;
use super::rerun::submitted;
use super::session::{Session, with_session};
use super::{obstacles, tails};
use crate::actor::local_actor;
use crate::cli::{PlanFormat, ProbeArgs};
use crate::command::StopSignals;
use crate::exit::{CliError, Exit};
use crate::report::{self, Reasons};
use crate::service::{SECRETS_SETTING, client_error, own_agent};

/// The most hosts of one order, as of any.
const HOSTS: usize = 10_000;

/// What came of a check, for a program.
#[derive(Serialize)]
struct Probed {
    /// The job that was the check.
    check: JobId,
    /// Hosts that are available again, and done in the job that they failed in.
    freed: Vec<HostName>,
    /// Hosts that are not.
    left: Vec<HostName>,
}

pub(crate) fn probe(args: &ProbeArgs) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let mut signals = StopSignals::listen().map_err(CliError::broken)?;
        let job = session.job(args.job).await?;
        let asked = ProbedHosts::of(session, job, args).await?;
        if asked.hosts.is_empty() {
            report::print(&format!(
                "job {} has no such host that failed or is in doubt\n",
                job.number()
            ))?;
            return Ok(Exit::Succeeded);
        }
        let check = submit(session, &asked, args).await?;
        let status = tokio::select! {
            status = until_over(session, check) => status?,
            _ = signals.next() => {
                let _ = session.order(Order::Abort { job: check }, Some("interrupted")).await;
                return Ok(Exit::Left);
            }
        };
        if status != JobStatus::Finished {
            give_up(session, check).await?;
        }
        let results = session.results(check, &[], None).await?;
        let (well, ill): (Vec<HostResult>, Vec<HostResult>) = results
            .into_iter()
            .partition(|result| result.state == TaskState::Succeeded);
        let reason = reason(args, check);
        let mut freed = vec![];
        for part in well.chunks(HOSTS) {
            freed.extend(free(session, &asked, part, &reason).await?);
        }
        forget(session, check, &ill).await;
        say(session, (&asked, check), (freed, &well, &ill), args.order.format).await
    })
}

/// The hosts that are asked.
struct ProbedHosts {
    job: JobId,
    hosts: Vec<HostName>,
    /// The job is over for good: whatever its hosts hold is given back where the check succeeds, and there is nothing
    /// else to do.
    has_retired: bool,
}

impl ProbedHosts {
    async fn of(session: &Session, job: JobId, args: &ProbeArgs) -> Result<Self, CliError> {
        let among = together(&args.hosts);
        let states: &[TaskState] = match (args.failed, args.in_doubt) {
            (true, false) => &[TaskState::Failed],
            (false, true) => &[TaskState::InDoubt],
            _ => &[TaskState::Failed, TaskState::InDoubt],
        };
        let results = session.results(job, states, among.as_ref()).await?;
        let mut hosts: Vec<HostName> = results.into_iter().map(|result| result.host).collect();
        let left = session
            .summary()
            .await?
            .retired
            .into_iter()
            .find(|retired| retired.job == job);
        let has_retired = left.is_some();
        if let Some(left) = left {
            hosts.retain(|host| left.hosts.contains(host));
        }
        Ok(Self {
            job,
            hosts,
            has_retired,
        })
    }
}

fn reason(args: &ProbeArgs, check: JobId) -> String {
    let said = args.order.reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "the check of job {} succeeded{}",
        check.number(),
        said.unwrap_or_default()
    )
}

/// Submits the check: the login of the job, and nothing else of what it did.
async fn submit(session: &Session, asked: &ProbedHosts, args: &ProbeArgs) -> Result<JobId, CliError> {
    let of = submitted(session, asked.job).await?;
    let check = match args.check.as_slice() {
        [line] => RemoteCommand::shell(line),
        words => RemoteCommand::argv(words),
    };
    let all = Limit::Count(u32::try_from(asked.hosts.len()).unwrap_or(u32::MAX));
    // No host waits because another is ill, and nothing is done to hosts but to ask them.
    let mut settings = JobSettings::new()
        .attempt_timeout(args.timeout)
        .max_failures(all)
        .allow_failures(all)
        .on_doubt(OnDoubt::Fail)
        .retries(0)
        .settle(Duration::ZERO)
        .pre_hooks(String::new())
        .post_hooks(String::new());
    settings.max_parallel = of.settings.max_parallel;
    let mut spec = JobSpec::new(Selector::hosts(&asked.hosts), check).settings(settings);
    spec.user = local_actor().name.to_string();
    spec.under_hold = of.under_hold;
    spec.transport_settings = match asked.has_retired {
        false => of.transport_settings,
        // Secrets were kept as long as the job was.
        true => without_secrets(&of.transport_settings),
    };
    if session.place.server().is_none()
        && let Some(agent) = own_agent()
    {
        spec.transport_settings = spec.transport_settings.set("agent", agent);
    }
    let mut options = ExecOptions::new();
    (options.run_as, options.directory) = (of.exec_options.run_as, of.exec_options.directory);
    options.forced_command = of.exec_options.forced_command;
    spec.exec_options = options;
    let why = match &args.order.reason {
        Some(reason) => format!("check of job {}: {reason}", asked.job.number()),
        None => format!("check of job {}", asked.job.number()),
    };
    let answer = session.order(Order::submit(spec), Some(&why)).await?;
    answer
        .job()
        .ok_or_else(|| CliError::broken("a submission is answered with a job"))
}

fn without_secrets(settings: &TransportSettings) -> TransportSettings {
    let names = settings.names().filter(|name| *name != SECRETS_SETTING);
    let values = names.flat_map(|name| settings.values(name).iter().map(move |value| (name, value)));
    values.fold(TransportSettings::new(), |kept, (name, value)| kept.add(name, value))
}

/// Waits until nothing of the check runs, or until it could go on by an order only.
async fn until_over(session: &Session, check: JobId) -> Result<JobStatus, CliError> {
    loop {
        match session.client.wait(check).await {
            Ok(end) => return Ok(end.status),
            // A dispatcher that was killed is started again; the job goes on.
            Err(lost @ (ClientError::ContactLost { .. } | ClientError::Unreachable { .. })) => {
                crate::service::connect_again(&session.place, lost).await?;
            }
            Err(error) => return Err(client_error(error)),
        }
    }
}

/// Ends a check that something holds back, and says what.
async fn give_up(session: &Session, check: JobId) -> Result<(), CliError> {
    let details = session.client.job(check).await.map_err(client_error)?;
    let lines = obstacles::lines(&details.blockers, SystemClock.now());
    report::remark(&format!("not all hosts can be asked:\n{}", lines.trim_end()));
    session
        .order(Order::Abort { job: check }, Some("not all hosts can be asked"))
        .await?;
    until_over(session, check).await.map(drop)
}

/// Counts hosts as done in the job that they failed in; those for which that was done.
async fn free(
    session: &Session,
    asked: &ProbedHosts,
    well: &[HostResult],
    reason: &str,
) -> Result<Vec<HostName>, CliError> {
    let hosts: Vec<HostName> = well.iter().map(|result| result.host.clone()).collect();
    if asked.has_retired || hosts.is_empty() {
        return Ok(hosts);
    }
    let skip = |hosts: Vec<HostName>| Order::Skip {
        job: asked.job,
        hosts,
        force: false,
    };
    if session.order(skip(hosts.clone()), Some(reason)).await.is_ok() {
        return Ok(hosts);
    }
    // One that cannot be skipped keeps no other from it.
    let mut freed = vec![];
    for host in hosts {
        match session.order(skip(vec![host.clone()]), Some(reason)).await {
            Ok(_) => freed.push(host),
            Err(error) => report::remark(&format!("{host}: {error}")),
        }
    }
    Ok(freed)
}

/// A check that failed is no failure of its own: the host holds what it held before, and nothing for the check.
async fn forget(session: &Session, check: JobId, ill: &[HostResult]) {
    let done = |result: &&HostResult| matches!(result.state, TaskState::Failed | TaskState::InDoubt);
    let hosts: Vec<HostName> = ill.iter().filter(done).map(|result| result.host.clone()).collect();
    for part in hosts.chunks(HOSTS) {
        let skip = |hosts: &[HostName]| Order::Skip {
            job: check,
            hosts: hosts.to_vec(),
            force: false,
        };
        if session.order(skip(part), Some("a check that failed")).await.is_err() {
            for host in part {
                // One that does not report the state of its check stays in doubt.
                let _ = session
                    .order(skip(std::slice::from_ref(host)), Some("a check that failed"))
                    .await;
            }
        }
    }
}

async fn say(
    session: &Session,
    (asked, check): (&ProbedHosts, JobId),
    (freed, well, ill): (Vec<HostName>, &[HostResult], &[HostResult]),
    format: PlanFormat,
) -> Result<Exit, CliError> {
    let not_freed = well
        .iter()
        .map(|result| &result.host)
        .filter(|host| !freed.contains(host));
    let left: Vec<HostName> = ill
        .iter()
        .map(|result| &result.host)
        .chain(not_freed)
        .cloned()
        .collect();
    let exit = if left.is_empty() { Exit::Succeeded } else { Exit::Failed };
    if format == PlanFormat::Json {
        report::print_json(&Probed { check, freed, left })?;
        return Ok(exit);
    }
    let (job, check_number) = (asked.job.number(), check.number());
    if !freed.is_empty() {
        let (hosts, are) = (shown(&freed), be(freed.len()));
        report::print(&format!(
            "{hosts} of job {job} {are} well: done in that job, and available\n"
        ))?;
    }
    if !ill.is_empty() {
        let tails = tails::of(session, check, ill).await?;
        let bad = ill
            .iter()
            .zip(&tails)
            .map(|(result, lines)| bad_host(result, lines))
            .collect();
        let (hosts, are) = (ill.len(), be(ill.len()));
        let reasons = Reasons::of_hosts(bad, SystemClock.now());
        report::print(&format!(
            "{} {are} not, and as before:\n{reasons}  pogo logs {check_number} -b\n",
            crate::store::counted(hosts, "host")
        ))?;
    }
    Ok(exit)
}
