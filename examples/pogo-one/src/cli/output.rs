//! The arguments that say what is printed and drawn.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How much is printed, the same for every verb that shows a job.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Verbosity {
    /// Print less: failures and the summary, without hosts' output (unless it is folded) and progress.
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more: each start and each success; of a simulation, what happened at each moment.
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// How the hosts' output is printed.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FoldArgs {
    /// Print the same output of several hosts once, under their names as a range, when the job is over.
    #[arg(short = 'b', long)]
    pub(crate) fold: bool,
    /// Print what most hosts said, and of the others the lines that differ.
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person.
    Text,
    /// For a program: one event a line, and hosts' output among them.
    Jsonl,
}

/// Files to draw into.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// Write a self-contained HTML page into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write an SVG image into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

impl PictureArgs {
    pub(crate) fn are_wanted(&self) -> bool {
        self.html.is_some() || self.svg.is_some()
    }
}
