//! `pogo serve status` and `serve stop`: the dispatcher of a store.

mod process;
mod remote;

use pogo_store::{NamespaceInfo, Store};
use rustix::process::Signal;
use serde_json::json;

use self::process::{is_gone, look, send};
use crate::cli::{PlanFormat, QuestionArgs, ServeStopArgs};
use crate::exit::{CliError, Exit};
use crate::report::{self, moment};
use crate::service::{Place, PlaceStore};
use pogo_core::dispatcher::{Clock, SystemClock};

pub(super) use remote::step_down;

pub(crate) fn status(args: &QuestionArgs) -> Result<Exit, CliError> {
    let (place, serving) = look(&args.place)?;
    if let PlaceStore::At(_) = place.store() {
        return remote::status(&place, serving.as_ref(), args.format);
    }
    let owner = owner(&place)?;
    // A server's log is on its own machine, and nobody but its account reads it.
    let log = place.server().is_none().then(|| place.log().display().to_string());
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
    let mut text = match serving {
        Some(about) => {
            let since = owner.map(|owner| format!(", since {}", moment(owner.since, SystemClock.now())));
            format!(
                "{} (process {}) serves {namespace} of {store}{}\n",
                about.server,
                about.process,
                since.unwrap_or_default()
            )
        }
        None => format!("nobody serves {namespace} of {store}; whatever needs a dispatcher starts one\n"),
    };
    if let Some(log) = log {
        text.push_str(&format!("log: {log}\n"));
    }
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
    // The process has its number on the server's machine; here another one may have it.
    if let Some(server) = place.server() {
        return Err(crate::service::only_asked(server));
    }
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
