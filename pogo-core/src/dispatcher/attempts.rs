//! Builds the transport's attempts from started tasks, also after a restart.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::job_command::JobCommand;
use super::shutdown::Shutdown;
use super::{Attempt, DispatchError, Dispatcher};
use crate::fleet::{Host, HostName};
use crate::journal::Seq;
use crate::plan::JobSpec;
use crate::policy::ResolvedSettings;
use crate::scheduler::{AttemptId, Incarnation, Input, JobId, OwnerId, Phase};

impl Dispatcher {
    /// The shortest time limit of a resumed attempt, so that its transport can learn the result of one whose own time
    /// limit has passed.
    const FIND_TIME: Duration = Duration::from_secs(30);

    /// Stores the data shared by all attempts of a job.
    pub(super) fn remember(&mut self, job: JobId, spec: &JobSpec) {
        self.commands.insert(job, JobCommand::of(spec));
    }

    pub(super) fn start(&mut self, job: JobId, host: &HostName, id: AttemptId) {
        if let Some(attempt) = self.attempt(job, host, id) {
            self.start_when_asked(attempt);
            // Decided before the grace of a shutdown was over, and durable after it: the journal was away.
            if self.shutdown.as_ref().is_some_and(Shutdown::has_ended_grace) {
                self.io.running.cancel(id);
            }
        }
    }

    /// Builds the attempt for the transport.
    fn attempt(&self, job: JobId, host: &HostName, id: AttemptId) -> Option<Attempt> {
        let shared = self.commands.get(&job)?.clone();
        let settings = self.scheduler.job(job)?.settings();
        Some(self.attempt_of((job, shared, settings), host, id))
    }

    /// An attempt of the past, for a question to its host; its job may have retired.
    pub(super) fn past_attempt(&self, job: JobId, host: &HostName, id: AttemptId) -> Option<Attempt> {
        let attempt = self.attempt(job, host, id).or_else(|| {
            let mut retired = self.scheduler.retired_jobs();
            // Resolved for any number of hosts: hooks and time limit do not depend on it.
            let spec = retired.find(|retired| retired.id() == job)?.spec();
            Some(self.attempt_of((job, JobCommand::of(spec), &spec.settings.resolve(1)), host, id))
        })?;
        Some(Attempt {
            resumed: true,
            ..attempt
        })
    }

    fn attempt_of(
        &self,
        (job, shared, settings): (JobId, JobCommand, &ResolvedSettings),
        host: &HostName,
        id: AttemptId,
    ) -> Attempt {
        let fleet = self.scheduler.fleet();
        let host = match fleet.id(host.as_str()) {
            Some(host) => fleet.host(host),
            // It has left the fleet.
            None => Host::new(host.clone()),
        };
        let incarnation = self.scheduler.incarnation_of(id);
        let mut restores = self.scheduler.restorations().iter();
        let began = restores.find(|restoration| restoration.incarnation == incarnation);
        let hooks = |path: &str| (!path.is_empty()).then(|| Arc::from(path));
        Attempt {
            id,
            job,
            host,
            command: shared.command,
            exec_options: shared.exec_options,
            transport_settings: shared.transport_settings,
            pre_hooks: hooks(&settings.pre_hooks),
            post_hooks: hooks(&settings.post_hooks),
            time_limit: settings.attempt_timeout,
            resumed: false,
            host_lock: false,
            namespace: Arc::clone(&self.io.namespace),
            incarnation: incarnation.0,
            restore: began.and_then(|restoration| restoration.id),
        }
    }

    /// Reports the transport's capabilities to the scheduler.
    pub(super) fn introduce_transport(&mut self) {
        let transport = Input::Transport {
            asks_permission: self.io.running.asks_permission(),
            fences: self.io.fencing.is_possible(),
        };
        // Never refused, and leads to no event.
        let _ = self.input(transport, &mut Vec::new());
    }

    /// Takes over from another dispatcher, perhaps with a journal that was restored.
    pub(super) async fn recover(&mut self, owner: OwnerId, restored: Option<Input>) -> Result<(), DispatchError> {
        let submitted: Vec<_> = self
            .scheduler
            .jobs()
            .map(|job| (job.id(), Arc::new(job.spec().clone())))
            .collect();
        for (job, spec) in submitted {
            self.remember(job, &spec);
        }
        let mut batch = self.taken_over(owner, restored)?;
        let resumable = self.resumable();
        let mut resumed: Vec<AttemptId> = resumable.iter().map(|(attempt, _)| attempt.id).collect();
        self.io
            .fencing
            .inherited
            .extend(resumed.iter().map(|attempt| (*attempt, None)));
        let asked = self.to_be_asked(&resumed);
        resumed.extend(&asked);
        if self.io.fencing.is_possible() {
            self.scheduler.leave_end_of(resumed.iter().copied());
        }
        // Never refused.
        let _ = self.input_of_this_moment(Input::Recover { resumed }, &mut batch.records);
        batch.end_input();
        self.commit(batch).await?;
        let incarnation = self.scheduler.incarnation();
        if incarnation > Incarnation::default() {
            // Only now: had it died before, the next dispatcher would have had to record it. And whoever recorded it
            // may have died before this.
            self.io.tail.confirm_restored(incarnation).await?;
        }
        // Only once the takeover is recorded: whoever is fenced meanwhile must touch no host.
        for (attempt, cancelling) in resumable {
            let id = attempt.id;
            self.io.running.start(attempt, vec![]);
            if cancelling {
                self.io.running.cancel(id);
                self.io.fencing.cancelled(id);
            }
        }
        self.ask_for_running(asked);
        self.ask_all_doubtful();
        Ok(())
    }

    /// What is recorded of a takeover before anything else. Nothing starts before the attempts are recovered: by a
    /// clock that went on in between, a host whose retry is due would have been left waiting.
    fn taken_over(&mut self, owner: OwnerId, restored: Option<Input>) -> Result<Batch, DispatchError> {
        let mut batch = Batch::default();
        self.now = self.now.max(self.io.clock.now());
        let (epoch, from) = self.io.tail.owned_since();
        if self.io.tail.end() > Seq::default() {
            // Never refused.
            let _ = self.input_of_this_moment(Input::OwnerChanged { owner, epoch, from }, &mut batch.records);
            batch.end_input();
        }
        if let Some(restored) = restored {
            // Whatever ran is in doubt from here on, so that nothing is left to be resumed.
            self.input_of_this_moment(restored, &mut batch.records)?;
            batch.end_input();
        }
        Ok(batch)
    }

    /// Attempts that the transport can resume, with their remaining time, and whether they are being cancelled.
    pub(super) fn resumable(&self) -> Vec<(Attempt, bool)> {
        let now = self.now.max(self.io.clock.now());
        let views = self.scheduler.attempts().into_iter();
        views
            // One that settles has ended on its host, and one without permission waits again.
            .filter(|view| view.phase != Phase::Settle && !view.has_not_begun())
            .filter_map(|view| {
                let mut attempt = self.attempt(view.job, &view.host, view.id)?;
                attempt.resumed = true;
                attempt.host_lock = view.permission.has_host_lock();
                // From its start and not from the takeover, or each dispatcher that dies would give
                // the command its whole time again.
                let left = attempt.time_limit.saturating_sub(now - view.started);
                attempt.time_limit = left.max(Self::FIND_TIME);
                Some((attempt, view.cancelling.is_some()))
            })
            .filter(|(attempt, _)| self.io.running.resumes(attempt))
            .collect()
    }
}
