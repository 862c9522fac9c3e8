//! The arguments that say what is printed and drawn.

use std::path::PathBuf;
use std::sync::OnceLock;

use clap::{Args, ValueEnum};

/// How much is printed, the same for every verb.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Verbosity {
    /// Print less: of a job failures and the summary, of an order that is accepted nothing, of outputs no remarks.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more: each start and each success, how what is waited for ended, whose attempt an output is of.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

static CHOSEN: OnceLock<Verbosity> = OnceLock::new();

impl Verbosity {
    /// Sets the choice, once the line is read.
    pub(crate) fn choose(self) {
        // There is one line.
        let _ = CHOSEN.set(self);
    }

    /// What was chosen.
    pub(crate) fn chosen() -> Self {
        CHOSEN.get().copied().unwrap_or_default()
    }
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
