//! The stream of a namespace.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use futures::future::{Either, select};
use futures::stream::{StreamExt, unfold};
use pogo_api::wire::{ProblemKind, StreamEndReason};
use pogo_core::dispatcher::SharedUpdate;
use pogo_core::scheduler::JobId;
use pogo_core::stream::{StreamId, StreamRequest};
use tokio::time::sleep;

use crate::Authenticator;
use crate::closing::Closing;
use crate::json::Reply;
use crate::live::{Ends, FeedReader, Followed, Follower, OutputFeed, UpdateForm, Updates, sse};
use crate::open_stream::open_stream;
use crate::parameters::parse;
use crate::refusal::Refusal;
use crate::request::Request;

/// What a stream is to bring.
struct StreamParameters {
    updates: StreamRequest,
    form: UpdateForm,
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
        let form = match request.parameters.optional("digest")?.unwrap_or(false) {
            true => UpdateForm::Digest,
            false => UpdateForm::Whole,
        };
        if form == UpdateForm::Digest && output {
            let said = "a digest has no records for output to stand between; leave `digest` or `output` out";
            return Err(Refusal::new(ProblemKind::InvalidParameter, said));
        }
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
            form,
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
    let options = request.shared().limits.subscription;
    let mut updates = match &output {
        // Output comes between the records of an update, so nobody sends the same bytes.
        Some(_) => Updates::Own(handle.subscribe(asked.updates, options)),
        None => {
            let made = match asked.form {
                UpdateForm::Whole => &encoded.updates,
                UpdateForm::Digest => &encoded.digests,
            };
            Updates::Shared(handle.subscribe_shared(asked.updates, options, Arc::clone(made)))
        }
    };
    // There is always one at once: where nothing has happened since, that the connection works.
    let first = first_update(&mut updates).await?;
    let shared = request.shared();
    let known = until_unknown(
        Arc::clone(&shared.authenticator),
        parts,
        shared.limits.subscription.heartbeat,
    );
    let ends: Ends = Box::pin(last_event(request.closing.clone(), known));
    let followed = Followed {
        first,
        updates,
        form: asked.form,
        output,
        questions,
    };
    let follower = Follower::new(followed, encoded, ends, stream).await;
    let bytes = unfold(Some(follower), async |follower| follower?.next().await);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let body = Body::from_stream(bytes.map(Ok::<_, Infallible>));
    Ok((headers, body).into_response())
}

async fn first_update(updates: &mut Updates) -> Result<SharedUpdate<Bytes>, Refusal> {
    match updates.next().await {
        Some(update) => Ok(update?),
        None => Err(Refusal::new(
            ProblemKind::Stopped,
            "the dispatcher has stopped; ask the one that has taken over",
        )),
    }
}

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
