//! `pogo freeze` and `thaw`: start nothing, in all jobs.

use pogo_core::Timestamp;
use pogo_core::fleet::Selector;
use pogo_core::scheduler::{Answer, Freeze, Order};

use super::answered::say;
use super::session::{Session, with_session};
use crate::cli::{FreezeArgs, ThawArgs};
use crate::exit::{CliError, Exit};
use crate::report::moment;

pub(crate) fn freeze(args: &FreezeArgs) -> Result<Exit, CliError> {
    let hosts = args.hosts.clone().unwrap_or(Selector::All);
    with_session(&args.order.place, async |session| {
        let order = Order::Freeze { hosts: hosts.clone() };
        let answer = session.order(order, args.order.reason.as_deref()).await?;
        let said = format!(
            "{} frozen: nothing starts there in any job, and what runs goes on; `{}` ends that",
            are(&hosts),
            thaw_command(&hosts)
        );
        say(args.order.format, answer, said)
    })
}

pub(crate) fn thaw(args: &ThawArgs) -> Result<Exit, CliError> {
    with_session(&args.order.place, async |session| {
        let hosts = match &args.hosts {
            Some(hosts) => Some(hosts.clone()),
            None => only_freeze(session).await?,
        };
        let Some(hosts) = hosts else {
            return say(args.order.format, Answer::Unchanged, "nothing is frozen");
        };
        let order = Order::Thaw { hosts: hosts.clone() };
        let answer = session.order(order, args.order.reason.as_deref()).await?;
        say(args.order.format, answer, format!("{} no longer frozen", are(&hosts)))
    })
}

async fn only_freeze(session: &Session) -> Result<Option<Selector>, CliError> {
    let freezes = session.summary().await?.freezes;
    match freezes.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.hosts.clone())),
        many => Err(CliError::usage(format!(
            "there are several freezes; say which:\n{}",
            listed(many)
        ))),
    }
}

fn listed(freezes: &[Freeze]) -> String {
    let lines = freezes
        .iter()
        .map(|freeze| format!("  {}", thaw_command(&freeze.hosts)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A freeze in words: `$web is frozen by alice since 14:02 (lunch)`.
pub(super) fn frozen(freeze: &Freeze, now: Timestamp) -> String {
    let by = match freeze.by.as_str() {
        "" => String::new(),
        by => format!(" by {by}"),
    };
    let why = match freeze.reason.as_str() {
        "" => String::new(),
        why => format!(" ({why})"),
    };
    format!(
        "{} is frozen{by} since {}{why}",
        freeze.hosts,
        moment(freeze.since, now)
    )
}

/// What ends a freeze, as it is typed.
pub(super) fn thaw_command(hosts: &Selector) -> String {
    format!("pogo thaw '{}'", hosts.to_string().replace('\'', r"'\''"))
}

fn are(hosts: &Selector) -> String {
    match hosts {
        Selector::All => "all hosts are".to_owned(),
        hosts => format!("hosts of {hosts} are"),
    }
}
