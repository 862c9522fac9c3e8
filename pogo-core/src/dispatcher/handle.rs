//! The handle of a running dispatcher.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::{mpsc, oneshot};
use futures::future::join;

use super::growth::Growth;
use super::message::Message;
use super::resolution::{GivenFleet, Resolution, ResolutionInput};
use super::start_request::StartRequest;
use super::store_clock::StoreClock;
use super::{Clock, DispatcherStatus, JobEnd, NamespaceDiff, OrderError, ResolverQueries};
use crate::fleet::{Fleet, HostName, Selector};
use crate::journal::Journal;
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::{Actor, Answer, Command, JobId, JobUpdate, Order, OrderClass};

/// Controls a running dispatcher. Cheap to clone.
///
/// Every order returns once it is durable; its effects are events.
#[derive(Clone)]
pub struct Handle {
    pub(super) messages: mpsc::UnboundedSender<Message>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) growth: Arc<Growth>,
    pub(super) starts: mpsc::UnboundedSender<StartRequest>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store_clock: StoreClock,
    pub(super) resolution: Arc<Resolution>,
    /// Whose orders it gives, where that is said.
    pub(super) actor: Option<Arc<Actor>>,
}

impl Handle {
    pub(super) async fn send<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, OrderError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.messages.unbounded_send(message(reply));
        sent.map_err(|_| OrderError::Stopped)?;
        answer.await.map_err(|_| OrderError::Stopped)
    }

    /// A handle whose orders are those of this actor: records say so, and so does whoever is asked why a host waits.
    pub fn as_actor(&self, actor: Actor) -> Self {
        let actor = Some(Arc::new(actor));
        Self { actor, ..self.clone() }
    }

    /// Gives an order, and returns its answer. All other orders of a handle are short for this.
    ///
    /// A command with a [request id](crate::scheduler::RequestId) that was given before gets the answer that it got
    /// then and does nothing, whichever dispatcher gave it: whoever lost the answer sends the command again. Without an
    /// actor it is that of the [handle](Self::as_actor).
    ///
    /// # Errors
    /// The scheduler's refusal, that the dispatcher has stopped, or that its [journal is
    /// away](OrderError::JournalAway). An [abort](Self::abort) is never refused for that. Or a tag resolver has no
    /// answer to what is submitted or configured.
    pub async fn execute(&self, command: impl Into<Command> + Send) -> Result<Answer, OrderError> {
        let mut command = command.into();
        command.actor = command.actor.or_else(|| self.actor.clone());
        match command.order.class() {
            OrderClass::Configuration { .. } => Ok(self.configure_by(command).await?.1),
            OrderClass::NewJob => self.submit_by(command).await,
            OrderClass::Job(_)
            | OrderClass::EndedJob(_)
            | OrderClass::HostsOfJob { .. }
            | OrderClass::AvailableHost(_)
            | OrderClass::Hosts => self.give(command, None).await,
        }
    }

    async fn give(&self, command: Command, fleet: Option<Arc<Fleet>>) -> Result<Answer, OrderError> {
        self.send(|reply| Message::Command(Box::new(command), fleet, reply))
            .await?
    }

    /// Gives an order whose answer says no more than that it was carried out.
    pub(super) async fn order(&self, command: impl Into<Command> + Send) -> Result<(), OrderError> {
        self.execute(command).await.map(|_| ())
    }

    /// The dispatcher's own status, which is in no record. Answered at once, whatever the journal does, or after a
    /// second where the store has a [clock of its own](Journal::store_time) and does not tell the time.
    ///
    /// # Errors
    /// The dispatcher has stopped.
    pub async fn status(&self) -> Result<DispatcherStatus, OrderError> {
        let (status, skew) = join(self.send(Message::Status), self.store_clock.skew()).await;
        let mut status = status?;
        status.clock_skew = skew;
        Ok(status)
    }

    /// Applies this fleet and policy, and returns what changed. If both are unchanged, nothing is written.
    ///
    /// The dispatcher's [tag resolvers](super::DispatcherBuilder::resolvers) are asked for what the policy, unfinished
    /// jobs and freezes name, and their answers are added to the fleet.
    ///
    /// # Errors
    /// As [`execute`](Self::execute). Nothing has changed then.
    pub async fn configure(&self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<NamespaceDiff, OrderError> {
        let mut command = Command::new(Order::Configure { fleet, policy });
        command.actor.clone_from(&self.actor);
        Ok(self.configure_by(command).await?.0)
    }

    async fn configure_by(&self, command: Command) -> Result<(NamespaceDiff, Answer), OrderError> {
        let Order::Configure { fleet, policy } = &command.order else {
            return Ok((NamespaceDiff::default(), self.give(command, None).await?));
        };
        let (fleet, policy) = (Arc::clone(fleet), Arc::clone(policy));
        let mut last = self.resolution.given.lock().await;
        // Under the lock: two configurations that ask resolvers at once must reach the scheduler in
        // the order of their answers.
        let answered = match self.resolution.resolvers {
            Some(_) => {
                self.resolution
                    .configured(&fleet, &self.asked(Some(&policy)).await?)
                    .await?
            }
            None => Arc::clone(&fleet),
        };
        let fleet_taken = Arc::clone(&answered);
        let command = Command {
            order: Order::Configure {
                fleet: fleet_taken,
                policy,
            },
            ..command
        };
        let answer = self
            .send(|reply| Message::Configure(Box::new(command), reply))
            .await??;
        // Only after the order was taken: a fleet that was refused is none to compare the next one
        // with.
        *last = Some(GivenFleet { given: fleet, answered });
        Ok(answer)
    }

    async fn asked(&self, policy: Option<&Arc<Policy>>) -> Result<ResolutionInput, OrderError> {
        let policy = policy.cloned();
        self.query(|scheduler| ResolutionInput::of(scheduler, policy)).await
    }

    /// Submits a job and returns its number.
    ///
    /// If the job names tags of a [tag resolver](super::DispatcherBuilder::resolvers), that is queried first, and the
    /// fleet with its answer is applied together with the job.
    ///
    /// Numbers are assigned by the [scheduler](crate::scheduler::Scheduler::next_job) when the order is carried out,
    /// and never reused in a namespace.
    ///
    /// # Errors
    /// As [`execute`](Self::execute). Nothing has changed then.
    pub async fn submit(&self, spec: JobSpec) -> Result<JobId, OrderError> {
        let answer = self.execute(Order::submit(spec)).await?;
        // A submission is answered with its job's number.
        answer.job().ok_or(OrderError::Stopped)
    }

    async fn submit_by(&self, command: Command) -> Result<Answer, OrderError> {
        // No other order names hosts that a resolver would have to know.
        let Order::Submit { spec, .. } = &command.order else {
            return self.give(command, None).await;
        };
        let spec = Arc::clone(spec);
        if self.resolution.resolvers.is_none() || ResolverQueries::default().and_job(&spec).is_empty() {
            return self.give(command, None).await;
        }
        let mut last = self.resolution.given.lock().await;
        let asked = self.asked(None).await?;
        let fleet = self.resolution.submitted(&mut last, asked, &spec).await?;
        self.give(command, Some(fleet)).await
    }

    /// Waits until a job has ended or needs an order: it is finished, halted or blocked. A paused
    /// job is waited for. Returns at once if that is the case already.
    ///
    /// # Errors
    /// There is no such job, or the dispatcher has stopped before it was over.
    pub async fn wait(&self, job: JobId) -> Result<JobEnd, OrderError> {
        self.send(|reply| Message::Wait(job, reply)).await?
    }

    /// Shuts the dispatcher down so that another can go on with its jobs. Returns when the shutdown has begun;
    /// [`Dispatcher::run`](super::Dispatcher::run) returns when it is done. Of several calls the shortest time counts.
    ///
    /// - From now on nothing starts, and orders that would start something (submit, resume, retry, promote) are
    ///   refused. All others are accepted. Jobs keep their status: this is not a pause, and needs no resume.
    /// - What runs may end by itself within `grace`. After it, attempts that the transport
    ///   [resumes](super::Transport::resumes) are left to the next dispatcher; the others are cancelled, as an abort
    ///   does, and fail, are in doubt or succeed as the transport says. Their jobs' retries apply, in the next
    ///   dispatcher.
    /// - Hosts in their settle phase have nothing left to run; the next dispatcher counts their time to its end.
    ///
    /// # Errors
    /// The dispatcher has stopped before.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), OrderError> {
        self.send(|reply| Message::Shutdown(grace, reply)).await
    }

    /// Starts no more hosts of a job until it is resumed. Errors as [`execute`](Self::execute).
    pub async fn pause(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Order::Pause { job }).await
    }

    /// Goes on with a paused, halted or blocked job. Errors as [`execute`](Self::execute).
    pub async fn resume(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Order::Resume { job }).await
    }

    /// Starts no more hosts of a job; attempts that run may end. Errors as [`execute`](Self::execute).
    pub async fn halt(&self, job: JobId, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::Halt { job }.because(reason)).await
    }

    /// Cancels what waits and what runs. Errors as [`execute`](Self::execute). While the journal is away what runs is
    /// cancelled at once, and the order returns when the journal has it.
    pub async fn abort(&self, job: JobId, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::Abort { job }.because(reason)).await
    }

    /// Lets the next wave of a job begin. Errors as [`execute`](Self::execute).
    pub async fn promote(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Order::Promote { job }).await
    }

    /// Says something of a job for whoever looks at it next. Errors as [`execute`](Self::execute).
    pub async fn note(&self, job: JobId, text: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::Note { job }.because(text)).await
    }

    /// Starts nothing more on these hosts, in any job, until they are thawed. Errors as [`execute`](Self::execute).
    pub async fn freeze(&self, hosts: Selector, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::Freeze { hosts }.because(reason)).await
    }

    /// Ends the freeze that was ordered with this selector. Errors as [`execute`](Self::execute).
    pub async fn thaw(&self, hosts: Selector, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::Thaw { hosts }.because(reason)).await
    }

    /// Tries hosts again, and returns the job that does: this one, or a new one of [these
    /// hosts](crate::scheduler::Scheduler::retired_jobs) where it has retired. Those that are in doubt, and whose
    /// attempt may still run there, are [asked](super::Transport::fence) first, which may take a minute; a host that
    /// needs no other attempt then gets none.
    ///
    /// # Errors
    /// As [`execute`](Self::execute). [`InputError::NotFenced`](crate::scheduler::InputError::NotFenced) of a host that
    /// could not be asked, or says that the attempt runs.
    pub async fn retry(&self, job: JobId, hosts: Vec<HostName>) -> Result<JobId, OrderError> {
        let force = false;
        let answer = self.execute(Order::Retry { job, hosts, force }).await?;
        Ok(answer.job().unwrap_or(job))
    }

    /// Counts hosts as done without running them. Asks hosts in doubt, and has errors, as [`retry`](Self::retry).
    pub async fn skip(&self, job: JobId, hosts: Vec<HostName>) -> Result<(), OrderError> {
        self.order(Order::Skip {
            job,
            hosts,
            force: false,
        })
        .await
    }

    /// Changes limits of a job. Errors as [`execute`](Self::execute).
    pub async fn alter(&self, job: JobId, change: JobUpdate) -> Result<(), OrderError> {
        self.order(Order::Alter { job, change }).await
    }

    /// Counts a host as unavailable, whatever jobs say of it. Errors as [`execute`](Self::execute).
    pub async fn mark_down(&self, host: HostName, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::MarkDown { host }.because(reason)).await
    }

    /// Counts a host as available again: it gives back its slots. Asks a host in doubt, and has errors, as
    /// [`retry`](Self::retry).
    pub async fn mark_up(&self, host: HostName, reason: impl Into<Arc<str>> + Send) -> Result<(), OrderError> {
        self.order(Order::MarkUp { host, force: false }.because(reason)).await
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("stopped", &self.messages.is_closed())
            .finish()
    }
}
