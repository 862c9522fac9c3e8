//! What a job waits for that a person has to bring, such as an agent.

use std::collections::BTreeMap;

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Event, JobStatus, JobSummary, NeverBegan, Record, TaskEvent, TaskEventKind};

use super::hosts::shown;
use super::ordered::MOST_HOSTS;
use super::session::Session;
use super::total::total;
use crate::exit::CliError;
use crate::report::visible;

/// What is missing, with the hosts that wait for it; nothing while something runs, and of jobs with too many records
/// to read them while people wait.
pub(super) async fn lines(session: &Session, job: &JobSummary) -> Result<String, CliError> {
    let waits = job.status == JobStatus::Running && job.tally.running == 0 && job.tally.waiting > 0;
    if !waits || total(job) > MOST_HOSTS {
        return Ok(String::new());
    }
    let mut missing = Missing::default();
    session
        .each_record(job.job, None, |record| {
            missing.note(&record);
            Ok(())
        })
        .await?;
    Ok(missing.text())
}

/// What each host lacked that could not be connected to.
#[derive(Default)]
struct Missing(BTreeMap<HostName, String>);

impl Missing {
    fn note(&mut self, record: &Record) {
        let Event::Task(TaskEvent { host, kind, .. }) = &record.event else {
            return;
        };
        match kind {
            TaskEventKind::NeverBegan {
                reason: NeverBegan::NotReady,
                message,
                ..
            } => {
                self.0.insert(host.clone(), message.clone());
            }
            // It is tried again: what it lacked may be there by now.
            TaskEventKind::Started { .. } => _ = self.0.remove(host),
            _ => {}
        }
    }

    fn text(self) -> String {
        let mut alike: BTreeMap<String, Vec<HostName>> = BTreeMap::new();
        for (host, message) in self.0 {
            alike.entry(message).or_default().push(host);
        }
        let lines = alike
            .iter()
            .map(|(message, hosts)| format!("  {}: {}\n", shown(hosts), visible(message)));
        match alike.is_empty() {
            true => String::new(),
            false => format!("\nwaits for a person:\n{}", lines.collect::<String>()),
        }
    }
}
