//! Builds a dispatcher.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::{self, UnboundedSender};

use super::accept_restore::AcceptRestore;
use super::attempt_pace::{AttemptPace, ReportDelay};
use super::availability::Availability;
use super::awaited_journal::AwaitedJournal;
use super::commit::{JournalTail, Snapshots};
use super::fencing::Fencing;
use super::growth::{Growth, GrowthSide};
use super::guarded::Guarded;
use super::later_clock::not_before;
use super::loop_state::Io;
use super::message::Message;
use super::output::{OutputSink, OutputWriter};
use super::resolution::Resolution;
use super::running::Running;
use super::start_request::StartRequest;
use super::store_clock::StoreClock;
use super::system_nonce::system_nonce;
use super::take_over::take_over;
use super::{
    Attempt, Clock, DispatchError, Dispatcher, Handle, JournalRetry, Observer, Resolvers, SystemClock, Transport,
};
use crate::journal::{Acquire, Journal, MemoryJournal, Nonce, Owner, OwnerId, Seq};
use crate::output::OutputStore;

impl Dispatcher {
    /// Returns a builder for a dispatcher with this transport.
    pub fn builder(transport: Arc<dyn Transport>) -> DispatcherBuilder {
        DispatcherBuilder {
            transport,
            journal: None,
            clock: Arc::new(SystemClock),
            observers: Vec::new(),
            owner: OwnerId("pogo".into()),
            nonce: None,
            acquire: Acquire::IfFree,
            accept_restore: None,
            snapshot_every: None,
            namespace: None,
            journal_retry: JournalRetry::forever(),
            commit_delay: None,
            resolvers: None,
            output: None,
            output_buffer: DispatcherBuilder::OUTPUT_BUFFER,
        }
    }
}

/// Where handles send messages to the event loop, and ask where streams begin.
type ToLoop = (UnboundedSender<Message>, UnboundedSender<StartRequest>);

/// Builds a [`Dispatcher`].
pub struct DispatcherBuilder {
    transport: Arc<dyn Transport>,
    journal: Option<Arc<dyn Journal>>,
    clock: Arc<dyn Clock>,
    observers: Vec<Arc<dyn Observer>>,
    owner: OwnerId,
    nonce: Option<Nonce>,
    acquire: Acquire,
    accept_restore: Option<AcceptRestore>,
    snapshot_every: Option<NonZeroU64>,
    namespace: Option<Arc<str>>,
    journal_retry: JournalRetry,
    commit_delay: Option<Duration>,
    resolvers: Option<Resolvers>,
    output: Option<Arc<dyn OutputStore>>,
    output_buffer: usize,
}

impl DispatcherBuilder {
    /// Default limit of buffered output in bytes.
    pub const OUTPUT_BUFFER: usize = 16 << 20;

    /// How long reports wait for each other by default.
    pub const COMMIT_DELAY: RangeInclusive<Duration> = AttemptPace::LEAST..=AttemptPace::MOST;

    /// Default interval of snapshots in records: some 5,000 hosts.
    pub const SNAPSHOT_EVERY: NonZeroU64 = NonZeroU64::MIN.saturating_add(19_999);

    /// Sets the journal, which is taken over and replayed first. Default: a [`MemoryJournal`].
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Adds an observer of every event and all output; observers are called in the order of these calls.
    /// Default: none.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Sets the owner's name, which is for people.
    pub fn owner(mut self, owner: OwnerId) -> Self {
        self.owner = owner;
        self
    }

    /// Sets the nonce of the ownership, which must be unique: for reproducible tests. Default: a random one.
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Sets what to do if another dispatcher owns the journal. By default that is an error ([`Acquire::IfFree`]):
    /// nobody takes over from an owner that lives unless asked to.
    ///
    /// Where the journal's store has a [clock of its own](Journal::store_time) that is more than 10 seconds away from
    /// the dispatcher's, only [`Acquire::Force`] takes over; [observers](Self::observer) receive
    /// [`Notice::ClockSkewed`](super::Notice::ClockSkewed).
    pub fn acquire(mut self, how: Acquire) -> Self {
        self.acquire = how;
        self
    }

    /// Accepts that the journal [was restored](crate::journal::OwnedJournal::restored): that it is a copy, or has lost
    /// its last records. The namespace goes on in a new [incarnation](crate::scheduler::Incarnation): every job is
    /// paused, and what had not ended is in doubt until its host has answered. By default such a journal is refused
    /// ([`JournalError::Restored`](crate::journal::JournalError::Restored)).
    ///
    /// Nobody may go on with the journal that it is a copy of.
    pub fn accept_restore(mut self, accepted: AcceptRestore) -> Self {
        self.accept_restore = Some(accepted);
        self
    }

    /// Sets the journal's namespace, which every [attempt](Attempt::namespace) carries: hosts record
    /// it with the number of the last attempt, and refuse a lower number. By default `default`, and without a
    /// [journal](Self::journal), which counts anew each time, a name that no other dispatcher has.
    pub fn namespace(mut self, name: impl Into<Arc<str>>) -> Self {
        self.namespace = Some(name.into());
        self
    }

    /// Sets how long to retry an unreachable journal, in [`build`](Self::build) as afterwards. Default: [for
    /// ever](JournalRetry::forever).
    pub fn journal_retry(mut self, retry: JournalRetry) -> Self {
        self.journal_retry = retry;
        self
    }

    /// Sets how long the reports of attempts wait for those of others, to share a commit with them. Where the journal
    /// is quick, this divides what it takes of the processor and of the disk by several; it delays the beginning and
    /// the end of an attempt. Only reports wait, and only while five attempts or more are under way, of which some have
    /// not reported: an order of a person, a deadline, or a report that fills the batch is committed at once. Default:
    /// a twentieth of what attempts take, within [`COMMIT_DELAY`](Self::COMMIT_DELAY), where a
    /// [journal](Self::journal) is set; zero is never.
    ///
    /// A phase that an attempt enters waits ten times as long for what comes next, as it is only shown. Where output is
    /// [stored](Self::output), ends of attempts wait before it is, and share that too.
    pub fn commit_delay(mut self, time: Duration) -> Self {
        self.commit_delay = Some(time);
        self
    }

    /// Stores a snapshot in the journal after this many records, so that a takeover need not replay them, and the
    /// journal may drop them: a journal without snapshots grows for ever. A host takes about four records. Default:
    /// [`SNAPSHOT_EVERY`](Self::SNAPSHOT_EVERY) where a [journal](Self::journal) is set. [`NonZeroU64::MAX`] is never.
    pub fn snapshot_every(mut self, records: NonZeroU64) -> Self {
        self.snapshot_every = Some(records);
        self
    }

    /// Sets the tag resolvers for policies and jobs, which are queried before these reach the scheduler. By default
    /// there are none, and the caller adds the [answers](Resolvers::answer) to the fleet.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use async_trait::async_trait;
    /// # use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
    /// # use pogo_core::dispatcher::{ResolverError, Resolvers, TagResolver};
    /// # use pogo_core::fleet::{Fleet, HostName};
    /// # use pogo_core::plan::{JobSpec, RemoteCommand};
    /// # use pogo_core::scheduler::Outcome;
    /// # struct Imaginary;
    /// # #[async_trait]
    /// # impl Transport for Imaginary {
    /// #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
    /// #     async fn run(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded }
    /// # }
    /// # struct Roles;
    /// # #[async_trait]
    /// # impl TagResolver for Roles {
    /// #     async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
    /// #         Ok(queries.iter().map(|role| vec![format!("{role}1").parse().unwrap()]).collect())
    /// #     }
    /// # }
    /// # futures::executor::block_on(async {
    /// # let transport = Arc::new(Imaginary);
    /// let resolvers = Resolvers::new().with("rolesdb", Arc::new(Roles));
    /// let (dispatcher, handle) = Dispatcher::builder(transport).resolvers(resolvers).build().await?;
    /// # let steer = async move {
    /// handle.configure(Arc::new(Fleet::builder().hosts("web[1-3]").build()?), Arc::default()).await?;
    /// let job = handle.submit(JobSpec::new("$rolesdb(mysql)".parse()?, RemoteCommand::shell("uptime"))).await?;
    /// assert_eq!(handle.wait(job).await?.tally.succeeded, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # let (ended, steered) = futures::join!(dispatcher.run(), steer);
    /// # ended?;
    /// # steered
    /// # }).unwrap();
    /// ```
    pub fn resolvers(mut self, resolvers: Resolvers) -> Self {
        self.resolvers = Some(resolvers);
        self
    }

    /// Sets a store for the output of attempts; the end of an attempt then records its length and digest. Default:
    /// none.
    ///
    /// A store that fails, or does not answer for two seconds, loses output, with a
    /// [notice](super::Notice::OutputLost); it does not stop a rollout.
    pub fn output(mut self, store: Arc<dyn OutputStore>) -> Self {
        self.output = Some(store);
        self
    }

    /// Sets how many bytes of output may be buffered for the store: without room, transports wait, and so do the
    /// hosts that write. Default: [`OUTPUT_BUFFER`](Self::OUTPUT_BUFFER); there is always room for one piece.
    pub fn output_buffer(mut self, bytes: usize) -> Self {
        self.output_buffer = bytes;
        self
    }

    /// Acquires and replays the journal, from its latest snapshot if it has one. Attempts that were running are resumed
    /// or in doubt, and jobs go on, once [`Dispatcher::run`] is polled.
    ///
    /// A journal that cannot be reached is waited for as [`journal_retry`](Self::journal_retry) says, so that a service
    /// can be started before its store; [observers](Self::observer) are notified
    /// ([`Notice::JournalAway`](super::Notice::JournalAway)). Dropping the future gives up.
    ///
    /// # Errors
    /// The journal is owned by somebody else, cannot be read or replayed, or the retry policy gives up. Or the clock is
    /// too far from that of the store ([`DispatchError::ClockSkewed`]).
    pub async fn build(mut self) -> Result<(Dispatcher, Handle), DispatchError> {
        let nonce = self.nonce.map_or_else(system_nonce, Ok)?;
        let namespace = self.namespace_of(nonce);
        let (snapshot_every, delay) = self.journal_settings();
        let pace = Arc::new(AttemptPace::new(delay));
        let journal = self.journal.take().unwrap_or_else(|| Arc::new(MemoryJournal::new()));
        let owner = Owner {
            id: self.owner.clone(),
            nonce,
            since: self.clock.now(),
        };
        let observer = Guarded::new(std::mem::take(&mut self.observers));
        let availability = Availability::new(Arc::clone(&self.clock), Arc::clone(&observer), self.journal_retry);
        let awaited = AwaitedJournal {
            journal: journal.as_ref(),
            availability: &availability,
        };
        let accept = self.accept_restore.take();
        let taken = take_over(&awaited, (owner, self.acquire), accept, &observer).await?;
        self.clock = not_before(self.clock, taken.scheduler.now());
        // With the replayed state, before any new record, so that observers can begin from it and miss none.
        observer.started(&taken.scheduler);
        let at = taken.owned.end();
        let growth = Arc::<Growth>::default();
        let snapshots = Snapshots {
            every: snapshot_every,
            upto: taken.replayed.from,
            named: taken.replayed.named,
        };
        let growth_side = GrowthSide::new(Arc::clone(&growth), at);
        let tail = JournalTail::new(taken.owned, availability, growth_side, snapshots);
        let (io, (messages, starts)) = self.io(namespace, (observer, pace), tail);
        let mut dispatcher = Dispatcher::over(taken.scheduler, io);
        dispatcher.introduce_transport();
        // A journal without records has nothing to take over, and its first record is that of its first order.
        if at > Seq::default() || taken.restored.is_some() {
            dispatcher.recover(self.owner, taken.restored).await?;
        }
        let resolution = Arc::new(Resolution {
            resolvers: self.resolvers,
            ..Resolution::default()
        });
        let store_clock = StoreClock::new(Arc::clone(&journal), Arc::clone(&self.clock), taken.skew);
        let handle = Handle {
            messages,
            journal,
            store_clock,
            growth,
            starts,
            clock: self.clock,
            resolution,
            actor: None,
        };
        Ok((dispatcher, handle))
    }

    /// What the event loop reads and writes, and by which handles send to it.
    fn io(
        &self,
        namespace: Arc<str>,
        (observer, pace): (Arc<Guarded>, Arc<AttemptPace>),
        tail: JournalTail,
    ) -> (Io, ToLoop) {
        let (messages, inbox) = mpsc::unbounded();
        let (starts, start_requests) = mpsc::unbounded();
        let writer = self.output_writer(&observer, &pace);
        let fencing = Fencing::new(Arc::clone(&self.transport), Arc::clone(&self.clock));
        let pace = (pace, Arc::clone(&self.clock));
        let transport = Arc::clone(&self.transport);
        let (running, reports) = Running::new(transport, Arc::clone(&observer) as _, writer, pace);
        let io = Io {
            running,
            fencing,
            reports,
            messages: inbox,
            start_requests,
            tail,
            clock: Arc::clone(&self.clock),
            observer,
            namespace,
        };
        (io, (messages, starts))
    }

    /// How many records a snapshot is stored after, and how long reports wait for each other.
    fn journal_settings(&self) -> (Option<NonZeroU64>, ReportDelay) {
        // A journal that nobody else has ends with this dispatcher, and a commit to memory costs less than a timer.
        let is_kept = self.journal.is_some();
        let snapshot_every = self.snapshot_every.or(is_kept.then_some(Self::SNAPSHOT_EVERY));
        let delay = self.commit_delay.map(ReportDelay::Fixed);
        let delay = delay.or(is_kept.then_some(ReportDelay::ByAttempts));
        (snapshot_every, delay.unwrap_or_default())
    }

    /// A journal in memory always starts its numbers at 1, so its attempts get a namespace that no other dispatcher
    /// has.
    fn namespace_of(&self, nonce: Nonce) -> Arc<str> {
        match (&self.namespace, &self.journal) {
            (Some(name), _) => Arc::clone(name),
            (None, Some(_)) => Arc::from(Attempt::NAMESPACE),
            (None, None) => Arc::from(format!("{}{:016x}", Attempt::MEMORY_NAMESPACE, nonce.0)),
        }
    }

    fn output_writer(&self, observer: &Arc<Guarded>, pace: &Arc<AttemptPace>) -> Option<OutputWriter> {
        let store = Arc::clone(self.output.as_ref()?);
        let (clock, observer) = (Arc::clone(&self.clock), Arc::clone(observer));
        let sink = OutputSink::new(self.output_buffer, clock, (observer, Arc::clone(pace)));
        Some(OutputWriter::new(sink, store))
    }
}
