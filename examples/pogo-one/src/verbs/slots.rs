//! `pogo slots`: limits, and who holds their slots since when.

use std::collections::BTreeMap;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Holder, Query, SlotWaiter, Slots, SlotsQuery, View};

use super::hosts::shown;
use super::session::{Session, asking};
use crate::cli::{PlanFormat, SlotsArgs};
use crate::exit::{CliError, Exit};
use crate::report::{self, moment, visible};
use crate::service::client_error;
use crate::store::counted;

pub(crate) fn slots(args: &SlotsArgs) -> Result<Exit, CliError> {
    asking(&args.question.place, async |session| {
        let slots = all(session, args).await?;
        match args.question.format {
            PlanFormat::Json => report::print_json(&slots)?,
            PlanFormat::Text if slots.is_empty() => report::print("no limit counts these hosts\n")?,
            PlanFormat::Text => report::print(&text(&slots, SystemClock.now()))?,
        }
        Ok(Exit::Succeeded)
    })
}

async fn all(session: &Session, args: &SlotsArgs) -> Result<Vec<Slots>, CliError> {
    let mut query = SlotsQuery::new();
    query.hosts = args.hosts.clone();
    let mut slots = vec![];
    loop {
        let answer = session
            .client
            .view(&Query::Slots(query.clone()))
            .await
            .map_err(client_error)?;
        let View::Slots(page) = answer.view else {
            return Err(CliError::broken("the server answers something else than was asked"));
        };
        slots.extend(page.entries);
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(slots),
        }
    }
}

/// Limits, each with who has its slots.
pub(super) fn text(slots: &[Slots], now: Timestamp) -> String {
    slots.iter().map(|slots| limit(slots, now)).collect()
}

fn limit(slots: &Slots, now: Timestamp) -> String {
    let usage = &slots.usage;
    let taken = match usage.rule.counts_unavailable() {
        true => usage.unavailable,
        false => usage.running,
    };
    let mut text = format!(
        "{}: {taken} of {} slots taken ({})\n",
        visible(&usage.group),
        usage.slots,
        usage.rule
    );
    for line in holders(&slots.holders, now) {
        text.push_str(&format!("  {}\n", visible(&line)));
    }
    if slots.more_holders > 0 {
        text.push_str(&format!("  and {} more\n", slots.more_holders));
    }
    for SlotWaiter { job, user, hosts, .. } in &slots.waiting {
        let who = if user.is_empty() {
            String::new()
        } else {
            format!(" of {user}")
        };
        let wait = if *hosts == 1 { "waits" } else { "wait" };
        let line = format!("{} of job {}{who} {wait}", counted(*hosts, "host"), job.number());
        text.push_str(&format!("  {}\n", visible(&line)));
    }
    text
}

/// Hosts that hold slots for the same reason, together, with since when the first does.
pub(super) fn holders(holders: &[Holder], now: Timestamp) -> Vec<String> {
    let mut alike: BTreeMap<String, (Timestamp, Vec<&HostName>)> = BTreeMap::new();
    for holder in holders {
        let (since, hosts) = alike.entry(holder.reason.to_string()).or_insert((holder.since, vec![]));
        *since = (*since).min(holder.since);
        hosts.push(&holder.host);
    }
    let lines = alike
        .into_iter()
        .map(|(why, (since, hosts))| format!("{} {why} since {}", shown(&hosts), moment(since, now)));
    lines.collect()
}
