//! A store of outputs beside a plain file.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::figures::{Figures, Pairs, timed};
use super::stores::{acquire, namespace};

const ATTEMPTS: u64 = 1_000;
const OUTPUT: usize = 100_000;
const PIECE: usize = 10_000;

/// How fast output is kept, against a plain file that is written in order.
pub(crate) fn output(dir: &Path, figures: &mut Figures) {
    let mut pairs = Pairs::default();
    for _ in 0..figures.rounds {
        pairs.push(plain(&dir.join("plain")), store(&dir.join("outputs")));
    }
    let speeds = pairs.plain().zip(pairs.measured());
    let speeds = speeds.map(|(plain, store)| 100.0 * plain / store);
    let label = "output of 1,000 attempts of 100 kB, % of the speed of a plain file";
    figures.values((label, Some("60")), speeds, 0);
    let megabytes = (ATTEMPTS as usize * OUTPUT) as f64 / 1e6;
    figures.values(
        ("  the speed of a plain file, MB/s", None),
        pairs.plain().map(|took| megabytes / took),
        0,
    );
}

/// Seconds to write all of it in one file and to sync it.
fn plain(path: &Path) -> f64 {
    let piece = vec![b'x'; PIECE];
    let mut plain = File::create(path).expect("a file");
    let ((), took) = timed(|| {
        for _ in 0..ATTEMPTS as usize * OUTPUT / PIECE {
            plain.write_all(&piece).expect("room");
        }
        plain.sync_all().expect("a disk");
    });
    fs::remove_file(path).expect("the file");
    took.as_secs_f64()
}

/// Seconds to store all of it, the attempts in turn, and to sync it.
fn store(dir: &Path) -> f64 {
    let piece = vec![b'x'; PIECE];
    let namespace = namespace(dir);
    let owned = acquire(&namespace);
    let output = namespace.output();
    let sources: Vec<_> = (1..=ATTEMPTS).map(source).collect();
    let ((), took) = timed(|| {
        for offset in (0..OUTPUT).step_by(PIECE) {
            for some in sources.chunks(50) {
                let frame = |source: &Arc<OutputSource>| {
                    let source = Arc::clone(source);
                    OutputFrame::new(source, Stream::Stdout, offset as u64, Timestamp::EPOCH, piece.clone())
                };
                let frames: Vec<_> = some.iter().map(frame).collect();
                block_on(output.append(&frames)).expect("room");
            }
        }
        // The end of an ownership makes durable what was written.
        drop(owned);
    });
    drop((output, namespace));
    fs::remove_dir_all(dir).expect("the store");
    took.as_secs_f64()
}

fn source(attempt: u64) -> Arc<OutputSource> {
    Arc::new(OutputSource::new(
        JobId::new(1),
        format!("web{attempt}").parse().expect("a name"),
        AttemptId::new(attempt),
    ))
}
