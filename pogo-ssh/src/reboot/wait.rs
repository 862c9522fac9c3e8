//! Waiting for a host to come back from its restart.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use tokio::time::{Instant, sleep, sleep_until};

use super::boot_id::boot_id;
use crate::exec::{Ended, StopReason};
use crate::link::{Link, Unconnected, pause_after};
use crate::runner::Runner;
use crate::target::Target;
use crate::work::Work;

/// How the wait ended without the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotBack {
    /// It answers in the boot that it was in before.
    NotRestarted,
    /// It does not answer; this is what was seen last.
    NoAnswer(String),
    /// Somebody else answers, or it does not let us in any more.
    Refused(String),
    /// The attempt was to end first.
    Stopped(StopReason),
}

/// What one look at the host shows.
enum Look {
    Restarted(Link),
    SameBoot,
    NoAnswer(String),
    Refused(String),
}

impl Runner {
    /// Connects to the host once it is in another boot than the one that it was in before.
    pub(super) async fn back_from_restart(
        &self,
        (work, target): (&Work, &Arc<Target>),
        before: &str,
        within: Duration,
    ) -> Result<Link, NotBack> {
        let deadline = Instant::now() + within;
        let mut last = NotBack::NoAnswer("it was not tried yet".to_owned());
        for tries in 0.. {
            let look = async {
                sleep(pause_after(tries)).await;
                self.look((work, target), before).await
            };
            let look = tokio::select! {
                biased;
                reason = work.stop.wait() => return Err(NotBack::Stopped(reason)),
                () = sleep_until(deadline) => return Err(last),
                look = look => look,
            };
            last = match look {
                Look::Restarted(link) => return Ok(link),
                Look::Refused(message) => return Err(NotBack::Refused(message)),
                // It may not have gone away yet.
                Look::SameBoot => NotBack::NotRestarted,
                Look::NoAnswer(reason) => NotBack::NoAnswer(reason),
            };
        }
        Err(last)
    }

    async fn look(&self, (work, target): (&Work, &Arc<Target>), before: &str) -> Look {
        let link = match self.connector.connect(target).await {
            Ok(link) => link,
            Err(Unconnected { kind, message }) if kind == FailureKind::HostKey || kind == FailureKind::Refused => {
                return Look::Refused(message);
            }
            // While a host starts it refuses connections, and then (pam_nologin) its users.
            Err(Unconnected { message, .. }) => return Look::NoAnswer(message),
        };
        let seen = boot_id(self.site(&link, work, target), &work.attempt).await;
        match seen {
            Ok(id) if id != before => Look::Restarted(link),
            Ok(_) => {
                link.close().await;
                Look::SameBoot
            }
            Err(Ended::Refused(reason) | Ended::CutBefore(reason)) => {
                link.close().await;
                Look::NoAnswer(reason)
            }
            Err(_) => {
                link.close().await;
                Look::NoAnswer("it does not tell which boot it is in".to_owned())
            }
        }
    }
}
