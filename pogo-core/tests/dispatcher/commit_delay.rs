//! Reports of attempts wait a moment for each other; nobody else waits for them.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::dispatcher::{
    Attempt, Capabilities, Clock, Dispatcher, DispatcherBuilder, Handle, Notice, Observer, Reporter, Transport,
};
use pogo_core::fleet::Fleet;
use pogo_core::journal::MemoryJournal;
use pogo_core::output::{MemoryOutput, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{AttemptId, JobId, JobStatus, Outcome, Phase};
use pogo_core::{Digest, Timestamp};

use super::shop::JOB;
use super::slow_store::{millis, secs};
use super::virtual_time::{self, VirtualClock};

/// Host `web7` takes seven times this, and all begin at once.
const STEP: Duration = Duration::from_millis(10);

struct Staggered {
    clock: Arc<VirtualClock>,
    /// What each takes beside.
    least: Duration,
    /// Whether that is until it asks for permission, rather than to its end.
    asks: bool,
}

#[async_trait]
impl Transport for Staggered {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let number: u32 = attempt.host.name.as_str()[3..].parse().unwrap();
        self.clock.sleep(self.least + STEP * number).await;
        if self.asks {
            report.begin(false).await.unwrap();
        }
        Outcome::Succeeded
    }
}

/// When each commit was durable, and how many records it had.
#[derive(Default)]
struct Commits(Mutex<Vec<(Timestamp, usize)>>, Arc<VirtualClock>);

impl Observer for Commits {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::Committed { records, .. } = notice {
            self.0.lock().unwrap().push((self.1.now(), *records));
        }
    }
}

/// Runs a job on so many hosts, all at once, with this delay or the default, and does this meanwhile. Says when commits
/// came after the first host had ended, and how many records they had.
fn commits<F: Future<Output = ()> + 'static>(
    (hosts, asks): (u32, bool),
    delay: impl Into<Option<Duration>>,
    meanwhile: impl FnOnce(Handle, Arc<VirtualClock>) -> F + 'static,
) -> Vec<(Duration, usize)> {
    let delay = delay.into();
    let with_delay = |builder: DispatcherBuilder| match delay {
        Some(delay) => builder.commit_delay(delay),
        None => builder,
    };
    commits_of((hosts, asks, Duration::ZERO), with_delay, meanwhile)
}

/// Runs a job as [`commits`] does, on hosts that take so much longer, by a dispatcher that is built so.
fn commits_of<F: Future<Output = ()> + 'static>(
    (hosts, asks, least): (u32, bool, Duration),
    built: impl FnOnce(DispatcherBuilder) -> DispatcherBuilder,
    meanwhile: impl FnOnce(Handle, Arc<VirtualClock>) -> F + 'static,
) -> Vec<(Duration, usize)> {
    let clock = Arc::<VirtualClock>::default();
    let commits = Arc::new(Commits(Mutex::default(), Arc::clone(&clock)));
    let builder = Dispatcher::builder(Arc::new(Staggered {
        clock: Arc::clone(&clock),
        least,
        asks,
    }))
    .clock(Arc::clone(&clock) as _)
    .observer(Arc::clone(&commits) as _);
    let builder = built(builder);
    let fleet = Fleet::builder().hosts(&format!("web[1-{hosts}]")).build().unwrap();
    let of_steering = Arc::clone(&clock);
    let ended = virtual_time::run(&clock, async move {
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async move {
            handle.configure(Arc::new(fleet), Arc::default()).await.unwrap();
            let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
            handle.submit(spec).await.unwrap();
            meanwhile(handle, of_steering).await;
        };
        futures::join!(dispatcher.run(), steer).0
    });
    assert_eq!(ended.unwrap().job(JOB).unwrap().tally().succeeded, hosts);
    let commits = commits.0.lock().unwrap();
    let after = commits.iter().map(|(at, records)| (*at - Timestamp::EPOCH, *records));
    after.filter(|(at, _)| *at >= STEP).collect()
}

async fn nothing(_handle: Handle, _clock: Arc<VirtualClock>) {}

#[test]
fn reports_that_come_close_together_share_a_commit() {
    let alone = commits((12, false), Duration::ZERO, nothing);
    let each: Vec<_> = (1..=12_u32).map(|number| STEP * number).collect();
    assert_eq!(alone.iter().map(|(at, _)| *at).collect::<Vec<_>>(), each);
    let together = commits((12, false), millis(25), nothing);
    let times = together.iter().map(|(at, _)| at.as_millis()).collect::<Vec<_>>();
    // From the eighth on, too few are left to wait for.
    assert_eq!(times, [35, 65, 80, 90, 100, 110, 120]);
    let records = |commits: &[(Duration, usize)]| commits.iter().map(|(_, records)| records).sum::<usize>();
    assert_eq!(records(&together), records(&alone));
}

#[test]
fn without_a_journal_none_waits() {
    let at_once = commits((12, false), Duration::ZERO, nothing);
    assert_eq!(commits((12, false), None, nothing), at_once);
    let least = *DispatcherBuilder::COMMIT_DELAY.start();
    assert_ne!(commits((12, false), least, nothing), at_once);
}

#[test]
fn by_default_reports_wait_for_a_twentieth_of_what_attempts_take() {
    let kept = |builder: DispatcherBuilder| builder.journal(Arc::new(MemoryJournal::new()));
    let first = |least| commits_of((40, false, least), kept, nothing)[0].0 - least;
    let usual = DispatcherBuilder::COMMIT_DELAY;
    assert_eq!(first(Duration::ZERO), STEP + *usual.start());
    assert_eq!(first(millis(170)), STEP + millis(9));
    assert_eq!(first(secs(300)), STEP + *usual.end());
}

/// A store of outputs that counts how often it is called.
#[derive(Default)]
struct Counted(MemoryOutput, AtomicUsize);

#[async_trait]
impl OutputStore for Counted {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.0.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.0.seal(source, length).await
    }

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.append_and_seal(frames, ended).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.0.read(attempt, stream, range).await
    }
}

#[test]
fn where_output_is_kept_ends_wait_before_it_is_and_not_again() {
    let output = Arc::new(Counted::default());
    let calls = || output.1.swap(0, Ordering::Relaxed);
    let kept = |delay| {
        let output = Arc::clone(&output);
        move |builder: DispatcherBuilder| builder.output(output).commit_delay(delay)
    };
    let of_twelve = |delay| commits_of((12, false, Duration::ZERO), kept(delay), nothing);
    let alone = of_twelve(Duration::ZERO);
    assert_eq!((alone.len(), calls()), (12, 12));
    let together = of_twelve(millis(25));
    let times: Vec<_> = together.iter().map(|(at, _)| at.as_millis()).collect();
    // As without output, and not one delay later.
    assert_eq!(times, [35, 65, 80, 90, 100, 110, 120]);
    assert_eq!(calls(), times.len());
}

#[test]
fn where_few_attempts_are_under_way_none_waits() {
    let delayed = commits((5, false), secs(3_600), nothing);
    assert_eq!(delayed, commits((5, false), Duration::ZERO, nothing));
}

#[test]
fn where_all_have_reported_none_waits() {
    let delayed = commits((6, true), secs(3_600), nothing);
    assert_eq!(delayed.first(), Some(&(STEP * 6, 6)));
}

#[test]
fn an_order_waits_for_no_report() {
    let delayed = commits((8, false), secs(3_600), async |handle, clock| {
        clock.sleep(STEP * 3 / 2).await;
        let asked = clock.now();
        handle.pause(JOB).await.unwrap();
        assert_eq!(clock.now(), asked);
        handle.resume(JOB).await.unwrap();
        assert_eq!(handle.wait(JOB).await.unwrap().status, JobStatus::Finished);
    });
    // The report that had come before it shares its commit.
    assert_eq!(delayed.first().map(|(at, _)| *at), Some(STEP * 3 / 2));
}

#[test]
fn a_phase_waits_for_what_comes_next() {
    let clock = Arc::<VirtualClock>::default();
    let phased = |takes: Duration| {
        let commits = Arc::new(Commits(Mutex::default(), Arc::clone(&clock)));
        let builder = Dispatcher::builder(Arc::new(Phased(Arc::clone(&clock), takes)));
        let builder = builder
            .clock(Arc::clone(&clock) as _)
            .observer(Arc::clone(&commits) as _);
        let began = clock.now();
        virtual_time::run(&clock, async move {
            let (dispatcher, handle) = builder.commit_delay(millis(2)).build().await.unwrap();
            let steer = async move {
                let fleet = Fleet::builder().hosts("web1").build().unwrap();
                handle.configure(Arc::new(fleet), Arc::default()).await.unwrap();
                let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
                handle.submit(spec).await.unwrap();
            };
            futures::join!(dispatcher.run(), steer).0.unwrap()
        });
        let commits = commits.0.lock().unwrap();
        let times = commits.iter().map(|(at, _)| *at - began);
        times.filter(|at| !at.is_zero()).collect::<Vec<_>>()
    };
    assert_eq!(
        phased(millis(7)),
        [millis(7)],
        "the end is committed at once, and the phase with it"
    );
    assert_eq!(phased(secs(60)), [millis(20), secs(60)]);
}

/// Enters a phase, and takes so long for it.
struct Phased(Arc<VirtualClock>, Duration);

#[async_trait]
impl Transport for Phased {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
        report.phase(Phase::Command);
        self.0.sleep(self.1).await;
        Outcome::Succeeded
    }
}
