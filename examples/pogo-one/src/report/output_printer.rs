//! Prints output that is read from where it is kept.

use std::collections::BTreeMap;
use std::io;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::AttemptId;

use super::folding::{self, FoldStyle, Outputs};
use super::lines::{Lines, PrintedLines};
use super::records::Records;
use super::terminal::{write, write_err};

/// Hosts' output, as lines under their names or folded at the end. Standard error goes to standard error, as of a job
/// that runs.
pub(crate) struct OutputPrinter {
    kind: Kind,
}

enum Kind {
    /// Lines under the names of their hosts, as they come.
    Lines(Lines),
    /// Outputs that are the same once, at the end, with the order of hosts.
    Folded(Outputs, FoldStyle, Vec<HostName>),
    /// Lines of JSON.
    Json(Records),
}

impl OutputPrinter {
    /// Each line under its host's name, as it comes.
    pub(crate) fn lines() -> Self {
        let kind = Kind::Lines(Lines::default());
        Self { kind }
    }

    /// What several hosts wrote alike once, at the end.
    pub(crate) fn folding(style: FoldStyle) -> Self {
        let kind = Kind::Folded(Outputs::default(), style, vec![]);
        Self { kind }
    }

    /// A line of JSON for each piece, as an event log has them.
    pub(crate) fn json() -> Self {
        let kind = Kind::Json(Records::default());
        Self { kind }
    }

    /// What follows is of this host.
    pub(crate) fn begin(&mut self, host: &HostName, attempt: AttemptId) {
        if let Kind::Folded(outputs, _, hosts) = &mut self.kind {
            outputs.begin(host, attempt);
            hosts.push(host.clone());
        }
    }

    /// A piece of output, and when it came.
    pub(crate) fn push(&mut self, at: Timestamp, chunk: &OutputChunk<'_>) -> io::Result<()> {
        match &mut self.kind {
            Kind::Json(records) => {
                let mut text = vec![];
                records.output_at(at, chunk, &mut text);
                write(&text)
            }
            Kind::Folded(outputs, ..) => {
                outputs.push(chunk);
                Ok(())
            }
            Kind::Lines(lines) => {
                let mut printed = PrintedLines::default();
                lines.push(chunk, &mut printed);
                print(&printed)
            }
        }
    }

    /// There is nothing more of this host.
    pub(crate) fn end(&mut self, host: &HostName, attempt: AttemptId) -> io::Result<()> {
        match &mut self.kind {
            Kind::Folded(outputs, ..) => {
                outputs.end(host, attempt);
                Ok(())
            }
            Kind::Json(records) => {
                let mut text = vec![];
                for stream in [Stream::Stdout, Stream::Stderr, Stream::Note] {
                    records.end((attempt, stream), &mut text);
                }
                write(&text)
            }
            Kind::Lines(lines) => {
                let mut printed = PrintedLines::default();
                lines.end(attempt, host, &mut printed);
                print(&printed)
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        let Kind::Folded(mut outputs, style, hosts) = self.kind else {
            return Ok(());
        };
        let ranks: BTreeMap<&HostName, usize> = hosts.iter().zip(0..).collect();
        let rank = |host: &HostName| ranks.get(host).copied();
        let (out, err) = folding::print(&mut outputs, style, rank);
        print(&PrintedLines { out, err })
    }
}

fn print(printed: &PrintedLines) -> io::Result<()> {
    write_err(&printed.err);
    write(&printed.out)
}
