//! A journal on disk beside a plain file.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use futures::executor::block_on;
use pogo_core::journal::{Commit, Seq};
use pogo_core::scheduler::Record;

use super::figures::{Figures, Pairs, timed};
use super::stores::{acquire, namespace, records_of_a_job};

/// Records of a commit, as a busy dispatcher has them.
const BATCH: usize = 50;
const COMMITS: usize = 400;

/// What a commit takes, against a plain file with a sync for each.
pub(crate) fn journal(dir: &Path, figures: &mut Figures) {
    let records = records_of_a_job();
    let batch: Vec<Record> = records.iter().cycle().take(BATCH).cloned().collect();
    let mut pairs = Pairs::default();
    for round in 0..figures.rounds {
        let plain = plain(&dir.join(format!("commits-{round}")), &batch);
        let store = store(&dir.join(format!("journal-{round}")), &batch);
        pairs.push(plain / COMMITS as f64, store / COMMITS as f64);
    }
    figures.ratio("a commit of 50 records, against a plain file with a sync", None, &pairs);
    figures.millis("  of which the plain file takes", None, pairs.plain());
}

/// Seconds.
fn plain(path: &Path, batch: &[Record]) -> f64 {
    let text: Vec<u8> = batch
        .iter()
        .flat_map(|record| serde_json::to_vec(record).expect("plain data"))
        .collect();
    let mut file = File::create(path).expect("a file");
    let ((), took) = timed(|| {
        for _ in 0..COMMITS {
            file.write_all(&text).expect("room");
            file.sync_all().expect("a disk");
        }
    });
    took.as_secs_f64()
}

/// Seconds.
fn store(dir: &Path, batch: &[Record]) -> f64 {
    let namespace = namespace(dir);
    let mut owned = acquire(&namespace);
    let ((), took) = timed(|| {
        for at in 0..COMMITS {
            let commit = Commit::new(Seq((at * BATCH) as u64), batch.to_vec());
            block_on(owned.append(&commit)).expect("room");
        }
    });
    took.as_secs_f64()
}
