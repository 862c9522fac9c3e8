//! `pogo hold` and `release`: hosts out of service, outside of any job.

use pogo_core::plan::HoldOwner;
use pogo_core::scheduler::{Answer, HoldMode, Order};

use super::answered::say;
use super::hosts::shown;
use super::session::{Session, with_session};
use crate::actor::local_actor;
use crate::cli::{HoldArgs, ReleaseArgs};
use crate::exit::{CliError, Exit};
use crate::service::client_error;

pub(crate) fn hold(args: &HoldArgs) -> Result<Exit, CliError> {
    let mode = match args.wait {
        true => HoldMode::Wait,
        false => HoldMode::Immediate,
    };
    with_session(&args.order.place, async |session| {
        let owner = owner(session, args.owner.as_ref()).await?;
        let hosts = session.named_hosts(&args.hosts).await?;
        let names = shown(&hosts);
        let order = Order::Hold {
            hosts,
            owner: owner.clone(),
            priority: args.priority,
            mode,
        };
        let answer = session.order(order, args.order.reason.as_deref()).await?;
        let said = match (answer, mode) {
            (Answer::Unchanged | Answer::Hosts(0), _) => format!("{names}: held by {owner} already"),
            (_, HoldMode::Wait) => format!("{names}: held by {owner}, or in line for it; `pogo status` says which"),
            _ => format!("{names}: held by {owner}; `pogo release` gives them back"),
        };
        say(args.order.format, answer, said)
    })
}

pub(crate) fn release(args: &ReleaseArgs) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let by = owner(session, args.owner.as_ref()).await?;
        let hosts = session.named_hosts(&args.hosts).await?;
        let names = shown(&hosts);
        let force = args.force;
        let order = Order::Release { hosts, by, force };
        let answer = session.order(order, args.order.reason.as_deref()).await?;
        let said = match answer {
            Answer::Unchanged | Answer::Hosts(0) => format!("{names}: held by nobody"),
            _ => format!("{names}: released"),
        };
        say(args.order.format, answer, said)
    })
}

/// Who holds hosts where nobody says so.
async fn owner(session: &Session, named: Option<&HoldOwner>) -> Result<HoldOwner, CliError> {
    if let Some(owner) = named {
        return Ok(owner.clone());
    }
    // A server knows by a token or a login who it is, which may have another name than the account here.
    let name = match session.place.server() {
        Some(_) => session
            .client
            .session()
            .await
            .map_err(client_error)?
            .actor
            .name
            .to_string(),
        None => local_actor().to_string(),
    };
    HoldOwner::new(name).map_err(|error| CliError::usage(format!("{error}; name one with --owner")))
}
