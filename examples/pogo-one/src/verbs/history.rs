//! `pogo history`: what touched hosts in a stretch of time.

use std::time::Duration;

use pogo_api::wire::{Touch, Touched, TouchedQuery};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};

use super::job_status::quoted;
use super::session::{Session, asking};
use crate::cli::{HistoryArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report::{self, Table, second};
use crate::service::client_error;

/// How many entries are asked for at once.
const PAGE: u32 = 1_000;
/// How far to look back, where nothing is said.
const SINCE: Duration = Duration::from_secs(24 * 3_600);

pub(crate) fn history(args: &HistoryArgs) -> Result<Exit, CliError> {
    let query = query(args)?;
    asking(&args.question.place, async |session| {
        let found = all(session, query).await?;
        match args.question.format {
            PlanFormat::Json => report::print_json(&found)?,
            PlanFormat::Text if found.entries.is_empty() => {
                report::print("nothing: no job ran there, and nothing was ordered\n")?;
            }
            PlanFormat::Text => report::print(&table(&found.entries).text(report::columns()))?,
        }
        if let Some(since) = found.orders_since {
            report::remark(&format!(
                "orders that were given to no job are known since {} only: the journal no longer has what was before",
                second(since)
            ));
        }
        Ok(Exit::Succeeded)
    })
}

fn query(args: &HistoryArgs) -> Result<TouchedQuery, CliError> {
    let back = || {
        let now = SystemClock.now().as_millis();
        Timestamp::from_millis(now.saturating_sub(SINCE.as_secs() * 1_000))
    };
    let since = args.since.unwrap_or_else(back);
    if args.until.is_some_and(|until| until < since) {
        return Err(CliError::usage(
            "--until is before --since, which is a day ago where it is not given",
        ));
    }
    let mut query = TouchedQuery::since(since).limit(PAGE);
    (query.to, query.hosts) = (args.until, args.hosts.clone());
    Ok(query)
}

/// All of it: the server makes an answer of so many jobs at most, and refuses more.
async fn all(session: &Session, mut query: TouchedQuery) -> Result<Touched, CliError> {
    let (mut entries, mut orders_since) = (vec![], None);
    loop {
        let page = session.client.touched(&query).await.map_err(client_error)?;
        entries.extend(page.entries);
        orders_since = page.orders_since.max(orders_since);
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(Touched::new(entries, None, orders_since)),
        }
    }
}

fn table(entries: &[Touch]) -> Table {
    let mut table = Table::new(["at", "until", "job", "by", "hosts", "what"]);
    for touch in entries {
        let by = touch.by.as_ref().map(ToString::to_string);
        table.row([
            second(touch.at),
            touch.until.map(second).unwrap_or_default(),
            touch.job.map(|job| job.number().to_string()).unwrap_or_default(),
            by.unwrap_or_default(),
            touch.hosts.clone(),
            what(touch),
        ]);
    }
    table
}

/// What happened, why, and what was run.
fn what(touch: &Touch) -> String {
    let mut text = touch.text.clone();
    if let Some(reason) = &touch.reason {
        text.push_str(&format!(": {reason}"));
    }
    if let Some(command) = &touch.command {
        text.push_str(&format!("  {}", quoted(command)));
    }
    text
}
