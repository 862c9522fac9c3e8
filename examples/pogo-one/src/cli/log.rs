//! The arguments of the commands that read event logs.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

#[cfg(feature = "store")]
use super::{JobArg, PlaceArgs};
use super::{PictureArgs, PlanFormat};

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogArg {
    /// In a file; `-` is standard input.
    File(PathBuf),
    /// In a store: what happened to a job.
    #[cfg(feature = "store")]
    Job(JobArg),
}

impl FromStr for LogArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        // A file that is there is what was meant, whatever it is called.
        #[cfg(feature = "store")]
        if let Ok(job) = text.parse()
            && !Path::new(text).exists()
        {
            return Ok(Self::Job(job));
        }
        Ok(Self::File(Path::new(text).to_owned()))
    }
}

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    /// A job of a store, by its number or as `last`; or a log, lines as `run`, `demo` and `simulate` print them with
    /// `--format jsonl`: `-` is standard input.
    #[arg(value_name = "JOB|LOG")]
    pub(crate) log: LogArg,
    /// Draw only this job of a log; the number in `job-3` is 3.
    #[arg(long, value_name = "N")]
    pub(crate) job: Option<u64>,
    #[command(flatten)]
    pub(crate) pictures: PictureArgs,
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{}\n\n{AUDIT_EXIT_CODES}", super::examples::AUDIT))]
pub(crate) struct AuditArgs {
    /// A job of a store, by its number or as `last`, with all that happened beside it; or a log, lines as `run`,
    /// `demo` and `simulate` print them with `--format jsonl`: `-` is standard input.
    #[arg(value_name = "JOB|LOG")]
    pub(crate) log: LogArg,
    /// Check against this policy file. Without it, against the policies in the log.
    #[arg(short = 'c', long, alias = "config", value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

const AUDIT_EXIT_CODES: &str = "\
Exit codes:
  0   every rule was kept
  1   a rule was broken
  64  the command line, the policy or the log cannot be read";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A job of a store, by its number or as `last`; or a log, lines as `run`, `demo` and `simulate` print them with
    /// `--format jsonl`: `-` is standard input.
    #[arg(value_name = "JOB|LOG")]
    pub(crate) log: LogArg,
    /// Playback speed: a factor such as 10 or 0.5, or `max` for no waiting.
    #[arg(long, value_name = "N|max", default_value = "1")]
    pub(crate) speed: Speed,
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// How fast a job is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// This many times faster than the run was.
    Times(f64),
    /// Without any wait.
    Max,
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(times) if times.is_finite() && times > 0.0 => Ok(Self::Times(times)),
            _ => Err("write a number above 0, such as 10 or 0.5, or `max`".to_owned()),
        }
    }
}
