//! Writes output to its store.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, select};
use futures::select_biased;

use super::super::alarm::Alarm;
use super::progress::Progress;
use super::sink::{Batch, OutputSink};
use crate::output::{OutputError, OutputStore};
use crate::scheduler::OutputSummary;

/// How long a store may take for a call before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long output waits for more of it, and for the end of its attempt, to share a call: commands mostly end a moment
/// after what they wrote.
const LINGER: Duration = Duration::from_millis(5);

const HANGS: &str = "the store of output has not answered for 2 s";

/// Writes the output of a sink, one call after the other. Polled beside the attempts, so that it never delays them.
pub(in super::super) struct OutputWriter {
    sink: Arc<OutputSink>,
    writing: BoxFuture<'static, ()>,
}

impl OutputWriter {
    pub(in super::super) fn new(sink: Arc<OutputSink>, store: Arc<dyn OutputStore>) -> Self {
        let writing = write(Arc::clone(&sink), store).boxed();
        Self { sink, writing }
    }

    pub(in super::super) fn sink(&self) -> Arc<OutputSink> {
        Arc::clone(&self.sink)
    }

    /// Polls it. It never ends.
    pub(in super::super) fn poll(&mut self, context: &mut Context<'_>) {
        let _ = self.writing.poll_unpin(context);
    }

    /// Writes all queued output, unless the store hangs.
    pub(in super::super) async fn flush(&mut self) {
        let flushed = self.sink.flush();
        select(flushed, &mut self.writing).await;
    }
}

impl Drop for OutputWriter {
    fn drop(&mut self) {
        // A leftover task of a transport may still write.
        self.sink.stall("the dispatcher has ended");
    }
}

async fn write(sink: Arc<OutputSink>, store: Arc<dyn OutputStore>) {
    let mut alarm = Alarm::new(Arc::clone(&sink.clock));
    loop {
        sink.is_due(LINGER).await;
        let mut batch = sink.take_batch();
        keep((&sink, store.as_ref(), &mut alarm), &mut batch).await;
        // Only now: whoever flushes waits until these are dropped.
        drop(batch.flushes);
    }
}

/// Appends frames and seals attempts with one call.
async fn keep((sink, store, alarm): (&OutputSink, &dyn OutputStore, &mut Alarm), batch: &mut Batch) {
    let Batch {
        frames, held, seals, ..
    } = batch;
    if frames.is_empty() && seals.is_empty() {
        return;
    }
    let (attempts, answers): (Vec<Arc<Progress>>, Vec<_>) =
        seals.drain(..).map(|seal| (seal.progress, seal.answer)).unzip();
    // Lengths as they are now: an attempt writes nothing behind its own end.
    let ended: Vec<_> = attempts
        .iter()
        .map(|attempt| (Arc::clone(&attempt.source), attempt.length()))
        .collect();
    let mut answers = Some(answers);
    let lose = |why: &str| held.iter().for_each(|(progress, _)| sink.lose(progress, why));
    let call = store.append_and_seal(frames, &ended).map(Ok);
    let kept = patiently((sink, alarm), call, || {
        // Nobody waits any more, and the attempts end without it.
        answers = None;
        lose(HANGS);
        attempts.iter().for_each(|attempt| sink.lose(attempt, HANGS));
    });
    let failed = |error: OutputError| {
        let sealed = attempts.iter().map(|_| Err(error.clone())).collect();
        (Err(error), sealed)
    };
    let (appended, sealed) = kept.await.unwrap_or_else(failed);
    if let Err(error) = appended {
        lose(&error.to_string());
    }
    let answers = answers
        .into_iter()
        .flatten()
        .map(Some)
        .chain(std::iter::repeat_with(|| None));
    for (((attempt, (_, length)), sealed), answer) in attempts.iter().zip(&ended).zip(sealed).zip(answers) {
        if let Err(error) = &sealed {
            sink.lose(attempt, &error.to_string());
        }
        if let Some(answer) = answer {
            let _ = answer.send(sealed.ok().map(|digest| OutputSummary::new(*length, digest)));
        }
    }
}

/// The answer to a call. Once it takes too long, `hangs` is called and nobody waits for the store until it has
/// answered.
async fn patiently<T>(
    (sink, alarm): (&OutputSink, &mut Alarm),
    call: impl Future<Output = Result<T, OutputError>>,
    hangs: impl FnOnce(),
) -> Result<T, OutputError> {
    // A panic of the store counts as a failure: it does not stop a rollout.
    let call = AssertUnwindSafe(call)
        .catch_unwind()
        .map(|answer| answer.unwrap_or_else(|_panic| Err(OutputError::panicked())));
    let mut call = pin!(call.fuse());
    let mut patience = pin!(alarm.passes(sink.clock.now() + PATIENCE).fuse());
    select_biased! {
        answer = call => return answer,
        () = patience => {}
    }
    sink.stall(HANGS);
    hangs();
    // Still awaited, since a second call beside it could be carried out first, and put the frames
    // in another order.
    let answer = call.await;
    sink.go_on();
    answer
}
