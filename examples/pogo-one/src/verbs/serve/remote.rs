//! `pogo serve status` and `serve step-down` where a store is elsewhere.

use std::time::Duration;

use pogo_api::wire::About;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::scheduler::{Query, View};
use pogo_store::{RemoteOwner, RemoteOwnership};
use rustix::process::Signal;
use serde_json::json;

use super::process::{look, runtime, send};
use crate::cli::{PlanFormat, StepDownArgs};
use crate::exit::{CliError, Exit};
use crate::report;
use crate::service::{Place, client_error, find};
use crate::store::{names, owned_by};

/// How often it is looked who owns the namespace.
const LOOKED_AT: Duration = Duration::from_millis(200);

fn ownership(place: &Place) -> Result<RemoteOwnership, CliError> {
    runtime()?.block_on(async {
        let remote = place.open_remote().await?;
        let remote = remote.ok_or_else(|| {
            CliError::usage(format!(
                "{} is a directory of this machine, and nobody else can take over there; `pogo serve stop` ends its \
                 dispatcher",
                place.store()
            ))
        })?;
        remote.ownership().await
    })
}

pub(super) fn status(place: &Place, serving: Option<&About>, format: PlanFormat) -> Result<Exit, CliError> {
    let now = ownership(place)?;
    let (namespace, store) = (place.namespace().to_string(), place.store().to_string());
    let log = place.log().display().to_string();
    let owner = now.owner.as_ref().filter(|owner| owner.owns);
    if format == PlanFormat::Json {
        report::print_json(&json!({
            "namespace": namespace,
            "store": store,
            "serving": owner.is_some(),
            "owner": owner.map(|owner| &owner.owner),
            "since": owner.map(|owner| owner.since),
            "seen_ms": owner.and_then(RemoteOwner::seen).map(|seen| seen.as_millis()),
            "epoch": now.epoch,
            "waiting": now.waiting,
            "server": serving.map(|about| about.server.clone()),
            "process": serving.map(|about| about.process),
            "log": log,
        }))?;
        return Ok(Exit::Succeeded);
    }
    let here = match serving {
        Some(about) => format!("{} (process {}) answers on this machine", about.server, about.process),
        None => "nobody answers on this machine".to_owned(),
    };
    let waiting = match now.waiting.is_empty() {
        true => "nobody waits to take over".to_owned(),
        false => format!("waits to take over: {}", names(&now.waiting).join(", ")),
    };
    let owner = owned_by(now.owner.as_ref(), SystemClock.now());
    report::print(&format!(
        "{namespace} of {store}: {owner}\n{waiting}\n{here}\nlog: {log}\n"
    ))?;
    Ok(Exit::Succeeded)
}

/// Says what is under way, which is in doubt for the next dispatcher where it does not end in time.
fn leaving(place: &Place) -> Result<(), CliError> {
    let attempts = runtime()?.block_on(async {
        let client = find(place).await?;
        let client = client.ok_or_else(|| CliError::Unreachable("the dispatcher has just ended".to_owned()))?;
        let summary = client.view(&Query::Namespace).await.map_err(client_error)?;
        Ok::<_, CliError>(match summary.view {
            View::Namespace(summary) => summary.attempts,
            _ => 0,
        })
    })?;
    if attempts > 0 {
        report::remark(&format!(
            "{} under way: what has not ended when its time is over is left in doubt until the next dispatcher has \
             asked its host",
            match attempts {
                1 => "1 attempt is".to_owned(),
                some => format!("{some} attempts are"),
            }
        ));
    }
    Ok(())
}

pub(crate) fn step_down(args: &StepDownArgs) -> Result<Exit, CliError> {
    let (place, serving) = look(&args.place)?;
    if let Some(server) = place.server() {
        return Err(crate::service::only_asked(server));
    }
    let before = ownership(&place)?;
    let namespace = place.namespace();
    let owner = before.owner.as_ref().filter(|owner| owner.owns);
    let here = serving.filter(|about| owner.is_some_and(|owner| owner.pid == about.process));
    let Some(here) = here else {
        let owner = owned_by(before.owner.as_ref(), SystemClock.now());
        return Err(CliError::usage(format!(
            "no dispatcher of this machine has {namespace}: it is {owner}; ask there"
        )));
    };
    if before.waiting.is_empty() {
        return Err(CliError::usage(format!(
            "nobody waits to take over {namespace}; start `pogo serve` on another machine first, or end this one with \
             `pogo serve stop`"
        )));
    }
    leaving(&place)?;
    send(here.process, Signal::USR1)?;
    let next = runtime()?.block_on(async {
        let until = tokio::time::Instant::now() + args.timeout;
        while tokio::time::Instant::now() < until {
            let remote = place.open_remote().await?;
            let now = match &remote {
                Some(remote) => remote.ownership().await?,
                None => break,
            };
            if now.epoch > before.epoch {
                return Ok(now.owner.map(|owner| owner.owner.to_string()));
            }
            tokio::time::sleep(LOOKED_AT).await;
        }
        Ok::<_, CliError>(None)
    })?;
    match next {
        Some(next) => {
            report::print(&format!("{next} has taken over {namespace}\n"))?;
            Ok(Exit::Succeeded)
        }
        None => Err(CliError::Unreachable(format!(
            "process {} hands over as soon as what runs has ended; {} says more",
            here.process,
            place.log().display()
        ))),
    }
}
