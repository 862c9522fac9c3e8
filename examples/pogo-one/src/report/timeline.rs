//! A job's events as text: a line for each moment.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::{Event, Record};

/// Writes who started and who ended at each moment.
pub(crate) fn timeline(out: &mut impl Write, records: &[Record]) -> io::Result<()> {
    let mut rest = records;
    while let Some(first) = rest.first() {
        let len = rest.iter().take_while(|record| record.at == first.at).count();
        let (moment, later) = rest.split_at(len);
        rest = later;
        let mut verbs: BTreeMap<(u8, &str), Vec<&HostName>> = BTreeMap::new();
        for record in moment {
            if let (Some(verb), Some(host)) = (verb(&record.event), record.event.host()) {
                verbs.entry(verb).or_default().push(host);
            }
        }
        let mut time = format!("{}s", first.at);
        for ((_, verb), hosts) in verbs {
            writeln!(out, "{time:>12}  {verb:<9} {}", fold(hosts))?;
            time.clear();
        }
    }
    Ok(())
}

/// What happened to the host, ends before starts.
fn verb(event: &Event) -> Option<(u8, &'static str)> {
    Some(match event {
        Event::TaskSucceeded { .. } => (0, "succeeded"),
        Event::TaskFailed { .. } => (1, "failed"),
        Event::TaskInDoubt { .. } => (2, "in doubt"),
        Event::TaskSkipped { .. } => (3, "skipped"),
        Event::TaskCancelled { .. } => (4, "cancelled"),
        Event::TaskStarted { .. } => (5, "started"),
        _ => return None,
    })
}
