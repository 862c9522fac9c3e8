//! The rules of output in objects.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use futures::stream::TryStreamExt;
use object_store::ObjectStore;
use pogo_core::output::{OutputDigester, OutputError, OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, OutputFixture};
use pogo_core::{Digest, Timestamp};

use super::faulty::FaultyObjects;
use super::{ObjectOutput, ObjectOwner, ObjectStorage, PER_ATTEMPT, WriterId};

pub(super) const JOB: JobId = JobId::new(7);

/// Objects that anybody may open, as machines do.
#[derive(Clone, Default)]
pub(super) struct Service(pub(super) Arc<FaultyObjects>);

impl Service {
    /// As another process has them.
    pub(super) fn output(&self) -> ObjectOutput {
        let store = Arc::clone(&self.0) as _;
        let storage = ObjectStorage::of(store, "pogo", "s3://logs/pogo").unwrap();
        ObjectOutput::new(storage, "default-1".to_owned())
    }

    pub(super) fn owner(&self, epoch: u64) -> ObjectOwner {
        self.output().owner(WriterId { epoch, nonce: 10 })
    }

    /// The names of all objects.
    pub(super) fn names(&self) -> Vec<String> {
        let all = block_on(self.0.inner.list(None).try_collect::<Vec<_>>()).unwrap();
        let mut names: Vec<_> = all.into_iter().map(|object| object.location.to_string()).collect();
        names.sort();
        names
    }
}

pub(super) fn source(attempt: u64) -> Arc<OutputSource> {
    let host = format!("web{attempt}").parse().unwrap();
    Arc::new(OutputSource::new(JOB, host, AttemptId::new(attempt)))
}

pub(super) fn frame(attempt: u64, offset: usize, bytes: impl Into<Vec<u8>>) -> OutputFrame {
    let at = Timestamp::from_millis(5_000);
    OutputFrame::new(source(attempt), Stream::Stdout, offset as u64, at, bytes)
}

pub(super) fn text(store: &dyn OutputStore, attempt: u64) -> (String, bool) {
    let page = block_on(store.read((JOB, AttemptId::new(attempt)), Stream::Stdout, 0..1 << 40)).unwrap();
    let bytes = page.frames.into_iter().flat_map(|frame| frame.bytes).collect();
    (String::from_utf8(bytes).unwrap(), page.sealed)
}

/// As others see it, who look until it is as they want it.
pub(super) fn becomes(service: &Service, attempt: u64, wanted: (&str, bool)) {
    let (output, begin) = (service.output(), Instant::now());
    loop {
        let read = block_on(output.read((JOB, AttemptId::new(attempt)), Stream::Stdout, 0..1 << 40));
        let read = read.map(|page| {
            let bytes: Vec<u8> = page.frames.into_iter().flat_map(|frame| frame.bytes).collect();
            (String::from_utf8(bytes).unwrap(), page.sealed)
        });
        if read == Ok((wanted.0.to_owned(), wanted.1)) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{read:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(super) fn digest(text: &str) -> Digest {
    let mut digester = OutputDigester::default();
    digester.add(Stream::Stdout, 0, text.as_bytes());
    digester.digest()
}

#[test]
fn objects_keep_the_contract_of_a_store_of_output() {
    let fixture = async || {
        let service = Service::default();
        OutputFixture::new(Arc::new(service.owner(1)))
            .keeps(PER_ATTEMPT)
            .reopened(move || {
                let service = service.clone();
                async move { Arc::new(service.owner(2)) as _ }
            })
    };
    let report = block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}

#[test]
fn what_is_appended_is_read_by_others_before_its_end() {
    let service = Service::default();
    let owner = service.owner(1);
    block_on(owner.append(&[frame(1, 0, "one, ")])).unwrap();
    assert_eq!(text(&owner, 1), ("one, ".to_owned(), false), "the owner has it at once");
    becomes(&service, 1, ("one, ", false));
    block_on(owner.append(&[frame(1, 5, "two")])).unwrap();
    becomes(&service, 1, ("one, two", false));
    assert_eq!(
        service.names(),
        ["pogo/ns/default-1/7/1-000000000000000a-0"],
        "it is written in place of itself"
    );
    assert_eq!(block_on(owner.seal(&source(1), 8)), Ok(digest("one, two")));
    becomes(&service, 1, ("one, two", true));
}

#[test]
fn attempts_that_end_at_once_are_one_object() {
    let service = Service::default();
    let owner = service.owner(1);
    let frames: Vec<_> = (0..500).map(|attempt| frame(attempt, 0, "line of a host\n")).collect();
    let ended: Vec<_> = (0..500).map(|attempt| (source(attempt), 15)).collect();
    let (appended, sealed) = block_on(owner.append_and_seal(&frames, &ended));
    assert_eq!(appended, Ok(()));
    assert!(sealed.iter().all(|sealed| *sealed == Ok(digest("line of a host\n"))));
    assert_eq!(service.0.puts.load(Ordering::SeqCst), 1);
    assert_eq!(
        service.0.lists.load(Ordering::SeqCst),
        1,
        "a new attempt is not looked for"
    );
    assert_eq!(text(&service.owner(2), 499), ("line of a host\n".to_owned(), true));
}

#[test]
fn what_comes_while_the_service_is_away_is_stored_when_it_is_back() {
    let service = Service::default();
    let owner = service.owner(1);
    block_on(owner.append(&[frame(1, 0, "before, ")])).unwrap();
    service.0.set_away(true);
    let sealed = block_on(owner.seal(&source(1), 8)).unwrap_err().to_string();
    assert!(
        sealed.contains("s3://logs/pogo") && sealed.contains("it is away"),
        "{sealed}"
    );
    let _ = block_on(owner.append(&[frame(2, 0, "meanwhile")]));
    assert_eq!(service.names(), [] as [&str; 0]);
    service.0.set_away(false);
    becomes(&service, 2, ("meanwhile", false));
    becomes(&service, 1, ("before, ", true));
    assert_eq!(block_on(owner.seal(&source(1), 8)), Ok(digest("before, ")));
}

#[test]
fn what_waits_for_a_service_that_is_away_has_a_limit() {
    let service = Service::default();
    let owner = service.owner(1);
    block_on(owner.append(&[frame(0, 0, "opened")])).unwrap();
    service.0.set_away(true);
    let mut refused = None;
    for attempt in 1..200 {
        let piece = vec![b'x'; 500 << 10];
        match block_on(owner.append(&[frame(attempt, 0, piece)])) {
            Err(OutputError::Unavailable { message }) if message.contains("has not taken the last") => {
                refused = Some((attempt, message));
                break;
            }
            _ => {}
        }
    }
    let (attempt, message) = refused.unwrap();
    assert!((30..60).contains(&attempt), "{attempt}: {message}");
    let refused = block_on(owner.seal(&source(1), 500 << 10)).unwrap_err().to_string();
    assert!(
        refused.contains("has not taken the last"),
        "ends are kept no longer either: {refused}"
    );
    service.0.set_away(false);
    becomes(&service, 0, ("opened", false));
    // Whoever stores it in the background says so a moment later.
    let begin = Instant::now();
    while let Err(error) = block_on(owner.append(&[frame(500, 0, "again")])) {
        assert!(begin.elapsed() < Duration::from_secs(60), "{error}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn of_an_attempt_that_writes_without_end_few_objects_stay() {
    let service = Service::default();
    let owner = service.owner(1);
    let (mut offset, piece) = (0, "0123456789abcdef".repeat(2_048));
    for _ in 0..600 {
        block_on(owner.append(&[frame(1, offset, piece.as_bytes())])).unwrap();
        offset += piece.len();
    }
    let digest = block_on(owner.seal(&source(1), offset as u64)).unwrap();
    let objects = service.names().len();
    assert!(
        (4..=16).contains(&objects),
        "{objects} objects of {offset} bytes: {:?}",
        service.names()
    );
    let reader = service.owner(2);
    let page = block_on(reader.read((JOB, AttemptId::new(1)), Stream::Stdout, 0..1 << 40)).unwrap();
    assert_eq!((page.length, page.sealed), (offset as u64, true));
    let mut digester = OutputDigester::default();
    for frame in &page.frames {
        digester.add(Stream::Stdout, frame.offset, &frame.bytes);
    }
    assert_eq!(digester.digest(), digest);
    let kept: usize = page.frames.iter().map(|frame| frame.bytes.len()).sum();
    assert!((PER_ATTEMPT / 2..=PER_ATTEMPT).contains(&kept), "{kept}");
}

#[test]
fn an_object_that_is_damaged_is_told_and_costs_no_other() {
    let service = Service::default();
    let owner = service.owner(1);
    block_on(owner.append(&[frame(1, 0, "first")])).unwrap();
    block_on(owner.seal(&source(1), 5)).unwrap();
    block_on(owner.close()).unwrap();
    let owner = service.owner(2);
    block_on(owner.append(&[frame(2, 0, "second")])).unwrap();
    block_on(owner.seal(&source(2), 6)).unwrap();
    block_on(owner.close()).unwrap();
    assert_eq!(
        service.names(),
        [
            "pogo/ns/default-1/7/1-000000000000000a-0.1-1",
            "pogo/ns/default-1/7/2-000000000000000a-0.2-2"
        ]
    );
    let storage = ObjectStorage::of(Arc::clone(&service.0) as _, "pogo", "s3://logs/pogo").unwrap();
    block_on(storage.put(
        "ns/default-1/7/2-000000000000000a-0.2-2",
        b"pogo output 1\nnothing".to_vec(),
    ))
    .unwrap();
    let reader = service.output();
    let read = |attempt| block_on(reader.read((JOB, AttemptId::new(attempt)), Stream::Stdout, 0..100));
    let damaged = read(2).unwrap_err();
    assert!(
        matches!(&damaged, OutputError::Damaged { attempt, .. } if attempt.number() == 2),
        "{damaged}"
    );
    assert!(damaged.to_string().contains("2-000000000000000a-0.2-2"), "{damaged}");
    assert_eq!(read(1).unwrap().length, 5);
    let damage = block_on(reader.check()).unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert_eq!(damage[0].0, "ns/default-1/7/2-000000000000000a-0.2-2");
    // Whoever goes on with it, and with others, loses no more than that.
    let next = service.owner(3);
    assert_eq!(
        block_on(next.append(&[frame(2, 0, "again"), frame(9, 0, "new")])),
        Ok(())
    );
    assert_eq!(text(&next, 2), ("again".to_owned(), false));
    drop(next);
    // Another object in its place is whole, and not what the end says.
    block_on(storage.delete(&["ns/default-1/7/2-000000000000000a-0.2-2".to_owned()])).unwrap();
    assert_eq!(block_on(reader.check()), Ok(vec![]));
}

#[test]
fn an_end_that_names_what_is_not_there_is_found() {
    let service = Service::default();
    let owner = service.owner(1);
    let piece = vec![b'x'; 300 << 10];
    block_on(owner.append(&[frame(1, 0, piece)])).unwrap();
    block_on(owner.seal(&source(1), 300 << 10)).unwrap();
    let output = service.output();
    assert_eq!(block_on(output.check()), Ok(vec![]));
    let storage = ObjectStorage::of(Arc::clone(&service.0) as _, "pogo", "s3://logs/pogo").unwrap();
    block_on(storage.delete(&["ns/default-1/7/1-000000000000000a-0.1-1".to_owned()])).unwrap();
    let damage = block_on(output.check()).unwrap();
    assert!(
        damage[0].0 == "ns/default-1/7/1-000000000000000a-1" && damage[0].1.contains("a1"),
        "{damage:?}"
    );
    let read = block_on(output.read((JOB, AttemptId::new(1)), Stream::Stdout, 0..100));
    assert!(matches!(read, Err(OutputError::Damaged { .. })), "{read:?}");
}

#[test]
fn output_of_jobs_that_are_over_is_removed_when_it_is_old() {
    let service = Service::default();
    let owner = service.owner(1);
    let old = OutputSource::new(JobId::new(3), "web1".parse().unwrap(), AttemptId::new(1));
    let at = Timestamp::from_millis(1);
    let of_old = OutputFrame::new(Arc::new(old), Stream::Stdout, 0, at, b"old");
    block_on(owner.append(&[of_old, frame(2, 0, "new")])).unwrap();
    block_on(owner.close()).unwrap();
    let output = service.output();
    let (day, later) = (Duration::from_secs(86_400), Timestamp::from_millis(u64::MAX / 2));
    let early = block_on(output.expire(day, at, |_| true)).unwrap();
    assert_eq!(early.jobs, []);
    let pruned = block_on(output.expire(day, later, |job| job != JOB)).unwrap();
    assert_eq!(pruned.jobs, [JobId::new(3)]);
    assert!(pruned.bytes > 0);
    assert_eq!(service.names(), ["pogo/ns/default-1/7/1-000000000000000a-0.2-2"]);
    assert_eq!(block_on(output.attempts()).unwrap(), [((*source(2)).clone(), None)]);
    block_on(output.remove_all()).unwrap();
    assert!(block_on(output.is_empty()).unwrap());
}

#[test]
fn of_a_directory_nothing_is_left_of_what_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let location = format!("file://{}", folder.path().display()).parse().unwrap();
    let storage = ObjectStorage::open(&location).unwrap();
    let output = ObjectOutput::new(storage, "default-1".to_owned());
    let owner = output.owner(WriterId { epoch: 1, nonce: 10 });
    block_on(owner.append(&[frame(1, 0, "old")])).unwrap();
    block_on(owner.close()).unwrap();
    let of_job = folder.path().join("ns/default-1/7");
    // As it is left where a machine dies while it writes.
    std::fs::write(of_job.join("1-000000000000000a-1#1"), "half").unwrap();
    let later = Timestamp::from_millis(u64::MAX / 2);
    let expire = || block_on(output.expire(Duration::ZERO, later, |_| true)).unwrap().jobs;
    assert_eq!(expire(), [JOB]);
    assert!(!of_job.exists());
    assert_eq!(expire(), [], "it is removed once");
    std::fs::create_dir(&of_job).unwrap();
    assert_eq!(expire(), []);
    assert!(block_on(output.is_empty()).unwrap());
}
