//! What stops a job before its end: signals, and a log that cannot be written.

use std::io;
use std::time::Duration;

use pogo_core::dispatcher::Handle;
use pogo_core::scheduler::JobId;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::ask::People;
use crate::exit::Exit;
use crate::report::Screen;

/// The signals that ask the program to stop.
pub(super) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` under nohup: it is to go on without its terminal.
    hang_up: Option<Signal>,
}

/// What asked the job to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Interrupt,
    Terminate,
    HangUp,
    /// What happens can no longer be written down.
    Unwritable,
    /// The time is over that `--stop-grace` gave to what runs.
    GraceOver,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Start no more, and wait for what runs.
    Halt,
    /// End what runs.
    Abort,
    /// Wait no longer.
    Leave,
}

/// How far the job is on its way to a stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Runs,
    Halting,
    Aborting,
}

impl StopSignals {
    /// From now on these signals no longer end the program.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: match ignores_hang_up() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        })
    }

    async fn next(&mut self) -> Cause {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Cause::Interrupt,
            _ = self.terminate.recv() => Cause::Terminate,
            _ = hang_up => Cause::HangUp,
        }
    }
}

/// Whether whoever started the program had it ignore that its terminal is gone. A listener would undo that.
fn ignores_hang_up() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// A job that may be asked to stop.
pub(super) struct Stopping<'a> {
    pub(super) job: JobId,
    pub(super) handle: &'a Handle,
    pub(super) screen: &'a Screen,
    pub(super) people: &'a People,
    /// How long what runs may go on after SIGTERM or SIGHUP.
    pub(super) grace: Duration,
}

impl Stopping<'_> {
    /// Stops the job as it is asked to. Never returns: whoever knows that the job is over drops this.
    pub(super) async fn obey(&self, signals: &mut StopSignals) {
        let mut stage = Stage::default();
        let mut grace_over: Option<Instant> = None;
        loop {
            let cause = tokio::select! {
                cause = signals.next() => cause,
                () = self.screen.cannot_write() => Cause::Unwritable,
                () = until(grace_over) => Cause::GraceOver,
            };
            match cause {
                Cause::Terminate | Cause::HangUp if stage < Stage::Aborting && grace_over.is_none() => {
                    grace_over = Some(Instant::now() + self.grace);
                }
                Cause::GraceOver => grace_over = None,
                _ => {}
            }
            let Some(step) = next_step(stage, cause) else { continue };
            self.take(step, cause).await;
            stage = match step {
                Step::Halt => Stage::Halting,
                Step::Abort | Step::Leave => Stage::Aborting,
            };
            if stage == Stage::Aborting {
                grace_over = None;
            }
        }
    }

    async fn take(&self, step: Step, cause: Cause) {
        // A job that has just ended refuses; then its end is what comes next.
        let _ = match step {
            Step::Halt => {
                self.screen.say(&self.why_halt(cause));
                self.handle.halt(self.job, reason(cause)).await
            }
            Step::Abort => {
                let (said, reason) = match cause {
                    Cause::GraceOver => (
                        "the time to end is over: ending what runs",
                        "ended, after the time to stop",
                    ),
                    _ => ("interrupted again: ending what runs", "interrupted twice"),
                };
                self.screen.say(said);
                self.handle.abort(self.job, reason).await
            }
            Step::Leave => {
                self.screen.say("leaving without waiting; what still runs is in doubt");
                self.screen.leave();
                People::leave();
                std::process::exit(i32::from(Exit::Blocked.code()));
            }
        };
        self.people.stopped();
    }

    fn why_halt(&self, cause: Cause) -> String {
        let grace = humantime::format_duration(self.grace);
        match cause {
            Cause::Unwritable => "starting no more, waiting for what runs (^C to end it now)".to_owned(),
            Cause::Interrupt => "interrupted: starting no more, waiting for what runs (again to end it now)".to_owned(),
            _ => format!(
                "{}: starting no more, waiting up to {grace} for what runs",
                reason(cause)
            ),
        }
    }
}

/// Why a job stops, for its record.
const fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::Interrupt => "interrupted",
        Cause::Terminate => "ended by SIGTERM",
        Cause::HangUp => "ended by SIGHUP, the terminal is gone",
        Cause::Unwritable => "what happens cannot be written",
        Cause::GraceOver => "the time to stop is over",
    }
}

/// What comes next. Only a person presses ^C twice; SIGTERM and SIGHUP often come together, and mean the same as one.
const fn next_step(stage: Stage, cause: Cause) -> Option<Step> {
    match (stage, cause) {
        (Stage::Halting, Cause::Interrupt) | (Stage::Runs | Stage::Halting, Cause::GraceOver) => Some(Step::Abort),
        (Stage::Runs, _) => Some(Step::Halt),
        (Stage::Aborting, Cause::Interrupt) => Some(Step::Leave),
        _ => None,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
