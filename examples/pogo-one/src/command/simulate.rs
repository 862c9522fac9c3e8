//! `pogo simulate`

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use pogo_core::scheduler::{FailureKind, JobId, Outcome, Record};
use pogo_core::sim::what_if::{Questions, Scenario, Spread};
use pogo_core::sim::{Fault, History, PastTimes, TaskTimes, World};
use pogo_inventory::merge::Gathered;
use pogo_picture::{Timeline, moments};

use super::trials;
use crate::cli::{SimulateArgs, SimulateFormat, Targets, TimesArg, Verbosity};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report::{self, JobProgress, OutputTails, Summary, WarningRecord, WithWarnings};
use crate::submission::{self, ASSUMED_DOWN};

/// Runs for an answer, unless somebody says otherwise.
const RUNS: u32 = 100;

pub(crate) fn simulate(args: &SimulateArgs) -> Result<Exit, CliError> {
    let asks = args.what_if || args.runs.is_some();
    match args.format {
        SimulateFormat::Json if !asks => {
            return Err(CliError::usage(
                "--format json is for answers; add --what-if, or take --format jsonl for events",
            ));
        }
        SimulateFormat::Jsonl if asks => {
            let message =
                "--format jsonl is for the events of one run; take --format json, or leave out --runs and --what-if";
            return Err(CliError::usage(message));
        }
        _ => {}
    }
    let targets = args.job.targets.read()?;
    let gathered = args.job.sources.gather()?;
    let scenario = scenario(args, &targets, &gathered)?;
    if asks {
        answer(args, &scenario, &gathered)
    } else {
        one_run(args, &scenario, &gathered)
    }
}

fn scenario(args: &SimulateArgs, targets: &Targets, gathered: &Gathered) -> Result<Scenario, CliError> {
    let (fleet, policy) = submission::namespace(&args.job, targets, gathered, args.job.sources.resolvers()?.as_ref())?;
    let mut world = match counts_held_slots(args) {
        true => submission::world(&args.job, (&fleet, &policy))?,
        false => World::new(fleet, policy).map_err(|error| submission::input_error(&error))?,
    };
    if let Some(down) = &args.job.limits.assume_down {
        world = world.down(down, ASSUMED_DOWN).map_err(CliError::usage)?;
    }
    let mut world = times(args, world)?;
    if let Some(failing) = &args.fail {
        let failure = Outcome::failed(FailureKind::Command { status: 1 }, "simulated failure");
        world = world
            .inject(failing, &Fault::Always(failure))
            .map_err(CliError::usage)?;
    }
    if let Some(rate) = args.fail_rate {
        world = world.inject_everywhere(Fault::fails_sometimes(rate));
    }
    Ok(Scenario::new(world, submission::imagined_job(&args.job, targets)))
}

/// Whether the job meets whoever holds slots of the store's namespace now. Pictures and logs of events are of all that
/// happens from an empty namespace on, or nobody could read them.
fn counts_held_slots(args: &SimulateArgs) -> bool {
    (args.what_if || args.runs.is_some()) && !args.pictures.are_wanted() && args.events.is_none()
}

fn times(args: &SimulateArgs, world: World) -> Result<World, CliError> {
    let path = match &args.times {
        Some(TimesArg::Log(path)) => path,
        _ if args.outcomes => {
            return Err(CliError::usage(
                "--outcomes are those of a past job; give its log with --times log:FILE",
            ));
        }
        Some(TimesArg::Drawn(times)) => return Ok(world.task_times(times.clone())),
        None => return Ok(world.task_times(TaskTimes::Fixed(args.task_time))),
    };
    let log = Log::of_flag("--times", path)?;
    if args.outcomes {
        let last = last_job(&log.records).ok_or_else(|| log.refused("it has no job"))?;
        return world.follow(&log.records, last).map_err(|error| log.refused(error));
    }
    let past = PastTimes::of(&log.records).map_err(|error| log.refused(error))?;
    Ok(world.task_times(TaskTimes::Logged(Arc::new(past))))
}

fn last_job(records: &[Record]) -> Option<JobId> {
    records.iter().rev().find_map(|record| record.event.submitted())
}

fn one_run(args: &SimulateArgs, scenario: &Scenario, gathered: &Gathered) -> Result<Exit, CliError> {
    let history = scenario
        .history(args.seed)
        .map_err(|error| submission::input_error(&error))?;
    keep(args, &history, gathered, None)?;
    if args.format == SimulateFormat::Jsonl {
        log_lines(&history, gathered, report::print)?;
    } else {
        let mut progress = JobProgress::default();
        history.records.iter().for_each(|record| _ = progress.note(record));
        let mut text = match Verbosity::chosen().verbose {
            true => format!("{}\n", moments(&history.records)),
            false => String::new(),
        };
        // Writing to a text cannot fail.
        let _ = write!(text, "{}", Summary::of(&progress, &OutputTails::default()));
        if args.times.is_some() || args.fail_rate.is_some() {
            let _ = writeln!(text, "\n--seed {} is this run", history.seed);
        }
        report::print(&text)?;
    }
    let job = history.scheduler.jobs().next();
    Ok(job.map_or(Exit::Blocked, |job| Exit::of(job.status(), job.tally())))
}

fn answer(args: &SimulateArgs, scenario: &Scenario, gathered: &Gathered) -> Result<Exit, CliError> {
    let mut questions = Questions::new(args.seed, args.runs.unwrap_or(RUNS));
    if !args.what_if {
        questions = questions.cost_runs(0);
    }
    let answer = scenario
        .what_if_by(&questions, trials::run)
        .map_err(|error| submission::input_error(&error))?;
    if args.pictures.are_wanted() || args.events.is_some() {
        // One run has to stand for all.
        let history = scenario
            .history(answer.typical.seed)
            .map_err(|error| submission::input_error(&error))?;
        let spread = answer.makespan.map(|makespan| (answer.runs, makespan));
        keep(args, &history, gathered, spread)?;
    }
    match args.format {
        SimulateFormat::Json => report::print_json(&WithWarnings::of(&answer, gathered))?,
        _ => report::print(&answer.to_string())?,
    }
    Ok(Exit::Succeeded)
}

/// Writes what is wanted of a run into files, and how many runs like it took how long.
fn keep(
    args: &SimulateArgs,
    history: &History,
    gathered: &Gathered,
    spread: Option<(u32, Spread)>,
) -> Result<(), CliError> {
    if args.pictures.are_wanted() {
        let mut timeline = Timeline::of(&history.records).map_err(CliError::broken)?;
        if let Some((runs, makespan)) = spread {
            timeline = timeline.among(runs, &makespan);
        }
        super::pictures::draw(&args.pictures, &timeline)?;
    }
    let Some(path) = &args.events else { return Ok(()) };
    let cannot = |error| format!("cannot write the event log {}: {error}", path.display());
    let mut file = File::create(path).map_err(|error| CliError::Usage(cannot(error)))?;
    log_lines(history, gathered, |lines| file.write_all(lines.as_bytes()))
        .map_err(|error| CliError::Broken(cannot(error)))
}

/// The lines of an event log, many at a time: a million hosts have some hundred megabytes of them.
fn log_lines(history: &History, gathered: &Gathered, mut write: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    write(&WarningRecord::lines(gathered)?)?;
    for records in history.records.chunks(1000) {
        let lines: Result<String, _> = records.iter().map(report::json_line).collect();
        write(&lines?)?;
    }
    write(&report::limits_of(&history.records)?)
}
