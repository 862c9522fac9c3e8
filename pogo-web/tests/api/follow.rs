//! Streams from afar.

use std::collections::BTreeSet;

use futures::StreamExt;
use pogo_api::wire::{ProblemKind, UpdateDigest};
use pogo_api::{Client, Updates};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{Event, JobEventKind, JobId, Order, Record};
use pogo_core::stream::{StreamId, StreamRequest, Update};
use pogo_web::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::cutting_proxy::{Cut, CuttingProxy};
use crate::orders::job;
use crate::raw::{exchange, parts, request};
use crate::served::{Served, Setup};

/// Follows until the job is over, and returns every record with its position.
pub(crate) async fn records_until_over(mut updates: Updates, over: JobId) -> Vec<(Seq, Record)> {
    let mut seen = vec![];
    loop {
        let Update::Records { records, .. } = updates.next().await.unwrap().unwrap() else {
            continue;
        };
        let has_ended = records.iter().any(|record| ends(&record.record, over));
        seen.extend(records.into_iter().map(|record| (record.seq, record.record)));
        if has_ended {
            return seen;
        }
    }
}

fn ends(record: &Record, job: JobId) -> bool {
    match &record.event {
        Event::Job(event) => event.job == job && matches!(event.kind, JobEventKind::Finished { .. }),
        _ => false,
    }
}

/// That what was followed is what the journal has, from its beginning.
pub(crate) fn assert_is_journal(seen: &[(Seq, Record)], journal: &[Record]) {
    for (at, (seq, record)) in (0_u64..).zip(seen) {
        assert_eq!(*seq, Seq(at), "a record is missing or comes twice");
        // Configurations name content in the journal, which the stream has whole.
        if !matches!(record.event, Event::Namespace(_)) {
            assert_eq!(Some(record), journal.get(at as usize), "record {at}");
        }
    }
    assert!(seen.len() > 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_brings_what_the_journal_has() {
    let served = Served::new().await;
    let mut updates = served.namespace().subscribe(StreamRequest::new());
    let first = updates.next().await.unwrap().unwrap();
    assert!(
        matches!(first, Update::Snapshot { .. }),
        "an empty namespace is told apart from a slow one: {first:?}"
    );
    let updates = served
        .namespace()
        .subscribe(StreamRequest::new().after(first.id().unwrap()));
    served.configure().await;
    let job = served.namespace().submit(job("web[1-2,4]")).await.unwrap();
    let seen = records_until_over(updates, job).await;
    assert_is_journal(&seen, &served.records().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_cut_anywhere_loses_nothing_and_doubles_nothing() {
    let served = Served::new().await;
    // Some bring an update or two before they are cut, and each is cut at another byte.
    let cut = |connection: usize| Cut::AfterBytes(150 + 211 * (connection % 8) + connection);
    let proxy = CuttingProxy::new(served.beside("proxy.sock"), &served.path, cut);
    let namespace = Client::unix(&proxy.path).namespace("default").unwrap();
    let mut updates = namespace.subscribe(StreamRequest::new().after(StreamId::new(0, Seq(0))));
    served.configure().await;
    let mut seen = vec![];
    for round in 0..20 {
        let hosts = "web1".parse().unwrap();
        let order = if round % 2 == 0 {
            Order::Freeze { hosts }
        } else {
            Order::Thaw { hosts }
        };
        served.handle.execute(order.because("because")).await.unwrap();
        let end = served.handle.status().await.unwrap().end;
        while seen.len() < usize::try_from(end.0).unwrap() {
            if let Update::Records { records, .. } = updates.next().await.unwrap().unwrap() {
                seen.extend(records.into_iter().map(|record| (record.seq, record.record)));
            }
        }
    }
    assert_is_journal(&seen, &served.records().await);
    assert!(proxy.connections() > 5, "{} connections", proxy.connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_of_a_job_is_its_own() {
    let served = Served::new().await;
    served.configure().await;
    let running = served.namespace().submit(job("web3")).await.unwrap();
    let mut updates = served.namespace().subscribe(StreamRequest::new().job(running));
    assert!(matches!(updates.next().await.unwrap().unwrap(), Update::Job { .. }));
    served.namespace().submit(job("web1")).await.unwrap();
    served.namespace().execute(Order::Pause { job: running }).await.unwrap();
    loop {
        let Update::Records { records, .. } = updates.next().await.unwrap().unwrap() else {
            continue;
        };
        assert!(
            records.iter().all(|record| record.record.event.job() == Some(running)),
            "{records:?}"
        );
        if records
            .iter()
            .any(|record| matches!(&record.record.event, Event::Job(event) if event.kind == JobEventKind::Paused))
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_nothing_is_a_problem() {
    let served = Served::new().await;
    let of_unknown = StreamRequest::new().job(JobId::new(9));
    for request in [of_unknown, of_unknown.after(StreamId::default())] {
        let mut updates = served.namespace().subscribe(request);
        let error = updates.next().await.unwrap().unwrap_err();
        assert_eq!(error.problem().unwrap().kind, ProblemKind::UnknownJob);
        assert!(updates.next().await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_streams_are_open_than_there_may_be() {
    let limits = Limits::new().streams(1);
    let served = Setup {
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    let mut first = served.namespace().subscribe(StreamRequest::new());
    first.next().await.unwrap().unwrap();
    let mut second = served.namespace().subscribe(StreamRequest::new());
    let error = second.next().await.unwrap().unwrap_err();
    assert_eq!(error.problem().unwrap().kind, ProblemKind::TooManyStreams);
    // Whoever leaves makes room; the server sees it when the connection ends.
    drop(first);
    loop {
        let mut next = served.namespace().subscribe(StreamRequest::new());
        if next.next().await.unwrap().is_ok() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_goes_on_after_the_last_event_that_it_has_seen() {
    let served = Served::new().await;
    served.configure().await;
    let text = "GET /v1/namespaces/default/events?after=0-99 HTTP/1.0\r\nLast-Event-ID: 0-0\r\n\r\n";
    let mut stream = tokio::net::UnixStream::connect(&served.path).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    while !answer.contains("\"after\":\"0-0\"") {
        let mut bytes = [0; 4096];
        let read = tokio::io::AsyncReadExt::read(&mut stream, &mut bytes).await.unwrap();
        assert!(read > 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    assert!(answer.contains("retry: 1000\n\nid: 0-"), "{answer}");
}

/// The events of a stream of digests up to this id.
async fn digests_until(served: &Served, id: StreamId) -> Vec<UpdateDigest> {
    let mut stream = UnixStream::connect(&served.path).await.unwrap();
    let path = "/v1/namespaces/default/events?after=0-0&digest=true";
    stream.write_all(request("GET", path, "").as_bytes()).await.unwrap();
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    let last = format!("id: {id}\nevent: digest\n");
    while !text.split_once(&last).is_some_and(|(_, rest)| rest.contains("\n\n")) {
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "{text}");
        text.push_str(str::from_utf8(&piece[..read]).unwrap());
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_digests_says_what_records_are_about() {
    let served = Served::new().await;
    served.configure().await;
    let job = served.namespace().submit(job("web[1-2]")).await.unwrap();
    served.namespace().wait(job).await.unwrap();
    let end = served.handle.status().await.unwrap().end;
    let digests = digests_until(&served, StreamId::new(0, end)).await;
    let records: usize = digests.iter().map(|digest| digest.records).sum();
    assert_eq!(records as u64, end.0);
    assert!(digests.iter().any(|digest| digest.namespace));
    let jobs: BTreeSet<JobId> = digests.iter().flat_map(|digest| digest.jobs.clone()).collect();
    assert_eq!(jobs, BTreeSet::from([job]));
    let hosts = digests.iter().flat_map(|digest| &digest.hosts);
    let hosts: BTreeSet<&str> = hosts.map(|host| host.as_str()).collect();
    assert_eq!(hosts, BTreeSet::from(["web1", "web2"]));
    let both = "/v1/namespaces/default/events?digest=true&output=true";
    let (status, _, body) = parts(&exchange(&served.path, request("GET", both, "").as_bytes()).await);
    assert!(
        status == 400 && body.contains("leave `digest` or `output` out"),
        "{body}"
    );
}
