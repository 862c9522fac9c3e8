//! The process that dispatches a namespace of this machine.

use std::time::Duration;

use pogo_api::wire::About;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::cli::PlaceArgs;
use crate::exit::CliError;
use crate::service::{Place, about};

/// Sends a signal to a dispatcher.
pub(super) fn send(process: u32, signal: Signal) -> Result<(), CliError> {
    let pid = pid(process).ok_or_else(|| CliError::broken(format!("{process} is no number of a process")))?;
    match kill_process(pid, signal) {
        // It has just ended.
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(Errno::PERM) => Err(CliError::NotAllowed(format!(
            "process {process} is another account's; ask its owner to do this"
        ))),
        Err(error) => Err(CliError::broken(error)),
    }
}

/// Who serves the namespace, if anybody does.
pub(super) fn look(args: &PlaceArgs) -> Result<(Place, Option<About>), CliError> {
    let place = Place::kept(args)?;
    let serving = runtime()?.block_on(about(&place))?;
    Ok((place, serving))
}

/// Waits until a process no longer serves, and has ended.
pub(super) fn is_gone(place: &Place, process: u32, patience: Duration) -> Result<bool, CliError> {
    runtime()?.block_on(async {
        let until = tokio::time::Instant::now() + patience;
        loop {
            let serves = about(place).await?.is_some_and(|about| about.process == process);
            if !serves && !is_alive(process) {
                return Ok(true);
            }
            if tokio::time::Instant::now() >= until {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

fn is_alive(process: u32) -> bool {
    // One that has ended and that nobody has waited for is of no more harm.
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let is_zombie = state.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
    pid(process).is_some_and(|pid| test_kill_process(pid).is_ok()) && !is_zombie
}

fn pid(process: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(process).ok()?)
}

/// For what is asked of a server.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::broken)
}
