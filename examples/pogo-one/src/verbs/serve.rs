//! `pogo serve status` and `serve stop`: the dispatcher of a store.

mod remote;

use std::time::Duration;

use pogo_api::wire::About;
use pogo_store::{NamespaceInfo, Store};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;

use crate::cli::{PlaceArgs, PlanFormat, QuestionArgs, ServeStopArgs};
use crate::exit::{CliError, Exit};
use crate::report::{self, moment};
use crate::service::{Place, PlaceStore, about};
use pogo_core::dispatcher::{Clock, SystemClock};

pub(super) use remote::step_down;

pub(crate) fn status(args: &QuestionArgs) -> Result<Exit, CliError> {
    let (place, serving) = look(&args.place)?;
    if let PlaceStore::At(_) = place.store() {
        return remote::status(&place, serving.as_ref(), args.format);
    }
    let owner = owner(&place)?;
    let log = place.log().display().to_string();
    let (namespace, store) = (place.namespace().to_string(), place.store().to_string());
    if args.format == PlanFormat::Json {
        report::print_json(&json!({
            "namespace": namespace,
            "store": store,
            "serving": serving.is_some(),
            "server": serving.as_ref().map(|about| about.server.clone()),
            "process": serving.as_ref().map(|about| about.process),
            "since": serving.as_ref().and(owner.as_ref()).map(|owner| owner.since),
            "log": log,
        }))?;
        return Ok(Exit::Succeeded);
    }
    let text = match serving {
        Some(about) => {
            let since = owner.map(|owner| format!(", since {}", moment(owner.since, SystemClock.now())));
            format!(
                "{} (process {}) serves {namespace} of {store}{}\nlog: {log}\n",
                about.server,
                about.process,
                since.unwrap_or_default()
            )
        }
        None => format!("nobody serves {namespace} of {store}; whatever needs a dispatcher starts one\nlog: {log}\n"),
    };
    report::print(&text)?;
    Ok(Exit::Succeeded)
}

/// The last owner of a namespace; `None` where there is no store, or nobody ever was.
fn owner(place: &Place) -> Result<Option<pogo_store::LastOwner>, CliError> {
    if !place.log().exists() {
        return Ok(None);
    }
    let store = Store::open(place.local()).map_err(CliError::usage)?;
    let namespace = store.namespace(place.namespace().as_str()).map_err(CliError::usage)?;
    let info: NamespaceInfo = crate::store::wait(namespace.info())?;
    Ok(info.owner)
}

pub(crate) fn stop(args: &ServeStopArgs) -> Result<Exit, CliError> {
    let (place, serving) = look(&args.place)?;
    let namespace = place.namespace();
    let Some(serving) = serving else {
        report::print(&format!(
            "nobody serves {namespace} of {} on this machine\n",
            place.store()
        ))?;
        return Ok(Exit::Succeeded);
    };
    let process = serving.process;
    send(process, Signal::TERM)?;
    if !is_gone(&place, process, args.timeout)? {
        return Err(CliError::Unreachable(format!(
            "process {process} ends as soon as what runs has ended; {} says more",
            place.log().display()
        )));
    }
    report::print(&format!(
        "process {process} has ended; jobs that are not done go on with the next dispatcher\n"
    ))?;
    Ok(Exit::Succeeded)
}

/// Sends a signal to a dispatcher.
fn send(process: u32, signal: Signal) -> Result<(), CliError> {
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

fn look(args: &PlaceArgs) -> Result<(Place, Option<About>), CliError> {
    let place = Place::kept(args)?;
    let serving = runtime()?.block_on(about(&place))?;
    Ok((place, serving))
}

/// Waits until a process no longer serves, and has ended.
fn is_gone(place: &Place, process: u32, patience: Duration) -> Result<bool, CliError> {
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

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::broken)
}
