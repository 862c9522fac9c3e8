//! Jobs that have retired, from afar.

use std::path::Path;
use std::time::Duration;

use pogo_api::wire::{OutputRange, ProblemKind};
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::Timestamp;
use pogo_core::history::{JobEntry, JobEventsQuery, JobFilter};
use pogo_core::output::Stream;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{HostsQuery, JobId, JobStatus, Order, Record, TaskState};
use serde_json::Value;

use crate::raw::{exchange, parts, request};
use crate::served::private_directory;
use crate::stored::{Stored, said_of};

const NONE: [u64; 0] = [];
const LONG: Duration = Duration::from_secs(3_600);

fn job(targets: &str) -> JobSpec {
    let command = RemoteCommand::shell("systemctl restart web");
    let mut job = JobSpec::new(targets.parse().unwrap(), command);
    job.exec_options
        .environment
        .insert("TOKEN".to_owned(), "abc".to_owned());
    job
}

fn kind(error: &ClientError) -> ProblemKind {
    error.problem().unwrap().kind.clone()
}

/// Submits a job and waits for its end.
async fn run(stored: &Stored, targets: &str) -> JobId {
    let job = stored.namespace().submit(job(targets)).await.unwrap();
    stored.namespace().wait(job).await.unwrap();
    job
}

/// All rows of a list, in pages of this size.
async fn rows(namespace: &NamespaceClient, filter: JobFilter) -> Vec<JobEntry> {
    let (mut filter, mut rows) = (filter, vec![]);
    loop {
        let page = namespace.history(&filter).await.unwrap();
        rows.extend(page.entries);
        match page.next {
            Some(next) => filter = filter.before(next),
            None => return rows,
        }
    }
}

async fn numbers(namespace: &NamespaceClient, filter: JobFilter) -> Vec<u64> {
    let rows = rows(namespace, filter.limit(2)).await;
    rows.iter().map(|row| row.job.number()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_served_after_it_has_retired_as_it_was_before() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, LONG).await;
    let job = run(&stored, "web[1-8]").await;
    let before = stored.said_of(job).await;
    let end = stored.namespace().wait(job).await.unwrap();
    assert_eq!(
        (end.status, end.tally.succeeded, end.tally.failed),
        (JobStatus::Finished, 7, 1)
    );
    assert!(
        before
            .1
            .iter()
            .all(|host| host.last_attempt.as_ref().unwrap().id.is_some())
    );

    stored.configure(8, Duration::ZERO).await;
    stored.until_retired(job).await;
    assert_eq!(stored.said_of(job).await, before);
    assert_eq!(stored.namespace().wait(job).await.unwrap(), end);
    let parts = stored.client.namespace("parts").unwrap();
    assert_eq!(said_of(&parts, job).await, before);
    stored.close().await;

    // Another process has it from the store alone.
    let stored = Stored::open(directory.path()).await;
    assert_eq!(stored.said_of(job).await, before);
    assert_eq!(stored.namespace().wait(job).await.unwrap(), end);
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_of_a_retired_job_are_found_by_state_tag_and_name_also_after_they_have_left() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    let job = run(&stored, "web[1-8]").await;
    stored.until_retired(job).await;
    stored.configure(4, Duration::ZERO).await;
    let names = async |query: HostsQuery| -> Vec<String> {
        let page = stored.namespace().hosts(query).await.unwrap();
        page.entries.iter().map(|host| host.host.to_string()).collect()
    };
    let all = || HostsQuery::of(job);
    assert_eq!(names(all().states([TaskState::Failed])).await, ["web2"]);
    assert_eq!(
        names(all().among("$web & !web1".parse().unwrap())).await,
        ["web2", "web3", "web4"]
    );
    assert_eq!(
        names(all().among("web[3-5]".parse().unwrap())).await,
        ["web3", "web4", "web5"]
    );
    let unknown = stored.namespace().hosts(all().among("web9".parse().unwrap())).await;
    assert_eq!(kind(&unknown.unwrap_err()), ProblemKind::UnknownHosts);
    let not_in_job = stored.namespace().hosts(all().after("web9".parse().unwrap())).await;
    assert_eq!(kind(&not_in_job.unwrap_err()), ProblemKind::NotInJob);
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_jobs_that_there_are_and_were() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    for targets in ["web1", "web[1-3]", "web[4-8]"] {
        let job = run(&stored, targets).await;
        stored.until_retired(job).await;
    }
    let freeze = Order::Freeze {
        hosts: "$web".parse().unwrap(),
    };
    stored.namespace().execute(freeze.because("maintenance")).await.unwrap();
    stored.namespace().submit(job("web5")).await.unwrap();

    let namespace = stored.namespace();
    let all = JobFilter::new;
    assert_eq!(numbers(&namespace, all()).await, [4, 3, 2, 1]);
    assert_eq!(numbers(&namespace, all().by("alice")).await, [4, 3, 2, 1]);
    assert_eq!(numbers(&namespace, all().by("bob")).await, NONE);
    assert_eq!(numbers(&namespace, all().unfinished()).await, [4]);
    assert_eq!(
        numbers(&namespace, all().statuses([JobStatus::Finished])).await,
        [3, 2, 1]
    );
    let host = |name: &str| name.parse().unwrap();
    assert_eq!(numbers(&namespace, all().on([host("web1")])).await, [2, 1]);
    assert_eq!(
        numbers(&namespace, all().on([host("web3"), host("web4")])).await,
        [3, 2]
    );
    assert_eq!(numbers(&namespace, all().on([host("long-gone")])).await, NONE);
    assert_eq!(numbers(&namespace, all().before(JobId::new(3))).await, [2, 1]);
    let rows = rows(&namespace, all()).await;
    let third = rows.iter().find(|row| row.job == JobId::new(3)).unwrap();
    let since = third.progress.changed;
    let later: Vec<u64> = rows
        .iter()
        .filter(|row| row.progress.changed >= since)
        .map(|row| row.job.number())
        .collect();
    assert_eq!(numbers(&namespace, all().since(since)).await, later);
    assert_eq!(
        numbers(&namespace, all().since(Timestamp::from_millis(u64::MAX >> 12))).await,
        NONE
    );
    assert!(third.progress.retired && third.submitted.hosts == "web[4-8]");
    stored.close().await;
}

/// All records of a job, in parts of this size.
async fn records(namespace: &NamespaceClient, query: JobEventsQuery) -> Vec<Record> {
    let (mut query, mut records) = (query, vec![]);
    loop {
        let page = namespace.job_events(&query).await.unwrap();
        assert!(page.records.len() <= query.limit);
        records.extend(page.records.into_iter().map(|(_, record)| record));
        match page.next {
            Some(next) => query = query.after(next),
            None => return records,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_records_of_a_job_are_read_in_parts_whether_or_not_it_has_retired() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, LONG).await;
    let first = run(&stored, "web[1-2]").await;
    let other = run(&stored, "web[1-3]").await;
    let namespace = stored.namespace();
    let alive = records(&namespace, JobEventsQuery::of(first)).await;
    assert!(alive.iter().all(|record| record.event.job() == Some(first)));
    assert_eq!(
        alive.iter().filter(|record| record.event.started().is_some()).count(),
        2
    );
    assert_eq!(alive.iter().filter(|record| record.event.ended().is_some()).count(), 2);

    stored.configure(8, Duration::ZERO).await;
    stored.until_retired(other).await;
    let retired = records(&namespace, JobEventsQuery::of(first)).await;
    assert_eq!(retired[..alive.len()], alive);
    assert!(retired.len() > alive.len());
    for limit in [1, 3, retired.len()] {
        assert_eq!(
            records(&namespace, JobEventsQuery::of(first).limit(limit)).await,
            retired
        );
    }
    let web2 = "web2".parse().unwrap();
    let of_host: Vec<Record> = retired
        .iter()
        .filter(|record| record.event.host() == Some(&web2))
        .cloned()
        .collect();
    assert!(!of_host.is_empty());
    assert_eq!(
        records(&namespace, JobEventsQuery::of(first).on(web2).limit(1)).await,
        of_host
    );
    let text = serde_json::to_string(&retired).unwrap();
    assert!(text.contains("TOKEN") && !text.contains("abc"), "{text}");
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_of_a_retired_job_is_found_by_the_last_attempt_of_its_host() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    let job = run(&stored, "web[1-8]").await;
    stored.until_retired(job).await;
    stored.close().await;

    let stored = Stored::open(directory.path()).await;
    let (_, hosts) = stored.said_of(job).await;
    for host in hosts {
        let attempt = host.last_attempt.and_then(|attempt| attempt.id).unwrap();
        let range = OutputRange::of(job, attempt, Stream::Stdout);
        let page = stored.namespace().output(&range).await.unwrap();
        assert!(page.sealed);
        let text: Vec<u8> = page.frames.iter().flat_map(|frame| frame.bytes.clone()).collect();
        assert_eq!(String::from_utf8(text).unwrap(), format!("this is {}\n", host.host));
    }
    stored.close().await;
}

/// What is drawn of a job.
async fn drawn(directory: &Path, job: JobId) -> Vec<Value> {
    let socket = directory.join("pogo.sock");
    let mut documents = vec![];
    for what in [
        "overview",
        "bars?px=100",
        "bars?px=100&rows=0-3",
        "bars?px=100&host=web2",
    ] {
        let path = format!("/v1/namespaces/default/jobs/{}/{what}", job.number());
        let answer = exchange(&socket, request("GET", &path, "").as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert_eq!(status, 200, "{path}\n{answer}");
        let mut document: Value = serde_json::from_str(&body).unwrap();
        // Where the namespace stands, and that it has left its dispatcher.
        for changes in ["as_of", "at", "retired"] {
            document.as_object_mut().unwrap().remove(changes);
        }
        documents.push(document);
    }
    documents
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_drawn_by_its_own_records_where_the_journal_has_forgotten_it() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, LONG).await;
    let job = run(&stored, "web[1-8]").await;
    let before = drawn(directory.path(), job).await;
    stored.close().await;

    let stored = Stored::open_compacted(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    stored.until_retired(job).await;
    stored.close().await;
    let stored = Stored::open_compacted(directory.path()).await;
    assert_eq!(drawn(directory.path(), job).await, before);
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_store_knows_is_refused_with_words() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(8, Duration::ZERO).await;
    let job = run(&stored, "web1").await;
    stored.until_retired(job).await;

    let bare = stored.client.namespace("bare").unwrap();
    let history = bare.history(&JobFilter::new()).await.unwrap_err();
    assert_eq!((kind(&history), history.exit_code()), (ProblemKind::NoHistoryKept, 64));
    let events = bare.job_events(&JobEventsQuery::of(job)).await.unwrap_err();
    assert_eq!(kind(&events), ProblemKind::NoHistoryKept);
    for error in [
        bare.job(job).await.unwrap_err(),
        bare.hosts(HostsQuery::of(job)).await.unwrap_err(),
        bare.wait(job).await.unwrap_err(),
    ] {
        assert_eq!(kind(&error), ProblemKind::RetiredJob);
    }

    let (whole, never) = (stored.namespace(), JobId::new(17));
    for error in [
        whole.job(never).await.unwrap_err(),
        whole.job_events(&JobEventsQuery::of(never)).await.unwrap_err(),
        whole.wait(never).await.unwrap_err(),
    ] {
        assert_eq!(kind(&error), ProblemKind::UnknownJob);
    }
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_of_history_that_cannot_be_read_are_refused() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    stored.configure(2_000, LONG).await;
    let cases = [
        ("history?user=alice", r#""parameter":"user""#),
        ("history?after=3", r#""parameter":"after""#),
        ("history?status=asleep", r#""parameter":"status""#),
        ("history?unfinished=perhaps", r#""parameter":"unfinished""#),
        ("history?since=yesterday", r#""parameter":"since""#),
        ("history?since=-1", r#""parameter":"since""#),
        ("history?before=x", r#""parameter":"before""#),
        ("history?limit=many", r#""parameter":"limit""#),
        ("history?on=web%5B", r#""offset":"#),
        ("history?on=%24db", r#""parameter":"on""#),
        ("history?on=%24web", "name at most 1000"),
        ("history?by=a&by=b", "given more than once"),
        ("jobs/1/events?from=3", r#""parameter":"from""#),
        ("jobs/1/events?host=web%20one", r#""parameter":"host""#),
        ("jobs/1/events?after=-1", r#""parameter":"after""#),
        ("jobs/1/events?limit=x", r#""parameter":"limit""#),
        ("jobs/x/events", r#""parameter":"job""#),
    ];
    let socket = directory.path().join("pogo.sock");
    for (path, words) in cases {
        let text = request("GET", &format!("/v1/namespaces/default/{path}"), "");
        let answer = exchange(&socket, text.as_bytes()).await;
        let (status, media_type, body) = parts(&answer);
        assert_eq!(
            (status, media_type.as_str()),
            (400, "application/problem+json"),
            "{path}\n{answer}"
        );
        assert!(body.contains(words), "{path}\n{answer}");
    }
    stored.close().await;
}
