//! Events as sentences: the only place that says in words what happened.

use std::fmt;
use std::sync::Arc;

use super::{Event, HostEventKind, JobEventKind, NamespaceEventKind, TaskEventKind};
use crate::fleet::{Escaped, fold};
use crate::scheduler::{Actor, Content, Obstacle, OrderKind};
use crate::time::HumanDuration;

/// What happened, without who ordered it: `was halted: the disk is full`.
struct Sentence {
    what: String,
    /// Who did it, where the event says so itself.
    by: Option<String>,
    /// Why, or what was seen.
    detail: String,
}

impl Sentence {
    fn new(what: impl Into<String>) -> Self {
        Self::because(what, "")
    }

    fn because(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            by: None,
            detail: detail.into(),
        }
    }

    /// On one line, with everything to be seen: names and reasons are anybody's.
    fn write(self, f: &mut fmt::Formatter<'_>, actor: Option<&Arc<Actor>>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.what))?;
        match (actor, self.by) {
            (Some(actor), _) => write!(f, " by {actor}")?,
            (None, Some(by)) => write!(f, " by {}", Escaped(&by))?,
            (None, None) => {}
        }
        match self.detail.as_str() {
            "" => Ok(()),
            detail => write!(f, ": {}", Escaped(detail)),
        }
    }
}

impl fmt::Display for Event {
    /// A sentence with its subject: `job-3 was paused by alice`, `a17 of job-3 on web1 started`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::Namespace(event) => of_namespace(&event.kind),
            Self::Host(event) => {
                write!(f, "{} ", event.host)?;
                of_host(&event.kind)
            }
            Self::Job(event) => {
                write!(f, "{} ", event.job)?;
                of_job(&event.kind)
            }
            Self::Task(event) => {
                match event.attempt() {
                    Some(attempt) => write!(f, "{attempt} of {} on {} ", event.job, event.host)?,
                    None => write!(f, "{} of {} ", event.host, event.job)?,
                }
                of_task(&event.kind)
            }
        };
        sentence.write(f, self.actor())
    }
}

impl fmt::Display for NamespaceEventKind {
    /// A sentence: `fleet and policy were configured: 7 hosts`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        of_namespace(self).write(f, None)
    }
}

impl fmt::Display for HostEventKind {
    /// A sentence without its subject: `was marked down: the disk is full`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        of_host(self).write(f, None)
    }
}

impl fmt::Display for JobEventKind {
    /// A sentence without its subject: `was paused`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        of_job(self).write(f, None)
    }
}

impl fmt::Display for TaskEventKind {
    /// A sentence without its subject: `failed: command exited with 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        of_task(self).write(f, None)
    }
}

fn of_namespace(kind: &NamespaceEventKind) -> Sentence {
    match kind {
        NamespaceEventKind::OwnerChanged { owner, epoch, from } => {
            let from = from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
            Sentence::new(format!("dispatcher {owner} took over{from} in {epoch}"))
        }
        NamespaceEventKind::Restored {
            incarnation,
            cause,
            reason,
            ..
        } => {
            let what = format!("namespace was restored as {incarnation}");
            Sentence::because(what, joined(cause, reason))
        }
        NamespaceEventKind::Configured { fleet, .. } => {
            let hosts = match fleet {
                Content::Loaded(fleet) => counted(fleet.len(), "host"),
                Content::Stored(_) => String::new(),
            };
            Sentence::because("fleet and policy were configured", hosts)
        }
        NamespaceEventKind::HostsFrozen { hosts, by, reason } => Sentence {
            by: named(by),
            ..Sentence::because(format!("`{hosts}` was frozen"), reason)
        },
        NamespaceEventKind::HostsThawed { hosts, by, reason } => Sentence {
            by: named(by),
            ..Sentence::because(format!("`{hosts}` was thawed"), reason)
        },
        NamespaceEventKind::Ordered {
            order: OrderKind::Note,
            job: Some(job),
            reason,
            ..
        } => Sentence::because(format!("{job} was noted"), reason.as_deref().unwrap_or_default()),
        NamespaceEventKind::Ordered {
            order,
            job,
            request,
            reason,
            answer,
        } => {
            let job = job.map(|job| format!(" of {job}")).unwrap_or_default();
            let request = request.as_ref().map(|request| format!(" as request `{request}`"));
            let what = format!("`{order}`{job} was ordered{}", request.unwrap_or_default());
            let detail = match reason {
                Some(reason) => format!("{reason} (answered `{answer}`)"),
                None => format!("answered `{answer}`"),
            };
            Sentence::because(what, detail)
        }
        NamespaceEventKind::LateReported { attempt, outcome } => {
            Sentence::because(format!("{attempt} was reported late"), outcome.to_string())
        }
    }
}

fn of_host(kind: &HostEventKind) -> Sentence {
    match kind {
        HostEventKind::MarkedDown { reason } => Sentence::because("was marked down", reason),
        HostEventKind::MarkedUp { reason } => Sentence::because("was marked up", reason),
        HostEventKind::FenceForced { reason } => Sentence::because("counts as fenced by force", reason),
        HostEventKind::HoldWaiting { owner, reason, .. } => {
            Sentence::because(format!("waits to be held for {owner}"), reason)
        }
        HostEventKind::Held { owner, reason, .. } => Sentence::because(format!("is held for {owner}"), reason),
        HostEventKind::Released { owner, by, reason } => {
            let by_force = by.as_ref().map(|by| format!(" by force of {by}")).unwrap_or_default();
            Sentence::because(format!("was released from the hold of {owner}{by_force}"), reason)
        }
    }
}

fn of_job(kind: &JobEventKind) -> Sentence {
    match kind {
        JobEventKind::Submitted { hosts, retry_of, .. } => {
            let retry = retry_of
                .map(|job| format!(" to retry hosts of {job}"))
                .unwrap_or_default();
            Sentence::because(format!("was submitted{retry}"), fold(hosts.iter()).to_string())
        }
        JobEventKind::WaveOpened { wave, ordered } => {
            let begins = if *ordered { "was ordered to begin" } else { "begins" };
            Sentence::new(format!("{begins} wave {}", u64::from(*wave) + 1))
        }
        JobEventKind::FailureBudgetExceeded {
            group,
            failures,
            allowed,
        } => Sentence::because(
            format!("exceeded the failure budget of {group}"),
            format!("{failures} failed, {allowed} may"),
        ),
        JobEventKind::Blocked { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(Obstacle::to_string).collect();
            Sentence::because("is blocked", reasons.join("; "))
        }
        JobEventKind::Waiting => Sentence::new("waits for hosts or slots of other jobs"),
        JobEventKind::Unblocked => Sentence::new("goes on"),
        JobEventKind::Paused => Sentence::new("was paused"),
        JobEventKind::Resumed => Sentence::new("was resumed"),
        JobEventKind::Halting { reason, abort, .. } => {
            Sentence::because(if *abort { "is being aborted" } else { "is halting" }, reason)
        }
        JobEventKind::Halted => Sentence::new("is halted"),
        JobEventKind::Altered { .. } => Sentence::new("was altered"),
        JobEventKind::Finished { tally } => Sentence::because("is finished", tally.to_string()),
        JobEventKind::Retired => Sentence::new("has retired"),
    }
}

fn of_task(kind: &TaskEventKind) -> Sentence {
    match kind {
        TaskEventKind::Started { .. } => Sentence::new("started"),
        TaskEventKind::Permitted { host_lock, .. } => {
            let lock = if *host_lock { " under the lock of the host" } else { "" };
            Sentence::new(format!("was permitted to begin{lock}"))
        }
        TaskEventKind::Fenced { answer, .. } => Sentence::because("was asked about", answer.to_string()),
        TaskEventKind::NeverBegan { reason, message, .. } => Sentence::because("never began", joined(reason, message)),
        TaskEventKind::PhaseEntered { phase, .. } => Sentence::new(format!("entered phase {phase}")),
        TaskEventKind::HostKeyRecorded { .. } => Sentence::new("accepted and recorded a new host key"),
        TaskEventKind::Slow { after, .. } => {
            Sentence::new(format!("is slow: it has run for more than {}", HumanDuration(*after)))
        }
        TaskEventKind::CancelRequested { reason, .. } => Sentence::because("is being cancelled", reason.to_string()),
        TaskEventKind::Succeeded { .. } => Sentence::new("succeeded"),
        TaskEventKind::Failed { failure, .. } => Sentence::because("failed", failure.to_string()),
        TaskEventKind::InDoubt { message, .. } => Sentence::because("is in doubt", message),
        TaskEventKind::Retried { ordered, .. } => Sentence::new(if *ordered {
            "was ordered to be retried"
        } else {
            "is to be retried"
        }),
        TaskEventKind::Skipped => Sentence::new("was skipped"),
        TaskEventKind::Cancelled => Sentence::new("was cancelled before it started"),
    }
}

fn named(by: &str) -> Option<String> {
    (!by.is_empty()).then(|| by.to_owned())
}

fn joined(reason: impl fmt::Display, message: &str) -> String {
    match message {
        "" => reason.to_string(),
        message => format!("{reason} ({message})"),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
