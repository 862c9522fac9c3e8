//! Asking what is known of a namespace, and following it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::channel::oneshot;

use super::message::Message;
use super::queries::{Look, Moment};
use super::records::{RecordReader, Records};
use super::subscription::Subscriber;
use super::{Handle, OrderError, SharedSubscription, Subscription, SubscriptionOptions, UpdateCache};
use crate::Timestamp;
use crate::journal::Seq;
use crate::scheduler::{Query, QueryError, Scheduler};
use crate::stream::{QueryAnswer, StreamRequest};

impl Handle {
    /// Answers a query, between two inputs. What it says is durable, unless the journal takes longer than a second:
    /// then [`QueryAnswer::not_durable_since`] says so.
    ///
    /// # Errors
    /// It names a job or hosts that there are not, or the dispatcher has stopped.
    pub async fn view(&self, query: Query) -> Result<QueryAnswer, QueryError> {
        let answer = self.look(move |scheduler, moment| {
            let mut answer = QueryAnswer::new(moment.as_of, scheduler.view(moment.now, &query)?);
            answer.not_durable_since = moment.not_durable_since;
            Ok(answer)
        });
        // A query of ours that panicked would be a defect; whoever asked is answered all the same.
        answer.await.unwrap_or(Err(QueryError::Stopped))
    }

    /// Runs a closure on the scheduler, as [`view`](Self::view) does: for questions that no [`Query`] asks.
    ///
    /// # Errors
    /// The closure panicked, or the dispatcher has stopped.
    pub async fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Scheduler) -> T + Send + 'static,
    ) -> Result<T, OrderError> {
        self.look(move |scheduler, _| look(scheduler)).await
    }

    /// The time by the clock of whoever answers.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Scheduler, Moment) -> T + Send + 'static,
    ) -> Result<T, OrderError> {
        let query = |reply: oneshot::Sender<_>| {
            let query: Look = Box::new(move |scheduler, moment| {
                // It only looks, so a panic leaves nothing half changed.
                let _ = reply.send(catch_unwind(AssertUnwindSafe(|| look(scheduler, moment))));
            });
            Message::Query(query)
        };
        self.send(query).await?.map_err(|_panic| OrderError::Panicked)
    }

    /// Follows what happens in the namespace: a snapshot, or where the request goes on after an earlier update, then
    /// records as they become durable, with a heartbeat where none do. The stream ends when the dispatcher has ended;
    /// it does not keep the dispatcher from ending.
    ///
    /// A subscriber reads from the journal at its own pace: it buffers a page of records, and the dispatcher never
    /// waits for it. One that falls behind by more than [`max_lag`](SubscriptionOptions::max_lag) records, or behind
    /// those that the journal still has, gets a [`Resync`](crate::stream::Update::Resync) and a new snapshot.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use futures::StreamExt;
    /// # use pogo_core::Timestamp;
    /// # use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
    /// # use pogo_core::fleet::Fleet;
    /// # use pogo_core::plan::{JobSpec, RemoteCommand};
    /// # use pogo_core::scheduler::{JobsQuery, Outcome, Query, View};
    /// # use pogo_core::stream::{Follower, StreamRequest};
    /// # struct Imaginary;
    /// # #[async_trait::async_trait]
    /// # impl Transport for Imaginary {
    /// #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
    /// #     async fn run(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded }
    /// # }
    /// # futures::executor::block_on(async {
    /// # let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    /// # let (dispatcher, handle) = Dispatcher::builder(Arc::new(Imaginary)).build().await?;
    /// let mut updates = handle.subscribe(StreamRequest::new(), Default::default());
    /// # let steer = async move {
    /// #     handle.configure(Arc::new(fleet), Arc::default()).await?;
    /// #     handle.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("uptime"))).await?;
    /// #     Ok::<_, Box<dyn std::error::Error>>(())
    /// # };
    /// let follow = async {
    ///     let mut follower = Follower::new();
    ///     while let Some(update) = updates.next().await {
    ///         // Here a server would write `serde_json::to_string(&update?)?` to each of its clients.
    ///         follower.apply(&update?)?;
    ///     }
    ///     let answer = follower.view(Timestamp::EPOCH, &Query::Jobs(JobsQuery::new()))?;
    ///     let View::Jobs(jobs) = answer.view else { panic!() };
    ///     assert_eq!(jobs.entries[0].tally.succeeded, 3);
    ///     Ok::<_, Box<dyn std::error::Error>>(())
    /// };
    /// # let (ended, steered, followed) = futures::join!(dispatcher.run(), steer, follow);
    /// # ended?;
    /// # followed?;
    /// # steered
    /// # }).unwrap();
    /// ```
    pub fn subscribe(&self, request: StreamRequest, options: SubscriptionOptions) -> Subscription {
        Subscription::new(self.subscriber(request, options))
    }

    /// Follows as [`subscribe`](Self::subscribe) does, where many do: what they are sent of records is made once, by
    /// the cache that they share.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use futures::StreamExt;
    /// # use pogo_core::dispatcher::{
    /// #     Attempt, Capabilities, Dispatcher, Reporter, SharedUpdate, Transport, UpdateCache,
    /// # };
    /// # use pogo_core::fleet::Fleet;
    /// # use pogo_core::scheduler::Outcome;
    /// # use pogo_core::stream::StreamRequest;
    /// # struct Imaginary;
    /// # #[async_trait::async_trait]
    /// # impl Transport for Imaginary {
    /// #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
    /// #     async fn run(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded }
    /// # }
    /// # futures::executor::block_on(async {
    /// # let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    /// # let (dispatcher, handle) = Dispatcher::builder(Arc::new(Imaginary)).build().await?;
    /// let lines = Arc::new(UpdateCache::new(|update| serde_json::to_string(update).unwrap_or_default()));
    /// let follow = async |mut updates: pogo_core::dispatcher::SharedSubscription<String>| {
    ///     while let Some(Ok(update)) = updates.next().await {
    ///         if let SharedUpdate::Records { made, .. } = update {
    ///             return Some(made);
    ///         }
    ///     }
    ///     None
    /// };
    /// let subscribe = || handle.subscribe_shared(StreamRequest::new(), Default::default(), Arc::clone(&lines));
    /// let (one, other) = (subscribe(), subscribe());
    /// # let steer = async move {
    /// #     // Snapshots come first.
    /// #     handle.status().await?;
    /// #     handle.configure(Arc::new(fleet), Arc::default()).await
    /// # };
    /// let followed = async { futures::join!(follow(one), follow(other)) };
    /// # let (ended, steered, (one, other)) = futures::join!(dispatcher.run(), steer, followed);
    /// # ended?;
    /// # steered?;
    /// assert_eq!(one, other);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn subscribe_shared<T: Clone + Send + 'static>(
        &self,
        request: StreamRequest,
        options: SubscriptionOptions,
        cache: Arc<UpdateCache<T>>,
    ) -> SharedSubscription<T> {
        SharedSubscription::new(self.subscriber(request, options), cache)
    }

    fn subscriber(&self, request: StreamRequest, options: SubscriptionOptions) -> Subscriber {
        let (starts, clock) = (self.starts.clone(), Arc::clone(&self.clock));
        Subscriber::new(self.reader(Seq(0)), starts, clock, (request, options))
    }

    /// Reads the journal from a position, `Seq(0)` for its beginning: existing records, then new ones, each once and
    /// in order, after it has become durable, and none left out: for whoever keeps a log. It ends as a
    /// [subscription](Self::subscribe) does, and costs no more.
    ///
    /// An error is the last item; of [`JournalError::Compacted`](crate::journal::JournalError::Compacted), go on with
    /// the journal's latest snapshot.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use futures::StreamExt;
    /// # use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
    /// # use pogo_core::journal::Seq;
    /// # use pogo_core::scheduler::Outcome;
    /// # struct Imaginary;
    /// # #[async_trait::async_trait]
    /// # impl Transport for Imaginary {
    /// #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
    /// #     async fn run(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded }
    /// # }
    /// # futures::executor::block_on(async {
    /// # let (dispatcher, handle) = Dispatcher::builder(Arc::new(Imaginary)).build().await?;
    /// let records = handle.records(Seq(0));
    /// let print = records.for_each(async |record| match record {
    ///     Ok((seq, record)) => println!("{seq} {} {}", record.at, record.event),
    ///     Err(error) => eprintln!("{error}"),
    /// });
    /// # drop(handle);
    /// # futures::join!(dispatcher.run(), print).0.map(drop)
    /// # }).unwrap();
    /// ```
    pub fn records(&self, from: Seq) -> Records {
        Records::new(self.reader(from))
    }

    fn reader(&self, from: Seq) -> RecordReader {
        RecordReader::new(Arc::clone(&self.journal), Arc::clone(&self.growth), from)
    }
}
