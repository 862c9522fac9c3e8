//! Waiting for a host to come back from its restart.

use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use tokio::time::{Instant, sleep, sleep_until};

use super::boot_id::boot_id;
use crate::context::TransportContext;
use crate::exec::StopReason;
use crate::link::{ConnectError, Link, pause_after};
use crate::prepared::PreparedAttempt;

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

/// Connects to the host once it is in another boot than the one that it was in before.
pub(super) async fn back_from_restart(
    context: &TransportContext,
    prepared: &PreparedAttempt,
    before: &str,
    within: Duration,
) -> Result<Link, NotBack> {
    let deadline = Instant::now() + within;
    let mut last = NotBack::NoAnswer("it was not tried yet".to_owned());
    let mut tries = 0;
    loop {
        let looking = async {
            sleep(pause_after(tries)).await;
            look(context, prepared, before).await
        };
        let look = tokio::select! {
            biased;
            reason = prepared.stop.wait() => return Err(NotBack::Stopped(reason)),
            () = sleep_until(deadline) => return Err(last),
            look = looking => look,
        };
        last = match look {
            Look::Restarted(link) => return Ok(link),
            Look::Refused(message) => return Err(NotBack::Refused(message)),
            // It may not have gone away yet.
            Look::SameBoot => NotBack::NotRestarted,
            Look::NoAnswer(reason) => NotBack::NoAnswer(reason),
        };
        tries += 1;
    }
}

async fn look(context: &TransportContext, prepared: &PreparedAttempt, before: &str) -> Look {
    let link = match context.connector.connect(&prepared.target).await {
        Ok(link) => link,
        Err(ConnectError { kind, message }) if kind == FailureKind::HostKey || kind == FailureKind::Refused => {
            return Look::Refused(message);
        }
        // While a host starts it refuses connections, and then (pam_nologin) its users.
        Err(ConnectError { message, .. }) => return Look::NoAnswer(message),
    };
    let look = match boot_id(context.exec_context(&link, prepared), &prepared.attempt).await {
        Ok(id) if id != before => return Look::Restarted(link),
        Ok(_) => Look::SameBoot,
        Err(reason) => Look::NoAnswer(reason.to_string()),
    };
    link.close().await;
    look
}
