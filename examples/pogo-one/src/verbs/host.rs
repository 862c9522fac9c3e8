//! `pogo host`: one host, in all jobs.

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::scheduler::{HostDetails, HostOrigin, Query, View};

use super::freeze::{frozen, thaw_command};
use super::session::asking;
use super::slots::holders;
use crate::cli::{HostStatusArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report::{self, moment, visible};
use crate::service::client_error;

pub(crate) fn host(args: &HostStatusArgs) -> Result<Exit, CliError> {
    asking(&args.question.place, async |session| {
        let host = args.host.clone();
        let answer = session.client.view(&Query::Host { host }).await.map_err(client_error)?;
        let View::Host(details) = answer.view else {
            return Err(CliError::broken("the server answers something else than was asked"));
        };
        match args.question.format {
            PlanFormat::Json => report::print_json(&details)?,
            PlanFormat::Text => report::print(&text(&details, SystemClock.now()))?,
        }
        Ok(Exit::Succeeded)
    })
}

fn text(host: &HostDetails, now: Timestamp) -> String {
    let state = match (host.in_fleet, host.unavailable.is_empty()) {
        (false, _) => "has left the fleet",
        (true, true) => "is available",
        (true, false) => "is unavailable",
    };
    let mut text = format!("{} {state}\n", host.host);
    let tags: Vec<String> = host.tags.iter().map(|tag| format!("@{tag}")).collect();
    if !tags.is_empty() {
        text.push_str(&format!("  tags    {}\n", visible(&tags.join(" "))));
    }
    for HostOrigin { tag, origin, .. } in &host.origins {
        let what = tag
            .as_ref()
            .map_or_else(|| "listed".to_owned(), |tag| format!("@{tag}"));
        text.push_str(&format!("    {} {}\n", visible(&what), visible(&origin.to_string())));
    }
    for line in holders(&host.unavailable, now) {
        text.push_str(&format!("  {}\n", visible(&line)));
    }
    for freeze in &host.freezes {
        let (what, cure) = (frozen(freeze, now), thaw_command(&freeze.hosts));
        text.push_str(&format!("  {}\n    {}\n", visible(&what), visible(&cure)));
    }
    for hold in &host.holds {
        let held = if hold.since.is_some() { "held" } else { "awaited" };
        text.push_str(&format!(
            "  {held} by {}{}\n",
            visible(hold.owner.as_str()),
            because(&hold.reason)
        ));
    }
    for in_job in &host.jobs {
        let result = &in_job.result;
        let ended = result
            .last_attempt
            .as_ref()
            .and_then(|attempt| attempt.ended.or(attempt.started));
        let at = ended.map(|at| format!(" at {}", moment(at, now))).unwrap_or_default();
        text.push_str(&format!(
            "  job {} ({}): {}{at}\n",
            in_job.job.number(),
            in_job.status,
            visible(&result.to_string())
        ));
    }
    text
}

fn because(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(": {}", visible(reason)),
    }
}
