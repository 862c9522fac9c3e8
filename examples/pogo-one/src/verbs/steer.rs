//! `pogo pause`, `resume`, `stop` and `promote`: orders to a job as a whole.

use pogo_core::scheduler::{Answer, JobId, Order};

use super::answered::say;
use super::session::with_session;
use crate::cli::{JobOrderArgs, StopArgs};
use crate::exit::{CliError, Exit};

pub(crate) fn pause(args: &JobOrderArgs) -> Result<Exit, CliError> {
    let said = |job, _| {
        format!("job {job} is paused: nothing more of it starts, and what runs goes on; `pogo resume {job}` goes on")
    };
    steer(args, |job| Order::Pause { job }, said)
}

pub(crate) fn resume(args: &JobOrderArgs) -> Result<Exit, CliError> {
    let said = |job, _| format!("job {job} goes on; `pogo attach {job}` shows it");
    steer(args, |job| Order::Resume { job }, said)
}

pub(crate) fn stop(args: &StopArgs) -> Result<Exit, CliError> {
    if args.now {
        return abort(&args.of);
    }
    let said = |job, _| {
        format!(
            "job {job} stops: nothing more of it starts, and what runs may end; `pogo stop {job} --now` ends that, \
             `pogo resume {job}` goes on"
        )
    };
    steer(&args.of, |job| Order::Halt { job }, said)
}

pub(crate) fn abort(args: &JobOrderArgs) -> Result<Exit, CliError> {
    let said = |job, _| format!("job {job} ends now: what waits is cancelled, and what runs is ended");
    steer(args, |job| Order::Abort { job }, said)
}

pub(crate) fn promote(args: &JobOrderArgs) -> Result<Exit, CliError> {
    let said = |job, answer| match answer {
        Answer::Wave(_) => format!("{answer} of job {job} begins; `pogo attach {job}` shows it"),
        _ => format!("the next wave of job {job} begins; `pogo attach {job}` shows it"),
    };
    steer(args, |job| Order::Promote { job }, said)
}

/// Gives an order to a job, and says what came of it.
fn steer(
    args: &JobOrderArgs,
    order: impl FnOnce(JobId) -> Order,
    said: impl FnOnce(u64, Answer) -> String,
) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let job = session.job(args.job).await?;
        let answer = session.order(order(job), args.order.reason.as_deref()).await?;
        say(args.order.format, answer, said(job.number(), answer))
    })
}
