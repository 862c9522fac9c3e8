//! Follows a namespace that another process dispatches.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use futures::future::{BoxFuture, Either, FutureExt, select};
use futures::stream::StreamExt;

use super::growth::{Growth, GrowthSide};
use super::message::Message;
use super::queries::Moment;
use super::resolution::Resolution;
use super::start_request::StartRequest;
use super::store_clock::StoreClock;
use super::stream_start::start_streams;
use super::waiters::Waiters;
use super::{Clock, DispatcherStatus, Handle, JournalStatus, OrderError};
use crate::Timestamp;
use crate::journal::{ContentLoader, Epoch, Journal, JournalError, Seq};
use crate::saturating::saturating_u32;
use crate::scheduler::{Event, NamespaceEvent, NamespaceEventKind, Record, Scheduler};
use crate::stream::StreamId;

/// Follows a journal that another process appends to, so that whoever stands by can answer what its owner would: its
/// [`Handle`] answers queries, streams and waits, and refuses orders with [`OrderError::Standby`].
///
/// It holds one state and one page of records, however long the journal is; where that was compacted, it goes on from
/// the snapshot. A journal that cannot be read is asked again, and [`DispatcherStatus::caught_up`] says how old the
/// answers are. It cannot know that a journal has lost records and has been given others: follow anew whenever somebody
/// else [owns](crate::journal::OwnedJournal) it.
///
/// ```
/// # use std::sync::Arc;
/// # use pogo_core::dispatcher::{JournalFollower, SystemClock};
/// # use pogo_core::journal::MemoryJournal;
/// # use pogo_core::scheduler::{JobsQuery, Query};
/// # futures::executor::block_on(async {
/// let journal = Arc::new(MemoryJournal::new());
/// let (follower, handle) = JournalFollower::open(journal, Arc::new(SystemClock)).await?;
/// let ask = async move { handle.view(Query::Jobs(JobsQuery::new())).await };
/// // It ends with its last handle.
/// let ((), answer) = futures::join!(follower.run(), ask);
/// assert!(answer.is_ok());
/// # Ok::<_, pogo_core::journal::JournalError>(())
/// # }).unwrap();
/// ```
pub struct JournalFollower {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    known: FollowedJournal,
    growth: GrowthSide,
    messages: mpsc::UnboundedReceiver<Message>,
    starts: mpsc::UnboundedReceiver<StartRequest>,
    /// Those who have seen more elsewhere, each until this time.
    ahead: Vec<(Timestamp, StartRequest)>,
    waiters: Waiters,
    caught_up: Timestamp,
    /// Since when the journal cannot be read, and why not.
    away: Option<(Timestamp, String)>,
}

/// What is known of a journal.
struct FollowedJournal {
    scheduler: Scheduler,
    /// The position of the next record.
    at: Seq,
    epoch: Epoch,
}

/// What a journal was asked for.
enum Reading {
    /// Records, perhaps none, when this was asked.
    Records(Vec<Record>, Timestamp),
    /// The state of its snapshot.
    Anew(Box<FollowedJournal>),
}

/// What the follower is woken by.
enum Wakeup {
    /// A read of the journal is over.
    JournalRead(Result<Reading, JournalError>),
    /// Somebody wants to follow the namespace from here.
    Start(StartRequest),
    /// A handle asks something.
    Message(Message),
    /// No handle is left, so that nobody can ask any more.
    Dropped,
}

impl JournalFollower {
    /// How long a journal that does not grow is not read, and how long one that cannot be read is left alone.
    const PAUSE: Duration = Duration::from_secs(1);
    /// How long whoever has seen more elsewhere waits until that is known here too.
    const CATCHES_UP: Duration = Duration::from_secs(10);

    /// Reads the journal to its end. Nothing is followed until [`run`](Self::run) is polled.
    ///
    /// # Errors
    /// It cannot be read, or its records do not fit each other.
    pub async fn open(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Result<(Self, Handle), JournalError> {
        let mut known = FollowedJournal::at_snapshot(&*journal).await?;
        let caught_up = loop {
            let asked = clock.now();
            match read(&*journal, known.at).await? {
                // The time of the question: something may have been appended while the answer was
                // on its way.
                records if records.is_empty() => break asked,
                records => known.apply(&records)?,
            }
        };
        let (messages, inbox) = mpsc::unbounded();
        let (starts, start_requests) = mpsc::unbounded();
        let growth = Arc::<Growth>::default();
        let handle = Handle {
            messages,
            store_clock: StoreClock::new(Arc::clone(&journal), Arc::clone(&clock), None),
            journal: Arc::clone(&journal),
            growth: Arc::clone(&growth),
            starts,
            clock: Arc::clone(&clock),
            resolution: Arc::new(Resolution::default()),
            actor: None,
        };
        let follower = Self {
            growth: GrowthSide::new(growth, known.at),
            journal,
            clock,
            known,
            messages: inbox,
            starts: start_requests,
            ahead: vec![],
            waiters: Waiters::default(),
            caught_up,
            away: None,
        };
        Ok((follower, handle))
    }

    /// Follows until the last handle is dropped.
    pub async fn run(mut self) {
        let mut reading = self.next_records();
        loop {
            match self.next_wakeup(&mut reading).await {
                Wakeup::JournalRead(read) => reading = self.take(read),
                Wakeup::Start(request) => self.ahead.push((self.clock.now() + Self::CATCHES_UP, request)),
                Wakeup::Message(message) => self.receive(message),
                Wakeup::Dropped => return,
            }
            self.start_streams();
            self.waiters.settle(&self.known.scheduler);
        }
    }

    async fn next_wakeup(&mut self, reading: &mut BoxFuture<'static, Result<Reading, JournalError>>) -> Wakeup {
        futures::select_biased! {
            // Records first, so that a query is answered with all that has been read.
            read = reading.fuse() => Wakeup::JournalRead(read),
            request = self.starts.next() => request.map_or(Wakeup::Dropped, Wakeup::Start),
            message = self.messages.next() => message.map_or(Wakeup::Dropped, Wakeup::Message),
        }
    }

    /// Takes what was read, and reads on.
    fn take(&mut self, read: Result<Reading, JournalError>) -> BoxFuture<'static, Result<Reading, JournalError>> {
        let taken = match read {
            Ok(Reading::Records(records, asked)) => {
                let is_all = records.is_empty();
                if is_all {
                    self.caught_up = asked;
                }
                self.known.apply(&records).map(|()| (records, is_all))
            }
            Ok(Reading::Anew(known)) => {
                self.known = *known;
                Ok((vec![], false))
            }
            Err(error) => Err(error),
        };
        match taken {
            Ok((records, is_all)) => {
                self.away = None;
                // After the state: a stream that is woken by this asks the state where it begins.
                self.growth.grow(&records, self.known.at);
                if is_all {
                    self.next_records()
                } else {
                    self.records_now()
                }
            }
            Err(JournalError::Unavailable { message } | JournalError::Unknown { message }) => {
                self.note_away(message);
                self.records_later()
            }
            // Its records are dropped, or others than those that this state is of.
            Err(error) => {
                if !matches!(error, JournalError::Compacted { .. }) {
                    self.note_away(error.to_string());
                }
                self.read_anew()
            }
        }
    }

    fn note_away(&mut self, message: String) {
        let since = self.away.take().map_or_else(|| self.clock.now(), |(since, _)| since);
        self.away = Some((since, message));
    }

    fn records_now(&self) -> BoxFuture<'static, Result<Reading, JournalError>> {
        let (journal, clock, at) = (Arc::clone(&self.journal), Arc::clone(&self.clock), self.known.at);
        async move {
            let asked = clock.now();
            read(&*journal, at)
                .await
                .map(|records| Reading::Records(records, asked))
        }
        .boxed()
    }

    /// The records that come next, or none after a while: that there are none is worth knowing too.
    fn next_records(&self) -> BoxFuture<'static, Result<Reading, JournalError>> {
        let (journal, clock, at) = (Arc::clone(&self.journal), Arc::clone(&self.clock), self.known.at);
        let now = self.records_now();
        async move {
            let pause = clock.sleep_until(clock.now() + Self::PAUSE);
            if let Either::Left((changed, _)) = select(journal.changed(at), pause).await {
                changed?;
            }
            now.await
        }
        .boxed()
    }

    fn records_later(&self) -> BoxFuture<'static, Result<Reading, JournalError>> {
        let (clock, now) = (Arc::clone(&self.clock), self.records_now());
        async move {
            clock.sleep_until(clock.now() + Self::PAUSE).await;
            now.await
        }
        .boxed()
    }

    fn read_anew(&self) -> BoxFuture<'static, Result<Reading, JournalError>> {
        let (journal, clock) = (Arc::clone(&self.journal), Arc::clone(&self.clock));
        async move {
            clock.sleep_until(clock.now() + Self::PAUSE).await;
            let known = FollowedJournal::at_snapshot(&*journal).await?;
            Ok(Reading::Anew(Box::new(known)))
        }
        .boxed()
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Query(look) => look(&self.known.scheduler, self.moment()),
            // Whoever asked may be gone, here and below.
            Message::Status(reply) => _ = reply.send(self.status()),
            Message::Wait(job, reply) => self.waiters.add(job, reply),
            Message::Command(_, _, reply) => _ = reply.send(Err(OrderError::Standby)),
            Message::Configure(_, reply) => _ = reply.send(Err(OrderError::Standby)),
            // It starts nothing.
            Message::Shutdown(_, reply) => _ = reply.send(()),
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.clock.now().max(self.known.scheduler.now()),
            as_of: self.position(),
            not_durable_since: None,
        }
    }

    fn status(&self) -> DispatcherStatus {
        let journal = match &self.away {
            None => JournalStatus::Ok,
            Some((since, message)) => JournalStatus::Away {
                since: *since,
                message: message.clone(),
            },
        };
        DispatcherStatus {
            journal,
            not_durable_since: None,
            end: self.known.at,
            epoch: self.known.epoch,
            running: self.known.scheduler.attempts().len(),
            clock_skew: None,
            caught_up: Some(self.caught_up),
        }
    }

    fn position(&self) -> StreamId {
        StreamId::new(saturating_u32(self.known.scheduler.incarnation().0), self.known.at)
    }

    /// Answers those who want to follow. Whoever comes from the owner may have seen what is not read here yet: that is
    /// waited for, or they would be sent a snapshot in place of what they have missed.
    fn start_streams(&mut self) {
        let Moment { now, as_of, .. } = self.moment();
        let is_ahead = |request: &StartRequest| {
            let after = request.request.after;
            after.is_some_and(|after| after.incarnation() == as_of.incarnation() && after.seq() > as_of.seq())
        };
        let ready = self
            .ahead
            .extract_if(.., |(until, request)| *until <= now || !is_ahead(request));
        start_streams(&self.known.scheduler, (as_of, now), ready.map(|(_, request)| request));
    }
}

impl FollowedJournal {
    async fn at_snapshot(journal: &dyn Journal) -> Result<Self, JournalError> {
        let found = journal.latest_snapshot().await?;
        let Some((at, mut snapshot)) = found else {
            let (scheduler, at, epoch) = (Scheduler::new(), Seq::default(), Epoch::default());
            return Ok(Self { scheduler, at, epoch });
        };
        ContentLoader::new().load_snapshot(journal, &mut snapshot).await?;
        let scheduler = Scheduler::restore(&snapshot).map_err(|error| JournalError::Corrupt {
            at,
            message: error.to_string(),
        })?;
        let epoch = Epoch::default();
        Ok(Self { scheduler, at, epoch })
    }

    fn apply(&mut self, records: &[Record]) -> Result<(), JournalError> {
        for record in records {
            let applied = self.scheduler.apply(record);
            applied.map_err(|error| JournalError::Corrupt {
                at: self.at,
                message: error.to_string(),
            })?;
            if let Event::Namespace(NamespaceEvent {
                kind: NamespaceEventKind::OwnerChanged { epoch, .. },
                ..
            }) = &record.event
            {
                self.epoch = *epoch;
            }
            self.at = Seq(self.at.0 + 1);
        }
        Ok(())
    }
}

/// The records from a position on, whole.
async fn read(journal: &dyn Journal, at: Seq) -> Result<Vec<Record>, JournalError> {
    let mut records = journal.read(at).await?.records;
    ContentLoader::new().load(journal, &mut records).await?;
    Ok(records)
}

impl std::fmt::Debug for JournalFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalFollower")
            .field("at", &self.known.at)
            .finish_non_exhaustive()
    }
}
