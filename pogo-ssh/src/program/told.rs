//! How the program tells that a step has ended, and what follows.

use crate::exec::{Ended, signal_of};

/// Everything that was seen of the end of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What the host said itself, at the very end.
    pub(super) ended: Option<u32>,
    /// The hook that failed.
    pub(super) hook: Option<String>,
    /// Why it went no further.
    pub(super) refused: Option<String>,
    /// Whether the step was seen to begin.
    pub(super) begun: bool,
    /// How the program ended; `None` if it was ended, or by a signal.
    pub(super) program: Option<i32>,
    /// What the program itself complained of.
    pub(super) complaints: String,
}

/// With this status the program tells of its own failure.
const PROGRAM_FAILED: i32 = 255;

impl Told {
    /// What it means.
    pub(super) fn meaning(self) -> Ended {
        let Self { hook, complaints, .. } = self;
        if let Some(reason) = self.refused {
            return Ended::Refused(reason);
        }
        match (self.ended, self.program) {
            (Some(status), _) => match signal_of(status) {
                Some(signal) => Ended::Killed {
                    signal: signal.to_owned(),
                },
                None => Ended::Exited { status, hook },
            },
            // A server that runs something of its own instead says nothing of ours.
            (None, Some(status)) if status != PROGRAM_FAILED => Ended::Exited {
                status: u32::try_from(status).unwrap_or(u32::MAX),
                hook,
            },
            (None, _) if self.begun => Ended::Lost(reason(&complaints)),
            (None, _) if complaints.contains("Session open refused") => {
                Ended::Refused("the host opens no session".to_owned())
            }
            // It found nobody behind the socket, and was not let go there itself.
            (None, _) if complaints.contains("Connection closed by UNKNOWN") => {
                Ended::CutBefore("the connection was gone before the host was asked for anything".to_owned())
            }
            (None, _) => Ended::Lost(reason(&complaints)),
        }
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
    use super::*;

    #[test]
    fn the_host_s_own_word_counts_and_silence_after_the_beginning_is_doubt() {
        let told = |ended, program, begun, complaints: &str| Told {
            ended,
            program,
            begun,
            complaints: complaints.to_owned(),
            ..Told::default()
        };
        let exited = |status| Ended::Exited { status, hook: None };
        assert_eq!(told(Some(0), Some(0), true, "").meaning(), exited(0));
        assert_eq!(told(Some(255), Some(255), true, "").meaning(), exited(255));
        assert_eq!(told(Some(200), Some(200), true, "").meaning(), exited(200));
        assert_eq!(told(None, Some(5), false, "").meaning(), exited(5));
        let killed = Ended::Killed {
            signal: "KILL".to_owned(),
        };
        assert_eq!(told(Some(137), Some(137), true, "").meaning(), killed);
        for (begun, complaints) in [
            (true, ""),
            (true, "Connection closed by UNKNOWN port 65535"),
            (false, "x"),
        ] {
            let meaning = told(None, Some(255), begun, complaints).meaning();
            assert!(matches!(meaning, Ended::Lost(_)), "{begun} {complaints}: {meaning:?}");
        }
        let gone = told(None, Some(255), false, "Connection closed by UNKNOWN port 65535");
        assert!(matches!(gone.meaning(), Ended::CutBefore(_)));
        let full = told(
            None,
            Some(255),
            false,
            "mux_client_request_session: session request failed: Session open refused by peer\nConnection closed by UNKNOWN port 65535",
        );
        assert!(matches!(full.meaning(), Ended::Refused(_)));
    }
}
