//! What the page draws: overview and bars.

use std::path::Path;
use std::time::Duration;

use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::JobId;
use serde_json::Value;

use crate::raw::{exchange, parts, request};
use crate::served::private_directory;
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
    let job = run(&stored, "web[1-6]").await;
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
