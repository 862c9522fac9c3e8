//! The outputs of hosts, grouped by their text.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::AttemptId;

use super::store::{HostOutput, OutputKey, OutputStore};

/// The output of each host's last attempt.
///
/// Takes at most [`OutputStore::MOST`] bytes for the text of all hosts together, and a block for each stream of a host
/// that runs, however many hosts write however much.
#[derive(Debug, Default)]
pub(in crate::report) struct Outputs {
    store: OutputStore,
    hosts: IndexMap<HostName, AttemptOutput>,
}

#[derive(Debug)]
struct AttemptOutput {
    id: AttemptId,
    out: HostOutput,
    err: HostOutput,
    ended: Option<StreamKeys>,
}

/// What an attempt wrote to standard output, and to standard error.
type StreamKeys = (OutputKey, OutputKey);

impl AttemptOutput {
    fn new(id: AttemptId) -> Self {
        let (out, err) = Default::default();
        Self {
            id,
            out,
            err,
            ended: None,
        }
    }

    fn end(&mut self, store: &mut OutputStore) -> StreamKeys {
        *self
            .ended
            .get_or_insert_with(|| (store.end(&mut self.out), store.end(&mut self.err)))
    }
}

/// Hosts that wrote the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputGroup {
    /// In listed order.
    pub(super) hosts: Vec<HostName>,
    pub(super) content: OutputKey,
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
                output_line(&mut self.store, &mut attempt.out, chunk.bytes);
                return;
            }
        };
        self.store.push(output, chunk.bytes);
    }

    pub(in crate::report) fn end(&mut self, host: &HostName, attempt: AttemptId) {
        if let Some(ended) = self.hosts.get_mut(host).filter(|of| of.id == attempt) {
            ended.end(&mut self.store);
        }
    }

    fn attempt(&mut self, host: &HostName, id: AttemptId) {
        match self.hosts.get_mut(host) {
            Some(before) if before.id < id => *before = AttemptOutput::new(id),
            Some(_) => {}
            None => _ = self.hosts.insert(host.clone(), AttemptOutput::new(id)),
        }
    }

    /// Groups of hosts that wrote the same to standard output, and to standard error: the largest first, then by their
    /// first host; hosts stand in the order of `rank`. Each host is in one group of each.
    pub(super) fn groups<R: Ord>(&mut self, rank: impl Fn(&HostName) -> R) -> (Vec<OutputGroup>, Vec<OutputGroup>) {
        let (mut out, mut err) = (BTreeMap::new(), BTreeMap::new());
        let mut hosts: Vec<(&HostName, &mut AttemptOutput)> = self.hosts.iter_mut().collect();
        hosts.sort_by_key(|(host, _)| rank(host));
        for (host, attempt) in hosts {
            let (of_out, of_err) = attempt.end(&mut self.store);
            add(&mut out, of_out, host);
            add(&mut err, of_err, host);
        }
        (sorted(out, &rank), sorted(err, &rank))
    }

    /// The stored text of an output.
    pub(super) fn text(&self, content: &OutputKey) -> Vec<u8> {
        self.store.text(content)
    }
}

/// Adds a remark of the transport, which stands on lines of its own.
fn output_line(store: &mut OutputStore, output: &mut HostOutput, remark: &[u8]) {
    if output.is_within_line() {
        store.push(output, b"\n");
    }
    store.push(output, remark);
}

fn add(groups: &mut BTreeMap<OutputKey, Vec<HostName>>, content: OutputKey, host: &HostName) {
    groups.entry(content).or_default().push(host.clone());
}

fn sorted<R: Ord>(groups: BTreeMap<OutputKey, Vec<HostName>>, rank: impl Fn(&HostName) -> R) -> Vec<OutputGroup> {
    let mut groups: Vec<OutputGroup> = groups
        .into_iter()
        .map(|(content, hosts)| OutputGroup { hosts, content })
        .collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.hosts.len()), group.hosts.first().map(&rank)));
    groups
}
