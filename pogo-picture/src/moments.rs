//! Starts, ends and orders at each moment, as lines of text.

use std::collections::BTreeMap;
use std::fmt;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::{Event, HostEventKind, OrderLog, Record, TaskEventKind};

/// Displays the hosts that started, ended and were held at each moment, a line per kind, with seconds since the first
/// record. Jobs are not distinguished. Orders stand before what they led to, where it is known who gave them or why.
///
/// ```
/// use pogo_picture::moments;
/// # use pogo_core::fleet::Fleet;
/// # use pogo_core::plan::{JobSpec, RemoteCommand};
/// # use pogo_core::policy::{Constraint, Policy, Rule};
/// # use pogo_core::sim::World;
///
/// # let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
/// # let policy = Policy::new().constraint(limit);
/// # let mut world = World::new(Fleet::builder().tagged("web", "web[1-3]").build()?, policy)?;
/// # world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
/// # let records = world.run().records;
/// let text = moments(&records).to_string();
/// assert_eq!(text.lines().next(), Some("      0.000s  started   web[1-2]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn moments(records: &[Record]) -> Moments<'_> {
    let began = records.first().map_or(Timestamp::EPOCH, |record| record.at);
    Moments { records, began }
}

/// See [`moments`].
#[derive(Debug, Clone, Copy)]
pub struct Moments<'a> {
    records: &'a [Record],
    began: Timestamp,
}

impl Moments<'_> {
    /// Counts the seconds from another moment on.
    #[must_use]
    pub fn since(self, began: Timestamp) -> Self {
        Self { began, ..self }
    }
}

impl fmt::Display for Moments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for moment in self.records.chunk_by(|one, other| one.at == other.at) {
            let mut verbs: BTreeMap<((u8, &str), String), Vec<&HostName>> = BTreeMap::new();
            for record in moment {
                if let (Some(verb), Some(host)) = (verb(&record.event), record.event.host()) {
                    verbs.entry((verb, ordered_by(&record.event))).or_default().push(host);
                }
            }
            let mut time = moment.first().map_or_else(String::new, |first| {
                let into = first.at - self.began;
                format!("{}.{:03}s", into.as_secs(), into.subsec_millis())
            });
            let orders = OrderLog::of(moment);
            for order in orders.entries().iter().filter(|order| order.is_attributed()) {
                writeln!(f, "{time:>12}  ordered   {order}")?;
                time.clear();
            }
            for (((_, verb), by), hosts) in verbs {
                writeln!(f, "{time:>12}  {verb:<9} {}{by}", fold(hosts))?;
                time.clear();
            }
        }
        Ok(())
    }
}

/// Whose order ended an attempt. Skipped hosts, and those that are held or released, stand below that order.
fn ordered_by(event: &Event) -> String {
    let ended = event.ended().and_then(|_| event.actor());
    ended.map_or_else(String::new, |actor| format!(" (ordered by {actor})"))
}

/// The verb for an event, with ends sorted before starts.
fn verb(event: &Event) -> Option<(u8, &'static str)> {
    if let Event::Host(event) = event {
        return match &event.kind {
            HostEventKind::FenceForced { .. } => Some((2, "forced")),
            HostEventKind::Released { .. } => Some((4, "released")),
            HostEventKind::Held { .. } => Some((5, "held")),
            _ => None,
        };
    }
    Some(match event.task_kind()? {
        // Ends free the slots that the starts of the same moment use, so this is the order of cause
        // and effect.
        TaskEventKind::Succeeded { .. } => (0, "succeeded"),
        TaskEventKind::Failed { .. } => (1, "failed"),
        TaskEventKind::InDoubt { .. } => (2, "in doubt"),
        TaskEventKind::Fenced { .. } => (2, "fenced"),
        TaskEventKind::NeverBegan { .. } => (2, "never began"),
        TaskEventKind::Skipped => (3, "skipped"),
        TaskEventKind::Cancelled => (4, "cancelled"),
        TaskEventKind::Started { .. } => (5, "started"),
        TaskEventKind::HostKeyRecorded { .. } => (6, "new key"),
        TaskEventKind::Slow { .. } => (6, "slow"),
        _ => return None,
    })
}
