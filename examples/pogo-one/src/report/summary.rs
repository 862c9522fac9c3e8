//! The summary of a job.

use std::fmt;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{CureOrder, JobView, Obstacle};

use super::host_state::HostState;
use super::moment::moment;
use super::names::names;
use super::progress::JobProgress;
use super::reasons::Reasons;
use super::span::span;
use super::tails::OutputTails;
use super::visible::visible;

/// The obstacles of a simulated job, a sentence each.
pub(crate) fn blockers(job: JobView<'_>, now: Timestamp) -> Vec<String> {
    let time = |at: Timestamp| match at == Timestamp::EPOCH {
        true => "the start".to_owned(),
        false => moment(at, now),
    };
    let sentence = |obstacle: &Obstacle| visible(&obstacle.blocker.describe(&time)).into_owned();
    job.blockers().iter().map(sentence).collect()
}

/// Displays the result of a job.
pub(crate) struct Summary<'a> {
    progress: &'a JobProgress,
    tails: &'a OutputTails,
    is_kept: bool,
}

impl<'a> Summary<'a> {
    /// How many obstacles are shown.
    const OBSTACLES: usize = 20;
    /// How many limits are shown.
    const LIMITS: usize = 20;

    pub(crate) fn of(progress: &'a JobProgress, tails: &'a OutputTails) -> Self {
        let is_kept = false;
        Self {
            progress,
            tails,
            is_kept,
        }
    }

    /// The job is kept, so that orders still help.
    pub(crate) fn kept(mut self, is_kept: bool) -> Self {
        self.is_kept = is_kept;
        self
    }

    /// What holds the job back, and what clears that.
    pub(crate) fn obstacles(&self) -> String {
        struct Obstacles<'s, 'a>(&'s Summary<'a>);
        impl fmt::Display for Obstacles<'_, '_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.blocked(f)
            }
        }
        Obstacles(self).to_string()
    }

    fn hosts(&self, f: &mut fmt::Formatter<'_>, label: &str, wanted: fn(&HostState) -> bool) -> fmt::Result {
        let hosts: Vec<&HostName> = self.progress.hosts(wanted).into_iter().map(|(host, _)| host).collect();
        if hosts.is_empty() {
            Ok(())
        } else {
            writeln!(
                f,
                "  {label:<10} {:>6}  {}",
                hosts.len(),
                names(self.progress.fleet(), &hosts)
            )
        }
    }

    /// Lists hosts that failed or are in doubt, with the reasons.
    fn bad(&self, f: &mut fmt::Formatter<'_>, label: &str, wanted: fn(&HostState) -> bool) -> fmt::Result {
        self.hosts(f, label, wanted)?;
        write!(f, "{}", Reasons::of(self.progress, self.tails, wanted))
    }

    /// The last obstacles, and the cures that work after this program has ended: without a store, it keeps no job.
    fn blocked(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = &self.progress.blocked_by;
        for obstacle in reasons.iter().take(Self::OBSTACLES) {
            let what = obstacle.blocker.describe(&|at| moment(at, self.progress.now));
            write!(f, "\nblocked: {}", visible(&what))?;
            if self.is_kept {
                writeln!(f)?;
                let cures = obstacle.cures.iter();
                cures
                    .map(ToString::to_string)
                    .try_for_each(|cure| writeln!(f, "  {}", visible(&cure)))?;
                continue;
            }
            let orders = obstacle.cures.iter().flat_map(|cure| &cure.orders);
            for order in orders.filter(|order| matches!(order, CureOrder::Relax { .. })) {
                write!(f, ": {}", visible(&order.to_string()))?;
            }
            writeln!(f)?;
        }
        match reasons.len().saturating_sub(Self::OBSTACLES) {
            0 => {}
            more => writeln!(f, "blocked: and by {more} more")?,
        }
        if self.is_kept {
            return Ok(());
        }
        let of_hosts = |order: &CureOrder| !matches!(order, CureOrder::Relax { .. });
        if reasons
            .iter()
            .flat_map(|o| &o.cures)
            .flat_map(|cure| &cure.orders)
            .any(of_hosts)
        {
            writeln!(f, "\nmend these hosts, and run again on them and on what was not run")?;
        }
        Ok(())
    }

    fn failures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some((limit, allowed)), Some(total)) = (self.progress.max_failures, &self.progress.total) else {
            return Ok(());
        };
        writeln!(
            f,
            "\n  {} failed of {allowed} that may (max_failures: {limit})",
            total.bad
        )
    }

    fn limits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = self.progress.limits();
        if limits.is_empty() {
            return Ok(());
        }
        let shown = limits.get(..Self::LIMITS).unwrap_or(&limits);
        let width = shown
            .iter()
            .map(|group| group.name().chars().count())
            .max()
            .unwrap_or(0)
            .max("limit".len());
        writeln!(
            f,
            "\n  {:<width$}  {:>6}  {:>6}  {:>16}  rule",
            "limit", "slots", "widest", "held hosts back"
        )?;
        for group in shown {
            let (Some((_, slots)), Some(rule)) = (group.limit, group.rule()) else {
                continue;
            };
            let held = if group.full_for.is_zero() {
                "never".to_owned()
            } else {
                format!("for {}", span(group.full_for))
            };
            writeln!(
                f,
                "  {:<width$}  {slots:>6}  {:>6}  {held:>16}  {rule}",
                group.name(),
                group.widest
            )?;
        }
        match limits.len() - shown.len() {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more limits, which held hosts back for less"),
        }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(total) = &self.progress.total else {
            return Ok(());
        };
        let plural = if total.hosts == 1 { "" } else { "s" };
        writeln!(
            f,
            "{} host{plural} in {}, at most {} at once",
            total.hosts,
            span(self.progress.elapsed()),
            total.widest
        )?;
        self.hosts(f, "succeeded", |state| *state == HostState::Succeeded)?;
        self.hosts(f, "skipped", |state| *state == HostState::Skipped)?;
        self.bad(f, "failed", |state| matches!(state, HostState::Failed(_)))?;
        self.bad(f, "in doubt", |state| matches!(state, HostState::InDoubt(_)))?;
        self.hosts(f, "running", |state| *state == HostState::Running)?;
        if self.is_kept {
            // The job may go on when nobody looks at it, and then these run.
            self.hosts(f, "waiting", |state| *state == HostState::Waiting)?;
            self.hosts(f, "not run", |state| *state == HostState::Cancelled)?;
        } else {
            self.hosts(f, "not run", |state| {
                matches!(state, HostState::Waiting | HostState::Cancelled)
            })?;
        }
        if !self.progress.slow.is_empty() {
            let slow = &self.progress.slow;
            let hosts: Vec<&HostName> = slow.iter().collect();
            writeln!(
                f,
                "  {:<10} {:>6}  {}",
                "slow",
                slow.len(),
                names(self.progress.fleet(), &hosts)
            )?;
        }
        self.limits(f)?;
        self.failures(f)?;
        match self.progress.stopped.as_deref() {
            None => {}
            // Whoever ordered it did not say why.
            Some("") => writeln!(f, "\nstopped")?,
            Some(reason) => writeln!(f, "\nstopped: {reason}")?,
        }
        self.blocked(f)
    }
}
