//! The stream of a namespace.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use futures::future::{Either, FutureExt, select};
use futures::stream::{StreamExt, unfold};
use pogo_api::wire::{ProblemKind, StreamEndReason};
use pogo_core::dispatcher::{SharedSubscription, SharedUpdate, SubscriptionError};
use pogo_core::scheduler::JobId;
use pogo_core::stream::{StreamId, StreamRequest};
use tokio::time::{Instant, sleep, sleep_until};

use crate::Authenticator;
use crate::closing::Closing;
use crate::json::Reply;
use crate::live::{EncodedUpdates, FeedReader, OutputFeed, QuestionReader, sse};
use crate::open_stream::{OpenStream, open_stream};
use crate::parameters::parse;
use crate::refusal::Refusal;
use crate::request::Request;

/// What a stream is to bring.
struct StreamParameters {
    updates: StreamRequest,
    output: bool,
    questions: bool,
}

impl StreamParameters {
    fn by(request: &mut Request) -> Result<Self, Refusal> {
        let mut updates = StreamRequest::new();
        updates.after = request.parameters.optional("after")?;
        updates.job = request.parameters.optional("job")?;
        let output = request.parameters.optional("output")?.unwrap_or(false);
        let questions = request.parameters.optional("questions")?.unwrap_or(false);
        std::mem::take(&mut request.parameters).finish()?;
        // A browser that reconnects asks for the same address again, and says here what it has seen since.
        if let Some(id) = request.last_event_id.as_deref() {
            updates.after = Some(id)
                .filter(|id| !id.is_empty())
                .map(|id| parse::<StreamId>("last-event-id", id))
                .transpose()?;
        }
        Ok(Self {
            updates,
            output,
            questions,
        })
    }
}

fn output_reader(feed: Option<OutputFeed>, job: Option<JobId>) -> Result<FeedReader, Refusal> {
    feed.map(|feed| feed.reader(job)).ok_or_else(|| {
        let said = "this server does not pass on what hosts write; leave `output` out, and read it when an attempt has \
            ended";
        Refusal::new(ProblemKind::InvalidParameter, said)
    })
}

pub(crate) async fn events(mut request: Request, parts: Parts) -> Reply {
    let asked = StreamParameters::by(&mut request)?;
    // What hosts write and ask at this moment is nowhere but with their dispatcher.
    let namespace = match asked.output || asked.questions {
        true => request.dispatched()?,
        false => request.namespace()?,
    };
    let (handle, feed) = (namespace.handle.clone(), namespace.output_feed.clone());
    let (questions, encoded) = (namespace.questions.clone(), Arc::clone(&namespace.encoded));
    let job = asked.updates.job;
    if asked.output {
        request.access.check_output(namespace, job).await?;
    }
    // After the check, so that whoever may not follow takes no stream from others.
    let stream = open_stream(request.shared())?;
    // Before the first update, so that nothing that is written after it is left out.
    let output = asked.output.then(|| output_reader(feed, job)).transpose()?;
    // Whoever may not answer is not asked.
    let questions = questions.filter(|_| asked.questions && request.access.identity.local_files);
    let questions = questions.map(|questions| questions.reader());
    let (options, updates) = (request.shared().limits.subscription, Arc::clone(&encoded.updates));
    let mut subscription = handle.subscribe_shared(asked.updates, options, updates);
    // There is always one at once: where nothing has happened since, that the connection works.
    let first = first_update(&mut subscription).await?;
    let shared = request.shared();
    let known = until_unknown(
        Arc::clone(&shared.authenticator),
        parts,
        shared.limits.subscription.heartbeat,
    );
    let ends: Ends = Box::pin(last_event(request.closing.clone(), known));
    let follower = Follower {
        pieces: VecDeque::from([Bytes::from_static(sse::BEGIN), encoded.bytes(first).await.0]),
        subscription,
        encoded,
        output,
        questions,
        held: None,
        ends,
        paced: Instant::now(),
        over: false,
        stream,
    };
    let bytes = unfold(Some(follower), async |follower| follower?.next().await);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let body = Body::from_stream(bytes.map(Ok::<_, Infallible>));
    Ok((headers, body).into_response())
}

async fn first_update(subscription: &mut SharedSubscription<Bytes>) -> Result<SharedUpdate<Bytes>, Refusal> {
    match subscription.next().await {
        Some(update) => Ok(update?),
        None => Err(Refusal::new(
            ProblemKind::Stopped,
            "the dispatcher has stopped; ask the one that has taken over",
        )),
    }
}

/// The last event of a stream that ends by itself.
type Ends = Pin<Box<dyn Future<Output = Bytes> + Send>>;

async fn last_event(closing: Option<Closing>, unknown: impl Future<Output = Refusal>) -> Bytes {
    match select(pin!(Closing::closes(closing)), pin!(unknown)).await {
        Either::Left(_) => sse::end(StreamEndReason::Closing),
        Either::Right((refusal, _)) => sse::problem(&refusal.into_problem()),
    }
}

/// Resolves when whoever follows is not known any more: a login that has ended, a token that was revoked.
async fn until_unknown(authenticator: Arc<dyn Authenticator>, parts: Parts, every: Duration) -> Refusal {
    loop {
        sleep(every).await;
        if let Err(error) = authenticator.authenticate(&parts).await {
            return error.into();
        }
    }
}

/// Somebody who follows. Only polled when what was sent before has been taken, so it holds one update at most, and
/// about [`MOST`](Self::MOST) bytes of output.
struct Follower {
    subscription: SharedSubscription<Bytes>,
    encoded: Arc<EncodedUpdates>,
    output: Option<FeedReader>,
    questions: Option<QuestionReader>,
    /// What is sent next.
    pieces: VecDeque<Bytes>,
    /// What comes behind the output that was there before it.
    held: Option<Held>,
    ends: Ends,
    /// Until when nothing is looked for.
    paced: Instant,
    /// Nothing comes after the pieces.
    over: bool,
    stream: OpenStream,
}

/// What a follower waits for.
enum FollowerWakeup {
    /// A piece of the output that is followed.
    Output(Bytes),
    /// The next update, or why there is none; `None` after the last.
    Update(Option<Result<SharedUpdate<Bytes>, SubscriptionError>>),
    /// The stream has to end, with this piece.
    End(Bytes),
}

/// What comes behind output.
enum Held {
    /// An update that is sent after the output before it.
    Update(SharedUpdate<Bytes>),
    /// The last piece.
    End(Bytes),
}

impl Held {
    fn of(update: Option<Result<SharedUpdate<Bytes>, SubscriptionError>>) -> Self {
        match update {
            Some(Ok(update)) => Self::Update(update),
            Some(Err(error)) => Self::End(broken(error)),
            None => Self::End(sse::end(StreamEndReason::DispatcherEnded)),
        }
    }
}

impl Follower {
    /// How long there is nothing new at least. What follows shows it to people; to be woken up for each commit took
    /// dispatcher and client more of the processor than the hosts did.
    const PACE: Duration = Duration::from_millis(50);
    /// For each stream that is open: to wake up for a thousand of them takes more than what they are sent, and the
    /// dispatcher has to go on.
    const PACE_OF_EACH: Duration = Duration::from_micros(250);
    /// How many bytes of output are sent at once.
    const MOST: usize = 1 << 20;

    /// How long to pause until the next update.
    fn pace(&self) -> Duration {
        let open = u32::try_from(self.stream.all()).unwrap_or(u32::MAX);
        Self::PACE_OF_EACH.saturating_mul(open).max(Self::PACE)
    }

    /// The next bytes, and who comes after them; nobody after the last.
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                let is_last = self.over && self.pieces.is_empty();
                return Some((piece, (!is_last).then_some(self)));
            }
            self.collect().await;
        }
    }

    /// Waits until there is something to send.
    async fn collect(&mut self) {
        // Before anything else: of a stream that always has something to send it would never be asked.
        if let Some(last) = self.ends.as_mut().now_or_never() {
            self.end(last);
            return;
        }
        if self.held.is_none() {
            sleep_until(self.paced).await;
            let came = self.wait().await;
            self.paced = Instant::now() + self.pace();
            match came {
                FollowerWakeup::Output(output) => {
                    self.pieces.push_back(output);
                    // Before more output is looked for: what an attempt wrote is there before the record of its end,
                    // and is sent before it.
                    let update = self.subscription.next().now_or_never();
                    self.held = update.map(Held::of);
                }
                FollowerWakeup::Update(update) => self.held = Some(Held::of(update)),
                FollowerWakeup::End(last) => {
                    self.end(last);
                    return;
                }
            }
        }
        // More output than fits at once: it is sent before the update that is held, and without the
        // pause.
        if !self.take_output() {
            self.paced = Instant::now();
            return;
        }
        match self.held.take() {
            Some(Held::Update(update)) => {
                let (piece, more) = self.encoded.bytes(update).await;
                self.pieces.push_back(piece);
                if more {
                    self.paced = Instant::now();
                }
            }
            Some(Held::End(piece)) => {
                self.pieces.push_back(piece);
                self.over = true;
            }
            None => {}
        }
    }

    /// Ends the stream behind the output that is there.
    fn end(&mut self, last: Bytes) {
        self.take_output();
        self.pieces.push_back(last);
        self.over = true;
    }

    async fn wait(&mut self) -> FollowerWakeup {
        let output = pin!(next_output(&mut self.output, &mut self.questions));
        match select(output, select(self.subscription.next(), self.ends.as_mut())).await {
            Either::Left((output, _)) => FollowerWakeup::Output(output),
            Either::Right((Either::Left((next, _)), _)) => FollowerWakeup::Update(next),
            Either::Right((Either::Right((last, _)), _)) => FollowerWakeup::End(last),
        }
    }

    /// Takes the output that is there; false if there may be more.
    fn take_output(&mut self) -> bool {
        let mut bytes = 0;
        while bytes < Self::MOST {
            let Some(output) = next_output(&mut self.output, &mut self.questions).now_or_never() else {
                return true;
            };
            bytes += output.len();
            self.pieces.push_back(output);
        }
        false
    }
}

/// What hosts write and ask; nothing ever where nobody wants to know.
async fn next_output(output: &mut Option<FeedReader>, questions: &mut Option<QuestionReader>) -> Bytes {
    let output = pin!(async {
        match output {
            Some(reader) => reader.next().await,
            None => std::future::pending().await,
        }
    });
    let questions = pin!(async {
        match questions {
            Some(reader) => reader.next().await,
            None => std::future::pending().await,
        }
    });
    match select(output, questions).await {
        Either::Left((event, _)) | Either::Right((event, _)) => event,
    }
}

fn broken(error: SubscriptionError) -> Bytes {
    sse::problem(&Refusal::from(error).into_problem())
}
