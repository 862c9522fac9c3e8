//! Files that have something else in them than was written.

use std::path::Path;

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::journal::{Journal, JournalError, Seq};

use super::scenario::{Acknowledged, acquire, commit, journal, open, play, read_from, records, state};
use super::simulated_disk::SimulatedDisk;

/// A disk with a store that was used, and what was put into it.
fn used() -> (SimulatedDisk, Acknowledged) {
    let (disk, mut done) = (SimulatedDisk::default(), Acknowledged::default());
    play(&disk, &mut done).unwrap();
    (disk, done)
}

/// The first record that is left.
fn first_kept(disk: &SimulatedDisk) -> Seq {
    match read_from(&journal(&open(disk).unwrap()), Seq(0)) {
        Err(JournalError::Compacted { first }) => first,
        other => panic!("nothing was compacted: {other:?}"),
    }
}

/// What is found, if it is not what was written.
fn found(disk: &SimulatedDisk, first: Seq, done: &Acknowledged) -> Vec<String> {
    let mut damage = vec![];
    let store = match open(disk) {
        Ok(store) => store,
        Err(error) => return vec![error.to_string()],
    };
    let journal = journal(&store);
    match read_from(&journal, first) {
        Ok(read) => assert!(
            read == records()[usize::try_from(first.0).unwrap()..],
            "records are other ones"
        ),
        Err(error) => damage.push(error.to_string()),
    }
    match block_on(journal.latest_snapshot()) {
        Ok(snapshot) => {
            let (upto, read) = snapshot.expect("there were two");
            assert!(
                read == state(usize::try_from(upto.0).unwrap()),
                "a snapshot has another state"
            );
        }
        Err(error) => damage.push(error.to_string()),
    }
    for (_, bytes) in &done.content {
        match block_on(journal.content(Digest::of(bytes))) {
            Ok(read) => assert!(read == *bytes, "content is another"),
            // Some of it was removed.
            Err(JournalError::NoContent { .. }) => {}
            Err(error) => damage.push(error.to_string()),
        }
    }
    let job = pogo_core::scheduler::JobId::new(1);
    match block_on(store.namespace("default").unwrap().job_events(job)) {
        Ok(events) => {
            let happened = records().iter().filter(|record| record.event.job().is_some());
            assert!(
                events.iter().eq(happened),
                "events of the job are gone, or others are there"
            );
        }
        Err(error) => damage.push(error.to_string()),
    }
    match acquire(&journal) {
        Ok(owned) => assert_eq!(
            owned.end(),
            Seq(records().len() as u64),
            "records were cut away as torn"
        ),
        Err(error) => damage.push(error.to_string()),
    }
    damage
}

#[test]
fn a_bit_that_is_flipped_anywhere_is_found_with_its_file_and_nothing_is_cut_away() {
    let (disk, done) = used();
    let first = first_kept(&disk);
    assert_eq!(found(&disk, first, &done), Vec::<String>::new());
    let mut flips = 0;
    for (path, bytes) in disk.files() {
        let name = path.to_str().unwrap();
        // The lock and the space that is kept have nothing to be read, and the list of jobs is made anew.
        if ["/lock", "/reserve", "/jobs.jsonl"].iter().any(|it| name.ends_with(it)) {
            continue;
        }
        let is_segment = name.ends_with(".jsonl");
        for bit in (0..bytes.len() * 8).step_by(if is_segment { 67 } else { 19 }) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let damaged = disk.copy();
            damaged.put(&path, &flipped);
            let damage = found(&damaged, first, &done);
            let named = match path.file_name().unwrap().to_str().unwrap().split_once(".json.zst") {
                // Where the last snapshot is damaged, the one before it is as good.
                Some((name, _)) if name.starts_with("snapshot") => None,
                Some((digest, _)) => Some(digest.to_owned()),
                None => Some(name.to_owned()),
            };
            // Some bits of what is compressed are not used.
            let unpacked = |bytes: &[u8]| zstd::decode_all(bytes).ok();
            let is_same = name.ends_with(".zst") && unpacked(&flipped) == unpacked(&bytes);
            if let Some(named) = named.filter(|_| !is_same) {
                assert!(!damage.is_empty(), "bit {bit} of {name} is not found");
                assert!(damage[0].contains(&named), "bit {bit} of {name}: {damage:?}");
            }
            assert!(!is_segment || damage[0].contains(" at byte "), "{damage:?}");
            flips += 1;
        }
    }
    assert!(flips > 500, "{flips} flips");
}

#[test]
fn a_damaged_record_is_placed_and_the_store_is_whole_again_from_a_copy() {
    let (disk, done) = used();
    let first = first_kept(&disk);
    let (path, bytes) = segment(&disk, 0);
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut flipped = bytes.clone();
    flipped[second + 40] ^= 1;
    let damaged = disk.copy();
    damaged.put(Path::new(&path), &flipped);
    let expected = format!(
        "the journal is damaged at record #{}: a line has another checksum than it says at byte {second} of {path}; \
         restore it from a copy",
        first.0 + 1
    );
    assert!(found(&damaged, first, &done).iter().all(|damage| *damage == expected));
    assert!(!found(&damaged, first, &done).is_empty());
    damaged.put(Path::new(&path), &bytes);
    assert_eq!(found(&damaged, first, &done), Vec::<String>::new());
}

/// The name of a segment, and what it has.
fn segment(disk: &SimulatedDisk, index: usize) -> (String, Vec<u8>) {
    let mut segments = disk.files().into_iter().filter_map(|(path, bytes)| {
        let path = path.to_str().unwrap().to_owned();
        (path.contains("/journal/") && !bytes.is_empty()).then_some((path, bytes))
    });
    segments.nth(index).unwrap()
}

#[test]
fn a_segment_that_is_gone_is_missed() {
    let disk = SimulatedDisk::default();
    let journal = journal(&open(&disk).unwrap());
    let mut owned = acquire(&journal).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
    }
    let (before, _) = segment(&disk, 0);
    let (path, _) = segment(&disk, 1);
    crate::disk::Disk::remove(&disk, Path::new(&path)).unwrap();
    // Its owner has what it appended last at hand.
    drop((owned, journal));
    let journal = super::scenario::journal(&open(&disk).unwrap());
    let error = read_from(&journal, Seq(0)).unwrap_err().to_string();
    assert!(error.contains(&format!("{before} breaks off at byte ")), "{error}");
}

#[test]
fn records_that_are_gone_at_the_end_are_missed_where_a_snapshot_stands_for_them() {
    let disk = SimulatedDisk::default();
    let journal = journal(&open(&disk).unwrap());
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    let (path, bytes) = segment(&disk, 0);
    block_on(owned.append(&commit(1, &records()[1..3]))).unwrap();
    block_on(owned.snapshot(Seq(3), state(3))).unwrap();
    drop(owned);
    disk.put(Path::new(&path), &bytes);
    let error = acquire(&journal).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("there is a snapshot of #3, so the records from #1 on are lost"),
        "{error}"
    );
}

#[test]
fn zeros_behind_the_last_commit_are_no_damage_and_zeros_before_another_are() {
    let disk = SimulatedDisk::default();
    let journal = journal(&open(&disk).unwrap());
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    let (path, one) = segment(&disk, 0);
    block_on(owned.append(&commit(1, &records()[1..3]))).unwrap();
    drop(owned);
    let (_, two) = segment(&disk, 0);
    let path = Path::new(&path);
    // The size was durable, and what was written was not.
    let mut zeros = one.clone();
    zeros.resize(two.len(), 0);
    disk.put(path, &zeros);
    assert_eq!(read_from(&journal, Seq(0)).unwrap(), records()[..1]);
    assert_eq!(acquire(&journal).unwrap().end(), Seq(1));
    let mut zeros = two;
    zeros[..one.len() - 5].fill(0);
    disk.put(path, &zeros);
    let error = read_from(&journal, Seq(0)).unwrap_err().to_string();
    assert!(error.contains("damaged at record #0"), "{error}");
    assert!(matches!(
        acquire(&journal).map(|_| ()),
        Err(JournalError::Corrupt { .. })
    ));
}
