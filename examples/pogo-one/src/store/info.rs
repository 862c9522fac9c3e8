//! `pogo store info`

use std::path::Path;

use pogo_store::{JobFilter, NamespaceInfo, Store};
use serde_json::{Value, json};

use super::kept::open_remote;
use super::opened::{namespaces, open_to_look, wait, wait_for};
use super::remote_info;
use super::size::size;
use crate::cli::{StoreChoice, StoreInfoArgs};
use crate::exit::{CliError, Exit};
use crate::report::print_as;
use crate::service::{inputs_dir, sent_dir};

/// A namespace, and how many jobs it has.
struct Summary {
    name: String,
    info: NamespaceInfo,
    copied_from: Option<String>,
    jobs: usize,
    unfinished: usize,
    /// Standard input and files that are kept for jobs that are not done: how many, and their bytes.
    inputs: (usize, u64),
    /// Files that were sent to a server: how many, and their bytes.
    sent: (usize, u64),
}

pub(super) fn info(args: &StoreInfoArgs) -> Result<Exit, CliError> {
    if let Some(StoreChoice::At(address)) = &args.at.store {
        return wait_for(async {
            let store = open_remote(address).await?;
            remote_info::info(&*store, address, (args.namespace.as_deref(), args.at.format)).await
        });
    }
    let store = open_to_look(args.at.store.as_ref())?;
    let mut summaries = vec![];
    for (name, namespace) in namespaces(&store, args.namespace.as_deref())? {
        let all = JobFilter::new().limit(usize::MAX);
        let count = |filter| wait(namespace.jobs(filter)).map(|page| page.entries.len());
        summaries.push(Summary {
            info: wait(namespace.info())?,
            copied_from: wait(namespace.copied())?.map(|mark| mark.from),
            jobs: count(all.clone())?,
            unfinished: count(all.unfinished())?,
            inputs: files_of(&inputs_dir(namespace.path())),
            sent: sent(&sent_dir(store.path(), &name)),
            name,
        });
    }
    let text: String = summaries.iter().map(Summary::text).collect();
    let text = match summaries.is_empty() {
        true => format!("{}: no namespaces yet\n", store.path().display()),
        false => format!("{}\n{text}", store.path().display()),
    };
    print_as(args.at.format, &as_json(&store, &summaries), &text)?;
    Ok(Exit::Succeeded)
}

fn as_json(store: &Store, summaries: &[Summary]) -> Value {
    let namespaces: Vec<Value> = summaries.iter().map(Summary::json).collect();
    json!({ "store": store.path().display().to_string(), "namespaces": namespaces })
}

impl Summary {
    fn bytes(&self) -> u64 {
        self.info.bytes() + self.inputs.1 + self.sent.1
    }

    fn text(&self) -> String {
        let Self { name, info, .. } = self;
        let owner = match &info.owner {
            Some(last) => format!(
                "last owned by {} (process {} on {}) since {}",
                last.owner,
                last.pid,
                last.machine,
                last.since.utc()
            ),
            None => "never owned".to_owned(),
        };
        let copied = self.copied_from.as_ref().map(|from| format!("  a copy of {from}\n"));
        let unfinished = match self.unfinished {
            0 => String::new(),
            some => format!(", {some} of them not finished"),
        };
        format!(
            "\n{name}: {}; {owner}\n{}  jobs       {}{unfinished}\n  records    from {} on: {}, {}\n  \
             snapshots  {}, {}\n  content    {}, {}\n  events     of {}, {}\n  output     of {}, {}\n  \
             inputs     {}, {}\n  sent       {}, {}\n",
            size(self.bytes()),
            copied.unwrap_or_default(),
            self.jobs,
            info.first,
            counted(info.segments.0, "segment"),
            size(info.segments.1),
            info.snapshots.0.len(),
            size(info.snapshots.1),
            counted(info.content.0, "file"),
            size(info.content.1),
            counted(info.events.0, "job"),
            size(info.events.1),
            counted(info.output.0, "job"),
            size(info.output.1),
            counted(self.inputs.0, "file"),
            size(self.inputs.1),
            counted(self.sent.0, "file"),
            size(self.sent.1),
        )
    }

    fn json(&self) -> Value {
        let Self { name, info, .. } = self;
        let counted = |(count, bytes): (usize, u64)| json!({ "count": count, "bytes": bytes });
        json!({
            "namespace": name,
            "bytes": self.bytes(),
            "owner": info.owner.as_ref().map(|last| json!({
                "owner": last.owner,
                "epoch": last.epoch,
                "since": last.since,
                "machine": last.machine,
                "pid": last.pid,
            })),
            "copied_from": self.copied_from,
            "jobs": { "count": self.jobs, "unfinished": self.unfinished, "bytes": info.list },
            "records": { "first": info.first, "count": info.segments.0, "bytes": info.segments.1 },
            "snapshots": { "at": info.snapshots.0, "bytes": info.snapshots.1 },
            "content": counted(info.content),
            "events": counted(info.events),
            "output": counted(info.output),
            "inputs": counted(self.inputs),
            "sent": counted(self.sent),
        })
    }
}

/// The files of a directory, and their bytes. What is removed meanwhile takes no room.
fn files_of(directory: &Path) -> (usize, u64) {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes: Vec<u64> = files.filter_map(|file| Some(file.metadata().ok()?.len())).collect();
    (sizes.len(), sizes.iter().sum())
}

/// The files that were sent, and their bytes. Each is in a directory of its own, beside a file that says whose it is.
fn sent(directory: &Path) -> (usize, u64) {
    let each = std::fs::read_dir(directory).into_iter().flatten().flatten();
    each.map(|entry| files_of(&entry.path()))
        .fold((0, 0), |(count, bytes), (files, more)| {
            (count + files.saturating_sub(1), bytes + more)
        })
}

pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
