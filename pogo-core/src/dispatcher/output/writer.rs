//! Writes output to its store.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, join_all, select};
use futures::select_biased;

use super::super::alarm::Alarm;
use super::budget::Reservation;
use super::progress::Progress;
use super::sink::{OutputSink, Seal};
use crate::output::{OutputError, OutputFrame, OutputStore};
use crate::scheduler::OutputSummary;

/// How long a store may take for a call before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let batch = poll_fn(|context| sink.poll_batch(context)).await;
        let seals = append(
            (&sink, store.as_ref(), &mut alarm),
            batch.frames,
            (batch.held, batch.seals),
        )
        .await;
        seal((&sink, store.as_ref(), &mut alarm), seals).await;
        drop(batch.flushes);
    }
}

/// Appends these frames. Gives the attempts that are still to be sealed: while the store hangs none of them waits.
async fn append(
    (sink, store, alarm): (&OutputSink, &dyn OutputStore, &mut Alarm),
    frames: Vec<OutputFrame>,
    (held, mut seals): (Vec<(Arc<Progress>, Reservation)>, Vec<Seal>),
) -> Vec<Seal> {
    if frames.is_empty() {
        return seals;
    }
    let lose = |why: &str| held.iter().for_each(|(progress, _)| sink.lose(progress, why));
    let appended = patiently((sink, alarm), store.append(&frames), || {
        lose(HANGS);
        for seal in seals.drain(..) {
            sink.lose(&seal.progress, HANGS);
        }
    });
    if let Err(error) = appended.await {
        lose(&error.to_string());
    }
    seals
}

async fn seal((sink, store, alarm): (&OutputSink, &dyn OutputStore, &mut Alarm), seals: Vec<Seal>) {
    if seals.is_empty() {
        return;
    }
    let (attempts, answers): (Vec<Arc<Progress>>, Vec<_>) =
        seals.into_iter().map(|seal| (seal.progress, seal.answer)).unzip();
    let mut answers = Some(answers);
    let calls = attempts.iter().map(|attempt| async {
        let length = attempt.length();
        let digest = store.seal(&attempt.source, length).await?;
        Ok(OutputSummary::new(length, digest))
    });
    // All at once: each may wait for a disk.
    let all = join_all(calls).map(Ok);
    let sealed = patiently((sink, alarm), all, || {
        // Nobody waits any more, and the attempts end without it.
        answers = None;
        attempts.iter().for_each(|attempt| sink.lose(attempt, HANGS));
    });
    let failed = |error: OutputError| attempts.iter().map(|_| Err(error.clone())).collect();
    let sealed: Vec<Result<OutputSummary, OutputError>> = sealed.await.unwrap_or_else(failed);
    let answers = answers
        .into_iter()
        .flatten()
        .map(Some)
        .chain(std::iter::repeat_with(|| None));
    for ((attempt, sealed), answer) in attempts.iter().zip(sealed).zip(answers) {
        if let Err(error) = &sealed {
            sink.lose(attempt, &error.to_string());
        }
        if let Some(answer) = answer {
            let _ = answer.send(sealed.ok());
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
    let call = AssertUnwindSafe(call).catch_unwind().map(|answer| {
        answer.unwrap_or_else(|_panic| {
            Err(OutputError::Unavailable {
                message: "it panicked; this is a defect of the store".to_owned(),
            })
        })
    });
    let mut call = pin!(call.fuse());
    let mut patience = pin!(alarm.passes(sink.clock.now() + PATIENCE).fuse());
    select_biased! {
        answer = call => return answer,
        () = patience => {}
    }
    sink.stall(HANGS);
    hangs();
    let answer = call.await;
    sink.go_on();
    answer
}
