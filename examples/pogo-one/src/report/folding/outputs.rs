//! What hosts wrote, and which of them wrote the same.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::AttemptId;

use super::kept::{Content, Kept, Output};

/// The output of each host's last attempt.
///
/// Takes at most [`Kept::MOST`] bytes for the text of all hosts together, and a block for each stream of a host that runs,
/// however many hosts write however much.
#[derive(Debug, Default)]
pub(in crate::report) struct Outputs {
    kept: Kept,
    hosts: IndexMap<HostName, Attempt>,
}

#[derive(Debug)]
struct Attempt {
    id: AttemptId,
    out: Output,
    err: Output,
    ended: Option<Ended>,
}

/// What an attempt wrote to standard output, and to standard error.
type Ended = (Content, Content);

impl Attempt {
    fn new(id: AttemptId) -> Self {
        let (out, err) = Default::default();
        Self {
            id,
            out,
            err,
            ended: None,
        }
    }

    fn end(&mut self, kept: &mut Kept) -> Ended {
        *self
            .ended
            .get_or_insert_with(|| (kept.end(&mut self.out), kept.end(&mut self.err)))
    }
}

/// Hosts that wrote the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// In listed order.
    pub(super) hosts: Vec<HostName>,
    pub(super) content: Content,
}

impl Outputs {
    /// An attempt begins; what an earlier one wrote counts no more.
    pub(in crate::report) fn begin(&mut self, host: &HostName, attempt: AttemptId) {
        self.attempt(host, attempt);
    }

    pub(in crate::report) fn push(&mut self, chunk: &OutputChunk<'_>) {
        self.attempt(chunk.host, chunk.attempt);
        let Some(attempt) = self.hosts.get_mut(chunk.host) else {
            return;
        };
        // What comes late, of an attempt that was given up or has ended, changes nothing.
        if attempt.id != chunk.attempt || attempt.ended.is_some() {
            return;
        }
        let output = match chunk.stream {
            Stream::Stdout => &mut attempt.out,
            Stream::Stderr => &mut attempt.err,
            Stream::Note => {
                output_line(&mut self.kept, &mut attempt.out, chunk.bytes);
                return;
            }
        };
        self.kept.push(output, chunk.bytes);
    }

    pub(in crate::report) fn end(&mut self, host: &HostName, attempt: AttemptId) {
        if let Some(ended) = self.hosts.get_mut(host).filter(|of| of.id == attempt) {
            ended.end(&mut self.kept);
        }
    }

    fn attempt(&mut self, host: &HostName, id: AttemptId) {
        match self.hosts.get_mut(host) {
            Some(before) if before.id < id => *before = Attempt::new(id),
            Some(_) => {}
            None => _ = self.hosts.insert(host.clone(), Attempt::new(id)),
        }
    }

    /// Groups of hosts that wrote the same to standard output, and to standard error: the largest first, then by their first
    /// host; hosts stand in the order of `rank`. Each host is in one group of each.
    pub(super) fn groups<R: Ord>(&mut self, rank: impl Fn(&HostName) -> R) -> (Vec<Group>, Vec<Group>) {
        let (mut out, mut err) = (BTreeMap::new(), BTreeMap::new());
        let mut hosts: Vec<(&HostName, &mut Attempt)> = self.hosts.iter_mut().collect();
        hosts.sort_by_key(|(host, _)| rank(host));
        for (host, attempt) in hosts {
            let (of_out, of_err) = attempt.end(&mut self.kept);
            add(&mut out, of_out, host);
            add(&mut err, of_err, host);
        }
        (sorted(out, &rank), sorted(err, &rank))
    }

    /// The text that is kept of an output.
    pub(super) fn text(&self, content: &Content) -> Vec<u8> {
        self.kept.text(content)
    }
}

/// Adds a remark of the transport, which stands on lines of its own.
fn output_line(kept: &mut Kept, output: &mut Output, remark: &[u8]) {
    if output.is_within_line() {
        kept.push(output, b"\n");
    }
    kept.push(output, remark);
}

fn add(groups: &mut BTreeMap<Content, Vec<HostName>>, content: Content, host: &HostName) {
    groups.entry(content).or_default().push(host.clone());
}

fn sorted<R: Ord>(groups: BTreeMap<Content, Vec<HostName>>, rank: impl Fn(&HostName) -> R) -> Vec<Group> {
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(content, hosts)| Group { hosts, content })
        .collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.hosts.len()), group.hosts.first().map(&rank)));
    groups
}
