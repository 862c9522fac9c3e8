//! The rules of a cluster, checked against the journal's records and what really happens on the hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::attempt_truth::{AttemptTruth, SUPERVISOR_KILLED};
use super::counts::ClusterCounts;
use super::executor::Millis;
use super::host::AttemptKey;
use super::process::ProcessId;
use crate::fleet::HostName;
use crate::scheduler::{
    AttemptId, Event, FenceAnswer, HostEventKind, Incarnation, NamespaceEventKind, Record, TaskEvent, TaskEventKind,
};
use crate::testing::recorded::Recorded;

/// A rule that a run broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClusterRule {
    /// Two commands ran at once on a host.
    OneAtATime,
    /// A command began without a permission that its dispatcher made durable while it owned the journal.
    Permission,
    /// A command began more than 30 seconds after its host was ready, by the clock of the host.
    Patience,
    /// An attempt began twice.
    Once,
    /// A command began, or ran, on a host whose slots the journal has as free.
    Slots,
    /// A dispatcher appended that did not own the journal.
    Fence,
    /// The journal has an end of an attempt that its host has not seen.
    Proof,
    /// An attempt is in doubt that was not permitted to begin, that no fault affected, or, after a takeover, whose host
    /// could report its state.
    Doubt,
    /// The audit of the journal found a broken rule.
    Audit,
    /// A dispatcher went on with a restored journal, and did not record that first, in an incarnation of its own.
    Restore,
    /// A dispatcher took over without force whose clock was more than 10 seconds from that of the journal's store.
    Clock,
    /// Without faults, the jobs do not come to their end.
    Live,
}

/// The first rule that a run broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} [{rule:?}]")]
#[non_exhaustive]
pub struct ClusterFinding {
    /// The rule.
    pub rule: ClusterRule,
    /// How it was broken, in one sentence.
    pub message: String,
}

/// A command that begins.
pub(super) struct Beginning<'a> {
    pub(super) key: AttemptKey,
    pub(super) host: &'a HostName,
    /// The dispatcher that sent `go`.
    pub(super) process: ProcessId,
    /// For how long its host has been ready, by the host's clock.
    pub(super) waited: Millis,
    /// Commands that run there.
    pub(super) running: Vec<AttemptKey>,
}

#[derive(Default)]
pub(super) struct Judge {
    pub(super) attempts: BTreeMap<AttemptKey, AttemptTruth>,
    /// The state of hosts by the journal.
    ledger: Recorded,
    /// The highest incarnation so far that had attempts.
    incarnation: Incarnation,
    /// The incarnation of the journal's records.
    current: Incarnation,
    /// The journal was restored, and nobody has recorded that.
    unrecorded: bool,
    pub(super) finding: Option<ClusterFinding>,
    pub(super) counts: ClusterCounts,
}

impl Judge {
    /// How long a host waits for `go`.
    pub(super) const PATIENCE: Millis = 30_000;

    pub(super) fn find(&mut self, rule: ClusterRule, message: impl fmt::Display) {
        // The first one: what follows a broken rule is often its consequence.
        self.finding.get_or_insert_with(|| ClusterFinding {
            rule,
            message: message.to_string(),
        });
    }

    /// Records a fault that may leave this attempt in doubt.
    pub(super) fn fault(&mut self, key: AttemptKey, what: &'static str) {
        self.attempts.entry(key).or_default().faults.insert(what);
    }

    /// A dispatcher asked the host of an attempt.
    pub(super) fn asked(&mut self, key: AttemptKey, process: ProcessId, answer: &FenceAnswer) {
        self.attempts.entry(key).or_default().note_answer(process, answer);
    }

    /// Records a fault for every attempt that runs by the journal.
    pub(super) fn fault_all(&mut self, what: &'static str) {
        let running: Vec<AttemptId> = self.ledger.running.values().map(|(_, attempt)| *attempt).collect();
        for attempt in running {
            let key = AttemptKey::of(attempt);
            self.fault(key, what);
        }
    }

    /// A command begins.
    pub(super) fn begins(&mut self, now: Millis, beginning: Beginning<'_>) {
        let Beginning {
            key,
            host,
            process,
            waited,
            running,
        } = beginning;
        let attempt = key.attempt;
        self.counts.begins += 1;
        if let Some(other) = running.first() {
            let other = other.attempt;
            self.find(
                ClusterRule::OneAtATime,
                format_args!("{attempt} begins on {host}, where {other} runs"),
            );
        }
        let truth = self.attempts.entry(key).or_default();
        let (permitted, again) = (truth.permitted_by.contains(&process), truth.begun.is_some());
        let (fenced, lost) = (truth.fenced, truth.lost);
        truth.begun = Some(now);
        self.counts.begun_after_takeover += u64::from(permitted && truth.outlived);
        if !permitted {
            self.find(
                ClusterRule::Permission,
                format_args!("{attempt} begins on {host}, and {process} has no durable permission for it"),
            );
        }
        if fenced {
            let message = format_args!("{attempt} begins on {host}, which said that it never would");
            self.find(ClusterRule::Proof, message);
        }
        if again {
            self.find(ClusterRule::Once, format_args!("{attempt} begins twice on {host}"));
        }
        if waited > Self::PATIENCE {
            self.find(
                ClusterRule::Patience,
                format_args!("{attempt} begins {waited} ms after {host} was ready"),
            );
        }
        // A journal that lost the record of an attempt cannot keep slots for it.
        if !lost && !self.ledger.is_unavailable(host) {
            self.find(
                ClusterRule::Slots,
                format_args!("{attempt} begins on {host}, whose slots are free"),
            );
        }
    }

    /// Records become durable.
    pub(super) fn durable(&mut self, process: ProcessId, records: &[Record], hosts: &HostTruth<'_>) {
        for record in records {
            self.counts.records += 1;
            self.check_restored(process, &record.event);
            match &record.event {
                Event::Task(event) => self.task(process, event, hosts),
                Event::Namespace(event) => {
                    if matches!(event.kind, NamespaceEventKind::OwnerChanged { .. }) {
                        self.take_over(hosts);
                    }
                }
                Event::Host(event) => {
                    let forced = matches!(event.kind, HostEventKind::FenceForced { .. });
                    self.counts.forced += u64::from(forced);
                }
                Event::Job(_) => {}
            }
            // Record by record and not commit by commit: a host may be freed and taken again within
            // one commit.
            let before = self.ledger.unavailable();
            self.ledger.note(record);
            self.check_freed(&before, hosts);
        }
    }

    /// Checks that no host gives back its slots while something runs there.
    fn check_freed(&mut self, before: &BTreeSet<HostName>, hosts: &HostTruth<'_>) {
        let freed: Vec<&HostName> = before.iter().filter(|host| !self.ledger.is_unavailable(host)).collect();
        for host in freed {
            let mut running = hosts.running.get(host).into_iter().flatten();
            // Of what the journal has lost it knows nothing.
            if let Some(key) = running.find(|key| self.attempts.get(key).is_none_or(|truth| !truth.lost)) {
                let attempt = key.attempt;
                self.find(
                    ClusterRule::Slots,
                    format_args!("the journal frees the slots of {host}, where {attempt} runs"),
                );
            }
        }
    }

    fn take_over(&mut self, hosts: &HostTruth<'_>) {
        self.counts.takeovers += 1;
        let running: Vec<AttemptId> = self.ledger.running.values().map(|(_, attempt)| *attempt).collect();
        for attempt in running {
            let key = AttemptKey::of(attempt);
            let truth = self.attempts.entry(key).or_default();
            truth.faults.insert("its dispatcher was replaced");
            if truth.permitted_by.is_empty() {
                continue;
            }
            truth.outlived = true;
            // The moment that the permission guards: `go` could still arrive.
            if truth.begun.is_none() && hosts.waiting.contains(&key) {
                self.counts.permission_then_takeover += 1;
            }
        }
    }

    fn task(&mut self, process: ProcessId, event: &TaskEvent, hosts: &HostTruth<'_>) {
        let Some(attempt) = event.attempt() else { return };
        let key = AttemptKey::of(attempt);
        let truth = self.attempts.entry(key).or_default();
        truth.about = Some((event.job, event.host.clone()));
        self.incarnation = self.incarnation.max(Incarnation(key.incarnation));
        let host = &event.host;
        match &event.kind {
            TaskEventKind::Permitted { .. } => _ = truth.permitted_by.insert(process),
            TaskEventKind::Succeeded { .. } if truth.status != Some(0) => {
                let status = truth.status;
                self.find(
                    ClusterRule::Proof,
                    format_args!("{attempt} has succeeded by the journal, and ended with {status:?} on {host}"),
                );
            }
            TaskEventKind::Failed { failure, .. } if !truth.has_ended_with(&failure.kind) => {
                let (status, kind) = (truth.status, &failure.kind);
                self.find(
                    ClusterRule::Proof,
                    format_args!("{attempt} has failed by the journal ({kind}), and ended with {status:?} on {host}"),
                );
            }
            TaskEventKind::Fenced { answer, .. } if answer.is_final() => self.fenced(key, host, hosts),
            TaskEventKind::NeverBegan { .. } if truth.begun.is_some() => {
                self.find(
                    ClusterRule::Proof,
                    format_args!("{attempt} never began by the journal, and began on {host}"),
                );
            }
            TaskEventKind::NeverBegan { .. } => self.counts.never_began += 1,
            // Whether it was permitted, and how it ended, is in the records that are lost.
            TaskEventKind::InDoubt { .. } if Incarnation(key.incarnation) < self.current => {
                self.counts.doubts_after_restore += 1;
            }
            TaskEventKind::InDoubt { message, .. } => self.doubt(process, key, (host, message), hosts),
            TaskEventKind::Started { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }

    /// A host has said that an attempt is over.
    fn fenced(&mut self, key: AttemptKey, host: &HostName, hosts: &HostTruth<'_>) {
        self.counts.fenced += 1;
        self.attempts.entry(key).or_default().fenced = true;
        if hosts.running.get(host).is_some_and(|running| running.contains(&key)) {
            let attempt = key.attempt;
            let message = format_args!("{attempt} is over by the journal, and runs on {host}");
            self.find(ClusterRule::Proof, message);
        }
    }

    fn doubt(
        &mut self,
        process: ProcessId,
        key: AttemptKey,
        (host, message): (&HostName, &str),
        hosts: &HostTruth<'_>,
    ) {
        let (attempt, truth) = (key.attempt, self.attempts.entry(key).or_default());
        self.counts.doubts += 1;
        if truth.permitted_by.is_empty() {
            self.counts.doubts_without_permission += 1;
            return self.find(
                ClusterRule::Doubt,
                format_args!("{attempt} on {host} is in doubt without a permission: {message}"),
            );
        }
        let (outlived, unwritten) = (truth.outlived, truth.faults.contains(SUPERVISOR_KILLED));
        let (asked, unanswered) = truth.asked_by(process);
        if truth.faults.is_empty() {
            self.find(
                ClusterRule::Doubt,
                format_args!("{attempt} on {host} is in doubt, and nothing went wrong: {message}"),
            );
        }
        if !outlived || !hosts.are_asked {
            return;
        }
        let runs = hosts.running.get(host).is_some_and(|running| running.contains(&key));
        if runs || asked.runs {
            self.counts.doubts_after_takeover_running += 1;
        } else if hosts.unreachable.contains(host) || unanswered {
            self.counts.doubts_after_takeover_unreachable += 1;
        } else if unwritten {
            self.counts.doubts_after_takeover_unwritten += 1;
        } else {
            self.counts.doubts_after_takeover_askable += 1;
            self.find(
                ClusterRule::Doubt,
                format_args!(
                    "{attempt} on {host} is in doubt after a takeover, and its host could say of it: {message}"
                ),
            );
        }
    }

    /// The journal was restored: it lost its tail.
    pub(super) fn restored(&mut self, records: &[Record]) {
        self.counts.restores += 1;
        // Once for what ran by the records that are lost, and once more for what runs by those that are left.
        self.fault_all("the journal was restored");
        self.ledger = Recorded::default();
        records.iter().for_each(|record| self.ledger.note(record));
        self.fault_all("the journal was restored");
        self.unrecorded = true;
        let attempts = records.iter().filter_map(|record| record.event.started());
        let known: BTreeSet<AttemptId> = attempts.collect();
        for (key, truth) in &mut self.attempts {
            let is_lost = truth.about.is_some() && !truth.lost && !known.contains(&key.attempt);
            truth.lost |= is_lost;
            self.counts.lost_attempts += u64::from(is_lost);
        }
    }

    /// Checks that a restore comes before everything else, in an incarnation of its own.
    fn check_restored(&mut self, process: ProcessId, event: &Event) {
        if let Some(incarnation) = event.restored() {
            let last = self.incarnation;
            (self.current, self.unrecorded) = (incarnation, false);
            if incarnation <= last {
                let message = format_args!("{process} begins {incarnation}, and {last} had attempts");
                self.find(ClusterRule::Restore, message);
            }
            return;
        }
        let is_takeover =
            matches!(event, Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::OwnerChanged { .. }));
        if self.unrecorded && !is_takeover {
            let message = format_args!("{process} goes on with a restored journal as if nothing was lost: {event}");
            self.find(ClusterRule::Restore, message);
        }
    }

    /// An attempt finds its host busy with these.
    pub(super) fn busy(&mut self, running: impl Iterator<Item = AttemptKey>) {
        let mut running = running;
        let lost = running.any(|key| self.attempts.get(&key).is_some_and(|truth| truth.lost));
        self.counts.busy_with_lost += u64::from(lost);
    }
}

/// What really happens on hosts when records become durable.
#[derive(Debug, Default)]
pub(super) struct HostTruth<'a> {
    /// Commands that run, by host.
    pub(super) running: BTreeMap<&'a HostName, Vec<AttemptKey>>,
    /// Attempts whose host waits for `go`.
    pub(super) waiting: BTreeSet<AttemptKey>,
    /// Whether transports ask hosts about attempts of earlier dispatchers.
    pub(super) are_asked: bool,
    /// Hosts that the dispatcher that appends cannot reach.
    pub(super) unreachable: BTreeSet<&'a HostName>,
}
