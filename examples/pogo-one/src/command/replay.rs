//! `pogo replay`

use std::path::Path;
use std::time::{Duration, Instant};

use pogo_core::Timestamp;
use pogo_core::dispatcher::Observer as _;

use pogo_core::scheduler::{JobEventKind, Record};
use pogo_picture::moments;

use crate::cli::{LogArg, LogFormat, ReplayArgs, Speed, Verbosity};
use crate::exit::{CliError, Exit};
use crate::log::{Log, LogEntry};
use crate::report::{LoggedOutput, Screen};

pub(crate) fn replay(args: &ReplayArgs) -> Result<Exit, CliError> {
    let mut player = LogPlayer::new(args);
    match &args.log {
        LogArg::File(path) => play_file(path, &mut player)?,
        #[cfg(feature = "store")]
        LogArg::Job(job) => {
            let log = crate::verbs::job_log(&args.place, *job)?;
            log.records.into_iter().try_for_each(|record| player.play(record))?;
        }
    }
    player.finish()?;
    Ok(Exit::Succeeded)
}

fn play_file(path: &Path, player: &mut LogPlayer) -> Result<(), CliError> {
    if !Log::is_pipe(path) {
        let log = Log::read(path)?;
        // What is not a log is refused before any of it is shown.
        log.check()?;
        if !log.records.iter().any(|record| record.event.submitted().is_some()) {
            return Err(log.refused("it has no job"));
        }
    }
    Log::follow(path, |entry| match entry {
        LogEntry::Record(record) => player.play(record),
        LogEntry::Output(output) => player.output(&output),
    })
}

/// Shows records when they are due.
struct LogPlayer {
    screen: Screen,
    speed: Speed,
    /// When the first job was submitted, and when that was shown.
    began: Option<(Timestamp, Instant)>,
    /// Records of the moment that is shown, in lines for each moment.
    moment: Vec<Record>,
    /// Only failures and the end are printed.
    quiet: bool,
}

impl LogPlayer {
    fn new(args: &ReplayArgs) -> Self {
        let (speed, quiet) = (args.speed, Verbosity::chosen().quiet);
        let screen = Screen::new(LogFormat::Text).verbosity(Verbosity::chosen());
        let screen = match speed {
            Speed::Times(times) => screen.speed(times),
            Speed::Max => screen.speed(0.0),
        };
        let (began, moment) = (None, vec![]);
        Self {
            screen,
            speed,
            began,
            moment,
            quiet,
        }
    }

    fn play(&mut self, record: Record) -> Result<(), CliError> {
        // A job leaves its scheduler long after it was over, and nobody watches for that.
        if record.event.job_kind() == Some(&JobEventKind::Retired) {
            return Ok(());
        }
        if record.event.submitted().is_some() {
            self.began.get_or_insert_with(|| (record.at, Instant::now()));
        }
        self.wait(record.at);
        if self.moment.last().is_some_and(|last| last.at != record.at) {
            self.print_moment()?;
        }
        self.screen.event(&record);
        if !self.screen.is_live() && !self.quiet {
            self.moment.push(record);
        }
        Ok(())
    }

    /// Shows what a host wrote.
    fn output(&mut self, output: &LoggedOutput) -> Result<(), CliError> {
        self.wait(output.at);
        self.print_moment()?;
        self.screen.output(&output.chunk());
        Ok(())
    }

    /// Waits until a moment is due. What was before the first job is over at once, and what comes late, from a pipe, is
    /// not held up any longer.
    fn wait(&self, at: Timestamp) {
        if let Some((began, shown)) = self.began {
            let due = at_speed(at.max(began) - began, self.speed);
            std::thread::sleep(due.saturating_sub(shown.elapsed()));
        }
    }

    /// Prints what happened at this moment.
    fn print_moment(&mut self) -> Result<(), CliError> {
        let began = self.began.map_or(Timestamp::EPOCH, |(at, _)| at);
        self.screen.print(moments(&self.moment).since(began))?;
        self.moment.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), CliError> {
        self.print_moment()?;
        self.screen.finish()
    }
}

fn at_speed(span: Duration, speed: Speed) -> Duration {
    match speed {
        Speed::Max => Duration::ZERO,
        Speed::Times(times) => Duration::try_from_secs_f64(span.as_secs_f64() / times).unwrap_or(Duration::MAX),
    }
}
