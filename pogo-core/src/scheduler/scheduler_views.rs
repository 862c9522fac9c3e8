//! What a scheduler shows of its state.

use std::sync::Arc;

use super::{
    AttemptId, AttemptView, BucketView, DoubtView, Freeze, HoldView, HolderReason, JobId, JobView, Order, Query,
    QueryError, RequestId, RetiredJobView, Scheduler, View,
};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName};
use crate::plan::{BucketId, Rules};
use crate::policy::Policy;

/// Views of the state.
impl Scheduler {
    /// Answers a query from the state as it is; `now` decides only which delays have passed.
    ///
    /// Of two schedulers of the [same state](Self::same_state) the answers are the same, such as one that runs and one
    /// that has replayed its records.
    ///
    /// # Errors
    /// It names a job or hosts that there are not.
    pub fn view(&self, now: Timestamp, query: &Query) -> Result<View, QueryError> {
        self.state.view(now, query)
    }

    /// The fleet as last configured; `None` before the first time.
    pub fn configured_fleet(&self) -> Option<&Arc<Fleet>> {
        self.state.given.as_ref()
    }

    /// The fleet in force: the last configured one, followed by hosts that have left it and that jobs still have.
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.state.fleet
    }

    /// The policy in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.state.policy
    }

    /// Whether an order with this request id was carried out, in the last day: given once more, it does nothing and is
    /// answered as it was then.
    pub fn has_answered(&self, request: &RequestId) -> bool {
        self.state.requests.get(request, self.now).is_some()
    }

    /// The latest time the scheduler has seen.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// One job.
    pub fn job(&self, job: JobId) -> Option<JobView<'_>> {
        self.state.job_view(self.now, job)
    }

    /// All jobs, in the order of their numbers.
    pub fn jobs(&self) -> impl Iterator<Item = JobView<'_>> {
        self.state.job_views(self.now)
    }

    /// Jobs that have [retired](super::JobEventKind::Retired) while hosts hold slots because of them, in the order of
    /// their numbers. They take [`Order::Skip`](super::Order::Skip), and [`Order::Retry`](super::Order::Retry), which
    /// makes a new job of those hosts.
    pub fn retired_jobs(&self) -> impl Iterator<Item = RetiredJobView<'_>> {
        self.state.retired_views()
    }

    /// All buckets with their usage, in the order of the policy.
    pub fn buckets(&self) -> impl Iterator<Item = BucketView<'_>> {
        self.state.bucket_views()
    }

    /// One bucket of [`rules`](Self::rules) with its usage.
    pub fn bucket(&self, id: BucketId) -> Option<BucketView<'_>> {
        self.state.bucket_view(id)
    }

    /// Freezes in force, in the order in which they were ordered.
    pub fn freezes(&self) -> impl Iterator<Item = &Freeze> {
        self.state.freezes.iter()
    }

    /// All holds, by host: of each the one in force first, then those that wait in the order in which they were
    /// ordered.
    pub fn holds(&self) -> impl Iterator<Item = HoldView> {
        self.state.hold_views()
    }

    /// Attempts that were started and are not known to have ended, in the order of their numbers.
    pub fn attempts(&self) -> Vec<AttemptView> {
        self.state.attempt_views()
    }

    /// One of these attempts.
    pub fn attempt(&self, attempt: AttemptId) -> Option<AttemptView> {
        self.state.attempt_view(attempt)
    }

    /// Attempts in doubt that were permitted to begin, by host and job: their hosts can be asked for their state.
    /// Those of retired jobs that hold slots are among them.
    pub fn doubts(&self) -> Vec<DoubtView> {
        let doubts = self.state.doubts.iter();
        doubts.map(|(at, doubt)| doubt.view(at)).collect()
    }

    /// This attempt, if it is in doubt and its host has not said that it is over.
    #[cfg(feature = "async")]
    pub(crate) fn unfenced(&self, attempt: AttemptId) -> Option<DoubtView> {
        let at @ (host, job) = self.state.doubts.of_attempt(attempt)?;
        Some(self.state.unfenced(*job, host)?.view(at))
    }

    /// The attempts in doubt whose hosts have to be [fenced](super::Input::Fenced) before this order can be carried out
    /// without force.
    pub fn unfenced_by(&self, order: &Order) -> Vec<DoubtView> {
        self.state.unfenced_by(order)
    }

    /// The limits of the policy, compiled against the fleet: the buckets, and which of them count a host.
    pub fn rules(&self) -> &Rules {
        &self.state.rules
    }

    /// Why there is no such job: it never was, or has retired.
    #[cfg(feature = "async")]
    pub(crate) fn unknown_job(&self, job: JobId) -> super::InputError {
        self.state.no_job(job)
    }

    /// How many hosts of a bucket run, and how many are unavailable.
    pub(crate) fn usage(&self, bucket: BucketId) -> (u32, u32) {
        let usage = self.state.bucket(bucket).1;
        (usage.running, usage.unavailable)
    }

    /// Why a host holds slots, if it holds any; of several reasons, running comes first, then a failure, then a mark.
    pub fn holder_reason(&self, host: &HostName) -> Option<HolderReason> {
        self.state.holds(self.state.fleet.id(host.as_str())?)
    }
}
