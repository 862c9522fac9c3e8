//! What the page draws: overview and bars.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{HostOrder, JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, JobSettings, Policy, Rule};
use pogo_core::scheduler::{Command, JobId, Order, Outcome};
use serde_json::Value;

use crate::raw::{exchange, parts, request};
use crate::served::{Setup, configuration, private_directory};
use crate::stored::Stored;

async fn ask(directory: &Path, path: &str) -> Value {
    let path = format!("/v1/namespaces/default/jobs/{path}");
    let answer = exchange(&directory.join("pogo.sock"), request("GET", &path, "").as_bytes()).await;
    let (status, _, body) = parts(&answer);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

async fn run(stored: &Stored, targets: &str) -> JobId {
    let command = RemoteCommand::shell("systemctl restart web");
    let job = JobSpec::new(targets.parse().unwrap(), command);
    let job = stored.namespace().submit(job).await.unwrap();
    stored.namespace().wait(job).await.unwrap();
    job
}

fn rows(bars: &Value) -> Vec<&Value> {
    let sections = bars["sections"].as_array().unwrap().iter();
    sections
        .flat_map(|section| section["rows"].as_array().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overview_tells_failures_by_cause_and_what_clears_them() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(5, Duration::from_secs(3_600)).await;
    run(&stored, "web[1-5]").await;
    let overview = ask(directory.path(), "1/overview").await;
    let causes = overview["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{overview}");
    assert_eq!(causes[0]["text"], "command exited with 3: cannot bind");
    assert_eq!(
        (&causes[0]["count"], &causes[0]["hosts"][0]),
        (&1.into(), &"web2".into())
    );
    assert_eq!(overview["sections"][0]["tally"]["succeeded"], 4);
    // It is kept up to date: what a retry comes to is there as soon as it is over.
    stored
        .handle
        .retry(JobId::new(1), vec!["web2".parse().unwrap()])
        .await
        .unwrap();
    stored.namespace().wait(JobId::new(1)).await.unwrap();
    let bars = ask(directory.path(), "1/bars?host=web2").await;
    let rows = rows(&bars);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["bars"].as_array().unwrap().len(), 2, "{bars}");
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_of_many_hosts_are_bands_that_open() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(1_500, Duration::from_secs(3_600)).await;
    run(&stored, "web[1-1500]").await;
    let bars = ask(directory.path(), "1/bars?px=100").await;
    let bands: Vec<_> = rows(&bars).into_iter().filter(|row| row["band"].is_string()).collect();
    assert!(bands.len() <= 100 && bands.len() > 10, "{} bands", bands.len());
    // Each host is in one band.
    let mut next = 0;
    for band in &bands {
        assert_eq!(band["at"], next);
        next = band["end"].as_u64().unwrap();
    }
    assert_eq!(next, 1_500);
    // web2 failed: it stands beside its band too.
    let pinned: Vec<_> = rows(&bars).into_iter().filter(|row| row["pinned"] == true).collect();
    assert_eq!(pinned.len(), 1);
    assert_eq!(pinned[0]["host"], "web2");
    // In the end every host counts once.
    let last = |band: &&Value| {
        let step = band["steps"].as_array().unwrap().last().unwrap().as_array().unwrap();
        step[1..].iter().map(|count| count.as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(bands.iter().map(last).sum::<u64>(), 1_500);
    let first = format!("1/bars?rows=0-{}", bands[0]["end"]);
    let opened = ask(directory.path(), &first).await;
    assert_eq!(rows(&opened).len() as u64, bands[0]["end"].as_u64().unwrap());
    assert!(rows(&opened).iter().all(|row| row["host"].is_string()));
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_has_retired_is_drawn_from_its_records() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(6, Duration::from_secs(3_600)).await;
    let job = JobSpec::new(
        "web[1-6]".parse().unwrap(),
        RemoteCommand::shell("systemctl restart web"),
    );
    let order = Order::submit(job).because("fix for CVE-2026-1");
    let job = stored.namespace().execute(order).await.unwrap().job().unwrap();
    stored.namespace().wait(job).await.unwrap();
    assert_eq!(
        ask(directory.path(), "1/overview").await["reason"],
        "fix for CVE-2026-1"
    );
    let before = ask(directory.path(), "1/bars").await;
    stored.configure(6, Duration::ZERO).await;
    stored.until_retired(job).await;
    stored.close().await;
    // Another process, of which no follower has seen the job.
    let stored = Stored::open(directory.path()).await;
    let after = ask(directory.path(), "1/bars").await;
    let hosts = |bars: &Value| {
        let mut hosts: Vec<String> = rows(bars).into_iter().map(Value::to_string).collect();
        hosts.sort();
        hosts
    };
    assert_eq!(after["open"], false);
    assert_eq!(hosts(&after), hosts(&before));
    let overview = ask(directory.path(), "1/overview").await;
    assert_eq!(
        (&overview["retired"], &overview["causes"][0]["count"]),
        (&true.into(), &1.into())
    );
    assert_eq!(overview["job"]["tally"]["succeeded"], 5);
    assert_eq!(overview["reason"], "fix for CVE-2026-1");
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_says_what_would_happen_and_orders_nothing() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(3, Duration::from_secs(3_600)).await;
    run(&stored, "web[1-3]").await;
    let end = stored.handle.status().await.unwrap().end;
    for (order, said) in [
        (r#"{"retry":{"job":1,"hosts":["web2"]}}"#, "web2 starts at once."),
        (r#"{"skip":{"job":1,"hosts":["web2"]}}"#, "web2 counts as done."),
        (r#"{"freeze":{"hosts":"web1"}}"#, "No host starts or stops at once."),
    ] {
        let body = format!(r#"{{"reason":"why","order":{order}}}"#);
        let asked = request("POST", "/v1/namespaces/default/preview", &body);
        let answer = exchange(&directory.path().join("pogo.sock"), asked.as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert_eq!(status, 200, "{body}");
        let preview: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(preview["text"], said, "{order}");
    }
    assert_eq!(stored.handle.status().await.unwrap().end, end);
    stored.close().await;
}

/// A clock that goes on when hosts do.
#[derive(Default)]
struct HostsClock(AtomicU64);

#[async_trait]
impl Clock for HostsClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + self.0.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        if deadline > self.now() {
            std::future::pending::<()>().await;
        }
    }

    async fn sleep(&self, _time: Duration) {}
}

/// Each host takes a second; web7 does not end.
struct ASecondEach(Arc<HostsClock>);

#[async_trait]
impl Transport for ASecondEach {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, _report: Reporter) -> Outcome {
        if attempt.host.name.as_str() == "web7" {
            std::future::pending::<()>().await;
        }
        self.0.0.fetch_add(1_000, Ordering::SeqCst);
        Outcome::Succeeded
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overview_says_how_long_a_job_takes_at_its_pace() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let clock = Arc::new(HostsClock::default());
    let setup = Setup {
        transport: Arc::new(ASecondEach(Arc::clone(&clock))),
        ..Setup::default()
    };
    let served = setup.serve_at(&path, |builder| builder.clock(clock)).await;
    let ten = Command::new(configuration(10));
    served.namespace().execute(ten).await.unwrap();
    let one_at_a_time = JobSettings::new().max_parallel("1".parse().unwrap());
    let job = JobSpec::new("web[1-10]".parse().unwrap(), RemoteCommand::shell("true"));
    let job = job.settings(one_at_a_time).order(HostOrder::Listed);
    served.namespace().submit(job).await.unwrap();
    let overview = loop {
        let overview = ask(directory.path(), "1/overview").await;
        if overview["outlook"]["slowest"]["host"] == "web7" {
            break overview;
        }
    };
    let outlook = &overview["outlook"];
    // web7 runs and three wait, and each of those before took a second.
    assert_eq!(
        (&outlook["left"], &outlook["typical"]),
        (&4_000.into(), &1_000.into()),
        "{outlook}"
    );
}

/// So many hosts, of which no more may be unavailable.
async fn limit(stored: &Stored, hosts: u32, most: &str) {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel(most.parse().unwrap()));
    let fleet = Fleet::builder().tagged("web", &format!("web[1-{hosts}]")).build();
    let policy = Policy::new().constraint(limit);
    let configured = stored.handle.configure(Arc::new(fleet.unwrap()), Arc::new(policy));
    configured.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_is_named_with_the_job_whose_output_says_why() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    limit(&stored, 3, "1").await;
    let command = || RemoteCommand::shell("true");
    let first = JobSpec::new("web2".parse().unwrap(), command());
    stored.namespace().submit(first).await.unwrap();
    stored.namespace().wait(JobId::new(1)).await.unwrap();
    let second = JobSpec::new("web[1,3]".parse().unwrap(), command());
    stored.namespace().submit(second).await.unwrap();
    stored.namespace().wait(JobId::new(2)).await.unwrap();
    let overview = ask(directory.path(), "2/overview").await;
    let blocker = &overview["blockers"][0];
    assert_eq!(
        blocker["hosts"],
        serde_json::json!([{"host": "web2", "job": 1}]),
        "{overview}"
    );
    let dangerous = |cure: &Value| cure["dangerous"] == true;
    let cures = blocker["cures"].as_array().unwrap();
    assert!(cures.iter().any(dangerous) && !cures.iter().all(dangerous), "{blocker}");
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_of_a_limit_tells_hosts_that_failed_from_those_that_are_kept_out() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    limit(&stored, 6, "4").await;
    run(&stored, "web[1-5]").await;
    let down = |host: &str| stored.handle.mark_down(host.parse().unwrap(), "fan");
    down("web6").await.unwrap();
    let chart = async || {
        // What came after the end of the job too.
        let bars = ask(directory.path(), "1/bars?to=4102444800000").await;
        let chart = &bars["limits"][0];
        assert_eq!(chart["limit"], 0, "{bars}");
        chart["steps"].as_array().unwrap().last().unwrap().clone()
    };
    // Running, unavailable, slots, kept out: web2 has failed, and web6 is down.
    assert_eq!(chart().await.as_array().unwrap()[1..], [0, 2, 4, 1]);
    let overview = ask(directory.path(), "1/overview").await;
    assert_eq!(overview["kept_out"], serde_json::json!([{"limit": 0, "hosts": 1}]));
    // What has failed and is marked down has failed.
    down("web2").await.unwrap();
    assert_eq!(chart().await.as_array().unwrap()[1..], [0, 2, 4, 1]);
    stored.handle.mark_up("web6".parse().unwrap(), "mended").await.unwrap();
    assert_eq!(chart().await.as_array().unwrap()[1..], [0, 1, 4, 0]);
    stored.close().await;
}
