//! What the host's record says of an attempt whose directory is not there.

use pogo_core::scheduler::NeverBegan;

use super::follow::{Detached, given_up};
use crate::exec::{ExitReport, NotStarted};
use crate::fencing::{GONE, HostAnswer, WITHOUT_LOCK, learn};
use crate::link::Link;

impl Detached<'_> {
    /// Asks for the record: a directory may be lost, or another one than the attempt was launched in.
    pub(super) async fn learn(&mut self, link: &Link) -> ExitReport {
        if self.went_unlocked {
            return ExitReport::Unknown(WITHOUT_LOCK.to_owned());
        }
        let answer = tokio::select! {
            biased;
            reason = given_up(self.ending) => return ExitReport::NotStopped(reason),
            answer = learn(self.context, link, self.prepared) => answer,
        };
        match answer {
            Ok(HostAnswer::NeverBegan) => self.never(),
            Ok(HostAnswer::Ended(phase, report)) => {
                self.watch.end_in(phase);
                report
            }
            Ok(HostAnswer::Gone) => ExitReport::Unknown(GONE.to_owned()),
            Ok(HostAnswer::Running) => {
                ExitReport::Unknown("the attempt still runs on the host, and its output cannot be found".to_owned())
            }
            Ok(HostAnswer::Unknown(message)) | Err(message) => ExitReport::Unknown(message),
        }
    }

    fn never(&mut self) -> ExitReport {
        if let Some(ending) = self.ending {
            return NotStarted::Stopped(ending.reason).into();
        }
        let lost = "its dispatcher ended before the word to go reached the host".to_owned();
        // Why the last launch was refused says more than that nothing was found.
        self.launches_no_more
            .take()
            .unwrap_or_else(|| (NeverBegan::NotSent, lost).into())
    }
}
