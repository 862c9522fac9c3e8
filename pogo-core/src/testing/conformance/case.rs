//! Conformance cases, and how they run.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt, poll_fn, select};
use futures_timer::Delay;

use super::{CaseReport, ConformanceReport, Verdict};

/// Why a case ends early.
#[derive(Debug)]
pub(super) enum EarlyEnd {
    /// What the case needs is not there, for this reason.
    Skip(String),
    /// What was seen instead of what is required.
    Fail(String),
}

/// The result of a case; `Ok` is passed.
pub(super) type Case = Result<(), EarlyEnd>;

/// A case by name, for a context of this type.
pub(super) type Named<P> = (&'static str, fn(P) -> BoxFuture<'static, Case>);

/// Default time limit of a case.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The name of each case and the function that runs it.
macro_rules! cases {
    ($($group:ident: $($name:ident),+;)+) => {
        &[$($((stringify!($name), |context| Box::pin($group::$name(context)))),+),+]
    };
}
pub(super) use cases;

/// The cases of these names.
pub(super) fn chosen<P>(cases: &[Named<P>], names: &[&str]) -> Vec<Named<P>> {
    cases.iter().filter(|(name, _)| names.contains(name)).copied().collect()
}

/// A failed case for each name that is none of these.
pub(super) fn unknown<P>(cases: &[Named<P>], names: &[&'static str]) -> Vec<CaseReport> {
    let unknown = names
        .iter()
        .filter(|name| !cases.iter().any(|(known, _)| known == *name));
    let failed = |&name| CaseReport {
        name,
        verdict: Verdict::Failed("the suite has no such case; take the name from its report".to_owned()),
    };
    unknown.map(failed).collect()
}

/// Runs all cases, one after the other, each in its own context.
pub(super) async fn run_all<P>(
    suite: &'static str,
    cases: &[Named<P>],
    mut context: impl AsyncFnMut() -> P,
) -> ConformanceReport {
    let mut report = ConformanceReport { suite, cases: vec![] };
    for (name, case) in cases {
        // A panic of the fixture belongs to its case, too: the other cases still run.
        let run = async { case(context().await).await };
        let verdict = match within(PATIENCE, AssertUnwindSafe(run).catch_unwind()).await {
            None => Verdict::Failed(format!("it does not end within {PATIENCE:?}")),
            Some(Err(panic)) => Verdict::Failed(panic_message(&*panic)),
            Some(Ok(Err(EarlyEnd::Skip(reason)))) => Verdict::Skipped(reason),
            Some(Ok(Err(EarlyEnd::Fail(seen)))) => Verdict::Failed(seen),
            Some(Ok(Ok(()))) => Verdict::Passed,
        };
        report.cases.push(CaseReport { name, verdict });
    }
    report
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    // `panic!` with arguments gives a `String`, and without any a `&str`.
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panics: {}", text.unwrap_or("no message"))
}

/// The output of a future, or `None` after this time, when it is dropped.
pub(super) async fn within<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    // A timer of its own: the suites run on any executor, and not each has timers.
    match select(std::pin::pin!(future), Delay::new(time)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// The output of a future that is polled once, or `None` if it is pending.
pub(super) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|context| match future.poll_unpin(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Ends the case as failed unless this holds.
pub(super) fn hold(holds: bool, otherwise: impl fmt::Display) -> Case {
    if holds { Ok(()) } else { fail(otherwise) }
}

/// Ends the case as failed unless both are equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, seen: &T, wanted: &T) -> Case {
    hold(
        seen == wanted,
        format_args!("{what} is {seen:?}, and should be {wanted:?}"),
    )
}

/// Ends the case as failed.
pub(super) fn fail<T>(seen: impl fmt::Display) -> Result<T, EarlyEnd> {
    Err(EarlyEnd::Fail(seen.to_string()))
}

/// Ends the case as one that does not apply.
pub(super) fn skip<T>(reason: impl fmt::Display) -> Result<T, EarlyEnd> {
    Err(EarlyEnd::Skip(reason.to_string()))
}
