//! In which order a stream brings what hosts write and what happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use pogo_api::{ClientError, FollowItem, Followed};
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::Stream;
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Command, JobEventKind, JobId, NeverBegan, Order, Outcome, Record};
use pogo_core::stream::{StreamId, StreamRequest, Update};
use tokio::sync::watch;

use crate::orders::job;
use crate::served::{Served, Setup};

/// How many hosts write, one after the other.
const HOSTS: usize = 80;

/// Every host writes two lines once the gate is open, each for itself.
struct Writes(watch::Receiver<bool>);

#[async_trait]
impl Transport for Writes {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _: Attempt, report: Reporter) -> Outcome {
        let is_open = self.0.clone().wait_for(|is_open| *is_open).await.is_ok();
        if !is_open || report.begin(false).await.is_err() {
            return Outcome::never_began(NeverBegan::Refused, "it was not permitted to begin");
        }
        for line in ["begins\n", "ends\n"] {
            report.output(Stream::Stdout, line.as_bytes()).await;
            // Others write and end meanwhile.
            tokio::task::yield_now().await;
        }
        Outcome::Succeeded
    }
}

/// Two groups of hosts, in each of which one host runs at a time.
async fn configure(served: &Served) {
    let each = |tag: &str| format!("{tag}[1-{HOSTS}]");
    let fleet = Fleet::builder().tagged("web", &each("web")).tagged("db", &each("db"));
    let one_at_a_time = |policy: Policy, group: &str| {
        let limit = Rule::MaxParallel("1".parse().unwrap());
        policy.constraint(Constraint::new(group.parse().unwrap(), limit))
    };
    let policy = one_at_a_time(one_at_a_time(Policy::new(), "$web"), "$db");
    let order = Order::Configure {
        fleet: Arc::new(fleet.build().unwrap()),
        policy: Arc::new(policy),
    };
    served.namespace().execute(Command::new(order)).await.unwrap();
}

/// What was seen of attempts.
#[derive(Default)]
struct Seen {
    running: BTreeSet<(JobId, AttemptId)>,
    pieces: usize,
    over: BTreeSet<JobId>,
}

impl Seen {
    fn record(&mut self, record: &Record) {
        let Some(job) = record.event.job() else { return };
        if let Some(attempt) = record.event.started() {
            self.running.insert((job, attempt));
        }
        if let Some(attempt) = record.event.ended() {
            assert!(
                self.running.remove(&(job, attempt)),
                "{attempt} of {job} ends before it started"
            );
        }
        if let Some(JobEventKind::Finished { .. }) = record.event.job_kind() {
            self.over.insert(job);
        }
    }

    /// One host runs at a time: where the record of an end is behind what the next host wrote, two do.
    fn piece(&mut self, job: JobId, attempt: AttemptId) {
        let running: Vec<_> = self.running.iter().filter(|(of, _)| *of == job).collect();
        assert_eq!(
            running,
            [&(job, attempt)],
            "{attempt} writes, after {} pieces",
            self.pieces
        );
        self.pieces += 1;
    }
}

type Items = BoxStream<'static, Result<FollowItem, ClientError>>;

/// Follows until these jobs are over.
async fn seen_until_over(mut items: Items, jobs: &[JobId]) -> Seen {
    let mut seen = Seen::default();
    while !jobs.iter().all(|job| seen.over.contains(job)) {
        match items.next().await.unwrap().unwrap() {
            FollowItem::Update(update) => {
                if let Update::Records { records, .. } = *update {
                    records.iter().for_each(|record| seen.record(&record.record));
                }
            }
            FollowItem::Output(piece) => seen.piece(piece.job, piece.attempt),
            _ => {}
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_comes_between_the_records_of_what_happened_before_it_and_after_it() {
    let (open, gate) = watch::channel(false);
    let served = Setup {
        transport: Arc::new(Writes(gate)),
        ..Setup::default()
    }
    .serve()
    .await;
    configure(&served).await;
    let namespace = served.namespace();
    let start = served.handle.status().await.unwrap().end;
    let jobs = [
        namespace.submit(job("$web")).await.unwrap(),
        namespace.submit(job("$db")).await.unwrap(),
    ];
    let after = StreamId::new(0, start);
    let request = StreamRequest::new().after(after);
    // Opened before the first line: what comes first is there at once.
    let mut all = namespace.follow(request);
    let mut one = namespace.follow(request.job(jobs[0]));
    let (first_of_all, first_of_one) = (all.next().await.unwrap().unwrap(), one.next().await.unwrap().unwrap());
    open.send(true).unwrap();
    let follow = |first: FollowItem, rest: Followed, jobs: Vec<JobId>| async move {
        let first = stream::iter([Ok(first)]);
        seen_until_over(first.chain(rest).boxed(), &jobs).await
    };
    let all = tokio::spawn(follow(first_of_all, all, jobs.to_vec()));
    let one = tokio::spawn(follow(first_of_one, one, jobs[..1].to_vec()));
    assert_eq!(all.await.unwrap().pieces, 4 * HOSTS);
    assert_eq!(one.await.unwrap().pieces, 2 * HOSTS);
}
