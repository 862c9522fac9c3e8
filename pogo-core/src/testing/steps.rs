//! Random steps for a scheduler under test.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::drill_owner::{DrillOwner, holders};
use super::policies::value;
use super::{fleets, job_settings, job_specs, policies};
use crate::fleet::{Fleet, Selector};
use crate::plan::JobSpec;
use crate::policy::{Policy, Setting};
use crate::scheduler::{FailureKind, FenceAnswer, HoldMode, JobUpdate, NeverBegan, Outcome, Phase};

/// One step. The attempt, job or host that it applies to is a number that
/// [`Drill::play`](super::Drill::play) takes modulo the number of existing ones, so that every history fits every
/// namespace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Time passes.
    Wait(Duration),
    /// Time passes until the scheduler's next timeout.
    Tick,
    /// A running attempt ends. One that asks for permission and has none asks first, or never began if it was refused.
    Report(u8, Outcome),
    /// A running attempt asks for permission, with or without the host lock.
    Begin(u8, bool),
    /// Attempts that start from now on ask for permission, or do not, and their hosts can be asked later for their
    /// state, or not.
    Transport(bool, bool),
    /// A report arrives for any attempt, such as one that was abandoned long ago.
    LateReport(u8, Outcome),
    /// A running attempt enters a phase.
    Phase(u8, Phase),
    /// A running attempt meets a host of which no key was known.
    HostKey(u8),
    /// The host of an attempt in doubt, or of one that runs, reports its state.
    Fence(u8, FenceAnswer),
    /// An order by force: a retry, a skip, or that a host is up.
    Forced(Box<Step>),
    /// A job is submitted.
    Submit(Box<JobSpec>),
    /// A job is paused.
    Pause(u8),
    /// A job is resumed.
    Resume(u8),
    /// A job is halted.
    Halt(u8),
    /// A job is aborted.
    Abort(u8),
    /// A job is promoted to its next wave.
    Promote(u8),
    /// Somebody says something of a job.
    Note(u8),
    /// Hosts are frozen.
    Freeze(Selector),
    /// One of the freezes in force is ended.
    Thaw(u8),
    /// Hosts of a job are retried: those whose bit is set.
    Retry(u8, u16),
    /// Hosts of a job are skipped: those whose bit is set.
    Skip(u8, u16),
    /// A job's settings change.
    Alter(u8, JobUpdate),
    /// A host is marked down.
    MarkDown(u8),
    /// A host is marked up.
    MarkUp(u8),
    /// Two hosts, which may be the same, are to be held: at once or when it is their turn, with a priority.
    Hold([u8; 2], DrillOwner, HoldMode, i8),
    /// Hosts are released by somebody; by force if it says so.
    Release([u8; 2], DrillOwner, bool),
    /// The scheduler is lost, and another replays the records.
    Crash,
    /// The journal is a copy: another scheduler replays the records, and begins a new incarnation.
    Restore,
    /// The namespace takes another fleet and policy.
    Configure(Arc<Fleet>, Arc<Policy>),
}

/// Steps of every kind, most of them reports; fleets and policies are those of [`fleets`] and [`policies`].
pub fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => (any::<u8>(), outcomes()).prop_map(|(nth, outcome)| Step::Report(nth, outcome)),
        4 => Just(Step::Tick),
        2 => (0..40_u64).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
        1 => (any::<u8>(), outcomes()).prop_map(|(nth, outcome)| Step::LateReport(nth, outcome)),
        2 => (any::<u8>(), phases()).prop_map(|(nth, phase)| Step::Phase(nth, phase)),
        1 => any::<u8>().prop_map(Step::HostKey),
        6 => any::<(u8, bool)>().prop_map(|(nth, host_lock)| Step::Begin(nth, host_lock)),
        1 => any::<(bool, bool)>().prop_map(|(asks, fences)| Step::Transport(asks, fences)),
        4 => (any::<u8>(), fence_answers()).prop_map(|(nth, answer)| Step::Fence(nth, answer)),
        1 => forced().prop_map(|step| Step::Forced(Box::new(step))),
        3 => job_specs().prop_map(|spec| Step::Submit(Box::new(spec))),
        8 => orders(),
        6 => hosts(),
        1 => value().prop_map(Step::Freeze),
        3 => any::<u8>().prop_map(Step::Thaw),
        1 => Just(Step::Crash),
        1 => Just(Step::Restore),
        1 => (fleets(1..=8), policies()).prop_map(|(fleet, policy)| Step::Configure(fleet, policy)),
    ]
}

fn orders() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<u8>().prop_map(Step::Pause),
        4 => any::<u8>().prop_map(Step::Resume),
        1 => any::<u8>().prop_map(Step::Halt),
        1 => any::<u8>().prop_map(Step::Abort),
        2 => any::<u8>().prop_map(Step::Promote),
        1 => any::<u8>().prop_map(Step::Note),
        4 => any::<(u8, u16)>().prop_map(|(job, hosts)| Step::Retry(job, hosts)),
        3 => any::<(u8, u16)>().prop_map(|(job, hosts)| Step::Skip(job, hosts)),
        2 => (any::<u8>(), job_updates()).prop_map(|(job, change)| Step::Alter(job, change)),
    ]
}

fn forced() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<(u8, u16)>().prop_map(|(job, hosts)| Step::Retry(job, hosts)),
        any::<(u8, u16)>().prop_map(|(job, hosts)| Step::Skip(job, hosts)),
        any::<u8>().prop_map(Step::MarkUp),
    ]
}

fn hosts() -> impl Strategy<Value = Step> {
    let mode = || prop_oneof![1 => Just(HoldMode::Immediate), 2 => Just(HoldMode::Wait)];
    prop_oneof![
        2 => any::<u8>().prop_map(Step::MarkDown),
        2 => any::<u8>().prop_map(Step::MarkUp),
        3 => (any::<[u8; 2]>(), holders(), mode(), -1..2_i8)
            .prop_map(|(hosts, owner, mode, priority)| Step::Hold(hosts, owner, mode, priority)),
        3 => (any::<[u8; 2]>(), holders(), any::<bool>())
            .prop_map(|(hosts, by, force)| Step::Release(hosts, by, force)),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Succeeded),
        2 => Just(Outcome::failed(FailureKind::Command { status: 1 }, "")),
        1 => Just(Outcome::failed(FailureKind::Unreachable, "")),
        1 => Just(Outcome::in_doubt("the link broke")),
        1 => never_began().prop_map(|reason| Outcome::never_began(reason, "")),
    ]
}

fn fence_answers() -> impl Strategy<Value = FenceAnswer> {
    prop_oneof![
        3 => outcomes().prop_map(FenceAnswer::Ended),
        2 => Just(FenceAnswer::NeverBegan),
        1 => Just(FenceAnswer::StillRunning),
        1 => Just(FenceAnswer::unreachable("no route")),
    ]
}

fn never_began() -> impl Strategy<Value = NeverBegan> {
    prop::sample::select(
        &[
            NeverBegan::Refused,
            NeverBegan::Busy,
            NeverBegan::NotSent,
            NeverBegan::Expired,
            NeverBegan::NotReady,
        ][..],
    )
}

fn phases() -> impl Strategy<Value = Phase> {
    prop::sample::select(
        &[
            Phase::Connect,
            Phase::PreHook,
            Phase::Command,
            Phase::PostHook,
            Phase::Settle,
        ][..],
    )
}

/// Random changes of a job's settings: some set, some unset.
pub fn job_updates() -> impl Strategy<Value = JobUpdate> {
    let unset = prop::sample::subsequence(Setting::ALL, 0..=3);
    (job_settings(), prop::sample::subsequence(Setting::ALL, 0..=4), unset).prop_map(|(all, set, unset)| {
        let mut settings = all;
        let left = Setting::ALL.iter().filter(|setting| !set.contains(setting));
        left.for_each(|&setting| settings.unset(setting));
        let update = JobUpdate::set(settings);
        unset.into_iter().fold(update, JobUpdate::unset)
    })
}
