//! `pogo-one replay`

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::journal;
use pogo_core::picture::moments;
use pogo_core::scheduler::{Event, Record};

use crate::cli::{LogFormat, ReplayArgs, Speed};
use crate::exit::{Exit, Stop};
use crate::log::Log;
use crate::report::Screen;

pub(crate) fn replay(args: &ReplayArgs) -> Result<Exit, Stop> {
    let log = Log::read(&args.log)?;
    // What is not a log is refused before any of it is shown.
    let ended = journal::replay(&log.records).map_err(|error| log.damaged(&error))?;
    if ended.jobs().next().is_none() {
        return Err(log.refused("it has no job"));
    }
    let began = began(&log.records);
    let screen = Screen::new(LogFormat::Text);
    let mut now = began;
    for moment in log.records.chunk_by(|one, other| one.at == other.at) {
        let Some(first) = moment.first() else { continue };
        // What was before the first job is over at once.
        std::thread::sleep(at_speed(first.at - now, args.speed));
        now = now.max(first.at);
        moment.iter().for_each(|record| screen.event(record));
        if !screen.is_live() {
            screen.print(moments(moment).since(began))?;
        }
    }
    screen.finish()?;
    Ok(Exit::Succeeded)
}

/// When the first job was submitted.
fn began(records: &[Record]) -> Timestamp {
    let submitted = |record: &&Record| matches!(record.event, Event::JobSubmitted { .. });
    records
        .iter()
        .find(submitted)
        .map_or(Timestamp::EPOCH, |record| record.at)
}

fn at_speed(span: Duration, speed: Speed) -> Duration {
    match speed {
        Speed::Max => Duration::ZERO,
        Speed::Times(times) => Duration::try_from_secs_f64(span.as_secs_f64() / times).unwrap_or(Duration::MAX),
    }
}
