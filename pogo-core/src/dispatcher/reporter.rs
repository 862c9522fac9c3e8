//! Reports of a running attempt.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::channel::{mpsc, oneshot};
use futures::future::{FutureExt, Shared};

use super::output::{OutputHandle, OutputSink};
use super::{Observer, OutputChunk, Stream};
use crate::fleet::HostName;
use crate::output::OutputSource;
use crate::scheduler::{AttemptId, BeginRefused, JobId, Phase};

/// A report of a running attempt.
#[derive(Debug)]
#[non_exhaustive]
pub enum Report {
    /// It entered a phase.
    Phase(Phase),
    /// It has met a host of which no key was known, and has recorded the key that the host showed.
    HostKeyRecorded,
    /// It asks whether it may begin.
    Begin(BeginRequest),
}

/// An attempt's request for permission to begin. Dropping it refuses.
#[derive(Debug)]
#[non_exhaustive]
pub struct BeginRequest {
    /// Whether the host's lock keeps other attempts away.
    pub host_lock: bool,
    answer: oneshot::Sender<Result<(), BeginRefused>>,
}

impl BeginRequest {
    /// Answers it. A permission must be durable by then.
    pub fn answer(self, answer: Result<(), BeginRefused>) {
        // The attempt may have been cancelled.
        let _ = self.answer.send(answer);
    }
}

/// Receives the reports of attempts, in order, without waiting.
pub trait ReportSink: Send + Sync {
    /// This attempt reports.
    fn report(&self, attempt: AttemptId, report: Report);
}

impl ReportSink for mpsc::UnboundedSender<(AttemptId, Report)> {
    fn report(&self, attempt: AttemptId, report: Report) {
        // Without a dispatcher the report is dropped, which refuses a request.
        let _ = self.unbounded_send((attempt, report));
    }
}

/// A transport's channel to the dispatcher, for one attempt. Cheap to clone.
#[derive(Clone)]
pub struct Reporter {
    job: JobId,
    host: HostName,
    attempt: AttemptId,
    reports: Arc<dyn ReportSink>,
    observer: Arc<dyn Observer>,
    cancelled: Shared<oneshot::Receiver<()>>,
    /// Whether it got further than connecting.
    begun: Arc<AtomicBool>,
    hooks: Option<Arc<HookChain>>,
    store: Option<OutputHandle>,
}

/// Sees what a transport reports of one attempt before the dispatcher does: for [layers](super::layer).
pub trait ReportHook: Send + Sync {
    /// Sees that a phase begins; `false` keeps it from being passed on.
    fn phase(&self, phase: Phase) -> bool {
        let _ = phase;
        true
    }

    /// Sees a piece of output, which is passed on.
    fn output(&self, stream: Stream, bytes: &[u8]) {
        let _ = (stream, bytes);
    }
}

/// The hooks of a reporter, that of the innermost layer first.
struct HookChain {
    hook: Arc<dyn ReportHook>,
    outer: Option<Arc<HookChain>>,
}

impl Reporter {
    /// The longest piece of output that is passed on as a whole, in bytes.
    pub const WHOLE: usize = OutputSink::LARGEST_PIECE;

    /// Returns a reporter with a hook that sees every report first.
    pub fn with_hook(&self, hook: Arc<dyn ReportHook>) -> Self {
        // A chain, since the reporter of an outer layer goes on without this hook.
        let outer = self.hooks.clone();
        Self {
            hooks: Some(Arc::new(HookChain { hook, outer })),
            ..self.clone()
        }
    }

    /// Returns a reporter with a store for the output.
    pub(super) fn with_store(self, store: Option<OutputHandle>) -> Self {
        Self { store, ..self }
    }

    fn hooks(&self) -> impl Iterator<Item = &dyn ReportHook> {
        let chain = std::iter::successors(self.hooks.as_deref(), |chain| chain.outer.as_deref());
        chain.map(|chain| chain.hook.as_ref())
    }

    /// Reports that this phase begins. At most a handful per attempt.
    pub fn phase(&self, phase: Phase) {
        if !self.hooks().all(|hook| hook.phase(phase)) {
            return;
        }
        self.begun.fetch_or(phase > Phase::Connect, Ordering::Relaxed);
        self.reports.report(self.attempt, Report::Phase(phase));
    }

    /// Reports that no key of the host was known, and that the one which it showed was accepted and recorded. For
    /// transports that may trust a host at its first contact.
    pub fn host_key_recorded(&self) {
        self.reports.report(self.attempt, Report::HostKeyRecorded);
    }

    /// Asks for permission to begin, and waits until it is durable. Transports that
    /// [declare it](super::Capabilities::asks_permission) ask after they have reached the host and before anything runs
    /// there, and again for each launch after a broken connection.
    ///
    /// `host_lock` says that the host's lock is held, so that no other attempt runs there until this one has ended.
    ///
    /// # Errors
    /// Nothing may run. The transport ends with [`Outcome::NeverBegan`](crate::scheduler::Outcome::NeverBegan), of
    /// [`NeverBegan::Refused`](crate::scheduler::NeverBegan::Refused).
    pub async fn begin(&self, host_lock: bool) -> Result<(), BeginRefused> {
        let (answer, answered) = oneshot::channel();
        let request = BeginRequest { host_lock, answer };
        self.reports.report(self.attempt, Report::Begin(request));
        // A dispatcher that is gone permits nothing: whoever takes over may have given the host to
        // another attempt.
        answered.await.unwrap_or(Err(BeginRefused::Stopped))
    }

    /// Passes on a piece of output as it arrives, not necessarily a whole line or valid UTF-8. Waits if the store
    /// is behind: a transport that stops reading meanwhile slows down the host that writes.
    ///
    /// Cancel-safe: if it is dropped while it waits, nothing of the piece was passed on, provided that it is no longer
    /// than [`WHOLE`](Self::WHOLE).
    pub async fn output(&self, stream: Stream, bytes: &[u8]) {
        for piece in bytes.chunks(Self::WHOLE) {
            if let Some(store) = &self.store {
                store.write(stream, piece).await;
            }
            self.pass_on(stream, piece);
        }
    }

    /// Passes on a piece of output if there is room for it now. `false` if not: nothing of it was passed on. For
    /// transports that must not wait at some point, such as while they end an attempt.
    pub fn try_output(&self, stream: Stream, bytes: &[u8]) -> bool {
        let taken = self.store.as_ref().is_none_or(|store| store.try_write(stream, bytes));
        if taken {
            self.pass_on(stream, bytes);
        }
        taken
    }

    fn pass_on(&self, stream: Stream, bytes: &[u8]) {
        self.hooks().for_each(|hook| hook.output(stream, bytes));
        self.observer
            .output(&OutputChunk::new(self.job, self.attempt, &self.host, stream, bytes));
    }

    /// Waits until the attempt is cancelled. Pending for ever otherwise.
    pub async fn cancelled(&self) {
        if self.cancelled.clone().await.is_err() {
            // The dispatcher is gone without cancelling: the attempt is dropped.
            futures::future::pending::<()>().await;
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("job", &self.job)
            .field("host", &self.host)
            .field("attempt", &self.attempt)
            .finish()
    }
}

/// The dispatcher's end of a [`Reporter`].
pub struct ReporterSide {
    /// Sent or dropped once.
    cancel: Option<oneshot::Sender<()>>,
    begun: Arc<AtomicBool>,
}

impl ReporterSide {
    /// Creates a reporter for this attempt, and the side that can cancel it.
    pub fn open(
        OutputSource { job, host, attempt }: OutputSource,
        reports: Arc<dyn ReportSink>,
        observer: Arc<dyn Observer>,
    ) -> (Reporter, Self) {
        let (cancel, cancelled) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let reporter = Reporter {
            begun: Arc::clone(&begun),
            job,
            host,
            attempt,
            reports,
            observer,
            cancelled: cancelled.shared(),
            hooks: None,
            store: None,
        };
        let cancel = Some(cancel);
        (reporter, Self { cancel, begun })
    }

    /// Whether the transport has reported a phase after connecting.
    pub(super) fn begun(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.begun)
    }

    /// Cancels the attempt. Only the first call has an effect.
    pub fn cancel(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            let _ = cancel.send(());
        }
    }
}

impl fmt::Debug for ReporterSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReporterSide")
            .field("cancelled", &self.cancel.is_none())
            .finish()
    }
}
