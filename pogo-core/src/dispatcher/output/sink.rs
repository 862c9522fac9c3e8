//! The queue of output for the store.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::select;
use futures::task::AtomicWaker;

use super::super::attempt_pace::AttemptPace;
use super::super::guarded::Guarded;
use super::super::{Clock, Notice, Observer};
use super::budget::{Budget, Reservation, Reserved};
use super::progress::{Progress, QueuedFrame};
use crate::output::{OutputFrame, Stream};
use crate::scheduler::OutputSummary;

/// Frames in arrival order, within a budget, with the ends of attempts between them.
pub(in super::super) struct OutputSink {
    budget: Arc<Budget>,
    queue: Mutex<OutputQueue>,
    writer: AtomicWaker,
    pub(super) clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    pace: Arc<AttemptPace>,
}

#[derive(Debug, Default)]
struct OutputQueue {
    items: VecDeque<QueuedItem>,
    /// The bytes of the frames among them.
    bytes: usize,
    /// How many of them are ends of attempts.
    seals: usize,
    /// How many of them somebody waits for who is to be answered at once.
    flushes: usize,
    /// The store hangs: new output is lost.
    stalled: bool,
}

#[derive(Debug)]
enum QueuedItem {
    /// A piece of output.
    Frame(QueuedFrame),
    /// No output of this attempt follows.
    Seal(Seal),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// The end of an attempt, after all its frames.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) progress: Arc<Progress>,
    pub(super) answer: oneshot::Sender<Option<OutputSummary>>,
}

/// A batch that is written with one call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) frames: Vec<OutputFrame>,
    /// Of each frame.
    pub(super) held: Vec<(Arc<Progress>, Reservation)>,
    pub(super) seals: Vec<Seal>,
    /// Dropped when the batch is written.
    pub(super) flushes: Vec<oneshot::Sender<()>>,
}

impl OutputQueue {
    /// Output that is worth a call by itself. A budget may have room for no more than one large piece.
    const WORTH_A_CALL: (usize, usize) = (16 << 10, 32);

    fn is_urgent(&self) -> bool {
        let (bytes, items) = Self::WORTH_A_CALL;
        self.flushes > 0 || self.bytes >= bytes || self.items.len() >= items
    }

    fn push(&mut self, item: QueuedItem) {
        match &item {
            QueuedItem::Frame(queued) => self.bytes += queued.frame.bytes.len(),
            QueuedItem::Seal(_) => self.seals += 1,
            QueuedItem::Flush(_) => self.flushes += 1,
        }
        self.items.push_back(item);
    }

    fn take(&mut self) -> VecDeque<QueuedItem> {
        (self.bytes, self.seals, self.flushes) = (0, 0, 0);
        std::mem::take(&mut self.items)
    }
}

impl OutputSink {
    /// The largest piece in bytes that is queued whole.
    pub(in super::super) const LARGEST_PIECE: usize = 32 << 10;
    /// Overhead of a piece in bytes, so that a host that writes single bytes is held to the same budget.
    const OVERHEAD: usize = 512;
    /// The largest batch in bytes.
    const BATCH_BYTES: usize = 1 << 20;
    const BATCH_ITEMS: usize = 4_096;

    /// Creates a sink for up to this many bytes, but at least one piece.
    pub(in super::super) fn new(
        bytes: usize,
        clock: Arc<dyn Clock>,
        (observer, pace): (Arc<Guarded>, Arc<AttemptPace>),
    ) -> Arc<Self> {
        Arc::new(Self {
            // At least one piece, or a reservation for it would wait for ever.
            budget: Budget::new(bytes.max(Self::LARGEST_PIECE + Self::OVERHEAD)),
            queue: Mutex::default(),
            writer: AtomicWaker::new(),
            clock,
            observer,
            pace,
        })
    }

    pub(super) fn reserve(&self, bytes: usize, queues: bool) -> Option<Reserved> {
        self.budget.reserve(bytes + Self::OVERHEAD, queues)
    }

    /// Queues a piece of output; without a reservation it is lost.
    pub(super) fn push(&self, progress: &Arc<Progress>, (stream, bytes): (Stream, &[u8]), room: Option<Reservation>) {
        let lost = {
            let mut queue = self.lock();
            // Also where the piece is lost: the offsets of what follows show how much is missing.
            let offset = progress.advance(stream, bytes.len());
            match room.filter(|_| !queue.stalled) {
                Some(reservation) => {
                    let source = Arc::clone(&progress.source);
                    queue.push(QueuedItem::Frame(QueuedFrame {
                        frame: OutputFrame::new(source, stream, offset, self.clock.now(), bytes),
                        progress: Arc::clone(progress),
                        reservation,
                    }));
                    false
                }
                None => true,
            }
        };
        if lost {
            self.lose(progress, "the store of output does not answer");
        } else {
            self.writer.wake();
        }
    }

    /// The receiver resolves when everything before is stored, or the store has failed.
    pub(super) fn seal(&self, progress: &Arc<Progress>) -> oneshot::Receiver<Option<OutputSummary>> {
        let (answer, answered) = oneshot::channel();
        let stalled = {
            let mut queue = self.lock();
            if !queue.stalled {
                let progress = Arc::clone(progress);
                queue.push(QueuedItem::Seal(Seal { progress, answer }));
            }
            queue.stalled
        };
        if stalled {
            self.lose(progress, "the store of output does not answer");
        } else {
            self.writer.wake();
        }
        answered
    }

    /// The receiver is canceled when everything before is written, or the store hangs.
    pub(super) fn flush(&self) -> oneshot::Receiver<()> {
        let (flush, flushed) = oneshot::channel();
        let mut queue = self.lock();
        if !queue.stalled {
            queue.push(QueuedItem::Flush(flush));
        }
        flushed
    }

    /// Resolves when the next batch is due: with so much output that it is worth a call, at once; with the end of an
    /// attempt, when it has waited for the ends of others; otherwise after lingering for more.
    pub(super) async fn is_due(&self, linger: Duration) {
        poll_fn(|context| self.poll_due(context, |queue| !queue.items.is_empty())).await;
        let is_urgent = pin!(poll_fn(|context| self.poll_due(context, OutputQueue::is_urgent)));
        let have_ended = pin!(async {
            poll_fn(|context| self.poll_due(context, |queue| queue.seals > 0)).await;
            let ends = self.lock().seals;
            let delay = self.pace.output_delay(ends);
            let all_ended = pin!(poll_fn(|context| {
                self.poll_due(context, |queue| self.pace.output_delay(queue.seals).is_zero())
            }));
            select(all_ended, pin!(self.clock.sleep(delay))).await;
        });
        let lingered = pin!(async {
            self.clock.sleep(linger).await;
            // An attempt that has ended meanwhile brings all of it along.
            poll_fn(|context| self.poll_due(context, |queue| queue.seals == 0)).await;
        });
        select(is_urgent, select(have_ended, lingered)).await;
    }

    fn poll_due(&self, context: &mut Context<'_>, is_due: impl Fn(&OutputQueue) -> bool) -> Poll<()> {
        // Registered before it looks, so that a piece which is pushed in between wakes it.
        self.writer.register(context.waker());
        match is_due(&self.lock()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// The next batch.
    pub(super) fn take_batch(&self) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = 0;
        let mut queue = self.lock();
        while bytes < Self::BATCH_BYTES
            && batch.frames.len() + batch.seals.len() < Self::BATCH_ITEMS
            && let Some(item) = queue.items.pop_front()
        {
            match item {
                QueuedItem::Frame(QueuedFrame {
                    frame,
                    progress,
                    reservation,
                }) => {
                    queue.bytes -= frame.bytes.len();
                    bytes += frame.bytes.len();
                    batch.frames.push(frame);
                    batch.held.push((progress, reservation));
                }
                QueuedItem::Seal(seal) => {
                    queue.seals -= 1;
                    batch.seals.push(seal);
                }
                QueuedItem::Flush(flush) => {
                    queue.flushes -= 1;
                    batch.flushes.push(flush);
                }
            }
        }
        batch
    }

    /// Handles a hanging store: nobody waits for it any more, and queued output is lost.
    pub(super) fn stall(&self, why: &str) {
        let items = {
            let mut queue = self.lock();
            queue.stalled = true;
            queue.take()
        };
        self.budget.close();
        for item in items {
            match item {
                QueuedItem::Frame(queued) => self.lose(&queued.progress, why),
                QueuedItem::Seal(seal) => self.lose(&seal.progress, why),
                QueuedItem::Flush(_) => {}
            }
        }
    }

    /// Handles a late answer of the store.
    pub(super) fn go_on(&self) {
        self.lock().stalled = false;
        self.budget.open();
    }

    /// Reports the loss of an attempt's output, once.
    pub(super) fn lose(&self, progress: &Progress, why: &str) {
        if !progress.lost.swap(true, Ordering::Relaxed) {
            let source = &progress.source;
            self.observer.notice(&Notice::OutputLost { source, message: why });
        }
    }

    fn lock(&self) -> MutexGuard<'_, OutputQueue> {
        // Poisoning is harmless: no change under the lock can be left incomplete.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OutputSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputSink")
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
