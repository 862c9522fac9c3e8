//! Answers as text.

use std::fmt;
use std::time::Duration;

use super::path::{CriticalPath, Link, WaitedFor};
use super::{Cost, GroupForecast, WhatIf};
use crate::time::format_duration;

/// The most links, limits or rules that are printed.
const LINES: usize = 20;

impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hosts, runs, last) = (
            self.hosts,
            self.runs,
            self.seed.wrapping_add(self.runs.max(1).into()) - 1,
        );
        writeln!(
            f,
            "{hosts} hosts, {runs} runs, seeds {} to {last}, task times {}",
            self.seed, self.task_times
        )?;
        self.print_makespan(f)?;
        writeln!(f, "\nblocked or stopped  {}", self.stopped)?;
        if !self.stopped_seeds.is_empty() {
            let seeds: Vec<String> = self.stopped_seeds.iter().map(ToString::to_string).collect();
            writeln!(f, "                    in the runs of seed {}", seeds.join(", "))?;
        }
        writeln!(f, "failed or in doubt  {:.1} hosts of a run", self.failed_hosts)?;
        writeln!(f, "at once             {} hosts at most", self.peak_running)?;
        writeln!(
            f,
            "\nseed {} took {}; at best it takes {}",
            self.typical.seed,
            format_duration(self.typical.time),
            self.bound
        )?;
        write!(f, "\n{}", self.path)?;
        print_groups(f, &self.groups)?;
        self.print_costs(f)
    }
}

impl WhatIf {
    fn print_makespan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(spread) = self.makespan else {
            return writeln!(f, "\nno run came to its end");
        };
        writeln!(f, "\n{:<10}{:>10}  {:>6}", "makespan", "time", "seed")?;
        let rows = [
            ("min", spread.min),
            ("p50", spread.p50),
            ("p90", spread.p90),
            ("p99", spread.p99),
            ("max", spread.max),
        ];
        for (name, quantile) in rows {
            writeln!(
                f,
                "  {name:<8}{:>10}  {:>6}",
                format_duration(quantile.time),
                quantile.seed
            )?;
        }
        Ok(())
    }

    fn print_costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.costs.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nwhat each rule costs, in {} of the runs", self.cost_runs)?;
        writeln!(
            f,
            "{:>10}  {:>10}  {:>8}  {:<8}  rule",
            "gain", "then", "stopped", "relaxed"
        )?;
        for cost in self.costs.iter().take(LINES) {
            print_cost(f, cost)?;
        }
        match self.costs.len().saturating_sub(LINES) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more that cost less"),
        }
    }
}

fn print_cost(f: &mut fmt::Formatter<'_>, cost: &Cost) -> fmt::Result {
    let to = cost.relaxation.change.to_string();
    let (gain, then) = match cost.after {
        Some(after) => (gain(cost.gain()), format_duration(after)),
        None => ("unknown".to_owned(), "-".to_owned()),
    };
    let stopped = format!("{:.1}%", cost.stopped.share() * 100.0);
    writeln!(
        f,
        "{gain:>10}  {then:>10}  {stopped:>8}  {to:<8}  {}",
        cost.relaxation.rule
    )
}

fn print_groups(f: &mut fmt::Formatter<'_>, groups: &[GroupForecast]) -> fmt::Result {
    if groups.is_empty() {
        return Ok(());
    }
    let width = groups
        .iter()
        .map(|group| group.group.len())
        .max()
        .unwrap_or(0)
        .max("limit".len());
    writeln!(
        f,
        "\n{:<width$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>5}  {:>12}  rule",
        "limit", "in job", "slots", "peak", "usual", "used", "idle slots"
    )?;
    for group in groups.iter().take(LINES) {
        writeln!(
            f,
            "{:<width$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>4.0}%  {:>12}  {}",
            group.group,
            group.in_job,
            group.slots,
            group.peak.most,
            group.peak.p50,
            group.used * 100.0,
            format_duration(group.idle),
            group.rule
        )?;
    }
    match groups.len().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more"),
    }
}

impl fmt::Display for CriticalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(last) = self.links.last() else { return Ok(()) };
        let count = self.links.len();
        let width = self
            .links
            .iter()
            .map(|link| link.host.as_str().len())
            .max()
            .unwrap_or(0);
        writeln!(
            f,
            "critical path: {count} attempts one after the other, {}",
            format_duration(last.ended)
        )?;
        // The beginning and the end say most.
        let (head, tail) = if count > LINES {
            (LINES / 2, count - LINES / 2)
        } else {
            (count, count)
        };
        for link in self.links.iter().take(head) {
            print_link(f, link, width)?;
        }
        if tail > head {
            writeln!(f, "{:>10}  and {} more", "...", tail - head)?;
        }
        for link in self.links.iter().skip(tail) {
            print_link(f, link, width)?;
        }
        Ok(())
    }
}

fn print_link(f: &mut fmt::Formatter<'_>, link: &Link, width: usize) -> fmt::Result {
    let (began, took) = (
        format_duration(link.began),
        format_duration(link.ended.saturating_sub(link.began)),
    );
    writeln!(
        f,
        "{began:>10}  {:<width$}  {took:>9}  {}",
        link.host.as_str(),
        link.waited_for
    )
}

impl fmt::Display for WaitedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("from the start"),
            Self::Sequence { sequence, stage } => write!(f, "after {stage} ({sequence})"),
            Self::Limit { group, rule } => write!(f, "{rule} on {group}"),
            Self::JobLimit => f.write_str("max_parallel of the job"),
            Self::Retry => f.write_str("tried again"),
            Self::Bake => f.write_str("the wave before had to prove itself"),
            Self::Other => f.write_str("an order, or another job"),
        }
    }
}

/// What a change saves, or costs.
fn gain(seconds: f64) -> String {
    let time = format_duration(Duration::try_from_secs_f64(seconds.abs()).unwrap_or_default());
    if seconds < 0.0 { format!("-{time}") } else { time }
}
