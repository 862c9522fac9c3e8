//! What the end of one step means for the attempt.

use pogo_core::scheduler::{FailureKind, Outcome, Phase};

use crate::exec::{Ended, StopReason};

/// What follows from the end of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It succeeded; the next step follows.
    GoOn,
    /// The attempt is over.
    End(Outcome),
}

/// What the end of the step of this phase means. Decides by nothing else.
///
/// The rule behind it: what is known not to have begun has failed, and can be retried safely; what may have begun and
/// whose end nobody saw is in doubt.
pub(crate) fn classify(phase: Phase, ended: Ended) -> Verdict {
    let after_command = phase == Phase::PostHook;
    let outcome = match ended {
        Ended::Exited { status: 0, .. } => return Verdict::GoOn,
        Ended::Exited { status, hook } => Outcome::failed(status_kind(phase, status), words_for(phase, status, hook)),
        Ended::Killed { signal } => Outcome::failed(FailureKind::Signal { signal }, format!("during the {phase}")),
        Ended::Refused(reason) => Outcome::failed(FailureKind::Refused, format!("{}: {reason}", not_run(phase))),
        Ended::CutBefore(reason) if !after_command => Outcome::failed(
            FailureKind::Unreachable,
            format!("the link was lost before the command began: {reason}"),
        ),
        Ended::CutBefore(reason) => Outcome::in_doubt(format!(
            "the command succeeded, then the link was lost before the post-hooks: {reason}"
        )),
        Ended::Lost(reason) if after_command => Outcome::in_doubt(format!(
            "the command succeeded, then the link was lost during the post-hooks: {reason}"
        )),
        Ended::Lost(reason) if phase == Phase::PreHook => Outcome::in_doubt(format!(
            "the link was lost during the pre-hooks, which may still run, and the command after them: {reason}"
        )),
        Ended::Lost(reason) => {
            Outcome::in_doubt(format!("the link was lost after the command may have begun: {reason}"))
        }
        Ended::StoppedBefore(StopReason::TimeLimit) => Outcome::failed(FailureKind::Timeout, not_run(phase)),
        Ended::StoppedBefore(StopReason::Cancelled) => {
            Outcome::failed(FailureKind::Refused, format!("cancelled: {}", not_run(phase)))
        }
        Ended::Stopped(StopReason::TimeLimit) => {
            Outcome::failed(FailureKind::Timeout, format!("the {phase} was ended on the host"))
        }
        Ended::Stopped(StopReason::Cancelled) => Outcome::failed(
            FailureKind::Signal {
                signal: "TERM".to_owned(),
            },
            format!("cancelled: the {phase} was ended on the host"),
        ),
        Ended::NotStopped(reason) => Outcome::in_doubt(format!(
            "{}, and the {phase} could not be shown to have ended on the host",
            match reason {
                StopReason::TimeLimit => "the time limit ran out",
                StopReason::Cancelled => "the attempt was cancelled",
            }
        )),
    };
    Verdict::End(outcome)
}

fn status_kind(phase: Phase, status: u32) -> FailureKind {
    match phase {
        Phase::PreHook => FailureKind::PreHook { status },
        Phase::PostHook => FailureKind::PostHook { status },
        Phase::Connect | Phase::Command | Phase::Settle => FailureKind::Command { status },
    }
}

fn words_for(phase: Phase, status: u32, hook: Option<String>) -> String {
    match (phase, status, hook) {
        (_, _, Some(hook)) => hook,
        (Phase::Command, 127, None) => "command not found on the host".to_owned(),
        (Phase::Command, 126, None) => "found on the host, but it cannot be executed".to_owned(),
        (..) => String::new(),
    }
}

fn not_run(phase: Phase) -> &'static str {
    match phase {
        Phase::PostHook => "the command succeeded, its post-hooks were not run",
        _ => "the command was not run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: FailureKind) -> Option<FailureKind> {
        Some(kind)
    }

    fn signal(name: &str) -> Option<FailureKind> {
        failed(FailureKind::Signal {
            signal: name.to_owned(),
        })
    }

    /// `None` is in doubt.
    fn kind_of(phase: Phase, ended: Ended) -> Option<FailureKind> {
        match classify(phase, ended) {
            Verdict::End(Outcome::Failed(failure)) => Some(failure.kind),
            Verdict::End(Outcome::InDoubt { .. }) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_end_has_one_meaning_in_each_phase() {
        use FailureKind::{Refused, Timeout, Unreachable};
        use StopReason::{Cancelled, TimeLimit};
        let exited = |status| Ended::Exited { status, hook: None };
        let killed = || Ended::Killed {
            signal: "KILL".to_owned(),
        };
        let text = String::new;
        // One line each: the end, then what it means in the pre-hooks, the command and the post-hooks.
        let table = [
            (
                exited(3),
                [
                    failed(FailureKind::PreHook { status: 3 }),
                    failed(FailureKind::Command { status: 3 }),
                    failed(FailureKind::PostHook { status: 3 }),
                ],
            ),
            (killed(), [signal("KILL"), signal("KILL"), signal("KILL")]),
            (
                Ended::Refused(text()),
                [failed(Refused), failed(Refused), failed(Refused)],
            ),
            (
                Ended::CutBefore(text()),
                [failed(Unreachable), failed(Unreachable), None],
            ),
            (Ended::Lost(text()), [None, None, None]),
            (
                Ended::StoppedBefore(TimeLimit),
                [failed(Timeout), failed(Timeout), failed(Timeout)],
            ),
            (
                Ended::StoppedBefore(Cancelled),
                [failed(Refused), failed(Refused), failed(Refused)],
            ),
            (
                Ended::Stopped(TimeLimit),
                [failed(Timeout), failed(Timeout), failed(Timeout)],
            ),
            (
                Ended::Stopped(Cancelled),
                [signal("TERM"), signal("TERM"), signal("TERM")],
            ),
            (Ended::NotStopped(TimeLimit), [None, None, None]),
            (Ended::NotStopped(Cancelled), [None, None, None]),
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
    fn status_0_goes_on_in_every_phase() {
        for phase in [Phase::PreHook, Phase::Command, Phase::PostHook] {
            let ended = Ended::Exited { status: 0, hook: None };
            assert_eq!(classify(phase, ended), Verdict::GoOn);
        }
    }

    #[test]
    fn a_failed_hook_is_named_and_a_missing_command_explained() {
        let hook = Ended::Exited {
            status: 1,
            hook: Some("10-drain".to_owned()),
        };
        let Verdict::End(Outcome::Failed(failure)) = classify(Phase::PreHook, hook) else {
            panic!("not failed");
        };
        assert_eq!(failure.to_string(), "pre-hook exited with 1: 10-drain");
        let missing = Ended::Exited {
            status: 127,
            hook: None,
        };
        let Verdict::End(Outcome::Failed(failure)) = classify(Phase::Command, missing) else {
            panic!("not failed");
        };
        assert_eq!(failure.message, "command not found on the host");
    }
}
