//! A question to a host, which may be asked more than once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, FutureExt, select};

use super::{Clock, Fence, Transport};
use crate::Timestamp;
use crate::scheduler::FenceAnswer;

/// What one host is asked.
pub(super) struct FenceQuestion {
    pub(super) fence: Fence,
    /// When it was asked first, or answered last.
    pub(super) since: Timestamp,
    /// How often it was asked since then.
    pub(super) times: u32,
    /// How long to wait before it is asked again.
    pub(super) pause: Duration,
}

/// Asks a host, within the time limit of the question.
pub(super) async fn ask(
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    question: FenceQuestion,
) -> (FenceQuestion, FenceAnswer) {
    let fence = question.fence.clone();
    // Kept here as well as by the transport: one that forgets its limit would keep a slot of those
    // that ask for ever.
    let until = clock.now() + fence.attempt.time_limit;
    // It is polled by the event loop: a panic that got through would end every other attempt as well.
    let asked = AssertUnwindSafe(async { transport.fence(fence).await }).catch_unwind();
    let answer = match select(asked.boxed(), clock.sleep_until(until).boxed()).await {
        Either::Left((Ok(answer), _)) => answer,
        Either::Left((Err(_panic), _)) => {
            FenceAnswer::unreachable("the transport panicked; this is a defect of the transport")
        }
        Either::Right(_) => FenceAnswer::unreachable(format!(
            "it did not answer within {} s",
            question.fence.attempt.time_limit.as_secs()
        )),
    };
    (question, answer)
}
