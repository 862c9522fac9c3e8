//! Fault injection.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::{FutureExt, select_biased};

use super::super::{Attempt, Clock, ReportHook, Reporter, SystemClock, Transport};
use super::layered::Layer;
use super::wait::before_attempt;
use crate::scheduler::{FailureKind, Outcome, Phase};

/// A fault of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// Nothing runs, and the attempt ends this way at once.
    Instead(Outcome),
    /// It begins after this delay, within its time limit.
    Late(Duration),
    /// Nothing runs, and the attempt goes on until its time limit or until it is cancelled.
    Hang,
    /// The connection is lost when this phase begins: the transport's future is dropped. While connecting that is a
    /// failure, later a doubt.
    CutAt(Phase),
}

/// Chooses the fault of an attempt, if any.
type Choice = dyn Fn(&Attempt) -> Option<InjectedFault> + Send + Sync;

/// Injects faults into attempts, to try a policy, an alert or a run book with real transports.
///
/// ```
/// use pogo_core::dispatcher::Transport;
/// use pogo_core::dispatcher::layer::{InjectFaults, InjectedFault, TransportExt};
/// use pogo_core::scheduler::Phase;
///
/// # fn example(transport: impl Transport) {
/// let transport = transport.layer(InjectFaults::new(|attempt| {
///     let unlucky = attempt.host.name.as_str().ends_with('7');
///     unlucky.then_some(InjectedFault::CutAt(Phase::Command))
/// }));
/// # drop(transport);
/// # }
/// ```
#[derive(Clone)]
pub struct InjectFaults {
    choose: Arc<Choice>,
    clock: Arc<dyn Clock>,
}

impl InjectFaults {
    /// Calls this function for each attempt.
    pub fn new(choose: impl Fn(&Attempt) -> Option<InjectedFault> + Send + Sync + 'static) -> Self {
        Self {
            choose: Arc::new(choose),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// Calls back when a phase begins.
struct PhaseSignal {
    phase: Phase,
    reached: Mutex<Option<oneshot::Sender<()>>>,
}

impl ReportHook for PhaseSignal {
    fn phase(&self, phase: Phase) -> bool {
        if phase >= self.phase
            && let Some(reached) = self.reached.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            // Later phases count too: a transport may enter none of its hooks, and the cut would
            // never come.
            let _ = reached.send(());
        }
        true
    }
}

#[async_trait]
impl Layer for InjectFaults {
    async fn run(&self, inner: &dyn Transport, mut attempt: Attempt, report: Reporter) -> Outcome {
        let clock = self.clock.as_ref();
        match (self.choose)(&attempt) {
            None => inner.run(attempt, report).await,
            Some(InjectedFault::Instead(outcome)) => outcome,
            Some(InjectedFault::Late(pause)) => {
                let late = clock.sleep_until(clock.now() + pause);
                match before_attempt(clock, (&mut attempt, &report), late).await {
                    Ok(()) => inner.run(attempt, report).await,
                    Err(outcome) => outcome,
                }
            }
            Some(InjectedFault::Hang) => {
                let hang = futures::future::pending::<Outcome>();
                match before_attempt(clock, (&mut attempt, &report), hang).await {
                    Ok(outcome) | Err(outcome) => outcome,
                }
            }
            Some(InjectedFault::CutAt(phase)) => cut_at(phase, inner, attempt, report).await,
        }
    }
}

async fn cut_at(phase: Phase, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome {
    let (sender, reached) = oneshot::channel();
    let signal = PhaseSignal {
        phase,
        reached: Mutex::new(Some(sender)),
    };
    // A transport may drop its reporter long before it ends.
    let cut = async {
        if reached.await.is_err() {
            futures::future::pending::<()>().await;
        }
    };
    let mut cut = pin!(cut.fuse());
    let mut running = pin!(inner.run(attempt, report.with_hook(Arc::new(signal))).fuse());
    // What has ended in the same moment has ended.
    select_biased! {
        outcome = running => outcome,
        () = cut => match phase {
            Phase::Connect => Outcome::failed(FailureKind::Unreachable, "the link was cut on purpose"),
            Phase::PreHook | Phase::Command | Phase::PostHook | Phase::Settle => {
                Outcome::in_doubt(format!("the link was cut on purpose as the {phase} began"))
            }
        },
    }
}
