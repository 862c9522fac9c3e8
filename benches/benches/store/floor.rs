//! The least that durability takes: lines of the size of a host's records, each written and synced by itself.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::figures::{Figures, Pairs, timed};
use super::program::{Cpu, own_cpu};

/// Bytes of a commit with the records of one input.
const LINES: usize = 400;
const COMMITS: usize = 1_000;
/// Of a host that shares none of its commits: it is permitted, and it ends as the next one starts.
const PER_HOST: f64 = 2.0;

/// What a bare loop of writes and syncs takes of the processor, and of time.
pub(crate) fn floor(dir: &Path, figures: &mut Figures) {
    let line = vec![b'x'; LINES];
    let mut times = Pairs::default();
    for round in 0..figures.rounds {
        let mut file = File::create(dir.join(format!("floor-{round}"))).expect("a file");
        let before = own_cpu();
        let ((), took) = timed(|| {
            for _ in 0..COMMITS {
                file.write_all(&line).expect("room");
                file.sync_all().expect("a disk");
            }
        });
        let Cpu { user, system } = own_cpu() - before;
        let each = PER_HOST / COMMITS as f64;
        times.push((user + system) * each, took.as_secs_f64() * each);
    }
    figures.millis(
        "two writes with a sync by a bare loop, a host: processor",
        None,
        times.plain(),
    );
    figures.millis("  the same: time", None, times.measured());
}
