//! Interprets the exit of the program as the end of its session.

use pogo_core::scheduler::Phase;

use crate::exec::{ExitReport, ExitStatus, NotStarted, SessionProgress, signal_of};

/// What is known about the end of a session.
#[derive(Debug)]
pub(super) struct SessionEnd {
    pub(super) progress: SessionProgress,
    /// The status that the host reported with its last mark.
    pub(super) done: Option<u32>,
    /// The program's exit code; `None` if a signal ended it.
    pub(super) program: Option<i32>,
    /// The program's own messages.
    pub(super) complaints: String,
}

/// The exit code with which the program reports its own failure.
const PROGRAM_FAILED: i32 = 255;

impl SessionEnd {
    pub(super) fn new(progress: SessionProgress) -> Self {
        Self {
            progress,
            done: None,
            program: None,
            complaints: String::new(),
        }
    }

    /// How the session ended.
    pub(super) fn exit_report(&self) -> ExitReport {
        let complaints = &self.complaints;
        let lost = || reason(complaints);
        match (self.done, self.program) {
            // The mark wins over the exit code: `ssh` also exits with 255 if the connection
            // breaks after the command ended.
            (Some(status), _) => self.progress.exit_report(Some(&self.status_of_shell(status)), lost),
            // A forced command prints no marks.
            (None, Some(status)) if status != PROGRAM_FAILED && !self.progress.has_begun() => {
                let status = u32::try_from(status).unwrap_or(u32::MAX);
                self.progress.exit_report(Some(&ExitStatus::Code(status)), lost)
            }
            (None, _) if self.progress.has_begun() => self.progress.exit_report(None, lost),
            (None, _) if complaints.contains("Session open refused") => {
                ExitReport::refused("the host opens no session")
            }
            // The master is gone, and connecting by itself is disabled.
            (None, _) if complaints.contains("Connection closed by UNKNOWN") => {
                NotStarted::ConnectionLost("the connection was gone before the host was asked for anything".to_owned())
                    .into()
            }
            // Before the word to go nothing has begun, and without a gate it may have.
            (None, _) => self.progress.exit_report(None, lost),
        }
    }

    /// The session's status, in a shell's convention.
    fn status_of_shell(&self, status: u32) -> ExitStatus {
        // In hooks only success matters. In a command the signal is reported by name, as the
        // built-in client does.
        let signal = signal_of(status).filter(|_| self.progress.phase() == Phase::Command);
        signal.map_or(ExitStatus::Code(status), |signal| ExitStatus::Signal(signal.to_owned()))
    }
}

fn reason(complaints: &str) -> String {
    match super::failure::in_one_line(complaints) {
        text if text.is_empty() => "the session ended without telling how".to_owned(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::plan::RemoteCommand;
    use pogo_core::testing::TestAttempt;

    use super::*;
    use crate::exec::{Mark, ProcessGroup, Session};

    /// A session of a command alone, as far as it was seen.
    fn progress(begun: bool) -> SessionProgress {
        let attempt = TestAttempt::at("web1", RemoteCommand::shell("true")).0;
        let sessions = Session::all_of(&attempt, None, None);
        let mut progress = SessionProgress::new(&sessions[0]);
        if begun {
            progress.apply(Mark::Begun(ProcessGroup::Led(5)));
            progress.apply(Mark::Phase(Phase::Command));
        }
        progress
    }

    #[test]
    fn the_host_s_own_word_counts_and_silence_after_the_beginning_is_doubt() {
        let meaning = |done, program, begun, complaints: &str| {
            let end = SessionEnd {
                done,
                program,
                complaints: complaints.to_owned(),
                ..SessionEnd::new(progress(begun))
            };
            end.exit_report()
        };
        let exited = |status| ExitReport::Exited { status, hook: None };
        assert_eq!(meaning(Some(0), Some(0), true, ""), exited(0));
        assert_eq!(meaning(Some(255), Some(255), true, ""), exited(255));
        assert_eq!(meaning(Some(200), Some(200), true, ""), exited(200));
        for status in [0, 5] {
            let meaning = meaning(None, Some(status), false, "");
            assert!(
                matches!(meaning, ExitReport::NotStarted(NotStarted::Refused(_))),
                "{status}: {meaning:?}"
            );
        }
        let killed = ExitReport::Killed {
            signal: "KILL".to_owned(),
        };
        assert_eq!(meaning(Some(137), Some(137), true, ""), killed);
        for (begun, complaints) in [
            (true, ""),
            (true, "Connection closed by UNKNOWN port 65535"),
            (false, "x"),
        ] {
            let meaning = meaning(None, Some(255), begun, complaints);
            assert!(
                matches!(meaning, ExitReport::Unknown(_)),
                "{begun} {complaints}: {meaning:?}"
            );
        }
        let gone = meaning(None, Some(255), false, "Connection closed by UNKNOWN port 65535");
        assert!(matches!(gone, ExitReport::NotStarted(NotStarted::ConnectionLost(_))));
        let full = meaning(
            None,
            Some(255),
            false,
            "mux_client_request_session: session request failed: Session open refused by peer\n\
             Connection closed by UNKNOWN port 65535",
        );
        assert!(matches!(full, ExitReport::NotStarted(NotStarted::Refused(_))));
    }
}
