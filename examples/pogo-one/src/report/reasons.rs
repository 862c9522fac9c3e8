//! Groups failed hosts by the reason of their failure.

use std::collections::BTreeMap;
use std::fmt;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, fold};
#[cfg(feature = "store")]
use pogo_core::scheduler::Failure;
use pogo_core::scheduler::FailureKind;

use super::host_state::HostState;
use super::moment::moment;
use super::progress::JobProgress;
use super::tails::OutputTails;
use super::visible::visible;
use super::width::cut;

/// Hosts that failed, or are in doubt, for the same reason, the most hosts first.
pub(crate) struct Reasons {
    reasons: Vec<Reason>,
}

/// A host that failed or is in doubt.
#[cfg(feature = "store")]
pub(crate) struct BadHost {
    pub(crate) host: HostName,
    /// How; `None` if it is in doubt and nothing more is known.
    pub(crate) failure: Option<Failure>,
    /// The last lines of its standard error.
    pub(crate) lines: Vec<String>,
    /// When.
    pub(crate) at: Option<Timestamp>,
}

struct Reason {
    what: String,
    message: String,
    /// When the first of these hosts ended so.
    first: Option<Timestamp>,
    now: Timestamp,
    /// The last lines of standard error of the first host.
    lines: Vec<String>,
    /// Those of the others are not quite the same.
    differ: bool,
    hosts: Vec<HostName>,
}

impl Reasons {
    /// How many are shown.
    const MOST: usize = 20;
    /// Columns for the hosts of one; all of them are named elsewhere.
    const HOSTS: usize = 120;

    pub(super) fn of(progress: &JobProgress, tails: &OutputTails, wanted: fn(&HostState) -> bool) -> Self {
        let hosts = progress.hosts(wanted).into_iter().map(|(host, state)| {
            let lines = tails.of(host).to_vec();
            (host.clone(), reason_and_message(state), lines, None)
        });
        Self::grouped(hosts, Timestamp::EPOCH)
    }

    /// The reasons of these hosts, each with the time of its first.
    #[cfg(feature = "store")]
    pub(crate) fn of_hosts(hosts: Vec<BadHost>, now: Timestamp) -> Self {
        let hosts = hosts.into_iter().map(|bad| {
            let said = match bad.failure {
                Some(failure) => (failure_in_short(&failure.kind), failure.message.to_string()),
                None => ("in doubt".to_owned(), String::new()),
            };
            (bad.host, said, bad.lines, bad.at)
        });
        Self::grouped(hosts, now)
    }

    fn grouped(
        hosts: impl Iterator<Item = (HostName, (String, String), Vec<String>, Option<Timestamp>)>,
        now: Timestamp,
    ) -> Self {
        let mut reasons: BTreeMap<(String, String, Vec<String>), Reason> = BTreeMap::new();
        for (host, (what, message), lines, at) in hosts {
            let alike = lines.iter().map(|line| alike(line, &host)).collect();
            let key = (what.clone(), self::alike(&message, &host), alike);
            let reason = reasons.entry(key).or_insert_with(|| Reason {
                what,
                message: message.clone(),
                first: at,
                now,
                lines: lines.clone(),
                differ: false,
                hosts: vec![],
            });
            reason.differ |= reason.lines != lines || reason.message != message;
            reason.first = [reason.first, at].into_iter().flatten().min();
            reason.hosts.push(host);
        }
        let mut reasons: Vec<Reason> = reasons.into_values().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.hosts.len()));
        Self { reasons }
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reason in self.reasons.iter().take(Self::MOST) {
            write!(f, "{reason}")?;
        }
        let hidden = self.reasons.iter().skip(Self::MOST);
        match hidden.clone().count() {
            0 => Ok(()),
            more => {
                let hosts: usize = hidden.map(|reason| reason.hosts.len()).sum();
                writeln!(f, "    and {more} more reasons, of {hosts} hosts")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = cut(&visible(&fold(&self.hosts).to_string()), Reasons::HOSTS);
        write!(f, "    {}: {hosts}", self.what)?;
        if !self.message.is_empty() {
            write!(f, "  {}", visible(&self.message))?;
        }
        if let [line] = self.lines.as_slice() {
            write!(f, "  \"{line}\"")?;
        }
        if self.differ {
            write!(f, " (and alike)")?;
        }
        match (self.first, self.hosts.len()) {
            (None, _) => {}
            (Some(at), 1) => write!(f, "  at {}", moment(at, self.now))?,
            (Some(at), _) => write!(f, "  first at {}", moment(at, self.now))?,
        }
        writeln!(f)?;
        if self.lines.len() > 1 {
            self.lines.iter().try_for_each(|line| writeln!(f, "      | {line}"))?;
        }
        Ok(())
    }
}

/// The reason in short, and the message.
fn reason_and_message(state: &HostState) -> (String, String) {
    match state {
        HostState::Failed(failure) => (failure_in_short(&failure.kind), failure.message.clone()),
        HostState::InDoubt(message) => ("in doubt".to_owned(), message.clone()),
        _ => (String::new(), String::new()),
    }
}

fn failure_in_short(kind: &FailureKind) -> String {
    let what = match kind {
        FailureKind::Command { status } => format!("exit {status}"),
        FailureKind::PreHook { status } => format!("pre-hook, exit {status}"),
        FailureKind::PostHook { status } => format!("post-hook, exit {status}"),
        FailureKind::Signal { signal } => format!("signal {signal}"),
        other => other.to_string(),
    };
    visible(&what).into_owned()
}

/// A text without the parts that differ between hosts: its name, and numbers.
fn alike(text: &str, host: &HostName) -> String {
    let name = host.as_str();
    let short = name.split('.').next().unwrap_or(name);
    let mut text = text.replace(name, "\u{1}");
    if short.len() > 2 {
        text = text.replace(short, "\u{1}");
    }
    let mut masked = String::with_capacity(text.len());
    for c in without_fingerprints(&text).chars() {
        match c.is_ascii_digit() {
            true if masked.ends_with('\u{2}') => {}
            true => masked.push('\u{2}'),
            false => masked.push(c),
        }
    }
    masked
}

/// A text without key fingerprints.
fn without_fingerprints(text: &str) -> String {
    let mut parts = text.split("SHA256:");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest.push_str("SHA256:");
        rest.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')));
    }
    rest
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::dispatcher::{OutputChunk, Stream};
    use pogo_core::fleet::Fleet;
    use pogo_core::plan::{JobSpec, RemoteCommand};
    use pogo_core::policy::Policy;
    use pogo_core::scheduler::{
        AttemptId, Event, Failure, JobEventKind, JobId, NamespaceEventKind, Record, TaskEventKind,
    };
    use proptest::prelude::*;

    use super::*;

    /// What is said of hosts that ended like this, with what they wrote to standard error.
    fn reason_and_message(hosts: &[(&str, FailureKind, &str, &str)]) -> String {
        let mut progress = JobProgress::default();
        let mut tails = OutputTails::default();
        let mut fleet = Fleet::builder();
        for (host, ..) in hosts {
            fleet = fleet.host(host);
        }
        let job = JobId::new(1);
        let record = |event| Record::new(Timestamp::EPOCH, event);
        let fleet = std::sync::Arc::new(fleet.build().unwrap());
        let names: Vec<HostName> = fleet.ids().map(|id| fleet.name(id).clone()).collect();
        let policy = std::sync::Arc::new(Policy::default());
        progress.note(&record(Event::of_namespace(NamespaceEventKind::Configured {
            fleet: fleet.into(),
            policy: policy.into(),
        })));
        let spec = std::sync::Arc::new(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("x")));
        let hosts_of = names.into();
        progress.note(&record(Event::of_job(
            job,
            JobEventKind::Submitted {
                spec,
                hosts: hosts_of,
                retry_of: None,
            },
        )));
        for ((name, kind, message, stderr), id) in hosts.iter().zip(1..) {
            let (host, attempt): (HostName, _) = (name.parse().unwrap(), AttemptId::new(id));
            let (stream, bytes) = (Stream::Stderr, stderr.as_bytes());
            tails.push(&OutputChunk::new(job, attempt, &host, stream, bytes));
            tails.end(&host, attempt, true);
            let failure = Failure::new(kind.clone(), (*message).to_owned());
            progress.note(&record(Event::of_task(
                job,
                host,
                TaskEventKind::Failed {
                    attempt,
                    failure,
                    output: None,
                },
            )));
        }
        Reasons::of(&progress, &tails, HostState::is_bad).to_string()
    }

    fn exit(status: u32) -> FailureKind {
        FailureKind::Command { status }
    }

    #[test]
    fn hosts_that_failed_alike_are_one_line_with_the_last_line_of_standard_error() {
        let web = |name| (name, exit(3), "", "starting\n\ncannot bind 0.0.0.0:80\n");
        let mut hosts: Vec<_> = ["web01", "web04", "web05", "web06"].map(web).into();
        hosts.iter_mut().for_each(|host| host.3 = "cannot bind 0.0.0.0:80\n");
        hosts.push(("db1", FailureKind::Unreachable, "connection refused", ""));
        let wanted =
            "    exit 3: web[01,04-06]  \"cannot bind 0.0.0.0:80\"\n    unreachable: db1  connection refused\n";
        assert_eq!(reason_and_message(&hosts), wanted);
    }

    #[test]
    fn several_last_lines_stand_below_and_what_differs_from_host_to_host_does_not_count() {
        let hosts = [
            ("web1.a.com", exit(1), "", "web1: pid 17\nweb1.a.com is full\n"),
            ("web2.a.com", exit(1), "", "web2: pid 4711\nweb2.a.com is full\n"),
            ("web3.a.com", exit(2), "", "web3: pid 9\nweb3.a.com is full\n"),
        ];
        let wanted = "    exit 1: web[1-2].a.com (and alike)\n      | web1: pid 17\n      | web1.a.com is full\n\
                      \x20   exit 2: web3.a.com\n      | web3: pid 9\n      | web3.a.com is full\n";
        assert_eq!(reason_and_message(&hosts), wanted);
    }

    #[test]
    fn nothing_is_raw_or_without_bound() {
        let long = "x".repeat(100_000) + "\n\x1b[2Jevil\u{202e}\n";
        let said = reason_and_message(&[("web1", exit(1), "", &long)]);
        assert!(
            said.contains("| \\u{1b}[2Jevil\\u{202e}\n") && said.len() < 1000,
            "{said}"
        );
        let many: Vec<String> = (0..30).map(|status| format!("web{status}")).collect();
        let many: Vec<_> = many
            .iter()
            .zip(1..)
            .map(|(host, status)| (host.as_str(), exit(status), "", ""))
            .collect();
        let said = self::reason_and_message(&many);
        assert_eq!(said.lines().count(), 21);
        assert!(said.ends_with("    and 10 more reasons, of 10 hosts\n"), "{said}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_failed_host_has_one_reason(statuses in prop::collection::vec(1_u32..4, 1..30)) {
            let names: Vec<String> = (0..statuses.len()).map(|at| format!("w{at}")).collect();
            let hosts = names.iter().zip(&statuses);
            let hosts: Vec<_> = hosts.map(|(name, status)| (name.as_str(), exit(*status), "", "")).collect();
            let said = reason_and_message(&hosts);
            for (name, status) in names.iter().zip(&statuses) {
                let line = said.lines().find(|line| line.contains(&format!("exit {status}:"))).unwrap();
                let (_, range) = line.split_once(": ").unwrap();
                let expanded: Vec<String> = range.parse::<pogo_core::fleet::HostRange>().unwrap().expand().collect();
                prop_assert!(expanded.contains(name), "{}", said);
            }
        }
    }
}
