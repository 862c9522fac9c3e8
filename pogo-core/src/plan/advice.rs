//! The warnings of a plan: rules that may not mean what their author expects.

use super::plan::Plan;
use super::problem::Warning;
use super::words::count;
use crate::fleet::{HostName, fold};
use crate::policy::{Limit, Origin, Percent, Policy, Rule};
use crate::saturating::saturating_u32;

/// A stage of this many hosts is likely to have a failure.
const LARGE_STAGE: usize = 100;
/// How many groups a warning names.
const MAX_NAMED: usize = 3;

/// A rule, where it was written, and the groups that its share covers as a whole, with their hosts.
type RoundedRule<'a> = (Rule, Option<&'a Origin>, Vec<(&'a str, u32)>);

impl Plan {
    /// Adds warnings about this job under this policy; `uncovered` are its hosts that no limit counts.
    pub(super) fn advise(&mut self, policy: &Policy, uncovered: &[HostName]) {
        let limits = policy
            .constraints
            .iter()
            .any(|it| !matches!(it.rule, Rule::MaxFailures(_)));
        // Only under a policy that has limits: where there are none at all, that is what was meant.
        if limits && !uncovered.is_empty() && self.job.settings.max_parallel.is_none() {
            self.warnings.push(without_limit(uncovered));
        }
        let mut ineffective_shares = self.ineffective_shares();
        self.warnings.append(&mut ineffective_shares);
        let mut fragile_stages = self.fragile_stages();
        self.warnings.append(&mut fragile_stages);
    }

    /// Shares that come to a whole group.
    fn ineffective_shares(&self) -> Vec<Warning> {
        let mut rules: Vec<RoundedRule<'_>> = Vec::new();
        for planned in &self.buckets {
            let bucket = &planned.bucket;
            let is_share = bucket.bounds_running() && bucket.rule.limit().is_percent();
            // Whoever writes that means it.
            let is_all = bucket.rule.limit() == Limit::Percent(Percent::WHOLE);
            if !is_share || is_all || bucket.slots < bucket.hosts {
                continue;
            }
            let group = (bucket.group.as_str(), bucket.hosts);
            match rules
                .iter_mut()
                .find(|(rule, origin, _)| *rule == bucket.rule && *origin == bucket.origin.as_ref())
            {
                Some((.., groups)) => groups.push(group),
                None => rules.push((bucket.rule, bucket.origin.as_ref(), vec![group])),
            }
        }
        let warning = |(rule, origin, groups): RoundedRule<'_>| {
            let named = groups
                .iter()
                .take(MAX_NAMED)
                .map(|(group, hosts)| format!("`{group}` ({})", count(*hosts, "host")));
            let mut named = named.collect::<Vec<_>>().join(", ");
            if groups.len() > MAX_NAMED {
                named += &format!(" and {} more groups", groups.len() - MAX_NAMED);
            }
            let message = format!("`{rule}` is rounded up to 1, which is all of {named}: it may be away as a whole");
            Warning::new(message, origin.cloned())
        };
        rules.into_iter().map(warning).collect()
    }

    /// Large stages that a single failure stops.
    fn fragile_stages(&self) -> Vec<Warning> {
        let stages = self.stages.iter().enumerate();
        let fragile_stages = stages.filter(|(at, planned)| {
            planned.stage.allowed_failures == 0 && planned.hosts.len() >= LARGE_STAGE && self.is_followed(*at)
        });
        fragile_stages
            .map(|(_, planned)| {
                let (hosts, label) = (planned.hosts.len(), &planned.stage.label);
                let message = format!(
                    "one failure among the {hosts} hosts of `{label}` holds back all that comes after, until somebody \
                     retries or skips it; `allow_failures` lets it go on"
                );
                Warning::new(message, None)
            })
            .collect()
    }
}

fn without_limit(hosts: &[HostName]) -> Warning {
    let many = saturating_u32(hosts.len());
    let (them, start) = if many == 1 { ("it", "starts") } else { ("them", "start") };
    let message = format!(
        "no limit counts {}: {}; nothing bounds how many of {them} {start} at once",
        count(many, "host"),
        fold(hosts)
    );
    Warning::new(message, None)
}
