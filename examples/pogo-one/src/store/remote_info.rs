//! `pogo store info` of a store that several machines have.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::journal::{ClockSkew, OwnerId};
use pogo_store::{RemoteFormats, RemoteInfo, RemoteOwner, StoredPart};
use serde_json::{Value, json};

use super::kept::{RemoteNamespace, RemoteStore};
use super::remote_opened::namespaces;
use super::size::size;
use crate::cli::{PlanFormat, StoreAddress};
use crate::exit::{CliError, Exit};
use crate::report::{moment, print_as};

pub(super) async fn info(
    store: &dyn RemoteStore,
    address: &StoreAddress,
    (only, format): (Option<&str>, PlanFormat),
) -> Result<Exit, CliError> {
    let mut summaries = vec![];
    for (name, namespace) in namespaces(store, address, only).await? {
        summaries.push((name, namespace.info().await?, skew(&*namespace).await?));
    }
    let now = SystemClock.now();
    let text: String = summaries
        .iter()
        .map(|(name, info, skew)| text(name, info, *skew, now))
        .collect();
    let version = store.version();
    let text = match summaries.is_empty() {
        true => format!("{address}: version {version}, no namespaces yet\n"),
        false => format!("{address}, version {version}\n{text}"),
    };
    let output = store.output();
    let text = match &output {
        Some(output) => format!("{text}\noutput of hosts: {output}\n"),
        None => text,
    };
    let rows: Vec<Value> = summaries
        .iter()
        .map(|(name, info, skew)| row(name, info, *skew))
        .collect();
    let value = json!({ "store": address.to_string(), "version": version, "output": output, "namespaces": rows });
    print_as(format, &value, &text)?;
    Ok(Exit::Succeeded)
}

/// How far this machine's clock is from that of the store.
async fn skew(namespace: &dyn RemoteNamespace) -> Result<Option<ClockSkew>, CliError> {
    let journal = namespace.journal();
    // The first time takes a connection too, which is not what is measured.
    let _ = journal.store_time().await;
    let asked = SystemClock.now();
    let time = journal.store_time().await;
    let time = time.map_err(|error| CliError::Unreachable(error.to_string()))?;
    Ok(time.map(|time| ClockSkew::between((asked, SystemClock.now()), time)))
}

/// Who owns a namespace, in a sentence without its end.
pub(crate) fn owned_by(owner: Option<&RemoteOwner>, now: Timestamp) -> String {
    let Some(owner) = owner else {
        return "never owned".to_owned();
    };
    let since = moment(owner.since, now);
    match (owner.owns, owner.seen()) {
        (true, Some(seen)) => format!("owned by {} since {since}, seen {} ago", owner.owner, rounded(seen)),
        (true, None) => format!("owned by {} since {since}", owner.owner),
        (false, _) => format!("owned by nobody; last by {} since {since}", owner.owner),
    }
}

fn rounded(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn text(name: &str, info: &RemoteInfo, skew: Option<ClockSkew>, now: Timestamp) -> String {
    let mut lines = vec![format!(
        "\n{name}: {}; {}",
        size(info.bytes()),
        owned_by(info.owner.as_ref(), now)
    )];
    if let Some(from) = &info.copied_from {
        lines.push(format!("  a copy of {from}"));
    }
    if let Some(from) = &info.unfinished_copy_of {
        lines.push(format!(
            "  a copy of {from} that is not all there; if that was cut off, copy it again"
        ));
    }
    let mut line = |label: &str, text: String| lines.push(format!("  {label:<10} {text}"));
    line("epoch", info.epoch.0.to_string());
    line(
        "waiting",
        match info.waiting.is_empty() {
            true => "nobody".to_owned(),
            false => names(&info.waiting).join(", "),
        },
    );
    let newest = info.newest.map(|at| format!(", the last of {}", moment(at, now)));
    line(
        "records",
        format!("{} to {}{}", info.first, info.end, newest.unwrap_or_default()),
    );
    if let Some(skew) = skew {
        line("clock", format!("{skew}"));
    }
    line("format", formats(&info.formats));
    for part in &info.parts {
        line(part.name, stored(part));
    }
    lines.join("\n") + "\n"
}

/// The format of records, and who reads which, where they differ with names.
fn formats(formats: &RemoteFormats) -> String {
    let RemoteFormats { written, read, .. } = formats;
    let up_to = match &read[..] {
        [] => String::new(),
        [(_, newest), rest @ ..] if rest.iter().all(|(_, other)| other == newest) => {
            format!("; all {} who are there read up to {newest}", read.len())
        }
        each => {
            let each = each.iter().map(|(who, newest)| format!("{who} reads up to {newest}"));
            format!("; {}", each.collect::<Vec<_>>().join(", "))
        }
    };
    format!("{written}{up_to}")
}

fn stored(part: &StoredPart) -> String {
    match part.is_estimate {
        true => format!("about {}, {} on disk", part.count, size(part.bytes)),
        false => format!("{}, {}", part.count, size(part.bytes)),
    }
}

/// Owners as people name them.
pub(crate) fn names(owners: &[OwnerId]) -> Vec<String> {
    owners.iter().map(ToString::to_string).collect()
}

fn row(name: &str, info: &RemoteInfo, skew: Option<ClockSkew>) -> Value {
    let parts = info.parts.iter().map(|part| {
        (
            part.name.to_owned(),
            json!({ "count": part.count, "bytes": part.bytes, "estimate": part.is_estimate }),
        )
    });
    let read = info.formats.read.iter();
    let read = read.map(|(who, newest)| json!({ "who": who, "newest": newest }));
    json!({
        "namespace": name,
        "bytes": info.bytes(),
        "epoch": info.epoch,
        "owner": info.owner.as_ref().map(|owner| json!({
            "owner": owner.owner,
            "owns": owner.owns,
            "since": owner.since,
            "seen_ms": owner.seen().map(|seen| seen.as_millis()),
            "machine": owner.machine,
            "pid": owner.pid,
        })),
        "waiting": info.waiting,
        "format": {
            "written": info.formats.written,
            "read": read.collect::<Vec<_>>(),
        },
        "records": { "first": info.first, "end": info.end, "newest": info.newest },
        "clock_skew_ms": skew,
        "copied_from": info.copied_from,
        "unfinished_copy_of": info.unfinished_copy_of,
        "parts": parts.collect::<serde_json::Map<_, _>>(),
    })
}
