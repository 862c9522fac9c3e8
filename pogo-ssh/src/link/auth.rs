//! Logging in, or telling why not.

use pogo_core::scheduler::FailureKind;
use russh::client::Handle;

use super::clock::LoginClock;
use super::connect::Unconnected;
use super::credentials::Credentials;
use super::handler::{Goodbye, LastWords, LinkHandler};
use super::login::Login;
use crate::target::Target;

/// Logs in, or tells what was tried.
pub(super) async fn authenticate(
    handle: &mut Handle<LinkHandler>,
    last_words: &LastWords,
    target: &Target,
    credentials: &Credentials,
    clock: &LoginClock,
) -> Result<(), Unconnected> {
    let mut login = Login::new(handle, target, credentials, clock);
    match login.run().await {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) => login.tried.push(format!("then {error}")),
    }
    let goodbye = if login.handle.is_closed() {
        last_words.get()
    } else {
        None
    };
    let kind = match &goodbye {
        // It was not about who we are.
        Some(Goodbye::Lost(_)) => FailureKind::Unreachable,
        Some(Goodbye::Said(_)) | None => FailureKind::Authentication,
    };
    let goodbye = goodbye.map_or_else(String::new, |goodbye| format!("; {goodbye}"));
    Err(Unconnected {
        kind,
        message: format!("{}{goodbye}", login.refusal()),
    })
}
