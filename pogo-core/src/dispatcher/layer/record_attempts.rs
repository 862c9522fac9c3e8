//! Records attempts.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::super::{Attempt, Clock, ReportHook, Reporter, Stream, SystemClock, Transport};
use super::layered::Layer;
use super::recording::{RecordedAttempt, RecordedReport, ReportKind};
use crate::Timestamp;
use crate::scheduler::{Outcome, Phase};

/// Records each attempt that has ended; [`Replay`](super::Replay) plays it again. Attempts that are
/// dropped are not recorded. Output may contain secrets, and so may a recording.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use pogo_core::dispatcher::Transport;
/// use pogo_core::dispatcher::layer::{RecordedAttempt, RecordAttempts, Replay, TransportExt};
///
/// # fn example(transport: impl Transport + 'static) {
/// let recorded = Arc::new(Mutex::new(Vec::<RecordedAttempt>::new()));
/// let sink = Arc::clone(&recorded);
/// let transport = transport.layer(RecordAttempts::new(move |attempt| sink.lock().unwrap().push(attempt)));
/// // After the rollout:
/// let again = Replay::new(recorded.lock().unwrap().drain(..));
/// # drop((transport, again));
/// # }
/// ```
#[derive(Clone)]
pub struct RecordAttempts {
    sink: Arc<dyn Fn(RecordedAttempt) + Send + Sync>,
    output_limit: usize,
    clock: Arc<dyn Clock>,
}

impl RecordAttempts {
    /// Passes each recorded attempt to this function, which must return quickly.
    pub fn new(sink: impl Fn(RecordedAttempt) + Send + Sync + 'static) -> Self {
        Self {
            sink: Arc::new(sink),
            output_limit: 1 << 20,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets how many bytes of each attempt's output are kept. Default: 1 MiB.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// The reports of one attempt so far.
struct Tape {
    clock: Arc<dyn Clock>,
    began: Timestamp,
    kept: Mutex<KeptReports>,
}

#[derive(Default)]
struct KeptReports {
    reports: Vec<RecordedReport>,
    /// How much more output is kept.
    room: usize,
    dropped: u64,
}

impl Tape {
    fn keep(&self, kept: &mut KeptReports, kind: ReportKind) {
        kept.reports.push(RecordedReport {
            after: self.clock.now() - self.began,
            kind,
        });
    }
}

impl ReportHook for Tape {
    fn phase(&self, phase: Phase) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.keep(&mut kept, ReportKind::Phase(phase));
        true
    }

    fn output(&self, stream: Stream, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (keep, drop) = bytes.split_at_checked(kept.room).unwrap_or((bytes, &[]));
        kept.room -= keep.len();
        kept.dropped += drop.len() as u64;
        if !keep.is_empty() {
            let bytes = keep.to_vec();
            self.keep(&mut kept, ReportKind::Output { stream, bytes });
        }
    }
}

#[async_trait]
impl Layer for RecordAttempts {
    async fn run(&self, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome {
        let tape = Arc::new(Tape {
            clock: Arc::clone(&self.clock),
            began: self.clock.now(),
            kept: Mutex::new(KeptReports {
                room: self.output_limit,
                ..KeptReports::default()
            }),
        });
        let (host, command) = (attempt.host.name.clone(), attempt.command.as_ref().clone());
        let report = report.with_hook(Arc::clone(&tape) as Arc<dyn ReportHook>);
        let outcome = inner.run(attempt, report).await;
        let took = self.clock.now() - tape.began;
        // The transport may have kept its reporter, and with it the tape: it is emptied, not
        // unwrapped.
        let kept = std::mem::take(&mut *tape.kept.lock().unwrap_or_else(PoisonError::into_inner));
        (self.sink)(RecordedAttempt {
            host,
            command,
            reports: kept.reports,
            dropped_output: kept.dropped,
            took,
            outcome: outcome.clone(),
        });
        outcome
    }
}
