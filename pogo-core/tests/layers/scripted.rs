//! A transport that does what a script says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock, Reporter, Stream, Transport};
use pogo_core::scheduler::{Outcome, Phase};

use crate::virtual_time::VirtualClock;

/// What an attempt does, one after the other.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Phase(Phase),
    Output(Stream, Vec<u8>),
    Wait(Duration),
}

type Script = Box<dyn Fn(&Attempt) -> (Vec<Step>, Outcome) + Send + Sync>;

/// Keeps what it was asked for.
pub(crate) struct Scripted {
    pub(crate) clock: Arc<VirtualClock>,
    script: Script,
    pub(crate) seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// When each attempt began, with its number and its time limit.
    pub(crate) begun: Vec<(Timestamp, u64, Duration)>,
    running: usize,
    pub(crate) most: usize,
}

/// Counts what runs, however it ends.
struct Running<'a>(&'a Scripted);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.seen.lock().unwrap().running -= 1;
    }
}

impl Scripted {
    pub(crate) fn new(script: impl Fn(&Attempt) -> (Vec<Step>, Outcome) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::default(),
            script: Box::new(script),
            seen: Mutex::default(),
        })
    }

    /// Every attempt takes as long as its number says in this list, and succeeds.
    pub(crate) fn taking(times: Vec<Duration>) -> Arc<Self> {
        Self::new(move |attempt| {
            let time = times[usize::try_from(attempt.id.number()).unwrap() % times.len()];
            let steps = vec![
                Step::Phase(Phase::Connect),
                Step::Phase(Phase::Command),
                Step::Wait(time),
            ];
            (steps, Outcome::Succeeded)
        })
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let _running = {
            let mut seen = self.seen.lock().unwrap();
            seen.begun
                .push((self.clock.now(), attempt.id.number(), attempt.time_limit));
            seen.running += 1;
            seen.most = seen.most.max(seen.running);
            Running(self)
        };
        let (steps, outcome) = (self.script)(&attempt);
        for step in steps {
            match step {
                Step::Phase(phase) => report.phase(phase),
                Step::Output(stream, bytes) => report.output(stream, &bytes).await,
                Step::Wait(time) => self.clock.sleep_until(self.clock.now() + time).await,
            }
        }
        outcome
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        attempt.resumed
    }
}
