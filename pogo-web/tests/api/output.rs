//! Output from afar.

use std::sync::Arc;

use pogo_api::wire::{OutputRange, ProblemKind};
use pogo_core::Timestamp;
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_web::Limits;

use crate::served::{Served, Setup};

const JOB: JobId = JobId::new(1);
const ATTEMPT: AttemptId = AttemptId::new(1);

fn range(stream: Stream) -> OutputRange {
    OutputRange::of(JOB, ATTEMPT, stream)
}

async fn write(served: &Served, stream: Stream, frames: &[(u64, &[u8])]) {
    let source = Arc::new(OutputSource::new(JOB, "web1".parse().unwrap(), ATTEMPT));
    let frame = |(offset, bytes): &(u64, &[u8])| {
        let at = Timestamp::from_millis(*offset);
        OutputFrame::new(Arc::clone(&source), stream, *offset, at, *bytes)
    };
    let frames: Vec<_> = frames.iter().map(frame).collect();
    served.output.append(&frames).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_is_read_as_the_store_reads_it() {
    let served = Served::new().await;
    write(
        &served,
        Stream::Stdout,
        &[
            (0, b"from here"),
            (9, b" \xff\x00\x1b[2J\r\n"),
            (30, "to thäre".as_bytes()),
        ],
    )
    .await;
    write(&served, Stream::Stderr, &[(0, b"no")]).await;
    for stream in Stream::ALL {
        for (from, to) in [(0, 100), (0, 4), (5, 12), (10, 10), (16, 31), (35, 36), (1_000, 2_000)] {
            let mut here = served.output.read((JOB, ATTEMPT), stream, from..to).await.unwrap();
            let afar = served
                .namespace()
                .output(&range(stream).from(from).to(to))
                .await
                .unwrap();
            // What has not come yet is read on from where it will come.
            here.next = here.next.min(here.length.max(from));
            assert_eq!(afar, here, "{stream} {from}..{to}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_is_read_to_its_end_in_parts() {
    let limits = Limits::new().output(100);
    let served = Setup {
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    let text: Vec<u8> = (0..10_000_u32).map(|number| (number % 251) as u8).collect();
    write(&served, Stream::Stdout, &[(0, &text)]).await;
    let (mut read, mut from, mut parts) = (vec![], 0, 0);
    while from < 10_000 {
        let page = served
            .namespace()
            .output(&range(Stream::Stdout).from(from))
            .await
            .unwrap();
        read.extend(page.frames.iter().flat_map(|frame| frame.bytes.iter().copied()));
        (from, parts) = (page.next, parts + 1);
        assert!(parts < 1_000);
    }
    assert_eq!(read, text);
    assert!(parts >= 100, "{parts} parts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_written_is_nothing() {
    let served = Served::new().await;
    let page = served.namespace().output(&range(Stream::Stdout)).await.unwrap();
    assert_eq!((page.frames.len(), page.length), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_output_is_kept_that_is_said() {
    use pogo_web::{RouterState, ServedNamespace, router};
    let served = Served::new().await;
    let state = RouterState::builder(Arc::new(crate::served::Alice));
    let state = state
        .namespace("bare".parse().unwrap(), ServedNamespace::new(served.handle.clone()))
        .build();
    let socket = pogo_web::unix::Socket::bind(served.beside("bare.sock"), pogo_web::unix::Access::Personal).unwrap();
    let client = pogo_api::Client::unix(socket.path());
    let serving = tokio::spawn(pogo_web::unix::serve(
        socket,
        router(state),
        Default::default(),
        std::future::pending(),
    ));
    let error = client
        .namespace("bare")
        .unwrap()
        .output(&range(Stream::Stdout))
        .await
        .unwrap_err();
    assert_eq!(error.problem().unwrap().kind, ProblemKind::NoOutputKept);
    serving.abort();
}
