//! Asking hosts what became of attempts in doubt: before an order that would free them, after a takeover, and before an attempt whose job
//! would try it again is reported to be in doubt.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, FutureExt, select};
use futures::stream::{FuturesUnordered, Stream};

use super::{Clock, Fence, OrderError, Transport};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{Answer, AttemptId, Command, FenceAnswer, Outcome, OutputSummary};

/// An order, and who waits for its answer.
pub(super) type GivenCommand = (Box<Command>, oneshot::Sender<Result<Answer, OrderError>>);

/// Hosts that are asked, and what waits for their answers.
pub(super) struct Fencing {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// Not asked yet, since enough others are.
    queue: VecDeque<Question>,
    asking: FuturesUnordered<BoxFuture<'static, (Question, FenceAnswer)>>,
    /// Asked again after a pause.
    pausing: FuturesUnordered<BoxFuture<'static, Question>>,
    /// Every attempt that is asked for, or will be.
    asked: BTreeSet<AttemptId>,
    orders: Vec<ParkedOrder>,
    /// Attempts that an earlier dispatcher began.
    pub(super) inherited: BTreeSet<AttemptId>,
    /// Attempts that have ended unknown, and are reported when their host has answered.
    held: BTreeMap<AttemptId, HeldReport>,
}

/// What one host is asked.
struct Question {
    fence: Fence,
    /// When it was asked first.
    since: Timestamp,
    /// How long to wait before it is asked again.
    pause: Duration,
}

/// The report of an attempt that has ended unknown.
pub(super) struct HeldReport {
    pub(super) outcome: Outcome,
    pub(super) output: Option<OutputSummary>,
    /// Until when its host is asked again while the attempt runs.
    pub(super) runs_until: Timestamp,
}

/// An order that waits for hosts.
struct ParkedOrder {
    order: GivenCommand,
    /// The attempts whose hosts have not answered.
    waits_for: BTreeSet<AttemptId>,
    /// The hosts that were asked for it.
    hosts: BTreeSet<HostName>,
    until: Timestamp,
}

/// An order whose hosts have answered, or have had long enough to; and the hosts that were asked.
pub(super) type AnsweredOrder = (GivenCommand, BTreeSet<HostName>);

impl Fencing {
    /// How long one host may take to answer: twice as long as a host waits for the word to go.
    pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);
    /// How long an order waits for all of its hosts. It is then given all the same, and refused for those that are not fenced.
    const PATIENCE: Duration = Duration::from_secs(90);
    /// For how long a host is asked again that does not answer, before its attempt is reported to be in doubt.
    const REACHED_WITHIN: Duration = Duration::from_secs(60);
    /// The first pause before a host is asked again. Each is twice as long as the one before, up to the longest.
    const PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);
    /// The most hosts that are asked at once.
    // After a takeover each host in doubt is asked, and each takes a connection.
    const AT_ONCE: usize = 64;

    pub(super) fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self {
            transport,
            clock,
            queue: VecDeque::new(),
            asking: FuturesUnordered::new(),
            pausing: FuturesUnordered::new(),
            asked: BTreeSet::new(),
            orders: Vec::new(),
            inherited: BTreeSet::new(),
            held: BTreeMap::new(),
        }
    }

    /// Whether hosts can be asked.
    pub(super) fn is_possible(&self) -> bool {
        self.transport.capabilities().fences
    }

    pub(super) fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.orders.is_empty()
    }

    /// Asks a host, unless it is asked for this attempt already.
    pub(super) fn ask(&mut self, fence: Fence) {
        if self.asked.insert(fence.attempt.id) {
            self.queue.push_back(Question {
                fence,
                since: self.clock.now(),
                pause: Self::PAUSE,
            });
            self.ask_next();
        }
    }

    /// Asks these hosts before all others that wait: somebody waits for their answers.
    pub(super) fn prefer(&mut self, attempts: &BTreeSet<AttemptId>) {
        let queue = std::mem::take(&mut self.queue).into_iter();
        let preferred = |question: &Question| attempts.contains(&question.fence.attempt.id);
        let (first, rest): (Vec<Question>, Vec<Question>) = queue.partition(preferred);
        self.queue = first.into_iter().chain(rest).collect();
    }

    fn ask_next(&mut self) {
        while self.asking.len() < Self::AT_ONCE
            && let Some(question) = self.queue.pop_front()
        {
            let (transport, clock) = (Arc::clone(&self.transport), Arc::clone(&self.clock));
            self.asking.push(ask(transport, clock, question).boxed());
        }
    }

    /// The next answer; pending while nobody is asked.
    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<(AttemptId, FenceAnswer)> {
        loop {
            while let Poll::Ready(Some(question)) = Pin::new(&mut self.pausing).poll_next(context) {
                self.queue.push_back(question);
            }
            self.ask_next();
            let Poll::Ready(Some((question, answer))) = Pin::new(&mut self.asking).poll_next(context) else {
                return Poll::Pending;
            };
            let attempt = question.fence.attempt.id;
            match self.asks_again(&question, &answer) {
                true => self.ask_later(question),
                false => return Poll::Ready((attempt, answer)),
            }
        }
    }

    /// Whether a host is asked once more, since a report is held until its attempt is over.
    fn asks_again(&self, question: &Question, answer: &FenceAnswer) -> bool {
        let Some(held) = self.held.get(&question.fence.attempt.id) else {
            return false;
        };
        let until = match answer {
            FenceAnswer::StillRunning => held.runs_until,
            FenceAnswer::Unreachable { .. } => held.runs_until.min(question.since + Self::REACHED_WITHIN),
            FenceAnswer::Ended(_) | FenceAnswer::NeverBegan => return false,
        };
        self.clock.now() < until
    }

    fn ask_later(&mut self, mut question: Question) {
        let (clock, until) = (Arc::clone(&self.clock), self.clock.now() + question.pause);
        question.pause = (2 * question.pause).min(Self::LONGEST_PAUSE);
        let pausing = async move {
            clock.sleep_until(until).await;
            question
        };
        self.pausing.push(pausing.boxed());
    }

    /// Whatever a host answers next is reported: nobody waits for the end of the attempt any more.
    pub(super) fn ask_no_more(&mut self, attempt: AttemptId) {
        if let Some(held) = self.held.get_mut(&attempt) {
            held.runs_until = Timestamp::EPOCH;
        }
    }

    /// Keeps an order until its hosts have answered.
    pub(super) fn park(&mut self, order: GivenCommand, attempts: BTreeSet<AttemptId>, hosts: BTreeSet<HostName>) {
        self.orders.push(ParkedOrder {
            order,
            waits_for: attempts,
            hosts,
            until: self.clock.now() + Self::PATIENCE,
        });
    }

    /// Keeps the report of an attempt that has ended unknown until its host has answered.
    pub(super) fn hold(&mut self, attempt: AttemptId, report: HeldReport) {
        self.held.insert(attempt, report);
    }

    /// The scheduler knows the answer of a host. Gives the report that was held for it.
    pub(super) fn answered(&mut self, attempt: AttemptId) -> Option<HeldReport> {
        self.asked.remove(&attempt);
        for order in &mut self.orders {
            order.waits_for.remove(&attempt);
        }
        self.held.remove(&attempt)
    }

    /// When an order has waited long enough.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        self.orders.iter().map(|order| order.until).min()
    }

    /// Orders whose hosts have answered, or have had long enough to.
    pub(super) fn take_answered(&mut self) -> Vec<AnsweredOrder> {
        let now = self.clock.now();
        let orders = std::mem::take(&mut self.orders).into_iter();
        let (ready, waiting) = orders.partition(|order| order.waits_for.is_empty() || order.until <= now);
        self.orders = waiting;
        let ready: Vec<ParkedOrder> = ready;
        ready.into_iter().map(|parked| (parked.order, parked.hosts)).collect()
    }

    /// Orders that wait for hosts, which are not to be given any more.
    pub(super) fn take_orders(&mut self) -> Vec<GivenCommand> {
        self.orders.drain(..).map(|parked| parked.order).collect()
    }
}

/// Asks a host, within its time limit.
async fn ask(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, question: Question) -> (Question, FenceAnswer) {
    let fence = question.fence.clone();
    let until = clock.now() + fence.attempt.time_limit;
    // It is polled by the event loop: a panic that got through would end every other attempt as well.
    let asked = AssertUnwindSafe(async { transport.fence(fence).await }).catch_unwind();
    let answer = match select(asked.boxed(), clock.sleep_until(until).boxed()).await {
        Either::Left((Ok(answer), _)) => answer,
        Either::Left((Err(_panic), _)) => {
            FenceAnswer::unreachable("the transport panicked; this is a defect of the transport")
        }
        Either::Right(_) => {
            FenceAnswer::unreachable(format!("it did not answer within {} s", Fencing::TIME_LIMIT.as_secs()))
        }
    };
    (question, answer)
}
