//! `pogo store prune`

use std::time::{SystemTime, UNIX_EPOCH};

use pogo_core::Timestamp;
use pogo_core::scheduler::JobId;
use pogo_store::{Namespace, Retention};
use serde_json::{Value, json};

use super::kept::open_remote;
use super::opened::{namespaces, open, wait, wait_for};
use super::remote_prune;
use super::size::size;
use crate::cli::{PruneArgs, StoreChoice};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

/// What was removed of a namespace.
struct Removed {
    namespace: String,
    jobs: Vec<JobId>,
    bytes: u64,
}

pub(super) fn prune(args: &PruneArgs) -> Result<Exit, CliError> {
    if let Some(StoreChoice::At(address)) = &args.at.store {
        return wait_for(async {
            let store = open_remote(address).await?;
            remote_prune::prune(&*store, address, args).await
        });
    }
    let store = open(&args.at)?;
    let mut all = vec![];
    for (name, namespace) in namespaces(&store, args.namespace.as_deref())? {
        let (jobs, bytes) = match args.job.is_empty() {
            true => expired(&namespace, args)?,
            false => of_jobs(&namespace, &args.job)?,
        };
        all.push(Removed {
            namespace: name,
            jobs,
            bytes,
        });
    }
    let rows: Vec<Value> = all
        .iter()
        .map(|it| json!({ "namespace": it.namespace, "jobs": it.jobs, "bytes": it.bytes }))
        .collect();
    let text: String = all.iter().map(Removed::text).collect();
    print_as(args.at.format, &json!({ "removed": rows }), &text)?;
    Ok(Exit::Succeeded)
}

/// Removes what is older, or more, than is to be kept.
fn expired(namespace: &Namespace, args: &PruneArgs) -> Result<(Vec<JobId>, u64), CliError> {
    let mut keep = Retention::new();
    if let Some(age) = args.older_than {
        keep = keep.age(age);
    }
    if let Some(age) = args.events_older_than {
        keep = keep.events(age);
    }
    if let Some(bytes) = args.max_size {
        keep = keep.bytes(bytes).disk_percent(100);
    }
    let pruned = wait(namespace.prune(now(), keep))?;
    Ok((pruned.jobs, pruned.bytes))
}

/// Removes the output of these jobs.
fn of_jobs(namespace: &Namespace, jobs: &[u64]) -> Result<(Vec<JobId>, u64), CliError> {
    let before = wait(namespace.info())?.output.1;
    let mut removed = vec![];
    for job in jobs.iter().copied().map(JobId::new) {
        if !wait(namespace.remove_output(job))? {
            return Err(CliError::usage(format!(
                "{job} has not ended, and its output is kept; stop it first"
            )));
        }
        removed.push(job);
    }
    let after = wait(namespace.info())?.output.1;
    Ok((removed, before.saturating_sub(after)))
}

impl Removed {
    fn text(&self) -> String {
        let Self { namespace, jobs, bytes } = self;
        let names: Vec<String> = jobs.iter().map(ToString::to_string).collect();
        match names.is_empty() {
            true => format!("{namespace}: there was no output to remove\n"),
            false => format!(
                "{namespace}: removed the output of {} ({})\n",
                names.join(", "),
                size(*bytes)
            ),
        }
    }
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
