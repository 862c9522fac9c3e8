//! `pogo update`: other settings for a job.

use pogo_core::policy::{JobSettings, Setting};
use pogo_core::scheduler::{JobUpdate, Order};

use super::answered::say;
use super::session::with_session;
use crate::cli::{MaxParallel, UpdateArgs};
use crate::exit::{CliError, Exit};

pub(crate) fn update(args: &UpdateArgs) -> Result<Exit, CliError> {
    let change = change(args);
    let changed: Vec<&str> = Setting::ALL
        .iter()
        .filter(|setting| change.changes(**setting))
        .map(|setting| setting.key())
        .collect();
    if changed.is_empty() {
        return Err(CliError::usage(
            "say what changes, as in --max-parallel 30%, --max-failures 5, --retries 2 or --timeout 10m",
        ));
    }
    let order = &args.of.order;
    with_session(&order.place, async |session| {
        let job = session.job(args.of.job).await?;
        let alter = Order::Alter { job, change };
        let answer = session.order(alter, order.reason.as_deref()).await?;
        let said = format!("job {} is updated: {}", job.number(), changed.join(", "));
        say(order.format, answer, said)
    })
}

fn change(args: &UpdateArgs) -> JobUpdate {
    let mut settings = JobSettings::new();
    if let Some(MaxParallel::Limit(limit)) = args.max_parallel {
        settings.max_parallel = Some(limit);
    }
    settings.max_failures = args.max_failures;
    settings.retries = args.retries;
    settings.retry_delay = args.retry_delay;
    settings.attempt_timeout = args.timeout;
    settings.job_timeout = args.job_timeout;
    settings.slow_after = args.slow_after;
    settings.bake = args.bake;
    settings.priority = args.priority;
    let change = JobUpdate::set(settings);
    match args.max_parallel {
        Some(MaxParallel::Unlimited) => change.unset(Setting::MaxParallel),
        _ => change,
    }
}
