//! Everything that happened in a namespace, from afar.

use std::time::Duration;

use pogo_api::NamespaceClient;
use pogo_api::wire::{NamespaceRecords, ProblemKind};
use pogo_core::journal::{ContentLoader, Seq};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{Command, Event, NamespaceEventKind, Order};
use pogo_core::stream::StreamRecord;
use pogo_web::Limits;

use crate::raw::{exchange, parts, request};
use crate::served::{Served, Setup, configuration, private_directory};
use crate::stored::Stored;

/// All pages, as an audit reads them.
async fn pages(namespace: &NamespaceClient) -> Vec<NamespaceRecords> {
    let (mut after, mut pages) = (None, vec![]);
    loop {
        let page = namespace.records(after).await.unwrap();
        after = page.next;
        pages.push(page);
        if after.is_none() {
            return pages;
        }
    }
}

fn is_configured(record: &StreamRecord) -> bool {
    let Event::Namespace(event) = &record.record.event else {
        return false;
    };
    matches!(event.kind, NamespaceEventKind::Configured { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_a_namespace_comes_once_and_in_order_with_its_fleets() {
    let served = Served::new().await;
    served.configure().await;
    served
        .namespace()
        .execute(Command::new(configuration(5)))
        .await
        .unwrap();
    let spec = JobSpec::new("web[1-2]".parse().unwrap(), RemoteCommand::shell("uptime"));
    let job = served.namespace().submit(spec).await.unwrap();
    served.namespace().wait(job).await.unwrap();
    let pages = pages(&served.namespace()).await;
    let read: Vec<&StreamRecord> = pages.iter().flat_map(|page| &page.records).collect();
    let mut wanted = served.records().await;
    ContentLoader::new().load(&served.journal, &mut wanted).await.unwrap();
    assert_eq!(
        read.iter().map(|record| &record.record).collect::<Vec<_>>(),
        wanted.iter().collect::<Vec<_>>()
    );
    assert!(read.iter().map(|record| record.seq.0).eq(0..read.len() as u64));
    // However many fleets were applied, an answer has one.
    let fleets = |page: &NamespaceRecords| page.records.iter().filter(|record| is_configured(record)).count();
    assert!(pages.iter().all(|page| fleets(page) <= 1));
    assert_eq!(pages.iter().map(fleets).sum::<usize>(), 2);
    assert!(pages.iter().all(|page| page.first.is_none()));
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_has_as_many_records_as_it_was_asked_for() {
    let served = Served::new().await;
    served.configure().await;
    let spec = JobSpec::new("web[1-2]".parse().unwrap(), RemoteCommand::shell("uptime"));
    let job = served.namespace().submit(spec).await.unwrap();
    served.namespace().wait(job).await.unwrap();
    for (query, wanted) in [("limit=2&after=1", 2), ("limit=0&after=1", 1), ("after=1000000", 0)] {
        let path = format!("/v1/namespaces/default/records?{query}");
        let answer = exchange(&served.path, request("GET", &path, "").as_bytes()).await;
        let page: NamespaceRecords = serde_json::from_str(&parts(&answer).2).unwrap();
        let found: Vec<Seq> = page.records.iter().map(|record| record.seq).collect();
        assert_eq!(found, (2..2 + wanted).map(Seq).collect::<Vec<_>>(), "{query}");
        assert_eq!(page.next, found.last().copied(), "{query}");
    }
    served.close().await;
}

/// All pages of a list of records: how many bytes each has, and the positions of its records.
async fn sizes(served: &Served, path: &str) -> Vec<(usize, Vec<Seq>)> {
    let (mut after, mut pages) = (String::new(), vec![]);
    loop {
        let path = format!("/v1/namespaces/default/{path}?limit=10000{after}");
        let answer = exchange(&served.path, request("GET", &path, "").as_bytes()).await;
        let body = parts(&answer).2;
        let page: NamespaceRecords = serde_json::from_str(&body).unwrap();
        pages.push((body.len(), page.records.iter().map(|record| record.seq).collect()));
        match page.next {
            Some(next) => after = format!("&after={}", next.0),
            None => return pages,
        }
    }
}

/// That pages are within so many bytes, or have one record, and that no record is missing or comes twice.
fn check_sizes(pages: &[(usize, Vec<Seq>)], most: usize) {
    // What is around the records.
    const AROUND: usize = 200;
    for (bytes, records) in pages {
        assert!(
            *bytes <= most + AROUND || records.len() == 1,
            "{bytes} bytes of {records:?}"
        );
    }
    let read: Vec<Seq> = pages.iter().flat_map(|(_, records)| records.clone()).collect();
    assert!(read.is_sorted_by(|one, next| one < next), "{read:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_are_huge_come_in_pages_that_are_not() {
    let served = Served::new().await;
    served.configure().await;
    let most = Limits::new().records;
    // Two of these are more than a page, and one of the jobs is more than a page by itself.
    for size in [most * 2 / 3, most * 2 / 3, most * 3 / 2, 10] {
        let command = RemoteCommand::shell("#".repeat(size));
        let spec = JobSpec::new("web1".parse().unwrap(), command);
        let job = served.namespace().submit(spec).await.unwrap();
        served.namespace().wait(job).await.unwrap();
    }
    let pages = sizes(&served, "records").await;
    check_sizes(&pages, most);
    let read = pages.iter().flat_map(|(_, records)| records);
    assert!(read.map(|seq| seq.0).eq(0..served.records().await.len() as u64));
    assert!(pages.iter().filter(|(bytes, _)| *bytes > most / 2).count() >= 3);
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_a_job_come_in_pages_of_so_many_bytes() {
    let most = 2_000;
    let setup = Setup {
        limits: Limits::new().records(most),
        ..Setup::default()
    };
    let served = setup.serve().await;
    served.configure().await;
    let spec = JobSpec::new("web[1-2]".parse().unwrap(), RemoteCommand::shell("#".repeat(500)));
    let job = served.namespace().submit(spec).await.unwrap();
    served.namespace().wait(job).await.unwrap();
    for _ in 0..20 {
        let note = Order::Note { job }.because("n".repeat(300));
        served.namespace().execute(note).await.unwrap();
    }
    let pages = sizes(&served, &format!("jobs/{}/events", job.number())).await;
    assert!(pages.len() > 3, "{pages:?}");
    check_sizes(&pages, most);
    let all = served.records().await;
    let of_job = (0..)
        .map(Seq)
        .zip(&all)
        .filter(|(_, record)| record.event.job() == Some(job));
    let listed = pages.iter().flat_map(|(_, records)| records);
    assert!(listed.copied().eq(of_job.map(|(seq, _)| seq)));
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compacted_journal_says_with_which_record_it_begins() {
    let directory = private_directory();
    let stored = Stored::open_compacted(directory.path()).await;
    // A snapshot is written beside what happens, some time after it.
    let first = loop {
        stored.configure(2, Duration::ZERO).await;
        let page = stored.namespace().records(None).await.unwrap();
        if let Some(first) = page.first {
            assert!(page.records.first().is_none_or(|record| record.seq == first));
            break first;
        }
    };
    assert!(first > Seq(0));
    // Whoever asks for what comes gets nothing of what there was.
    let page = stored.namespace().records(Some(Seq(1_000_000))).await.unwrap();
    assert_eq!((page.first, page.next), (None, None));
    stored.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_the_journal_says_so() {
    let directory = private_directory();
    let stored = Stored::open(directory.path()).await;
    let refused = stored
        .client
        .namespace("bare")
        .unwrap()
        .records(None)
        .await
        .unwrap_err();
    assert_eq!(refused.problem().unwrap().kind, ProblemKind::NoHistoryKept);
    stored.close().await;
}
