//! The trace of a run.

use std::fmt;

use super::executor::Millis;
use crate::Digest;

/// The trace of a run, line by line: faults, orders, commits, and events on hosts. The same seed gives the
/// same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterTrace {
    lines: Vec<String>,
}

impl ClusterTrace {
    pub(super) fn note(&mut self, at: Millis, line: fmt::Arguments<'_>) {
        self.lines.push(format!("{:>6}.{:03} {line}", at / 1_000, at % 1_000));
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The digest of all lines.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }
}

impl fmt::Display for ClusterTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
