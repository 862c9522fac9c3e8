//! A store of output that is slow, fails or hangs, and what writes to it.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::dispatcher::{
    Attempt, Capabilities, Clock, Dispatcher, Handle, Notice, Observer, OutputChunk, Reporter, Transport,
};
use pogo_core::fleet::Fleet;
use pogo_core::journal::MemoryJournal;
use pogo_core::output::{
    MemoryOutput, OutputDigester, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream,
};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, JobId, JobStatus, Outcome, OutputSummary, Phase};

use super::shop::JOB;
use super::yields::{Watched, Yields};

/// The result of one append.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Lands,
    Fails,
    Panics,
    /// It is not answered before the test lets go.
    Hangs,
}

/// A store in memory whose appends meet these fates, one after the other, and then land.
pub(super) struct Slow {
    pub(super) inner: MemoryOutput,
    pub(super) yields: Yields,
    pub(super) fates: Mutex<VecDeque<Fate>>,
    pub(super) hanging: Arc<Watched<Hanging>>,
    pub(super) watch: Arc<Watch>,
}

#[derive(Default)]
pub(super) struct Hanging {
    pub(super) hangs: bool,
    pub(super) let_go: bool,
}

/// Counts what is on its way: accepted from attempts, and not yet handed over to the store.
#[derive(Default)]
pub(super) struct Watch(pub(super) Mutex<OnTheWay>);

#[derive(Default)]
pub(super) struct OnTheWay {
    pub(super) bytes: usize,
    pub(super) most: usize,
    pub(super) lost: BTreeMap<AttemptId, u32>,
    pub(super) written: BTreeMap<AttemptId, u64>,
}

impl Observer for Watch {
    fn output(&self, chunk: &OutputChunk<'_>) {
        let mut on_the_way = self.0.lock().unwrap();
        on_the_way.bytes += chunk.bytes.len();
        on_the_way.most = on_the_way.most.max(on_the_way.bytes);
        *on_the_way.written.entry(chunk.attempt).or_default() += chunk.bytes.len() as u64;
    }

    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::OutputLost { source, .. } = notice {
            *self.0.lock().unwrap().lost.entry(source.attempt).or_default() += 1;
        }
    }
}

impl Watch {
    pub(super) fn stored(&self, bytes: usize) {
        let mut on_the_way = self.0.lock().unwrap();
        on_the_way.bytes -= bytes;
    }
}

impl Slow {
    pub(super) fn new(plan: Vec<u8>, fates: Vec<Fate>) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryOutput::new().per_attempt(1 << 20).total(1 << 30),
            yields: Yields::new(plan),
            fates: Mutex::new(fates.into()),
            hanging: Arc::default(),
            watch: Arc::default(),
        })
    }
}

#[async_trait]
impl OutputStore for Slow {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Lands);
        self.yields.here().await;
        match fate {
            Fate::Lands => {}
            Fate::Fails => {
                return Err(OutputError::Unavailable {
                    message: "full".to_owned(),
                });
            }
            Fate::Panics => panic!("a defect of the store"),
            Fate::Hangs => {
                self.hanging.change(|hanging| hanging.hangs = true);
                self.hanging.until(|hanging| hanging.let_go).await;
            }
        }
        let bytes: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
        self.watch.stored(bytes);
        self.inner.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.yields.here().await;
        self.inner.seal(source, length).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.inner.read(attempt, stream, range).await
    }
}

/// Each attempt writes these pieces, and gives way as the plan says.
pub(super) struct Writing {
    pub(super) pieces: Vec<(Stream, Vec<u8>)>,
    pub(super) yields: Yields,
}

impl Writing {
    pub(super) fn new(pieces: Vec<(Stream, Vec<u8>)>) -> Self {
        let yields = Yields::new(vec![]);
        Self { pieces, yields }
    }
}

#[async_trait]
impl Transport for Writing {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
        report.phase(Phase::Command);
        for (stream, piece) in &self.pieces {
            report.output(*stream, piece).await;
            self.yields.here().await;
        }
        Outcome::Succeeded
    }
}

/// Goes on for ever after it has written, and can be resumed.
pub(super) struct Endless(pub(super) Writing);

#[async_trait]
impl Transport for Endless {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        self.0.run(attempt, report).await;
        futures::future::pending().await
    }

    fn resumes(&self, _attempt: &Attempt) -> bool {
        true
    }
}

/// What a job came to.
pub(super) struct Ended {
    pub(super) journal: MemoryJournal,
    pub(super) status: JobStatus,
    pub(super) on_the_way: OnTheWay,
}

impl Ended {
    /// What the records that end attempts say of their output.
    pub(super) fn summaries(&self) -> BTreeMap<AttemptId, Option<OutputSummary>> {
        let records = self.journal.records();
        let ends = records.iter().filter_map(|record| {
            let attempt = record.event.ended()?;
            Some((attempt, record.event.task_kind()?.output()))
        });
        ends.collect()
    }
}

pub(super) async fn run<F: Future>(
    (transport, store): (Writing, &Arc<Slow>),
    (hosts, buffer): (u32, usize),
    clock: Arc<dyn Clock>,
    steer: impl FnOnce(Handle) -> F,
) -> Ended {
    let journal = MemoryJournal::new();
    let builder = Dispatcher::builder(Arc::new(transport)).journal(Arc::new(journal.clone()));
    let builder = builder
        .output(Arc::clone(store) as _)
        .output_buffer(buffer)
        .clock(clock);
    let (dispatcher, handle) = builder.observer(Arc::clone(&store.watch) as _).build().await.unwrap();
    let steer = async move {
        let fleet = Fleet::builder()
            .tagged("web", &format!("web[1-{hosts}]"))
            .build()
            .unwrap();
        handle
            .configure(Arc::new(fleet), Arc::new(Policy::default()))
            .await
            .unwrap();
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
        handle.submit(spec).await.unwrap();
        steer(handle).await;
    };
    let (ended, _) = futures::join!(dispatcher.run(), steer);
    let status = ended.unwrap().job(JOB).unwrap().status();
    let on_the_way = std::mem::take(&mut *store.watch.0.lock().unwrap());
    Ended {
        journal,
        status,
        on_the_way,
    }
}

/// The digest of what the store has of an attempt, and how long its streams are.
pub(super) async fn kept(store: &dyn OutputStore, attempt: AttemptId) -> (Digest, u64) {
    let (mut digester, mut length) = (OutputDigester::default(), 0);
    for stream in Stream::ALL {
        let page = store.read((JOB, attempt), stream, 0..1 << 40).await.unwrap();
        page.frames
            .iter()
            .for_each(|frame| digester.add(stream, frame.offset, &frame.bytes));
        length += page.length;
    }
    (digester.digest(), length)
}

pub(super) async fn nothing(_: Handle) {}
