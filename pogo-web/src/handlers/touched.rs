//! What touched hosts in a stretch of time.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use pogo_api::wire::{Problem, ProblemKind, Touch, Touched};
use pogo_core::Timestamp;

use super::history::{hosts_of, no_history};
use crate::json::{Reply, large_document};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::timeline::TouchedBy;

/// The most hosts that are asked for by name or tag.
const MOST_HOSTS: usize = 1_000_000;

pub(crate) async fn touched(mut request: Request) -> Reply {
    let (_, history) = request.past()?;
    let namespace = request.namespace()?.clone();
    let parameters = &mut request.parameters;
    let hosts = parameters.selector("hosts")?;
    let from: Option<u64> = parameters.optional("from")?;
    let to: Option<u64> = parameters.optional("to")?;
    let after: Option<Cursor> = parameters.optional("after")?;
    let limit = parameters.limit()?.get() as usize;
    request.parameters.finish()?;
    let from = from.ok_or_else(|| missing("from", "the moment from which on to look, in milliseconds since 1970"))?;
    let to = to.unwrap_or(u64::MAX);
    if to < from {
        return Err(missing("to", "a moment that is not before `from`"));
    }
    let history = history.ok_or_else(no_history)?;
    let fleet = namespace
        .handle
        .query(|scheduler| Arc::clone(scheduler.fleet()))
        .await?;
    let names = hosts.map(|hosts| hosts_of("hosts", &hosts, &fleet, MOST_HOSTS));
    let names: Option<HashSet<_>> = names.transpose()?.map(|names| names.into_iter().collect());
    let by = TouchedBy {
        hosts: names.map(Arc::new),
        from: Timestamp::from_millis(from),
        to: Timestamp::from_millis(to),
        fleet,
    };
    let list = namespace.timelines.touched(&namespace, &history, &by).await?;
    let (entries, next) = page(list.entries, after, limit);
    let next = next.map(|next| next.to_string());
    large_document(Touched::new(entries, next, list.orders_since)).await
}

fn missing(name: &str, what: &str) -> Refusal {
    let problem = Problem::new(ProblemKind::InvalidParameter, format_args!("give `{name}`: {what}"));
    problem.parameter(name).into()
}

/// So many entries of a list, after a cursor, and where it goes on.
fn page(entries: Vec<Touch>, after: Option<Cursor>, limit: usize) -> (Vec<Touch>, Option<Cursor>) {
    let after = after.unwrap_or(Cursor { at: 0, given: 0 });
    let (mut taken, mut last): (Vec<Touch>, _) = (vec![], Cursor { at: 0, given: 0 });
    for entry in entries {
        let at = entry.at.as_millis();
        // Counted within a moment, since many orders may have the same time; entries have no number
        // of their own.
        let given = if at == last.at { last.given + 1 } else { 1 };
        let here = Cursor { at, given };
        if (at, given) > (after.at, after.given) {
            if taken.len() == limit {
                return (taken, Some(last));
            }
            taken.push(entry);
        }
        last = here;
    }
    (taken, None)
}

/// Where a page ended: so many entries of this moment were given.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    at: u64,
    given: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.given)
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('-').and_then(|(at, given)| {
            let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let (at, given) = Some((at, given)).filter(|(at, given)| is_number(at) && is_number(given))?;
            Some(Self {
                at: at.parse().ok()?,
                given: given.parse().ok()?,
            })
        });
        parsed.ok_or("this is no cursor; give the `next` of the page before")
    }
}
