//! `pogo rerun`: a new job like one that was.

use pogo_core::fleet::{HostName, Selector};
use pogo_core::plan::{JobSpec, Stdin};
use pogo_core::scheduler::{JobEventKind, JobId, Order};

use super::answered::say;
use super::hosts::together;
use super::session::{Session, with_session};
use crate::actor::local_actor;
use crate::cli::RerunArgs;
use crate::exit::{CliError, Exit};
use crate::service::{SECRETS_SETTING, own_agent};

pub(crate) fn rerun(args: &RerunArgs) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let old = session.job(args.of.job).await?;
        let mut spec = submitted(session, old).await?;
        complete(&mut spec, old, args)?;
        if let Some(hosts) = chosen(session, old, args).await? {
            spec.targets = Selector::hosts(&hosts);
        }
        spec.user = local_actor().name.to_string();
        if session.place.server().is_none()
            && let Some(agent) = own_agent()
        {
            spec.transport_settings = spec.transport_settings.set("agent", agent);
        }
        let targets = match &spec.targets {
            Selector::Or(_) if !args.of.hosts.is_empty() => "hosts of it".to_owned(),
            targets => targets.to_string(),
        };
        let answer = session.order(Order::submit(spec), args.order.reason.as_deref()).await?;
        let Some(new) = answer.job().map(JobId::number) else {
            return Err(CliError::broken("a submission is answered with a job"));
        };
        let old = old.number();
        let said = format!("job {new} is like job {old}, on {targets}; `pogo attach {new}` shows it");
        say(args.order.format, answer, said)
    })
}

/// The hosts that were named, if any were.
async fn chosen(session: &Session, job: JobId, args: &RerunArgs) -> Result<Option<Vec<HostName>>, CliError> {
    let (states, among) = (args.of.states.states(), together(&args.of.hosts));
    if states.is_empty() && among.is_none() {
        return Ok(None);
    }
    let hosts = session.chosen(job, &states, among.as_ref()).await?;
    match hosts.is_empty() {
        true => Err(CliError::usage(format!("job {} has no such host", job.number()))),
        false => Ok(Some(hosts)),
    }
}

/// What was submitted, as far as it is shown to anybody.
pub(super) async fn submitted(session: &Session, job: JobId) -> Result<JobSpec, CliError> {
    let mut spec = None;
    session
        .each_record(job, None, |record| {
            if let Some(JobEventKind::Submitted { spec: of, .. }) = record.event.job_kind() {
                spec = Some(of.as_ref().clone());
            }
            Ok(())
        })
        .await?;
    let number = job.number();
    spec.ok_or_else(|| {
        CliError::usage(format!(
            "what job {number} was is not kept any more; submit it with `pogo run`"
        ))
    })
}

/// Adds what is kept from everybody, or says that it is missing.
fn complete(spec: &mut JobSpec, job: JobId, args: &RerunArgs) -> Result<(), CliError> {
    let number = job.number();
    let options = &mut spec.exec_options;
    if let Stdin::Text(_) | Stdin::Bytes(_) = options.stdin {
        return Err(CliError::usage(format!(
            "job {number} reads its standard input, which nobody is shown; submit it with `pogo run`"
        )));
    }
    if spec.transport_settings.value(SECRETS_SETTING).is_some() {
        return Err(CliError::usage(format!(
            "job {number} has secrets, which are kept for it alone; submit it with `pogo run`"
        )));
    }
    for pair in &args.env {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(CliError::usage(format!("--env {pair}: write NAME=VALUE")));
        };
        options.environment.insert(name.to_owned(), value.to_owned());
    }
    let missing = options.environment.iter().filter(|(_, value)| value.is_empty());
    let missing: Vec<String> = missing.map(|(name, _)| format!("--env {name}=VALUE")).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(CliError::usage(format!(
            "values of variables of job {number} are shown to nobody; give them again: {}",
            missing.join(" ")
        ))),
    }
}
