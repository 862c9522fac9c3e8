//! User authentication, or the reason why it failed.

use pogo_core::scheduler::FailureKind;
use russh::client::Handle;

use super::clock::LoginClock;
use super::credentials::Credentials;
use super::error::ConnectError;
use super::handler::{DisconnectCell, DisconnectReason, LinkHandler};
use super::login::Login;
use crate::target::Target;

/// Logs in; the error lists what was tried.
pub(super) async fn authenticate(
    handle: &mut Handle<LinkHandler>,
    disconnect: &DisconnectCell,
    target: &Target,
    credentials: &Credentials,
    clock: &LoginClock,
) -> Result<(), ConnectError> {
    let mut login = Login::new(handle, target, credentials, clock);
    match login.run().await {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) => login.tried.push(format!("then {error}")),
    }
    let ended = if login.handle.is_closed() {
        disconnect.get()
    } else {
        None
    };
    let kind = match &ended {
        // A broken connection is no refusal of the user.
        Some(DisconnectReason::Broken(_)) => FailureKind::Unreachable,
        Some(DisconnectReason::ByHost(_)) | None => FailureKind::Authentication,
    };
    let why = ended.map_or_else(String::new, |reason| format!("; {reason}"));
    // Behind another way in, which was refused too: what the job was submitted with may do.
    let lacking = login
        .lacks_agent
        .as_ref()
        .filter(|_| kind == FailureKind::Authentication);
    Err(match lacking {
        Some(lacking) => ConnectError {
            not_ready: true,
            ..ConnectError::new(kind, lacking.as_str())
        },
        None => ConnectError::new(kind, format!("{}{why}", login.refusal())),
    })
}
