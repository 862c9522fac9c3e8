//! Classifies the end of a step as the outcome of its attempt.

use std::ops::ControlFlow;

use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome, Phase};

use crate::exec::{ExitReport, NotStarted, StopReason};

/// Whether the next step follows the end of this phase, or the attempt ends with this outcome. Depends on
/// its arguments alone.
///
/// The rule: what is known not to have begun has failed and can be retried safely; what may have begun
/// and whose end was not reported is in doubt.
pub(crate) fn classify(phase: Phase, report: ExitReport) -> ControlFlow<Outcome> {
    ControlFlow::Break(match report {
        ExitReport::Exited { status: 0, .. } => return ControlFlow::Continue(()),
        ExitReport::NotStarted(reason) => not_started(phase, reason),
        ExitReport::Exited { status, hook } => {
            Outcome::failed(status_kind(phase, status), words_for(phase, status, hook))
        }
        ExitReport::Killed { signal } => Outcome::failed(FailureKind::Signal { signal }, format!("during the {phase}")),
        ExitReport::Unknown(reason) => Outcome::in_doubt(unknown(phase, &reason)),
        ExitReport::Stopped(StopReason::TimeLimit) => {
            Outcome::failed(FailureKind::Timeout, format!("the {phase} was ended on the host"))
        }
        ExitReport::Stopped(StopReason::Cancelled) => Outcome::failed(
            FailureKind::Signal {
                signal: "TERM".to_owned(),
            },
            format!("cancelled: the {phase} was ended on the host"),
        ),
        ExitReport::NotStopped(reason) => Outcome::in_doubt(format!(
            "{reason}, and the {phase} could not be shown to have ended on the host"
        )),
    })
}

/// Adjusts the report of a session after the first of its attempt: earlier steps have run, so the attempt has
/// begun.
pub(crate) fn in_later_session(report: ExitReport) -> ExitReport {
    match report {
        ExitReport::NotStarted(NotStarted::NeverBegan(NeverBegan::NotSent, reason)) => {
            NotStarted::ConnectionLost(reason).into()
        }
        // Not `NeverBegan`: the task would wait again and run its first session a second time.
        ExitReport::NotStarted(NotStarted::NeverBegan(_, reason)) => ExitReport::refused(reason),
        ExitReport::NotStarted(NotStarted::Busy(busy)) => ExitReport::refused(busy.message),
        ExitReport::NotStarted(NotStarted::Stopped(StopReason::Cancelled)) => ExitReport::refused("cancelled"),
        report => report,
    }
}

/// The outcome of an attempt whose step is known not to have started.
pub(crate) fn not_started(phase: Phase, reason: NotStarted) -> Outcome {
    let not_run = match phase {
        Phase::PostHook => "the command succeeded, its post-hooks were not run",
        _ => "the command was not run",
    };
    match reason {
        NotStarted::Refused(reason) => Outcome::failed(FailureKind::Refused, format!("{not_run}: {reason}")),
        NotStarted::ConnectionLost(reason) if phase == Phase::PostHook => Outcome::in_doubt(format!(
            "the command succeeded, then the link was lost before the post-hooks: {reason}"
        )),
        NotStarted::ConnectionLost(reason) => Outcome::failed(
            FailureKind::Unreachable,
            format!("the link was lost before the command began: {reason}"),
        ),
        NotStarted::NeverBegan(why, reason) => Outcome::never_began(why, reason),
        NotStarted::Busy(busy) => Outcome::busy(busy.holder, busy.message),
        NotStarted::Stopped(StopReason::TimeLimit) => Outcome::failed(FailureKind::Timeout, not_run),
        NotStarted::Stopped(StopReason::Cancelled) if phase == Phase::PostHook => {
            Outcome::failed(FailureKind::Refused, format!("cancelled: {not_run}"))
        }
        NotStarted::Stopped(StopReason::Cancelled) => {
            Outcome::never_began(NeverBegan::Cancelled, format!("cancelled: {not_run}"))
        }
    }
}

/// The message for a step whose end is unknown.
fn unknown(phase: Phase, reason: &str) -> String {
    let lost = match phase {
        Phase::PostHook => "the command succeeded, then the link was lost during the post-hooks",
        Phase::PreHook => "the link was lost during the pre-hooks, which may still run, and the command after them",
        _ => "the link was lost after the command may have begun",
    };
    format!("{lost}: {reason}")
}

fn status_kind(phase: Phase, status: u32) -> FailureKind {
    match phase {
        Phase::PreHook => FailureKind::PreHook { status },
        Phase::PostHook => FailureKind::PostHook { status },
        _ => FailureKind::Command { status },
    }
}

fn words_for(phase: Phase, status: u32, hook: Option<String>) -> String {
    match (phase, status, hook) {
        (_, _, Some(hook)) => hook,
        // The shell's own status for it; a command may end so itself, but hardly ever does.
        (Phase::Command, 127, None) => "command not found on the host".to_owned(),
        (Phase::Command, 126, None) => "found on the host, but it cannot be executed".to_owned(),
        (..) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(name: &str) -> Option<FailureKind> {
        Some(FailureKind::Signal {
            signal: name.to_owned(),
        })
    }

    /// `None` is in doubt.
    fn kind_of(phase: Phase, report: ExitReport) -> Option<FailureKind> {
        match classify(phase, report) {
            ControlFlow::Break(Outcome::Failed(failure)) => Some(failure.kind),
            ControlFlow::Break(Outcome::InDoubt { .. }) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_end_has_one_meaning_in_each_phase() {
        use FailureKind::{Refused, Timeout, Unreachable};
        use StopReason::{Cancelled, TimeLimit};
        let exited = |status| ExitReport::Exited { status, hook: None };
        let killed = || ExitReport::Killed {
            signal: "KILL".to_owned(),
        };
        let text = String::new;
        let refused = || Some(Refused);
        // One line each: the end, then what it means in the pre-hooks, the command and the post-hooks.
        let table = [
            (
                exited(3),
                [
                    Some(FailureKind::PreHook { status: 3 }),
                    Some(FailureKind::Command { status: 3 }),
                    Some(FailureKind::PostHook { status: 3 }),
                ],
            ),
            (killed(), [(); 3].map(|()| signal("KILL"))),
            (ExitReport::refused(text()), [(); 3].map(|()| refused())),
            (
                NotStarted::ConnectionLost(text()).into(),
                [Some(Unreachable), Some(Unreachable), None],
            ),
            (ExitReport::Unknown(text()), [None, None, None]),
            (NotStarted::Stopped(TimeLimit).into(), [(); 3].map(|()| Some(Timeout))),
            (
                in_later_session(NotStarted::Stopped(Cancelled).into()),
                [(); 3].map(|()| refused()),
            ),
            (ExitReport::Stopped(TimeLimit), [(); 3].map(|()| Some(Timeout))),
            (ExitReport::Stopped(Cancelled), [(); 3].map(|()| signal("TERM"))),
            (ExitReport::NotStopped(TimeLimit), [None, None, None]),
            (ExitReport::NotStopped(Cancelled), [None, None, None]),
        ];
        for (ended, meanings) in table {
            for (phase, meaning) in [Phase::PreHook, Phase::Command, Phase::PostHook]
                .into_iter()
                .zip(meanings)
            {
                assert_eq!(kind_of(phase, ended.clone()), meaning, "{phase}: {ended:?}");
            }
        }
    }

    #[test]
    fn what_is_cancelled_before_its_first_session_began_never_began() {
        for phase in [Phase::PreHook, Phase::Command] {
            let end = classify(phase, NotStarted::Stopped(StopReason::Cancelled).into());
            let never = Outcome::never_began(NeverBegan::Cancelled, "cancelled: the command was not run");
            assert_eq!(end, ControlFlow::Break(never));
        }
    }

    #[test]
    fn status_0_goes_on_in_every_phase() {
        for phase in [Phase::PreHook, Phase::Command, Phase::PostHook] {
            let report = ExitReport::Exited { status: 0, hook: None };
            assert_eq!(classify(phase, report), ControlFlow::Continue(()));
        }
    }

    #[test]
    fn a_failed_hook_is_named_and_a_missing_command_explained() {
        let hook = ExitReport::Exited {
            status: 1,
            hook: Some("10-drain".to_owned()),
        };
        let ControlFlow::Break(Outcome::Failed(failure)) = classify(Phase::PreHook, hook) else {
            panic!("not failed");
        };
        assert_eq!(failure.to_string(), "pre-hook exited with 1: 10-drain");
        let missing = ExitReport::Exited {
            status: 127,
            hook: None,
        };
        let ControlFlow::Break(Outcome::Failed(failure)) = classify(Phase::Command, missing) else {
            panic!("not failed");
        };
        assert_eq!(failure.message, "command not found on the host");
    }
}
