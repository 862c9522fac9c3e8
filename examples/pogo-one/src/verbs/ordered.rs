//! Who ordered what of a job.

use pogo_core::Timestamp;
use pogo_core::scheduler::{JobId, OrderKind, OrderLog};

use super::session::Session;
use crate::exit::CliError;
use crate::report::{moment, visible};

/// Jobs with more hosts are asked for their last order alone: all of their records would be read, and people wait.
pub(super) const MOST_HOSTS: u32 = 2_000;

/// How many orders are shown.
const MOST: usize = 10;

/// The last orders of a job since it was submitted, a line each, and why that was.
pub(super) async fn lines(session: &Session, job: JobId, now: Timestamp) -> Result<String, CliError> {
    let mut log = OrderLog::default();
    session
        .each_record(job, None, |record| {
            log.note(&record);
            Ok(())
        })
        .await?;
    let is_shown = |order: OrderKind, has_reason: bool| match order {
        OrderKind::Submit => has_reason,
        order => order != OrderKind::Note,
    };
    let orders = log.entries().iter();
    let orders = orders.filter(|entry| is_shown(entry.order, entry.reason.is_some()));
    let orders: Vec<String> = orders
        .map(|entry| format!("  {}  {}\n", moment(entry.at, now), visible(&entry.to_string())))
        .collect();
    let hidden = orders.len().saturating_sub(MOST);
    if orders.is_empty() {
        return Ok(String::new());
    }
    let more = match hidden {
        0 => String::new(),
        more => format!("  {more} before these: pogo events {}\n", job.number()),
    };
    let shown: String = orders.into_iter().skip(hidden).collect();
    Ok(format!("\nordered:\n{more}{shown}"))
}
