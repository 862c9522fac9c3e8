//! What a journal has: records and a snapshot that name fleets and policies by their digests, and these beside them.

use std::collections::BTreeMap;

use futures::executor::block_on;
use pogo_core::journal::{Acquire, ContentLoader, Journal, MemoryJournal, Nonce, Owner, OwnerId, Snapshot, replay};
use pogo_core::scheduler::{Content, Event, NamespaceEvent, NamespaceEventKind, Record, Scheduler};
use pogo_core::{Digest, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{assert_golden, path, read, story};

type Contents = BTreeMap<Digest, String>;

fn name<T: Serialize>(content: &Content<T>, contents: &mut Contents) -> Content<T> {
    let text = serde_json::to_string(content.loaded().unwrap()).unwrap();
    let digest = Digest::of(text.as_bytes());
    contents.insert(digest, text);
    Content::Stored(digest)
}

/// The record as a dispatcher commits it, if it is a configuration.
fn named(record: &Record, contents: &mut Contents) -> Option<Record> {
    let Event::Namespace(NamespaceEvent {
        kind: NamespaceEventKind::Configured { fleet, policy },
        ..
    }) = &record.event
    else {
        return None;
    };
    let (fleet, policy) = (name(fleet, contents), name(policy, contents));
    let kind = NamespaceEventKind::Configured { fleet, policy };
    Some(Record::new(record.at, Event::of_namespace(kind)))
}

/// A journal that has the contents of the files.
fn journal(contents: &Contents) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let owner = Owner::new(OwnerId("golden".into()), Nonce(1), Timestamp::EPOCH);
    let mut owned = block_on(journal.acquire(owner, Acquire::IfFree)).unwrap();
    for digest in contents.keys() {
        let stored = std::fs::read(path(&format!("named/{digest}.json"))).unwrap();
        block_on(owned.put_content(*digest, &stored)).unwrap();
    }
    drop(owned);
    journal
}

#[test]
fn records_and_snapshots_that_name_content_are_written_and_read_as_ever() {
    let mut records = story::records();
    records.truncate(story::before_holding(&records));
    let mut contents = Contents::new();
    let configured: Vec<Record> = records
        .iter()
        .filter_map(|record| named(record, &mut contents))
        .collect();
    let lines: String = configured
        .iter()
        .map(|record| serde_json::to_string(record).unwrap() + "\n")
        .collect();
    assert_golden("named/records.jsonl", &lines);
    for (digest, text) in &contents {
        assert_golden(&format!("named/{digest}.json"), text);
    }

    let golden = std::fs::read_to_string(path("named/records.jsonl")).unwrap();
    let mut stored: Vec<Record> = golden.lines().map(read).collect();
    assert_eq!(stored, configured);
    let journal = journal(&contents);
    block_on(ContentLoader::new().load(&journal, &mut stored)).unwrap();
    let whole = records.iter().filter(|record| named(record, &mut contents).is_some());
    assert!(stored.iter().eq(whole));

    let scheduler = replay(&records).unwrap();
    let mut value = serde_json::to_value(scheduler.snapshot()).unwrap();
    for field in ["fleet", "policy", "configured"] {
        if let Some(content) = value.get_mut(field)
            && let Some(named) = by_digest(content, &contents)
        {
            *content = named;
        }
    }
    assert_golden(
        "named/snapshot.json",
        &(serde_json::to_string_pretty(&value).unwrap() + "\n"),
    );
    let mut snapshot: Snapshot = read(&std::fs::read_to_string(path("named/snapshot.json")).unwrap());
    assert_eq!(snapshot.digests().count(), 3);
    block_on(ContentLoader::new().load_snapshot(&journal, &mut snapshot)).unwrap();
    assert!(Scheduler::restore(&snapshot).unwrap().same_state(&scheduler));
}

/// A fleet or a policy of a snapshot by its digest, where it is one that was configured: hosts that left make it
/// another.
fn by_digest(content: &Value, contents: &Contents) -> Option<Value> {
    let is = |text: &str| serde_json::from_str::<Value>(text).unwrap() == *content;
    let (digest, _) = contents.iter().find(|(_, text)| is(text))?;
    Some(json!({ "digest": digest }))
}
