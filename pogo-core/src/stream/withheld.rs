//! What followers do not need to know: it may be large, and is nobody's business but the host's.

use std::sync::Arc;

use crate::journal::Snapshot;
use crate::plan::{JobSpec, Stdin};
use crate::scheduler::{Event, JobEventKind, Record};

/// Leaves out of a job's description what its command reads, and the values of its environment.
fn withhold(spec: &mut Arc<JobSpec>) {
    let options = &spec.exec_options;
    // Nearly always: nothing is copied then, and a snapshot of ten thousand jobs shares all of
    // them.
    if options.stdin.is_empty() && options.environment.values().all(String::is_empty) {
        return;
    }
    let options = &mut Arc::make_mut(spec).exec_options;
    options.environment.values_mut().for_each(String::clear);
    // That it reads something is told, so that nobody takes this for all of the job.
    match &mut options.stdin {
        Stdin::Text(text) => text.clear(),
        Stdin::Bytes(bytes) => bytes.clear(),
        Stdin::Empty | Stdin::File(_) => {}
    }
}

/// A record as streams have it.
pub(super) fn withhold_from_record(record: &mut Record) {
    if let Event::Job(event) = &mut record.event
        && let JobEventKind::Submitted { spec, .. } = &mut event.kind
    {
        withhold(spec);
    }
}

/// A snapshot as streams have it.
pub(super) fn withhold_from_snapshot(snapshot: &mut Snapshot) {
    snapshot.specs_mut().for_each(withhold);
}
