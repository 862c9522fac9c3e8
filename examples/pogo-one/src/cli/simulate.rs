//! The arguments of `simulate`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pogo_core::fleet::Selector;
use pogo_core::sim::TaskTimes;

use super::{JobArgs, PictureArgs, duration, targets};

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    /// How long each host takes.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) task_time: Duration,
    /// How long hosts take, each its own time: `fixed(30s)`, `uniform(10s,60s)`, `lognormal(30s,0.8)` (median and
    /// spread), or `log:FILE` for the times that a past job took on each host.
    #[arg(long, value_name = "TIMES", conflicts_with = "task_time")]
    pub(crate) times: Option<TimesArg>,
    /// Let each attempt also end as it did in the log of `--times log:FILE`; of its jobs, the last.
    #[arg(long, requires = "times")]
    pub(crate) outcomes: bool,
    /// Hosts that fail.
    #[arg(long, value_name = "TARGETS", value_parser = targets)]
    pub(crate) fail: Option<Selector>,
    /// The share of attempts that fail, drawn for each on its own.
    #[arg(long, value_name = "P%", value_parser = rate)]
    pub(crate) fail_rate: Option<f64>,
    /// Seed of everything random; the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Number of runs, with this seed and those after it; prints how the runs differ. Slots that are held now in the
    /// store are counted, as in --what-if; --store none leaves them out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) runs: Option<u32>,
    /// Print how long it takes, what limits it, what may stop it and which rule costs most. Takes 100 runs unless
    /// --runs says otherwise.
    #[arg(long)]
    pub(crate) what_if: bool,
    /// Output format: `jsonl` is the events of one run, `json` the answer of many.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: SimulateFormat,
    /// Write the event log of the run into this file, of many runs that of a typical one. An existing file is
    /// overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) pictures: PictureArgs,
    /// Ignored; a simulation takes the command so that a line for `run` works here too.
    #[arg(last = true, hide = true, value_name = "COMMAND")]
    #[allow(dead_code, reason = "it is accepted, and changes nothing")]
    command: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulateFormat {
    /// For a person.
    Text,
    /// One run for a program: one event a line.
    Jsonl,
    /// The answer of --runs or --what-if for a program; times are in milliseconds.
    Json,
}

/// Where task times come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TimesArg {
    /// Drawn, or all the same.
    Drawn(TaskTimes),
    /// From the log of a past job.
    Log(PathBuf),
}

impl FromStr for TimesArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str = "write fixed(30s), uniform(10s,60s), lognormal(30s,0.8) or log:FILE";
        if let Some(file) = text.strip_prefix("log:") {
            return match file {
                "" => Err("log: needs the name of a file, as in log:job.jsonl".to_owned()),
                file => Ok(Self::Log(file.into())),
            };
        }
        let (name, rest) = text.split_once('(').ok_or(FORMS)?;
        let args: Vec<&str> = rest.strip_suffix(')').ok_or(FORMS)?.split(',').map(str::trim).collect();
        let time = |text: &str| duration(text).map_err(|error| format!("`{text}`: {error}; {FORMS}"));
        let times = match (name.trim(), &args[..]) {
            ("fixed", [each]) => TaskTimes::Fixed(time(each)?),
            ("uniform", [from, to]) => {
                let (from, to) = (time(from)?, time(to)?);
                if from > to {
                    return Err("the least time is more than the most; write the shorter one first".to_owned());
                }
                TaskTimes::Uniform { from, to }
            }
            ("lognormal", [median, sigma]) => match sigma.parse::<f64>() {
                Ok(sigma) if (0.0..=5.0).contains(&sigma) => TaskTimes::LogNormal {
                    median: time(median)?,
                    sigma,
                },
                _ => {
                    return Err(format!(
                        "`{sigma}` is no spread; write a number from 0 to 5, such as 0.8"
                    ));
                }
            },
            _ => return Err(FORMS.to_owned()),
        };
        Ok(Self::Drawn(times))
    }
}

/// A share of all attempts, from 0 to 1.
fn rate(text: &str) -> Result<f64, String> {
    let share = text.trim().strip_suffix('%').map(|number| number.trim().parse::<f64>());
    match share {
        Some(Ok(percent)) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("write a share from 0% to 100%, such as 1% or 0.5%".to_owned()),
    }
}
