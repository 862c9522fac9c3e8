//! Streams of what happens in a namespace.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use event_listener::EventListener;
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use futures::stream::{BoxStream, Stream, StreamExt, unfold};

use super::Clock;
use super::alarm::Alarm;
use super::records::{JournalRead, RecordReader};
use super::start_request::{Start, StartRequest};
use super::subscription_options::SubscriptionOptions;
use super::update_cache::{Cut, Cuts};
use crate::Timestamp;
use crate::journal::{JournalError, Seq};
use crate::scheduler::{Event, JobEventKind, JobId, NamespaceEvent, NamespaceEventKind, QueryError, Record};
use crate::stream::{ResyncReason, StreamId, StreamRecord, StreamRequest, Update};

/// Why a subscription ended before its dispatcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The journal cannot be read. Subscribing again after the last id goes on.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The job that the stream is of is not there, or has retired; where it retires while it is followed, every record
    /// came before this.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// A stream of [`Update`]s. It ends when its dispatcher has ended; an error is its last item. See
/// [`Handle::subscribe`](super::Handle::subscribe).
pub struct Subscription {
    updates: BoxStream<'static, Result<Update, SubscriptionError>>,
    /// Shared with the subscriber, which is inside the stream.
    position: Arc<AtomicU64>,
}

impl Subscription {
    pub(super) fn new(subscriber: Subscriber) -> Self {
        let next = async |mut subscriber: Subscriber| {
            loop {
                match subscriber.next().await? {
                    Ok(Found::Update(update)) => return Some((Ok(update), subscriber)),
                    // Nothing is shared here.
                    Ok(Found::Made { .. }) => {}
                    Err(error) => return Some((Err(error), subscriber)),
                }
            }
        };
        let position = Arc::clone(&subscriber.position);
        Self {
            updates: unfold(subscriber, next).boxed(),
            position,
        }
    }

    /// Up to where the journal was read: the items that were given bring everything before it that the stream is to
    /// bring. In a stream of one job it moves on without an item where nothing happens to the job, while the stream is
    /// polled.
    pub fn position(&self) -> Seq {
        Seq(self.position.load(Ordering::SeqCst))
    }
}

impl Stream for Subscription {
    type Item = Result<Update, SubscriptionError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.updates.poll_next_unpin(context)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Somebody who follows.
pub(super) struct Subscriber {
    reader: RecordReader,
    starts: mpsc::UnboundedSender<StartRequest>,
    clock: Arc<dyn Clock>,
    request: StreamRequest,
    options: SubscriptionOptions,
    /// Of the namespace, as long as it is followed.
    incarnation: u32,
    /// Where the last update said that the stream stands.
    said: StreamId,
    /// Whether it has to begin, or to begin anew.
    begins: bool,
    /// What comes next in any case.
    next: Option<Update>,
    /// When a heartbeat is due.
    due: Timestamp,
    alarm: Alarm,
    /// Where the reader stands, for whoever has the stream.
    position: Arc<AtomicU64>,
    /// Whether the job that it is of has retired.
    retired: bool,
    failed: bool,
    /// Where records are cut for all who share what is made of them.
    cuts: Option<Arc<dyn Cuts>>,
}

/// What a subscriber has found.
pub(super) enum Found {
    /// An update of its own.
    Update(Update),
    /// That what comes next was made already.
    Made {
        /// Behind this position.
        after: StreamId,
        /// Up to this one.
        id: StreamId,
    },
}

impl Subscriber {
    /// The most records of one update.
    const BATCH: usize = 2_000;

    pub(super) fn new(
        reader: RecordReader,
        starts: mpsc::UnboundedSender<StartRequest>,
        clock: Arc<dyn Clock>,
        (request, options): (StreamRequest, SubscriptionOptions),
    ) -> Self {
        Self {
            alarm: Alarm::new(Arc::clone(&clock)),
            reader,
            starts,
            clock,
            request,
            options,
            incarnation: 0,
            said: StreamId::default(),
            begins: true,
            next: None,
            due: Timestamp::EPOCH,
            position: Arc::default(),
            retired: false,
            failed: false,
            cuts: None,
        }
    }

    /// Cuts records where others do who share what is made of them. Those of one job are of use to few.
    pub(super) fn sharing(mut self, cuts: Arc<dyn Cuts>) -> Self {
        self.cuts = self.request.job.is_none().then_some(cuts);
        self
    }

    /// Whether what is made of its records is shared.
    pub(super) fn shares(&self) -> bool {
        self.cuts.is_some()
    }

    /// Goes on from where it stood before.
    pub(super) fn go_back(&mut self, at: StreamId) {
        self.said = at;
        self.reader.seek(at.seq());
    }

    /// Whether an update was made of what comes next, or is worth making.
    pub(super) fn has_more(&self) -> bool {
        let made = self.cuts.as_ref().map(|cuts| cuts.behind(self.position()));
        matches!(made, Some(Cut::Made(_) | Cut::At(_))) || self.reader.lag() >= Self::BATCH as u64
    }

    pub(super) async fn next(&mut self) -> Option<Result<Found, SubscriptionError>> {
        let found = self.find().await?;
        let id = match &found {
            Ok(Found::Update(update)) => update.id(),
            Ok(Found::Made { id, .. }) => Some(*id),
            Err(_) => None,
        };
        self.said = id.unwrap_or(self.said);
        self.failed |= found.is_err();
        // From the last update, of whatever kind: a busy stream needs no heartbeats.
        self.due = self.clock.now() + self.options.heartbeat;
        Some(found)
    }

    async fn find(&mut self) -> Option<Result<Found, SubscriptionError>> {
        if self.failed {
            return None;
        }
        if let Some(update) = self.next.take() {
            self.publish_position();
            return Some(Ok(Found::Update(update)));
        }
        loop {
            if self.begins {
                match self.begin().await? {
                    Ok(Some(update)) => return Some(Ok(Found::Update(update))),
                    Ok(None) => continue,
                    Err(error) => return Some(Err(error.into())),
                }
            }
            // Asked before each read: a reader that was not polled for long would otherwise read an
            // hour page by page.
            if self.reader.lag() > self.options.max_lag {
                return Some(Ok(Found::Update(self.resync(ResyncReason::TooSlow))));
            }
            let after = self.position();
            let most = match self.cuts.as_ref().map(|cuts| cuts.behind(after)) {
                Some(Cut::Made(id)) => {
                    self.reader.seek(id.seq());
                    return Some(Ok(Found::Made { after, id }));
                }
                Some(Cut::At(seq)) => self.until(seq),
                Some(Cut::Nowhere) | None => Self::BATCH,
            };
            if let ControlFlow::Break(found) = self.read(most).await {
                return found;
            }
        }
    }

    /// What the next records bring, or that nothing has come of them and the next are to be looked at.
    async fn read(&mut self, most: usize) -> ControlFlow<Option<Result<Found, SubscriptionError>>> {
        let read = self.reader.read(most).await;
        self.publish_position();
        let update = match read {
            Ok(JournalRead::Records(records)) => match self.records(records) {
                Some(update) => update,
                // A stream of one job passes over the records of others, however many: it must not look dead meanwhile.
                None if self.clock.now() >= self.due => self.heartbeat(),
                None => return ControlFlow::Continue(()),
            },
            Ok(JournalRead::Nothing(grown)) => {
                if let Some(job) = self.request.job.filter(|_| self.retired) {
                    return ControlFlow::Break(Some(Err(QueryError::RetiredJob { job }.into())));
                }
                if !is_due_before(grown, &mut self.alarm, self.due).await {
                    return ControlFlow::Continue(());
                }
                self.heartbeat()
            }
            Ok(JournalRead::Ended) => return ControlFlow::Break(None),
            Err(JournalError::Compacted { .. }) => self.resync(ResyncReason::Compacted),
            Err(error) => return ControlFlow::Break(Some(Err(error.into()))),
        };
        ControlFlow::Break(Some(Ok(Found::Update(update))))
    }

    fn position(&self) -> StreamId {
        StreamId::new(self.incarnation, self.reader.at())
    }

    /// How many records there are up to this position, as far as they fit into one update.
    fn until(&self, seq: Seq) -> usize {
        let records = seq.0.saturating_sub(self.reader.at().0);
        usize::try_from(records).map_or(Self::BATCH, |records| records.clamp(1, Self::BATCH))
    }

    fn heartbeat(&self) -> Update {
        Update::Heartbeat {
            id: self.position(),
            at: self.clock.now(),
        }
    }

    /// Asks the dispatcher where to begin. `None` if it has ended.
    async fn begin(&mut self) -> Option<Result<Option<Update>, QueryError>> {
        let (reply, answer) = oneshot::channel();
        let asked = StartRequest {
            request: self.request,
            max_lag: self.options.max_lag,
            reply,
        };
        self.starts.unbounded_send(asked).ok()?;
        let start = match answer.await.ok()? {
            Ok(start) => start,
            Err(error) => return Some(Err(error)),
        };
        self.begins = false;
        let (at, update) = match start {
            // The connection is seen to work, whether or not there are records.
            Start::Resumed { retired } => {
                self.retired = retired;
                (self.request.after, None)
            }
            Start::With(update, reason) => {
                let at = update.id();
                match reason {
                    Some(reason) => {
                        self.next = Some(*update);
                        (at, Some(Update::Resync { reason }))
                    }
                    None => (at, Some(*update)),
                }
            }
        };
        let at = at.unwrap_or_default();
        (self.incarnation, self.said) = (at.incarnation(), at);
        self.reader.seek(at.seq());
        if self.next.is_none() {
            self.publish_position();
        }
        Some(Ok(update))
    }

    fn publish_position(&self) {
        self.position.store(self.reader.at().0, Ordering::SeqCst);
    }

    /// Drops what the reader would have to catch up with.
    fn resync(&mut self, reason: ResyncReason) -> Update {
        (self.begins, self.request.after) = (true, None);
        // Lets go of the page that was read ahead; where to go on is said by the snapshot.
        self.reader.seek(Seq(0));
        self.publish_position();
        Update::Resync { reason }
    }

    fn records(&mut self, records: Vec<(Seq, Record)>) -> Option<Update> {
        let job = self.request.job;
        let records = records.into_iter();
        let listed = records.filter(|(_, record)| job.is_none_or(|job| concerns(record, job)));
        let records: Vec<_> = listed.map(|(seq, record)| StreamRecord::new(seq, record)).collect();
        self.retired |= job.is_some() && records.iter().any(|record| is_retirement(&record.record));
        let (after, id) = (self.said, self.position());
        (!records.is_empty()).then_some(Update::Records { after, id, records })
    }
}

/// Whether a heartbeat is due before the journal has grown.
async fn is_due_before(grown: EventListener, alarm: &mut Alarm, due: Timestamp) -> bool {
    matches!(select(grown, pin!(alarm.passes(due))).await, Either::Right(_))
}

/// Whether nothing follows of the job of this record.
fn is_retirement(record: &Record) -> bool {
    matches!(record.event.job_kind(), Some(JobEventKind::Retired))
}

/// Whether a record is one of a job. That another dispatcher took over concerns every job: what ran of it may be in
/// doubt from there on.
fn concerns(record: &Record, job: JobId) -> bool {
    match &record.event {
        Event::Namespace(NamespaceEvent {
            kind: NamespaceEventKind::Ordered { job: of, .. },
            ..
        }) => *of == Some(job),
        Event::Namespace(NamespaceEvent {
            kind: NamespaceEventKind::OwnerChanged { .. },
            ..
        }) => true,
        Event::Namespace(_) | Event::Host(_) => false,
        event @ (Event::Job(_) | Event::Task(_)) => event.job() == Some(job),
    }
}
