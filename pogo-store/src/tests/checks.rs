//! What a store says of itself.

use std::path::Path;

use futures::executor::block_on;
use pogo_core::journal::{Epoch, Journal, OwnerId, Seq};
use pogo_core::output::{OutputStore, Stream};

use super::outputs::{frame, source};
use super::scenario::{Acknowledged, acquire, journal, open, play, state, writing};
use super::simulated_disk::SimulatedDisk;
use crate::{Damage, Store};

/// A store with everything in it.
fn used() -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Acknowledged::default()).unwrap();
    let output = writing(&open(&disk).unwrap()).unwrap();
    let frames = [
        frame(1, 1, Stream::Stdout, 0, 9_000),
        frame(1, 2, Stream::Stdout, 0, 9_000),
    ];
    block_on(output.append(&frames)).unwrap();
    for attempt in [1, 2] {
        block_on(output.seal(&source(1, attempt), 9_000)).unwrap();
    }
    disk
}

fn check(store: &Store) -> Vec<Damage> {
    block_on(store.namespace("default").unwrap().check()).unwrap()
}

#[test]
fn a_check_finds_every_flipped_bit_and_names_its_file() {
    let disk = used();
    assert_eq!(check(&open(&disk).unwrap()), []);
    let mut flips = 0;
    for (path, bytes) in disk.files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["lock", "reserve", "format"].contains(&name) {
            continue;
        }
        let used = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
        for bit in (0..used * 8).step_by(if name == "output.log" { 4_099 } else { 101 }) {
            let damaged = disk.copy();
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            damaged.put(&path, &flipped);
            let damage = check(&open(&damaged).unwrap());
            // The end of a block is not used, and some bits of what is compressed are not either.
            let unpacked = |bytes: &[u8]| zstd::decode_all(bytes).ok();
            let is_same = name.ends_with(".zst") && unpacked(&flipped) == unpacked(&bytes);
            let is_unused = damage.is_empty() && (is_same || name == "output.log" && bytes[bit / 8] == 0);
            assert!(
                is_unused || damage.iter().any(|it| it.file == path),
                "bit {bit} of {name}: {damage:?}"
            );
            flips += 1;
        }
    }
    assert!(flips > 300, "{flips} flips");
}

#[test]
fn a_damaged_snapshot_is_cured_by_removing_it() {
    let disk = used();
    let file = Path::new("/store/ns/default/snapshot-00000000000000000040.json.zst");
    let mut bytes = crate::disk::Disk::read_all(&disk, file).unwrap();
    bytes[300] ^= 1;
    disk.put(file, &bytes);
    let damage = check(&open(&disk).unwrap());
    assert_eq!(damage.len(), 1);
    assert_eq!(
        damage[0].cure,
        "remove it while nobody owns the namespace: the snapshot of #30 and the records since are as good"
    );
    crate::disk::Disk::remove(&disk, file).unwrap();
    let store = open(&disk).unwrap();
    assert_eq!(check(&store), []);
    let journal = journal(&store);
    assert!(block_on(journal.latest_snapshot()).unwrap() == Some((Seq(30), state(30))));
    assert_eq!(block_on(journal.read(Seq(30))).unwrap().next, Seq(43));
}

#[test]
fn content_that_records_name_and_that_is_not_there_is_missed() {
    use pogo_core::Digest;
    use pogo_core::journal::Commit;
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    let digest = Digest::of(b"a fleet");
    let text = format!(
        r#"{{"at":17,"event":"namespace_configured","fleet":{{"digest":"{digest}"}},"policy":{{"digest":"{digest}"}}}}"#
    );
    let record = serde_json::from_str(&text).unwrap();
    block_on(owned.append(&Commit::new(Seq(0), vec![record]))).unwrap();
    let damage = check(&store);
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert!(damage[0].file.ends_with(format!("content/{digest}.json.zst")));
    assert_eq!(damage[0].message, "records name it, and it is not there");
    block_on(owned.put_content(digest, b"a fleet")).unwrap();
    assert_eq!(check(&store), []);
}

#[test]
fn damaged_output_is_placed_and_removing_it_leaves_the_rest() {
    let disk = used();
    let log = Path::new("/store/ns/default/jobs/1/output.log");
    let mut bytes = crate::disk::Disk::read_all(&disk, log).unwrap();
    bytes[4_096 + 500] ^= 1;
    disk.put(log, &bytes);
    let store = open(&disk).unwrap();
    let damage = check(&store);
    assert_eq!(damage.len(), 1, "{damage:?}");
    let said = damage[0].to_string();
    assert!(
        said.contains("/store/ns/default/jobs/1/output.log: the output of a1 is damaged: the block at byte 4096 of "),
        "{said}"
    );
    let namespace = store.namespace("default").unwrap();
    assert!(block_on(namespace.remove_output(pogo_core::scheduler::JobId::new(1))).unwrap());
    assert_eq!(check(&store), []);
}

#[test]
fn a_namespace_says_what_it_has_and_who_owned_it() {
    let disk = used();
    let store = open(&disk).unwrap();
    let info = block_on(store.namespace("default").unwrap().info()).unwrap();
    let owner = info.owner.as_ref().unwrap();
    assert_eq!((&owner.owner, owner.epoch), (&OwnerId("tests".into()), Epoch(3)));
    assert_eq!((info.first, &*info.snapshots.0), (Seq(28), &[Seq(30), Seq(40)][..]));
    assert_eq!(
        (info.segments.0, info.content.0, info.events.0, info.output),
        (2, 2, 1, (1, 6 * 4_096))
    );
    let of_files: usize = disk
        .files()
        .iter()
        .filter(|(path, _)| {
            let name = path.file_name().unwrap().to_str().unwrap();
            !["lock", "reserve", "format", "owner", "output.jsonl"].contains(&name)
        })
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert_eq!(info.bytes(), of_files as u64);
    let nobody = block_on(store.namespace("other").unwrap().info()).unwrap();
    assert_eq!((nobody.owner.as_ref(), nobody.bytes()), (None, 0));
}
