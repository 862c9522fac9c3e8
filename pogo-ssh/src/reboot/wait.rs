//! Waits for a host to come back from its restart.

use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use tokio::time::{Instant, sleep, sleep_until};

use super::boot_id::boot_id;
use crate::context::TransportContext;
use crate::exec::StopReason;
use crate::link::{ConnectError, Link, pause_after};
use crate::prepared::PreparedAttempt;

/// Why the host did not come back restarted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RestartFailure {
    /// It still answers with the earlier boot id.
    NotRestarted,
    /// It does not answer; the last error.
    NoAnswer(String),
    /// It shows another host key, or refuses the login.
    Refused(String),
    /// The attempt was ended first.
    Stopped(StopReason),
}

/// The result of one connection to the host.
enum BootProbe {
    /// It answers with another boot id.
    Restarted(Link),
    /// It answers with the earlier boot id: it has not gone down yet.
    SameBoot,
    /// It is unreachable or refuses the login, as a host does while it starts.
    NoAnswer(String),
    /// It shows another key than the known one, or connecting to it is refused here.
    Refused(String),
}

/// Connects to the host once its boot id differs from the earlier one.
pub(super) async fn back_from_restart(
    context: &TransportContext,
    prepared: &PreparedAttempt,
    before: &str,
    within: Duration,
) -> Result<Link, RestartFailure> {
    let deadline = Instant::now() + within;
    let mut last = RestartFailure::NoAnswer("it was not tried yet".to_owned());
    let mut tries = 0;
    loop {
        let probing = async {
            // Inside the select, so that an operator's stop does not wait for a pause or a
            // connect timeout.
            sleep(pause_after(tries)).await;
            probe(context, prepared, before).await
        };
        let probed = tokio::select! {
            biased;
            reason = prepared.stop.wait() => return Err(RestartFailure::Stopped(reason)),
            // The last result decides: "still in the same boot" is a failure, "no answer" leaves
            // a doubt.
            () = sleep_until(deadline) => return Err(last),
            probed = probing => probed,
        };
        last = match probed {
            BootProbe::Restarted(link) => return Ok(link),
            BootProbe::Refused(message) => return Err(RestartFailure::Refused(message)),
            // It may not have gone away yet.
            BootProbe::SameBoot => RestartFailure::NotRestarted,
            BootProbe::NoAnswer(reason) => RestartFailure::NoAnswer(reason),
        };
        tries += 1;
    }
}

async fn probe(context: &TransportContext, prepared: &PreparedAttempt, before: &str) -> BootProbe {
    let link = match context.connector.connect(&prepared.target).await {
        Ok(link) => link,
        Err(ConnectError { kind, message, .. }) if kind == FailureKind::HostKey || kind == FailureKind::Refused => {
            return BootProbe::Refused(message);
        }
        // While a host starts it refuses connections, and then (pam_nologin) its users.
        Err(ConnectError { message, .. }) => return BootProbe::NoAnswer(message),
    };
    let probed = match boot_id(context.exec_context(&link, prepared), &prepared.attempt).await {
        Ok(id) if id != before => return BootProbe::Restarted(link),
        Ok(_) => BootProbe::SameBoot,
        Err(reason) => BootProbe::NoAnswer(reason.to_string()),
    };
    link.close().await;
    probed
}
