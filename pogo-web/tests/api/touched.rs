//! What touched hosts in a stretch of time.

use std::time::Duration;

use pogo_api::wire::{ProblemKind, Touch, TouchKind, TouchedQuery};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{HoldMode, JobId, Order};

use crate::raw::{exchange, parts, request};
use crate::served::private_directory;
use crate::stored::Stored;

/// A moment that nothing else has: what comes before it is before it, and what comes after is after.
async fn moment() -> Timestamp {
    let now = SystemClock.now();
    while SystemClock.now() <= now {
        tokio::task::yield_now().await;
    }
    let between = SystemClock.now();
    while SystemClock.now() <= between {
        tokio::task::yield_now().await;
    }
    between
}

async fn run(stored: &Stored, targets: &str) -> JobId {
    let spec = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("uptime"));
    let job = stored.namespace().submit(spec).await.unwrap();
    stored.namespace().wait(job).await.unwrap();
    job
}

async fn order(stored: &Stored, order: Order) {
    stored.namespace().execute(order.because("a reason")).await.unwrap();
    // Orders of one moment that say alike are one.
    moment().await;
}

/// All entries, in pages of this size, and since when orders are known.
async fn all(stored: &Stored, query: TouchedQuery, limit: u32) -> (Vec<Touch>, Option<Timestamp>) {
    let (mut query, mut entries) = (query.limit(limit), vec![]);
    loop {
        let page = stored.namespace().touched(&query).await.unwrap();
        assert!(page.entries.len() <= limit as usize);
        entries.extend(page.entries);
        match page.next {
            Some(next) => query = query.after(next),
            None => return (entries, page.orders_since),
        }
    }
}

fn lines(entries: &[Touch]) -> Vec<String> {
    let line = |touch: &Touch| {
        let job = touch.job.map(|job| format!("{job} ")).unwrap_or_default();
        let by = touch
            .by
            .as_ref()
            .map(|by| format!(" by {}", by.name))
            .unwrap_or_default();
        let reason = touch
            .reason
            .as_ref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        format!("{job}[{}] {}{by}{reason}", touch.hosts, touch.text)
    };
    entries.iter().map(line).collect()
}

fn hosts(names: &[&str]) -> Vec<pogo_core::fleet::HostName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// A job and orders before, within and after a stretch of time.
async fn night(stored: &Stored) -> (TouchedQuery, JobId) {
    stored.configure(8, Duration::from_secs(3_600)).await;
    run(stored, "web[1-8]").await;
    let from = moment().await;
    let job = run(stored, "web[1-3]").await;
    order(
        stored,
        Order::Retry {
            job,
            hosts: hosts(&["web2"]),
            force: false,
        },
    )
    .await;
    stored.namespace().wait(job).await.unwrap();
    for host in ["web2", "web7"] {
        order(
            stored,
            Order::MarkDown {
                host: host.parse().unwrap(),
            },
        )
        .await;
    }
    order(
        stored,
        Order::Hold {
            hosts: hosts(&["web4", "web5", "web6"]),
            owner: "alice".parse().unwrap(),
            priority: 0,
            mode: HoldMode::Wait,
        },
    )
    .await;
    let freeze = |hosts: &str| Order::Freeze {
        hosts: hosts.parse().unwrap(),
    };
    order(stored, freeze("$web & !web1")).await;
    order(stored, freeze("web8")).await;
    let to = moment().await;
    let thaw = Order::Thaw {
        hosts: "web8".parse().unwrap(),
    };
    order(stored, thaw).await;
    (TouchedQuery::between(from, to), job)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_and_orders_of_a_stretch_of_time_are_one_list_in_the_order_in_which_they_began() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    let (night, job) = night(&stored).await;
    let (entries, since) = all(&stored, night.clone(), 100).await;
    assert_eq!(since, None);
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let mut said = lines(&entries);
    // Both may be of one millisecond, in which the order is that of numbers.
    said[..2].sort();
    assert_eq!(
        said,
        [
            "job-2 [] was submitted: web[1-3] by alice",
            "job-2 [web[1-3]] ran: 2 succeeded, 2 failed by alice",
            "job-2 [web2] was retried by alice (a reason)",
            "[web2] was marked down: a reason by alice",
            "[web7] was marked down: a reason by alice",
            "[web[4-6]] waits to be held for alice: a reason by alice",
            "[web[4-6]] is held for alice: a reason by alice",
            "[$web & !web1] was frozen: a reason by alice",
            "[web8] was frozen: a reason by alice",
        ]
    );
    let ran = entries.iter().find(|touch| touch.kind == TouchKind::Job).unwrap();
    assert_eq!((ran.job, ran.command.as_deref()), (Some(job), Some("uptime")));
    assert!(ran.until >= Some(ran.at));
    for limit in [1, 3] {
        assert_eq!(all(&stored, night.clone(), limit).await.0, entries);
    }
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_touched_other_hosts_is_left_out() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    let (night, _) = night(&stored).await;
    let on = async |hosts: &str| lines(&all(&stored, night.clone().on(hosts.parse().unwrap()), 2).await.0);
    assert_eq!(
        on("web8").await,
        [
            "[$web & !web1] was frozen: a reason by alice",
            "[web8] was frozen: a reason by alice"
        ]
    );
    assert_eq!(
        on("web[5,7]").await,
        [
            "[web7] was marked down: a reason by alice",
            "[web5] waits to be held for alice: a reason by alice",
            "[web5] is held for alice: a reason by alice",
            "[$web & !web1] was frozen: a reason by alice",
        ]
    );
    let mut of_web1 = on("web1").await;
    of_web1.sort();
    assert_eq!(
        of_web1,
        [
            "job-2 [] was submitted: web[1-3] by alice",
            "job-2 [web1] ran: 1 succeeded by alice"
        ]
    );
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_the_journal_has_forgotten_are_there_and_it_is_said_since_when_orders_are() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    let (night, job) = night(&stored).await;
    let (before, _) = all(&stored, night.clone(), 100).await;
    stored.close().await;

    let stored = Stored::open_compacted(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    stored.until_retired(JobId::new(1)).await;
    stored.close().await;
    let stored = Stored::open_compacted(directory.path()).await;
    let (after, since) = all(&stored, night.clone(), 100).await;
    let of_job = |entries: &[Touch]| -> Vec<Touch> {
        let entries = entries.iter().filter(|touch| touch.job == Some(job)).cloned();
        entries.collect()
    };
    assert_eq!(of_job(&before).len(), 3);
    assert_eq!(of_job(&after), of_job(&before));
    assert_eq!(after, of_job(&after));
    assert!(since > night.to, "{since:?}");
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_jobs_than_an_answer_takes_are_refused_with_the_cure() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::from_secs(3_600)).await;
    for _ in 0..501 {
        let spec = JobSpec::new("web1".parse().unwrap(), RemoteCommand::shell("uptime"));
        stored.namespace().submit(spec).await.unwrap();
    }
    let everything = TouchedQuery::since(Timestamp::EPOCH);
    let refused = stored.namespace().touched(&everything).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!(problem.kind, ProblemKind::InvalidParameter);
    assert!(problem.to_string().contains("ask for a shorter time"), "{problem}");
    let elsewhere = everything.on("web2".parse().unwrap());
    assert!(stored.namespace().touched(&elsewhere).await.is_ok());
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_cannot_be_read_are_refused() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::from_secs(3_600)).await;
    let cases = [
        ("touched", r#""parameter":"from""#),
        ("touched?from=yesterday", r#""parameter":"from""#),
        ("touched?from=9&to=8", r#""parameter":"to""#),
        ("touched?from=0&after=7", r#""parameter":"after""#),
        ("touched?from=0&after=+7-1", r#""parameter":"after""#),
        ("touched?from=0&hosts=%24db", r#""parameter":"hosts""#),
        ("touched?from=0&on=web1", r#""parameter":"on""#),
    ];
    let socket = directory.path().join("pogo.sock");
    for (path, words) in cases {
        let text = request("GET", &format!("/v1/namespaces/default/{path}"), "");
        let answer = exchange(&socket, text.as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert_eq!(status, 400, "{path}\n{answer}");
        assert!(body.contains(words), "{path}\n{answer}");
    }
    stored.close().await;
}
