//! `pogo mark`: whether hosts are available, whatever jobs say.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Answer, Order};

use super::answered::say;
use super::hosts::shown;
use super::session::with_session;
use crate::cli::{MarkArgs, MarkCommand, MarkDownArgs};
use crate::exit::{CliError, Exit};

pub(crate) fn mark(args: &MarkArgs) -> Result<Exit, CliError> {
    match &args.command {
        MarkCommand::Down(args) => marked(args, "down", |host| Order::MarkDown { host }),
        MarkCommand::Up(up) => {
            let force = up.force;
            marked(&up.of, "up", |host| Order::MarkUp { host, force })
        }
    }
}

fn marked(args: &MarkDownArgs, how: &str, order: impl Fn(HostName) -> Order) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let hosts = session.named_hosts(&args.hosts).await?;
        let mut changed = vec![];
        for host in &hosts {
            // Each is an order of its own, so what was marked before a refusal stays marked, and that is said.
            let answer = session.order(order(host.clone()), args.order.reason.as_deref()).await;
            match answer {
                Ok(Answer::Unchanged) => {}
                Ok(_) => changed.push(host),
                Err(error) if changed.is_empty() => return Err(error),
                Err(error) => return Err(error.after(&format!("{} marked {how}", shown(&changed)))),
            }
        }
        let answer = Answer::Hosts(u32::try_from(changed.len()).unwrap_or(u32::MAX));
        match changed.as_slice() {
            [] => say(
                args.order.format,
                Answer::Unchanged,
                format!("{}: marked {how} already", shown(&hosts)),
            ),
            changed => say(args.order.format, answer, format!("{}: marked {how}", shown(changed))),
        }
    })
}
