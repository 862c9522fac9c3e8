//! The arguments of the commands that read event logs.

use std::path::PathBuf;

use clap::Args;

use super::{PictureArgs, PlanFormat, Verbosity};

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Draw only this job; the number in `job-3` is 3.
    #[arg(long, value_name = "N")]
    pub(crate) job: Option<u64>,
    #[command(flatten)]
    pub(crate) pictures: PictureArgs,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{}\n\n{AUDIT_EXIT_CODES}", super::examples::AUDIT))]
pub(crate) struct AuditArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Check against this policy file. Without it, against the policies in the log.
    #[arg(short = 'c', long, alias = "config", value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

const AUDIT_EXIT_CODES: &str = "\
Exit codes:
  0   every rule was kept
  1   a rule was broken
  64  the command line, the policy or the log cannot be read";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The log: lines as `run`, `demo` and `simulate` print them with `--format jsonl`; `-` is standard input.
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Playback speed: a factor such as 10 or 0.5, or `max` for no waiting.
    #[arg(long, value_name = "N|max", default_value = "1")]
    pub(crate) speed: Speed,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
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
