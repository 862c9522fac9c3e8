//! Everything that happened in a namespace, from afar.

use std::time::Duration;

use pogo_api::NamespaceClient;
use pogo_api::wire::{NamespaceRecords, ProblemKind};
use pogo_core::journal::{ContentLoader, Seq};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{Command, Event, NamespaceEventKind};
use pogo_core::stream::StreamRecord;

use crate::raw::{exchange, parts, request};
use crate::served::{Served, configuration, private_directory};
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
