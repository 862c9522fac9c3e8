//! Asking hosts for the state of attempts in doubt: before an order that would free them, after a takeover, and before
//! an attempt whose job would try it again is reported to be in doubt.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, Stream};

use super::fence_question::{FenceQuestion, ask};
use super::later_questions::LaterQuestions;
use super::{Clock, Fence, OrderError, Transport};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{Answer, AttemptId, Command, FenceAnswer, FenceState, Outcome, OutputSummary};

/// An order, and who waits for its answer.
pub(super) type GivenCommand = (Box<Command>, oneshot::Sender<Result<Answer, OrderError>>);

/// Hosts that are asked, and what waits for their answers.
pub(super) struct Fencing {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// Not asked yet, since enough others are.
    queue: VecDeque<FenceQuestion>,
    asking: FuturesUnordered<BoxFuture<'static, (FenceQuestion, FenceAnswer)>>,
    /// Asked again after a pause.
    pausing: FuturesUnordered<BoxFuture<'static, FenceQuestion>>,
    /// Every attempt that is asked for, or will be; and whether somebody waits for the answer.
    asked: BTreeMap<AttemptId, bool>,
    /// Attempts in doubt that are asked for later.
    pub(super) later: LaterQuestions,
    orders: Vec<ParkedOrder>,
    /// Attempts that may begin once their host has answered for this one.
    starts: Vec<(AttemptId, oneshot::Sender<FenceState>)>,
    /// Attempts that an earlier dispatcher began and the transport follows; when it is to have ended those that were
    /// cancelled.
    pub(super) inherited: BTreeMap<AttemptId, Option<Timestamp>>,
    /// Attempts that have ended unknown, and are reported when their host has answered.
    held: BTreeMap<AttemptId, HeldReport>,
}

/// The report of an attempt that has ended unknown.
pub(super) struct HeldReport {
    pub(super) outcome: Outcome,
    pub(super) output: Option<OutputSummary>,
    /// Until when its host is asked again while it says that the attempt runs.
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
    /// How long an order waits for all of its hosts. It is then given all the same, and refused for those that are not
    /// fenced.
    const PATIENCE: Duration = Duration::from_secs(90);
    /// For how long a host is asked again that does not answer, before its attempt is reported to be in doubt.
    const REACHED_WITHIN: Duration = Duration::from_secs(60);
    /// And how often at least: a dispatcher that was stopped meanwhile has not asked, however long that was.
    const AT_LEAST: u32 = 3;
    /// How long a transport may take to end an attempt of another dispatcher that is cancelled. Then the host is asked.
    const CANCEL_GRACE: Duration = Duration::from_secs(30);
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
            asked: BTreeMap::new(),
            later: LaterQuestions::default(),
            orders: Vec::new(),
            starts: Vec::new(),
            inherited: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// Whether hosts can be asked.
    pub(super) fn is_possible(&self) -> bool {
        self.transport.capabilities().fences
    }

    /// Whether nobody waits for an answer.
    pub(super) fn is_idle(&self) -> bool {
        !self.asked.values().any(|awaited| *awaited) && self.orders.is_empty()
    }

    /// Asks a host, unless it is asked for this attempt already. What nobody waits for keeps no dispatcher from ending.
    pub(super) fn ask(&mut self, fence: Fence, awaited: bool) {
        let before = self.asked.get(&fence.attempt.id).copied();
        // Whoever waits for an answer keeps waiting for it, also if the host is asked again by
        // itself.
        self.asked.insert(fence.attempt.id, awaited || before == Some(true));
        if before.is_none() {
            self.queue.push_back(FenceQuestion {
                fence,
                since: self.clock.now(),
                times: 0,
                pause: Self::PAUSE,
            });
            self.ask_next();
        }
    }

    /// Whether a host is asked for this attempt, and nobody waits for that.
    pub(super) fn is_asked_by_itself(&self, attempt: AttemptId) -> bool {
        self.asked.get(&attempt) == Some(&false)
    }

    /// Asks these hosts before all others that wait: somebody waits for their answers.
    pub(super) fn prefer(&mut self, attempts: &BTreeSet<AttemptId>) {
        let queue = std::mem::take(&mut self.queue).into_iter();
        let preferred = |question: &FenceQuestion| attempts.contains(&question.fence.attempt.id);
        let (first, rest): (Vec<FenceQuestion>, Vec<FenceQuestion>) = queue.partition(preferred);
        self.queue = first.into_iter().chain(rest).collect();
    }

    fn ask_next(&mut self) {
        while self.asking.len() < Self::AT_ONCE
            && let Some(mut question) = self.queue.pop_front()
        {
            question.times += 1;
            let (transport, clock) = (Arc::clone(&self.transport), Arc::clone(&self.clock));
            self.asking.push(ask(transport, clock, question).boxed());
        }
    }

    /// The next answer; pending while nobody is asked.
    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<(AttemptId, FenceAnswer)> {
        loop {
            // Pauses are drained before answers are polled, or their wakers would not be registered
            // when this returns pending.
            while let Poll::Ready(Some(question)) = Pin::new(&mut self.pausing).poll_next(context) {
                self.queue.push_back(question);
            }
            self.ask_next();
            let Poll::Ready(Some((question, answer))) = Pin::new(&mut self.asking).poll_next(context) else {
                return Poll::Pending;
            };
            let attempt = question.fence.attempt.id;
            if !self.asks_again(&question, &answer) {
                return Poll::Ready((attempt, answer));
            }
            self.ask_later(question, &answer);
        }
    }

    /// Whether a host is asked once more before its answer counts: a report is held until its attempt is over, or
    /// another attempt waits to begin there and will write over what the host knows.
    fn asks_again(&self, question: &FenceQuestion, answer: &FenceAnswer) -> bool {
        let attempt = question.fence.attempt.id;
        let (held, now) = (self.held.get(&attempt), self.clock.now());
        let delays_start = self.starts.iter().any(|(of, _)| *of == attempt);
        match answer {
            FenceAnswer::StillRunning => held.is_some_and(|held| now < held.runs_until),
            FenceAnswer::Unreachable { .. } if held.is_some() || delays_start => {
                question.times < Self::AT_LEAST || held.is_some() && now < question.since + Self::REACHED_WITHIN
            }
            FenceAnswer::Unreachable { .. } | FenceAnswer::Ended(_) | FenceAnswer::NeverBegan => false,
        }
    }

    fn ask_later(&mut self, mut question: FenceQuestion, answer: &FenceAnswer) {
        let (clock, now) = (Arc::clone(&self.clock), self.clock.now());
        if !matches!(answer, FenceAnswer::Unreachable { .. }) {
            // Were the questions that a host has answered to count, one that was asked for an hour while its command
            // ran would be given up the first time that it cannot be reached.
            (question.since, question.times) = (now, 0);
        }
        let until = now + question.pause;
        question.pause = (2 * question.pause).min(Self::LONGEST_PAUSE);
        let pausing = async move {
            clock.sleep_until(until).await;
            question
        };
        self.pausing.push(pausing.boxed());
    }

    /// The attempt is cancelled: nobody waits for its end any more. What its host says is reported, if only that it
    /// runs.
    pub(super) fn cancelled(&mut self, attempt: AttemptId) {
        if let Some(held) = self.held.get_mut(&attempt) {
            held.runs_until = Timestamp::EPOCH;
        }
        if let Some(grace_end) = self.inherited.get_mut(&attempt) {
            *grace_end = Some(self.clock.now() + Self::CANCEL_GRACE);
        }
    }

    /// The end of an attempt is known without its host, or given up.
    pub(super) fn ended(&mut self, attempt: AttemptId) {
        self.held.remove(&attempt);
        self.inherited.remove(&attempt);
    }

    /// Attempts of another dispatcher that were cancelled, and that the transport has not ended in time.
    pub(super) fn take_overdue(&mut self) -> Vec<AttemptId> {
        let now = self.clock.now();
        let overdue = |end: &Option<Timestamp>| end.is_some_and(|end| end <= now);
        let due = self.inherited.iter_mut().filter(|(_, end)| overdue(end));
        due.map(|(attempt, end)| {
            // Said once: the attempt is given up now, and its host is asked what became of it.
            *end = None;
            *attempt
        })
        .collect()
    }

    /// What the host says of this attempt, which it is asked for.
    pub(super) fn answer_of(&mut self, attempt: AttemptId) -> oneshot::Receiver<FenceState> {
        let (answered, answer) = oneshot::channel();
        self.starts.push((attempt, answered));
        answer
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
    pub(super) fn answered(&mut self, attempt: AttemptId, fence: FenceState) -> Option<HeldReport> {
        self.asked.remove(&attempt);
        for (_, start) in self.starts.extract_if(.., |(of, _)| *of == attempt) {
            // It may have been cancelled.
            let _ = start.send(fence);
        }
        for order in &mut self.orders {
            order.waits_for.remove(&attempt);
        }
        self.held.remove(&attempt)
    }

    /// When an order has waited long enough, an attempt is overdue, or a host is asked again.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        let orders = self.orders.iter().map(|order| order.until);
        let overdue = self.inherited.values().filter_map(|end| *end);
        orders.chain(overdue).chain(self.later.next_timeout()).min()
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
