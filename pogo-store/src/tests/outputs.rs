//! What is kept of output when the power fails, the disk is full or a bit is flipped.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::output::{OutputDigester, OutputError, OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};

use super::disk_state::Survives;
use super::scenario::{acquire, commit, journal, open, records, writing};
use super::simulated_disk::SimulatedDisk;
use crate::output::BLOCK;
use crate::{Retention, Store, StoreOutput};

pub(super) fn output(store: &Store) -> Arc<StoreOutput> {
    store.namespace("default").unwrap().output()
}

/// Makes durable what was written, as happens each second.
fn sync(store: &Store) {
    let _ = store.namespace("default").unwrap().try_sync_output();
}

pub(super) fn source(job: u64, attempt: u64) -> Arc<OutputSource> {
    Arc::new(OutputSource::new(
        JobId::new(job),
        format!("web{attempt}").parse().unwrap(),
        AttemptId::new(attempt),
    ))
}

/// What the attempt of this number writes to a stream, at this offset.
fn byte(attempt: u64, stream: Stream, offset: u64) -> u8 {
    let mixed = (offset + 7 * attempt + 31 * stream as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed.to_be_bytes()[0]
}

fn bytes(attempt: u64, stream: Stream, offset: u64, len: u64) -> Vec<u8> {
    (offset..offset + len)
        .map(|offset| byte(attempt, stream, offset))
        .collect()
}

pub(super) fn frame(job: u64, attempt: u64, stream: Stream, offset: u64, len: u64) -> OutputFrame {
    let at = Timestamp::from_millis(1_000 + offset);
    OutputFrame::new(
        source(job, attempt),
        stream,
        offset,
        at,
        bytes(attempt, stream, offset, len),
    )
}

/// What is read of an attempt, whose every byte is as it was written: how many there are, the length, and the digest of
/// them.
pub(super) fn read(output: &StoreOutput, job: u64, attempt: u64) -> Result<(u64, u64, Digest), OutputError> {
    let (mut kept, mut length) = (0, 0);
    let mut digester = OutputDigester::default();
    for stream in Stream::ALL {
        let id = (JobId::new(job), AttemptId::new(attempt));
        let page = block_on(output.read(id, stream, 0..1 << 40))?;
        for frame in page.frames {
            let written = bytes(attempt, stream, frame.offset, frame.bytes.len() as u64);
            assert!(frame.bytes == written, "other bytes than were written");
            kept += written.len() as u64;
            digester.add(stream, frame.offset, &frame.bytes);
        }
        length += page.length;
    }
    Ok((kept, length, digester.digest()))
}

/// What is known to be durable.
#[derive(Debug, Default)]
struct Synced {
    lengths: [u64; 2],
    sealed: Option<Digest>,
}

/// Two attempts write, one in turn with the other; the first one ends.
fn play(disk: &SimulatedDisk, synced: &mut Synced) -> Result<(), Box<dyn std::error::Error>> {
    let store = open(disk)?;
    let output = writing(&store)?;
    for round in 0..6 {
        let at = round * 1_500;
        let frames = [
            frame(1, 1, Stream::Stdout, at, 1_500),
            frame(1, 2, Stream::Stderr, at, 1_500),
        ];
        block_on(output.append(&frames))?;
        store.namespace("default")?.try_sync_output()?;
        synced.lengths = [at + 1_500; 2];
    }
    let digest = block_on(output.seal(&source(1, 1), 9_000))?;
    store.namespace("default")?.try_sync_output()?;
    synced.sealed = Some(digest);
    Ok(())
}

#[test]
fn output_that_was_synced_outlives_a_power_cut_and_no_byte_is_another() {
    let whole = SimulatedDisk::default();
    play(&whole, &mut Synced::default()).unwrap();
    for at in 1..=whole.changes() {
        let disk = SimulatedDisk::default();
        disk.fail_power_at(at);
        let mut synced = Synced::default();
        let _ = play(&disk, &mut synced);
        for survives in [
            Survives::Nothing,
            Survives::Everything,
            Survives::Some(at),
            Survives::Some(at << 32),
        ] {
            let disk = disk.after_crash(survives);
            let store = open(&disk).unwrap();
            let output = writing(&store).unwrap();
            for (attempt, length) in (1..).zip(synced.lengths) {
                let (kept, found, digest) = read(&output, 1, attempt).unwrap();
                assert!(
                    kept >= length && found >= length,
                    "change {at}, {survives:?}: {kept} of {length} bytes are there"
                );
                if let (1, Some(sealed)) = (attempt, synced.sealed) {
                    assert_eq!(digest, sealed);
                }
                // A resumed attempt writes again from its beginning.
                let again = frame(
                    1,
                    attempt,
                    if attempt == 1 { Stream::Stdout } else { Stream::Stderr },
                    0,
                    10_000,
                );
                match block_on(output.append(&[again])) {
                    Ok(()) => assert_eq!(read(&output, 1, attempt).unwrap().1, 10_000),
                    Err(error) => assert!(matches!(error, OutputError::Sealed { .. }) && attempt == 1, "{error}"),
                }
            }
        }
    }
}

#[test]
fn another_process_reads_what_is_written_and_what_is_sealed() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let output = writing(&store).unwrap();
    block_on(output.append(&[
        frame(1, 1, Stream::Stdout, 0, 50_000),
        frame(1, 2, Stream::Stderr, 0, 100),
    ]))
    .unwrap();
    let digest = block_on(output.seal(&source(1, 1), 50_000)).unwrap();
    let other = self::output(&open(&disk).unwrap());
    let (kept, length, found) = read(&other, 1, 1).unwrap();
    assert_eq!((length, found), (50_000, digest));
    assert!(
        kept > 25_000 && kept < 8 * BLOCK as u64,
        "{kept} bytes are kept of 50,000"
    );
    assert_eq!(read(&other, 1, 2).unwrap().1, 100);
    assert_eq!(read(&other, 2, 3).unwrap().1, 0);
    assert_eq!(read(&output, 1, 1).unwrap(), read(&other, 1, 1).unwrap());
}

#[test]
fn a_log_takes_no_more_than_an_attempt_may_however_much_it_writes() {
    let disk = SimulatedDisk::default();
    let output = writing(&open(&disk).unwrap()).unwrap();
    for at in (0..4_000_000).step_by(100_000) {
        block_on(output.append(&[frame(1, 1, Stream::Stdout, at, 100_000)])).unwrap();
    }
    // What comes to another stream at last is kept too.
    block_on(output.append(&[frame(1, 1, Stream::Stderr, 0, 5_000)])).unwrap();
    let log = disk
        .files()
        .into_iter()
        .find(|(path, _)| path.ends_with("output.log"))
        .unwrap()
        .1;
    assert_eq!(log.len(), 8 * BLOCK);
    let stderr = block_on(output.read((JobId::new(1), AttemptId::new(1)), Stream::Stderr, 0..9_000)).unwrap();
    assert_eq!(
        stderr.frames.iter().map(|frame| frame.bytes.len()).sum::<usize>(),
        5_000
    );
    read(&output, 1, 1).unwrap();
}

#[test]
fn times_are_kept_to_the_second() {
    let disk = SimulatedDisk::default();
    let output = writing(&open(&disk).unwrap()).unwrap();
    let source = source(1, 1);
    for second in 0..20 {
        let at = Timestamp::from_millis(second * 1_000);
        let line = OutputFrame::new(Arc::clone(&source), Stream::Stdout, second * 5, at, "line\n");
        block_on(output.append(&[line])).unwrap();
    }
    let page = block_on(output.read((source.job, source.attempt), Stream::Stdout, 50..60)).unwrap();
    let times: Vec<_> = page
        .frames
        .iter()
        .map(|frame| (frame.at.as_millis(), &*frame.bytes))
        .collect();
    assert_eq!(times, [(10_000, &b"line\n"[..]), (11_000, b"line\n")]);
}

#[test]
fn a_bit_that_is_flipped_is_told_with_its_file_and_place_or_what_it_was_in_is_missing() {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Synced::default()).unwrap();
    let whole = output(&open(&disk).unwrap());
    let before = [read(&whole, 1, 1).unwrap(), read(&whole, 1, 2).unwrap()];
    for (path, bytes) in disk.files() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("output.") {
            continue;
        }
        for bit in (0..bytes.len() * 8).step_by(if name == "output.log" { 1_601 } else { 11 }) {
            let damaged = disk.copy();
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            damaged.put(&path, &flipped);
            let output = output(&open(&damaged).unwrap());
            match read(&output, 1, 1) {
                Ok(found) => assert_eq!(found, before[0], "bit {bit} of {name}"),
                Err(error) => {
                    let place = format!("the block at byte {} of {}", bit / 8 / BLOCK * BLOCK, path.display());
                    assert!(error.to_string().contains(&place), "{error}");
                }
            }
            let found = read(&output, 1, 2).unwrap();
            assert!(found == before[1] || found.0 < before[1].0, "bit {bit} of {name}");
        }
    }
}

#[test]
fn output_that_finds_no_room_is_told_and_what_was_kept_before_is_there() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let output = writing(&store).unwrap();
    block_on(output.append(&[frame(1, 1, Stream::Stdout, 0, 9_000)])).unwrap();
    disk.set_capacity(Some(disk.used() + 5_000));
    for _ in 0..3 {
        let refused = block_on(output.append(&[frame(1, 1, Stream::Stdout, 9_000, 9_000)])).unwrap_err();
        assert!(refused.to_string().ends_with("; free some space"), "{refused}");
    }
    // Whoever else reads, finds what the disk took.
    let (kept, _, _) = read(&self::output(&open(&disk).unwrap()), 1, 1).unwrap();
    assert!((9_000..18_000).contains(&kept), "{kept}");
    disk.set_capacity(None);
    block_on(output.append(&[frame(1, 1, Stream::Stdout, 18_000, 1_000)])).unwrap();
    let digest = block_on(output.seal(&source(1, 1), 19_000)).unwrap();
    sync(&store);
    let after = disk.after_crash(Survives::Nothing);
    assert_eq!(
        read(&self::output(&open(&after).unwrap()), 1, 1).unwrap(),
        (19_000, 19_000, digest)
    );
}

#[test]
fn on_a_full_disk_the_rest_is_for_the_journal() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let (output, journal) = (output(&store), journal(&store));
    let mut owned = acquire(&journal).unwrap();
    block_on(output.append(&[frame(1, 1, Stream::Stdout, 0, 100)])).unwrap();
    disk.set_capacity(Some(disk.used()));
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    let refused = block_on(output.append(&[frame(1, 2, Stream::Stdout, 0, 100)])).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("the rest of it is kept for the journal; free some space"),
        "{refused}"
    );
    assert_eq!(read(&output, 1, 1).unwrap().0, 100);
    // With space again, and its reserve, it is kept as before.
    disk.set_capacity(None);
    for at in 1..=70 {
        block_on(owned.append(&commit(at, &records()[..1]))).unwrap();
    }
    block_on(output.append(&[frame(1, 2, Stream::Stdout, 0, 100)])).unwrap();
}

#[test]
fn a_failed_sync_is_told_to_whoever_writes_next() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let output = writing(&store).unwrap();
    block_on(output.append(&[frame(1, 1, Stream::Stdout, 0, 100)])).unwrap();
    disk.fail_next_sync();
    sync(&store);
    let told = block_on(output.append(&[frame(1, 1, Stream::Stdout, 100, 100)])).unwrap_err();
    assert!(told.to_string().contains("input/output error"), "{told}");
    block_on(output.append(&[frame(1, 1, Stream::Stdout, 100, 100)])).unwrap();
}

#[test]
fn old_output_is_removed_and_of_too_much_the_oldest() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let namespace = store.namespace("default").unwrap();
    let output = writing(&store).unwrap();
    // The simulated disk counts changes of a file as seconds.
    for job in 1..=4 {
        for round in 0..job * 2 {
            block_on(output.append(&[frame(job, job, Stream::Stdout, round * 10, 10)])).unwrap();
        }
        block_on(output.seal(&source(job, job), 0)).unwrap();
    }
    block_on(output.append(&[frame(5, 5, Stream::Stdout, 0, 10)])).unwrap();
    let kept = |job| read(&output, job, job).unwrap().0 > 0;
    let keep = Retention::new().age(Duration::from_secs(100)).bytes(u64::MAX);
    let pruned = block_on(namespace.prune(Timestamp::from_millis(50_000), keep)).unwrap();
    assert_eq!(pruned.jobs, []);
    // The first was written last after two seconds, and the fifth has not ended.
    let pruned = block_on(namespace.prune(Timestamp::from_millis(102_000), keep)).unwrap();
    assert_eq!((pruned.jobs, pruned.bytes), (vec![JobId::new(1)], BLOCK as u64));
    let pruned = block_on(namespace.prune(Timestamp::EPOCH, keep.bytes(2 * BLOCK as u64))).unwrap();
    assert_eq!(pruned.jobs, [JobId::new(2), JobId::new(3)]);
    assert_eq!([1, 2, 3, 4, 5].map(kept), [false, false, false, true, true]);
    assert!(!block_on(namespace.remove_output(JobId::new(5))).unwrap());
    assert!(block_on(namespace.remove_output(JobId::new(4))).unwrap());
    assert!(!kept(4));
    let left: Vec<_> = disk
        .files()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.starts_with("/store/ns/default/jobs"))
        .collect();
    assert_eq!(
        left,
        [
            "/store/ns/default/jobs/5/output.jsonl",
            "/store/ns/default/jobs/5/output.log"
        ]
        .map(Path::new)
    );
}

#[test]
fn a_store_of_output_that_fails_at_any_operation_goes_on_afterwards() {
    let whole = SimulatedDisk::default();
    play(&whole, &mut Synced::default()).unwrap();
    for at in 1..=whole.changes() {
        let disk = SimulatedDisk::default();
        disk.fail_at(at, io::ErrorKind::Other);
        let mut synced = Synced::default();
        let _ = play(&disk, &mut synced);
        let output = writing(&open(&disk).unwrap()).unwrap();
        let (kept, length, _) = read(&output, 1, 2).unwrap();
        assert!(kept >= synced.lengths[1], "change {at}");
        block_on(output.append(&[frame(1, 2, Stream::Stderr, length, 100)])).unwrap();
        assert_eq!(read(&output, 1, 2).unwrap().1, length + 100);
    }
}
