//! Keeping output within limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::output::{Clipped, MemoryOutput, OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use proptest::collection::vec;
use proptest::prelude::*;

const JOB: JobId = JobId::new(1);

fn host(number: u64) -> HostName {
    format!("web{number}").parse().unwrap()
}

/// Appends to a stream, at its end.
fn write(store: &MemoryOutput, attempt: u64, at: &HostName, stream: Stream, bytes: &[u8]) {
    let (host, attempt) = (at.clone(), AttemptId::new(attempt));
    let source = Arc::new(OutputSource::new(JOB, host, attempt));
    let page = block_on(store.read((JOB, attempt), stream, 0..0)).unwrap();
    let frame = OutputFrame::new(source, stream, page.length, Timestamp::EPOCH, bytes);
    block_on(store.append(&[frame])).unwrap();
}

/// What is kept begins and ends as what was written, and says how much is missing.
fn agrees(kept: &Clipped, written: &[u8]) {
    let (head, tail) = (kept.head(), kept.tail());
    assert!(written.starts_with(head), "{kept:?}");
    assert!(written.ends_with(tail), "{kept:?}");
    let missing = written.len() - head.len() - tail.len();
    assert_eq!(kept.cut(), missing as u64);
    if missing == 0 {
        assert_eq!(kept.to_bytes(), written);
    }
}

proptest! {
    #[test]
    fn limits_hold_at_every_moment_and_what_is_missing_is_counted(
        per_attempt in 0_usize..40,
        total in 0_usize..100,
        chunks in vec((1_u64..5, 0_usize..3, vec(any::<u8>(), 0..30)), 0..60),
    ) {
        let store = MemoryOutput::new().per_attempt(per_attempt).total(total);
        let mut written: BTreeMap<(u64, usize), Vec<u8>> = BTreeMap::new();
        for (attempt, stream, bytes) in chunks {
            let to = [Stream::Stdout, Stream::Stderr, Stream::Note][stream];
            write(&store, attempt, &host(attempt), to, &bytes);
            written.entry((attempt, stream)).or_default().extend(&bytes);
            prop_assert!(store.kept() <= total);
            let mut kept = 0;
            for attempt in 1..5 {
                let Some(output) = store.output_of(JOB, &host(attempt)) else { continue };
                let streams = [&output.stdout, &output.stderr, &output.notes];
                let of_attempt: usize = streams.iter().map(|kept| kept.head().len() + kept.tail().len()).sum();
                prop_assert!(of_attempt <= per_attempt);
                kept += of_attempt;
                for (stream, clipped) in streams.into_iter().enumerate() {
                    let written = written.get(&(attempt, stream)).map(Vec::as_slice).unwrap_or_default();
                    agrees(clipped, written);
                }
            }
            prop_assert_eq!(kept, store.kept());
        }
        store.forget(JOB);
        prop_assert_eq!((store.kept(), store.hosts(JOB).len()), (0, 0));
    }
}

#[test]
fn what_fits_is_kept_whole() {
    let store = MemoryOutput::new();
    write(&store, 1, &host(1), Stream::Stdout, b"well\n");
    write(&store, 1, &host(1), Stream::Stdout, b"done\n");
    write(&store, 1, &host(1), Stream::Stderr, b"hm\n");
    let output = store.output_of(JOB, &host(1)).unwrap();
    assert_eq!(
        (output.stdout.to_bytes(), output.stderr.to_bytes()),
        (b"well\ndone\n".to_vec(), b"hm\n".to_vec())
    );
    assert_eq!((output.cut(), store.hosts(JOB)), (0, vec![host(1)]));
}

#[test]
fn a_stream_that_writes_much_hides_no_other() {
    let store = MemoryOutput::new().per_attempt(1_000);
    write(&store, 1, &host(1), Stream::Stdout, &[b'x'; 5_000]);
    write(&store, 1, &host(1), Stream::Stderr, b"the disk is full\n");
    write(&store, 1, &host(1), Stream::Stdout, &[b'x'; 5_000]);
    let output = store.output_of(JOB, &host(1)).unwrap();
    assert_eq!(output.stderr.to_bytes(), b"the disk is full\n");
}

#[test]
fn of_several_attempts_at_a_host_the_last_is_shown() {
    let store = MemoryOutput::new();
    write(&store, 1, &host(1), Stream::Stdout, b"first");
    write(&store, 2, &host(1), Stream::Stdout, b"second");
    write(&store, 1, &host(1), Stream::Stdout, b"late");
    let output = store.output_of(JOB, &host(1)).unwrap();
    assert_eq!(
        (output.attempt, output.stdout.to_bytes()),
        (AttemptId::new(2), b"second".to_vec())
    );
    assert_eq!(store.kept(), 15);
}

#[test]
fn what_began_first_gives_up_its_output_first() {
    let store = MemoryOutput::new().total(8);
    write(&store, 1, &host(1), Stream::Stdout, b"12345");
    write(&store, 2, &host(2), Stream::Stdout, b"67890");
    let outputs = [1, 2].map(|number| store.output_of(JOB, &host(number)).unwrap());
    assert_eq!(outputs.each_ref().map(|output| output.cut()), [5, 0]);
    assert_eq!(outputs[0].stdout.to_bytes(), b"[5 bytes cut]\n");
}
