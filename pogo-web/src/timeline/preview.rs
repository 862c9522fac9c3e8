//! What an order would lead to at once, before it is given.

use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::{Command, Event, InputError, JobId, Scheduler, TaskEvent, TaskEventKind};
use serde::Serialize;

use super::bars::cut;
use super::known::Known;

/// The most characters that name hosts, and of a reason to wait.
const HOSTS: usize = 60;
const REASON: usize = 240;

/// What an order would lead to, if it were given now.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Preview {
    version: u32,
    /// A sentence.
    text: String,
    /// How many hosts would start at once.
    starts: usize,
    /// How many running hosts would be interrupted.
    interrupts: usize,
    /// Whether hosts are asked first for the state of attempts in doubt: what follows depends on their answers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    asks_hosts: bool,
}

impl Preview {
    /// Lets a copy of the scheduler decide. Nothing of it reaches the dispatcher.
    ///
    /// # Errors
    /// The order would be refused.
    pub(crate) fn of(known: &Known, command: Command) -> Result<Self, InputError> {
        let doubts = match command.order.is_forced() {
            true => vec![],
            false => known.scheduler.unfenced_by(&command.order),
        };
        if !doubts.is_empty() {
            let hosts = folded(doubts.iter().map(|doubt| &doubt.host));
            let text = format!(
                "{hosts} will be asked first for the state of the attempt in doubt; what its end was decides what \
                 follows."
            );
            return Ok(Self {
                version: 1,
                text,
                starts: 0,
                interrupts: 0,
                asks_hosts: true,
            });
        }
        // The same code decides here and in the dispatcher, so that the sentence cannot say
        // something else than what happens.
        let mut scheduler = known.scheduler.clone();
        let events = scheduler.handle(scheduler.now(), command)?;
        Ok(Outcome::of(&events).preview(&scheduler))
    }
}

/// The hosts that an order starts, ends or changes.
#[derive(Default)]
struct Outcome<'a> {
    starts: Vec<&'a HostName>,
    retried: Vec<(JobId, &'a HostName)>,
    interrupted: Vec<&'a HostName>,
    cancelled: Vec<&'a HostName>,
    skipped: Vec<&'a HostName>,
}

impl<'a> Outcome<'a> {
    fn of(events: &'a [Event]) -> Self {
        let mut outcome = Self::default();
        for TaskEvent { job, host, kind, .. } in events.iter().filter_map(task) {
            match kind {
                TaskEventKind::Started { .. } => outcome.starts.push(host),
                TaskEventKind::Retried { .. } => outcome.retried.push((*job, host)),
                TaskEventKind::CancelRequested { .. } => outcome.interrupted.push(host),
                TaskEventKind::Cancelled => outcome.cancelled.push(host),
                TaskEventKind::Skipped => outcome.skipped.push(host),
                _ => {}
            }
        }
        outcome
    }

    fn preview(&self, scheduler: &Scheduler) -> Preview {
        let mut parts = vec![];
        let mut say = |hosts: &[&HostName], one: &str, many: &str| match hosts {
            [] => {}
            [host] => parts.push(format!("{host} {one}")),
            hosts => parts.push(format!(
                "{} hosts {many} ({})",
                hosts.len(),
                folded(hosts.iter().copied())
            )),
        };
        say(&self.starts, "starts at once", "start at once");
        say(&self.interrupted, "is interrupted", "are interrupted");
        say(&self.cancelled, "will not run", "will not run");
        say(&self.skipped, "counts as done", "count as done");
        let waits: Vec<_> = self
            .retried
            .iter()
            .filter(|(_, host)| !self.starts.contains(host))
            .collect();
        if let Some((job, host)) = waits.first() {
            let reason = scheduler.explain(*job, host.as_str()).unwrap_or_default();
            let reason = reason
                .first()
                .map(|obstacle| format!(": {}", cut(&obstacle.blocker.to_string(), REASON)));
            let (who, wait) = match waits.len() {
                1 => (host.to_string(), "waits"),
                many => (format!("{many} hosts"), "wait"),
            };
            parts.push(format!("{who} {wait}{}", reason.unwrap_or_default()));
        }
        let text = match parts.as_slice() {
            [] => "No host starts or stops at once.".to_owned(),
            parts => format!("{}.", parts.join("; ")),
        };
        Preview {
            version: 1,
            text,
            starts: self.starts.len(),
            interrupts: self.interrupted.len(),
            asks_hosts: false,
        }
    }
}

fn task(event: &Event) -> Option<&TaskEvent> {
    match event {
        Event::Task(event) => Some(event),
        _ => None,
    }
}

fn folded<'a>(hosts: impl Iterator<Item = &'a HostName>) -> String {
    cut(&fold(hosts.map(HostName::as_str)).to_string(), HOSTS)
}
