//! Stops a job before its end: on signals, and when the log cannot be written.

use std::io;
use std::time::Duration;

use pogo_core::dispatcher::Handle;
use pogo_core::scheduler::JobId;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::ask::TerminalPrompter;
use crate::exit::Exit;
use crate::report::Screen;

/// The signals that ask the program to stop.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` under nohup, where the job goes on without its terminal.
    hang_up: Option<Signal>,
}

/// Why the job is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// SIGINT: somebody has pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a service manager or a person ends the program.
    Terminate,
    /// SIGHUP: its terminal is gone.
    HangUp,
    /// The event log cannot be written any more.
    Unwritable,
    /// The time of `--stop-grace` has passed since SIGTERM or SIGHUP.
    GraceOver,
}

/// How the job is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StopAction {
    /// Start no more hosts, and wait for running attempts.
    Halt,
    /// Cancel running attempts.
    Abort,
    /// End the program without waiting for them.
    Leave,
}

/// The stage of stopping the job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum StopStage {
    /// Nothing was asked for.
    #[default]
    Runs,
    /// No more hosts start.
    Halting,
    /// Running attempts are cancelled.
    Aborting,
}

impl StopSignals {
    /// Installs handlers, so that these signals no longer end the program.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: match ignores_hang_up() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        })
    }

    pub(crate) async fn next(&mut self) -> StopCause {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => StopCause::Interrupt,
            _ = self.terminate.recv() => StopCause::Terminate,
            _ = hang_up => StopCause::HangUp,
        }
    }
}

/// Whether SIGHUP was ignored at the start of the program, as by nohup. A handler would undo that.
fn ignores_hang_up() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// Stops a running job.
pub(super) struct JobStopper<'a> {
    pub(super) job: JobId,
    pub(super) handle: &'a Handle,
    pub(super) screen: &'a Screen,
    pub(super) terminal: &'a TerminalPrompter,
    /// How long attempts may run on after SIGTERM or SIGHUP.
    pub(super) grace: Duration,
}

impl JobStopper<'_> {
    /// Stops the job on signals. Never returns; the caller drops the future when the job is over.
    pub(super) async fn handle_signals(&self, signals: &mut StopSignals) {
        let mut stage = StopStage::default();
        let mut grace_over: Option<Instant> = None;
        loop {
            let cause = tokio::select! {
                cause = signals.next() => cause,
                () = self.screen.cannot_write() => StopCause::Unwritable,
                () = until(grace_over) => StopCause::GraceOver,
            };
            match cause {
                StopCause::Terminate | StopCause::HangUp if stage < StopStage::Aborting && grace_over.is_none() => {
                    grace_over = Some(Instant::now() + self.grace);
                }
                StopCause::GraceOver => grace_over = None,
                _ => {}
            }
            let Some(action) = next_action(stage, cause) else {
                continue;
            };
            self.perform(action, cause).await;
            stage = match action {
                StopAction::Halt => StopStage::Halting,
                StopAction::Abort | StopAction::Leave => StopStage::Aborting,
            };
            if stage == StopStage::Aborting {
                grace_over = None;
            }
        }
    }

    async fn perform(&self, action: StopAction, cause: StopCause) {
        // A job that has just ended refuses; then its end is what comes next.
        let _ = match action {
            StopAction::Halt => {
                self.screen.say(&self.why_halt(cause));
                self.handle.halt(self.job, reason(cause)).await
            }
            StopAction::Abort => {
                let (message, reason) = match cause {
                    StopCause::GraceOver => (
                        "the time to end is over: ending what runs",
                        "ended, after the time to stop",
                    ),
                    _ => ("interrupted again: ending what runs", "interrupted twice"),
                };
                self.screen.say(message);
                self.handle.abort(self.job, reason).await
            }
            StopAction::Leave => {
                self.screen.say("leaving without waiting; what still runs is in doubt");
                self.screen.leave();
                TerminalPrompter::leave();
                std::process::exit(i32::from(Exit::Blocked.code()));
            }
        };
        self.terminal.stopped();
    }

    fn why_halt(&self, cause: StopCause) -> String {
        let grace = humantime::format_duration(self.grace);
        match cause {
            StopCause::Unwritable => "starting no more, waiting for what runs (^C to end it now)".to_owned(),
            StopCause::Interrupt => {
                "interrupted: starting no more, waiting for what runs (again to end it now)".to_owned()
            }
            _ => format!(
                "{}: starting no more, waiting up to {grace} for what runs",
                reason(cause)
            ),
        }
    }
}

/// The reason in the event log.
const fn reason(cause: StopCause) -> &'static str {
    match cause {
        StopCause::Interrupt => "interrupted",
        StopCause::Terminate => "ended by SIGTERM",
        StopCause::HangUp => "ended by SIGHUP, the terminal is gone",
        StopCause::Unwritable => "what happens cannot be written",
        StopCause::GraceOver => "the time to stop is over",
    }
}

/// What to do next. Only a person presses ^C twice; SIGTERM and SIGHUP often come together, and mean the same as one.
const fn next_action(stage: StopStage, cause: StopCause) -> Option<StopAction> {
    match (stage, cause) {
        (StopStage::Halting, StopCause::Interrupt) | (StopStage::Runs | StopStage::Halting, StopCause::GraceOver) => {
            Some(StopAction::Abort)
        }
        (StopStage::Runs, _) => Some(StopAction::Halt),
        (StopStage::Aborting, StopCause::Interrupt) => Some(StopAction::Leave),
        _ => None,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
