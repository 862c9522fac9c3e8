//! `pogo retry` and `skip`: orders about hosts of a job.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Answer, JobId, Order, TaskState};

use super::answered::say;
use super::hosts::{be, shown, together};
use super::session::{Session, with_session};
use crate::cli::TaskOrderArgs;
use crate::exit::{CliError, Exit};
use crate::store::counted;

/// The most hosts of one order: an order is one record of the journal, which has a most.
const HOSTS: usize = 10_000;

pub(crate) fn retry(args: &TaskOrderArgs) -> Result<Exit, CliError> {
    let order = |job, hosts, force| Order::Retry { job, hosts, force };
    ordered(args, "retry", order, |job, hosts, are, answer| match answer {
        Answer::Job(new) => {
            let new = new.number();
            format!("job {job} is over: {hosts} {are} tried again in job {new}; `pogo attach {new}` shows it")
        }
        _ => format!("{hosts} of job {job} {are} tried again; `pogo attach {job}` shows it"),
    })
}

pub(crate) fn skip(args: &TaskOrderArgs) -> Result<Exit, CliError> {
    let order = |job, hosts, force| Order::Skip { job, hosts, force };
    ordered(args, "skip", order, |job, hosts, are, _| {
        format!("{hosts} of job {job} {are} skipped: done, as far as the job is concerned")
    })
}

fn ordered(
    args: &TaskOrderArgs,
    verb: &str,
    order: impl Fn(JobId, Vec<HostName>, bool) -> Order,
    said: impl Fn(u64, &str, &str, Answer) -> String,
) -> Result<Exit, CliError> {
    let (states, among) = (args.of.states.states(), together(&args.of.hosts));
    if states.is_empty() && among.is_none() {
        return Err(CliError::usage(format!(
            "say which hosts: `pogo {verb} JOB HOSTS`, or those in a state with --failed, --in-doubt or --not-run"
        )));
    }
    // What waits is tried anyway.
    let useful = |state: &TaskState| verb != "retry" || *state != TaskState::Waiting;
    let states: Vec<TaskState> = states.into_iter().filter(useful).collect();
    with_session(&args.order.place, async |session| {
        let job = session.job(args.of.job).await?;
        let hosts = session.chosen(job, &states, among.as_ref()).await?;
        if hosts.is_empty() {
            let which = none_of(&states);
            return say(
                args.order.format,
                Answer::Unchanged,
                format!("job {} has no {which}: nothing to {verb}", job.number()),
            );
        }
        let answer = in_parts(session, args, &hosts, |hosts| order(job, hosts, args.force)).await?;
        let (named, count) = match answer {
            Answer::Hosts(count) if count as usize != hosts.len() => (counted(count as usize, "host"), count as usize),
            _ => (shown(&hosts), hosts.len()),
        };
        let said = said(job.number(), &named, be(count), answer);
        say(args.order.format, answer, said)
    })
}

/// What there is none of.
fn none_of(states: &[TaskState]) -> String {
    match states {
        [] => "such host".to_owned(),
        states => {
            let states: Vec<String> = states.iter().map(ToString::to_string).collect();
            format!("host that is {}", states.join(" or "))
        }
    }
}

async fn in_parts(
    session: &Session,
    args: &TaskOrderArgs,
    hosts: &[HostName],
    order: impl Fn(Vec<HostName>) -> Order,
) -> Result<Answer, CliError> {
    let mut total = Answer::Done;
    for part in hosts.chunks(HOSTS) {
        let answer = session
            .order(order(part.to_vec()), args.order.reason.as_deref())
            .await?;
        total = match (total, answer) {
            (Answer::Hosts(before), Answer::Hosts(more)) => Answer::Hosts(before + more),
            (_, answer) => answer,
        };
    }
    Ok(total)
}
