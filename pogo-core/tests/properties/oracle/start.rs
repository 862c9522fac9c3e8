//! Whether a host may start, and an attempt begin.

use super::Oracle;
use super::groups::{Group, select, size};
use super::job::Job;
use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, Selector};
use pogo_core::policy::Rule;
use pogo_core::scheduler::{AttemptId, JobId, TaskState};

impl Oracle {
    /// Between two inputs no host waits that may start.
    pub(crate) fn rest(&self, now: Timestamp) -> Result<(), String> {
        // Hosts that have left the fleet are counted while they run, by tags that are known no more.
        let knows_all = self.running.keys().all(|host| self.fleet.id(host.as_str()).is_some());
        let budgets = &self.rules.budgets;
        let follows = |job: &Job| {
            let stayed = job.tasks.keys().all(|host| self.fleet.id(host.as_str()).is_some());
            !job.moved || (stayed && job.waves.is_empty() && budgets.is_empty())
        };
        for (host, owner) in self.awaited.iter().filter(|_| knows_all) {
            if self.may_be_held(host).is_ok() {
                return Err(format!("{owner} waits for {host}, and may hold it"));
            }
        }
        for (&id, job) in self.jobs.iter().filter(|(_, job)| knows_all && follows(job)) {
            for host in job.tasks.keys() {
                if self.may_start(id, host, now).is_ok() {
                    return Err(format!("{host} of {id} waits, and may start"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_over_a_budget(&self, job: &Job, host: &HostName) -> bool {
        let mut budgets = self.rules.budgets.iter().filter(|(group, _)| group.contains(host));
        !job.moved
            && budgets.any(|(group, limit)| {
                let members = group.iter().filter(|host| job.tasks.contains_key(*host)).count();
                let forgiven = job.forgiven.get(group).copied().unwrap_or(0);
                job.failed(group).saturating_sub(forgiven) > limit.tolerated(size(members)) as usize
            })
    }

    /// Whether this host may start now, by every rule.
    pub(super) fn may_start(&self, id: JobId, host: &HostName, now: Timestamp) -> Result<(), String> {
        let job = self.jobs.get(&id).ok_or("no such job")?;
        let refuse = |rule: &str| Err(format!("{host} of {id} may not start: {rule}"));
        if job.tasks.get(host) != Some(&TaskState::Waiting) {
            return refuse("it does not wait");
        }
        if !job.goes_on {
            return refuse("the job starts no more");
        }
        if self.running.contains_key(host) {
            return refuse("the host is leased");
        }
        if self.fleet.id(host.as_str()).is_none() {
            return refuse("the host has left the fleet");
        }
        if self
            .freezes
            .iter()
            .any(|frozen| select(&self.fleet, frozen).contains(host))
        {
            return refuse("it is frozen");
        }
        if self
            .held
            .get(host)
            .is_some_and(|owner| job.spec.under_hold.as_ref() != Some(owner))
        {
            return refuse("somebody else holds it");
        }
        if job.delays.get(host).is_some_and(|&(_, until)| until > now) {
            return refuse("it is too early");
        }
        if job
            .max_parallel()
            .is_some_and(|most| job.count(TaskState::Running) >= most as usize)
        {
            return refuse("the job runs as many as it may");
        }
        let failed = job.count(TaskState::Failed) - job.accepted;
        if job.max_failures().is_some_and(|most| failed > most as usize) {
            return refuse("too many of the job have failed");
        }
        if self.is_over_a_budget(job, host) {
            return refuse("too many have failed in its group");
        }
        if job.spec.override_constraints.is_some() {
            return Ok(());
        }
        self.in_turn(job, host)
            .and_then(|()| self.has_place(host, true))
            .or_else(|rule| refuse(&rule))
    }

    /// Whether an attempt that was started before may begin now.
    pub(super) fn may_begin(&self, id: JobId, host: &HostName) -> Result<(), String> {
        let goes_on = self.jobs.get(&id).ok_or("no such job")?.goes_on;
        let frozen = |hosts: &Selector| select(&self.fleet, hosts).contains(host);
        match goes_on && self.fleet.id(host.as_str()).is_some() && !self.freezes.iter().any(frozen) {
            true => Ok(()),
            false => Err(format!("{host} of {id} may not begin")),
        }
    }

    pub(super) fn has_begun(&self, attempt: AttemptId) -> Result<(), String> {
        match self.unpermitted.contains(&attempt) {
            true => Err(format!("{attempt} was not permitted to begin")),
            false => Ok(()),
        }
    }

    /// Whether limits let a host run, or only be unavailable.
    pub(super) fn has_place(&self, host: &HostName, runs: bool) -> Result<(), String> {
        let away = |host: &HostName| self.is_away(host);
        for (group, rule) in &self.rules.buckets {
            if !group.contains(host) {
                continue;
            }
            let slots = match rule {
                Rule::MinAvailable(limit) => limit.spare(size(group.len())),
                rule => rule.limit().slots(size(group.len())),
            };
            let running = group.iter().filter(|host| self.running.contains_key(*host)).count();
            let unavailable = group.iter().filter(|host| away(host)).count();
            let bounds_running = runs && !matches!(rule, Rule::MinAvailable(_));
            if bounds_running && running >= slots as usize {
                return Err(format!("{running} of {group:?} run ({rule})"));
            }
            let counts_unavailable = !matches!(rule, Rule::MaxRunning(_));
            if counts_unavailable && !away(host) && unavailable >= slots as usize {
                return Err(format!("{unavailable} of {group:?} are unavailable ({rule})"));
            }
        }
        Ok(())
    }

    /// Whether it is the host's turn, by sequences and waves.
    pub(super) fn in_turn(&self, job: &Job, host: &HostName) -> Result<(), String> {
        // Hosts that have left the fleet belong to stages by tags that are known no more.
        let gone = job.tasks.keys().any(|host| self.fleet.id(host.as_str()).is_none());
        for sequence in self.rules.sequences.iter().filter(|_| !gone) {
            let scope = sequence.scope.as_ref();
            for repeat in &sequence.repeats {
                let mut taken = Group::new();
                for stage in &sequence.stages {
                    let mut stage = stage.clone();
                    stage.retain(|host| job.tasks.contains_key(host) && repeat.contains(host) && !taken.contains(host));
                    stage.retain(|host| scope.is_none_or(|scope| scope.contains(host)));
                    if stage.contains(host) {
                        break;
                    }
                    let incomplete =
                        !job.is_complete(&stage, sequence.allow_failures.tolerated(size(stage.len())) as usize);
                    let comes_later = repeat.contains(host)
                        && scope.is_none_or(|scope| scope.contains(host))
                        && sequence.stages.iter().any(|stage| stage.contains(host));
                    if incomplete && comes_later {
                        return Err(format!("{stage:?} come first"));
                    }
                    taken.extend(stage);
                }
            }
        }
        let wave = job.waves.iter().position(|wave| wave.contains(host)).unwrap_or(0);
        if !job.moved && (1..=wave).any(|wave| !job.opened.contains(&wave)) {
            return Err("its wave is not open".to_owned());
        }
        Ok(())
    }
}
