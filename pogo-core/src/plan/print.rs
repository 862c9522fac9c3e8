//! A plan as a person reads it.

use std::fmt;

use super::plan::{Plan, PlannedBucket, PlannedBudget, PlannedStage};
use super::rules::Bucket;
use super::settings::more_than;
use super::words::count;
use crate::fleet::fold;
use crate::policy::ResolvedLimit;
use crate::saturating::saturating_u32;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", count(self.hosts(), "host"), fold(&self.hosts))?;
        self.print_stages(f)?;
        self.print_buckets(f)?;
        write!(f, "\n{}", self.job)?;
        for PlannedBudget { budget, allowed, .. } in &self.budgets {
            let (group, limit) = (&budget.group, budget.limit);
            let more = more_than(*allowed);
            writeln!(f, "{group} starts no more when {more} there (max_failures: {limit})")?;
        }
        for warning in &self.warnings {
            writeln!(f, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

impl Plan {
    /// How many hosts the job has.
    fn hosts(&self) -> u32 {
        saturating_u32(self.hosts.len())
    }

    fn print_stages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sequence = None;
        for (at, PlannedStage { stage, hosts }) in self.stages.iter().enumerate() {
            if sequence != Some(&stage.sequence) {
                // By its name alone: one without a name of its own is called `sequence 1` by whoever read it, so a
                // word before the name would have to depend on how the name begins.
                writeln!(f, "\n{}", stage.sequence)?;
                sequence = Some(&stage.sequence);
            }
            let then = if stage.after.is_some() { "then " } else { "     " };
            let many = saturating_u32(hosts.len());
            write!(
                f,
                "  {then}{:<24} {}: {}",
                stage.label,
                count(many, "host"),
                fold(hosts)
            )?;
            match (stage.allowed_failures, self.is_followed(at)) {
                (0, true) => writeln!(f, " (one failure holds back what comes next)")?,
                (0, false) => writeln!(f)?,
                (allowed, _) => writeln!(f, " ({allowed} may fail)")?,
            }
        }
        Ok(())
    }

    /// Whether another stage waits for this one.
    pub(super) fn is_followed(&self, at: usize) -> bool {
        let next = self.stages.get(at + 1);
        next.is_some_and(|next| next.stage.after.is_some_and(|after| after.index() == at))
    }

    fn print_buckets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.job.settings.max_parallel;
        if self.buckets.is_empty() && own.is_none() {
            return writeln!(
                f,
                "\nno limit on how many run: all hosts whose turn it is start at once"
            );
        }
        let groups = self.buckets.iter().map(|planned| planned.bucket.group.len());
        let width = groups.max().unwrap_or(0).max(OWN.len());
        writeln!(
            f,
            "\n{:<width$}  {:>7}  {:>7}  {:>6}  rule",
            "group", "hosts", "in job", "slots"
        )?;
        for PlannedBucket { bucket, in_job } in &self.buckets {
            let Bucket {
                group,
                rule,
                hosts,
                slots,
                ..
            } = bucket;
            writeln!(f, "{group:<width$}  {hosts:>7}  {in_job:>7}  {slots:>6}  {rule}")?;
        }
        if let Some(ResolvedLimit { limit, hosts, .. }) = own {
            let all = self.hosts();
            writeln!(
                f,
                "{OWN:<width$}  {all:>7}  {all:>7}  {hosts:>6}  max_parallel: {limit}"
            )?;
        }
        Ok(())
    }
}

/// What a job's own limit counts.
const OWN: &str = "this job";
