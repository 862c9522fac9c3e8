//! `pogo-one simulate`

use std::io::{BufWriter, Write};

use pogo_core::picture::{Timeline, moments};
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_core::sim::{Mishap, TaskTimes, World};

use crate::cli::{LogFormat, SimulateArgs};
use crate::exit::{Exit, Stop};
use crate::report::{Summary, Watch};
use crate::source;

pub(crate) fn simulate(args: &SimulateArgs) -> Result<Exit, Stop> {
    let (fleet, policy) = source::load(&args.job)?;
    let mut world = World::new(fleet, policy).map_err(|error| source::not_taken(&error))?;
    world = world.task_times(TaskTimes::Fixed(args.task_time));
    if let Some(failing) = &args.fail {
        let failure = Outcome::failed(FailureKind::Command { status: 1 }, "it was told to");
        world = world.mishap(failing, &Mishap::Always(failure)).map_err(Stop::usage)?;
    }
    let job = world
        .submit(source::imagined_job(&args.job))
        .map_err(|error| source::not_taken(&error))?;
    let history = world.run();
    if args.pictures.are_wanted() {
        let timeline = Timeline::of(&history.records).map_err(Stop::broken)?;
        super::pictures::draw(&args.pictures, &timeline)?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    match args.format {
        LogFormat::Jsonl => {
            for record in &history.records {
                serde_json::to_writer(&mut out, record).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
        LogFormat::Text => {
            let mut watch = Watch::default();
            history.records.iter().for_each(|record| _ = watch.note(record));
            write!(out, "{}\n{}", moments(&history.records), Summary::of(&watch))?;
        }
    }
    out.flush()?;
    let job = history.scheduler.job(job);
    Ok(job.map_or(Exit::Blocked, |job| Exit::of(job.status(), job.tally())))
}
