//! Orders and answers in words.

use std::fmt;

use super::{Answer, Command, Order};
use crate::fleet::{Escaped, fold};

impl fmt::Display for Order {
    /// The order and what it is for: `pause job-3`, `retry web[1-3] of job-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Configure { fleet, .. } => write!(f, "{kind} a fleet of {}", counted(fleet.len())),
            Self::Submit { spec, .. } => {
                write!(f, "{kind} `{}` on {}", Escaped(&spec.command.to_string()), spec.targets)
            }
            Self::Pause { job }
            | Self::Resume { job }
            | Self::Halt { job }
            | Self::Abort { job }
            | Self::Promote { job }
            | Self::Note { job }
            | Self::Alter { job, .. } => write!(f, "{kind} {job}"),
            Self::Retry { job, hosts, force } | Self::Skip { job, hosts, force } => {
                write!(f, "{kind} {} of {job}{}", fold(hosts), by_force(*force))
            }
            Self::Freeze { hosts } | Self::Thaw { hosts } => write!(f, "{kind} {hosts}"),
            Self::Hold { hosts, owner, .. } => write!(f, "{kind} {} for {owner}", fold(hosts)),
            Self::Release { hosts, by, force } => {
                let how = if *force { "by force of" } else { "by" };
                write!(f, "{kind} {} {how} {by}", fold(hosts))
            }
            Self::MarkDown { host } => write!(f, "{kind} {}", host.as_str()),
            Self::MarkUp { host, force } => write!(f, "{kind} {}{}", host.as_str(), by_force(*force)),
        }
    }
}

impl fmt::Display for Command {
    /// The order, who gives it and why: `pause job-3, ordered by alice: deploy is broken`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.order)?;
        if let Some(actor) = &self.actor {
            write!(f, ", ordered by {actor}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {}", Escaped(reason)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Answer {
    /// `done`, `unchanged`, or what came of the order: `job-3`, `7 hosts`, `wave 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::Job(job) => write!(f, "{job}"),
            Self::Hosts(hosts) => f.write_str(&counted(*hosts as usize)),
            // Waves count from 0 in records, and from 1 for people.
            Self::Wave(wave) => write!(f, "wave {}", u64::from(*wave) + 1),
        }
    }
}

fn by_force(force: bool) -> &'static str {
    if force { " by force" } else { "" }
}

fn counted(hosts: usize) -> String {
    format!("{hosts} host{}", if hosts == 1 { "" } else { "s" })
}
