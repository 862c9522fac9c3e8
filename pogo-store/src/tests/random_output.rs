//! Output that comes in any order and size.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::output::{OutputStore, Stream};
use proptest::prelude::*;

use super::outputs::{frame, read, source};
use super::scenario::{open, writing};
use super::simulated_disk::SimulatedDisk;
use crate::output::BLOCK;

#[derive(Debug, Clone)]
enum Step {
    /// To an attempt and a stream, so far behind what came last, so many bytes.
    Append(u64, usize, i64, u64),
    Seal(u64),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gaps = prop_oneof![4 => Just(0_i64), 1 => -500..500_i64];
    let lengths = prop_oneof![4 => 1..200_u64, 1 => 1..20_000_u64];
    let append = (1..4_u64, 0..3_usize, gaps, lengths);
    let step = prop_oneof![
        20 => append.prop_map(|(attempt, stream, gap, len)| Step::Append(attempt, stream, gap, len)),
        1 => (1..4_u64).prop_map(Step::Seal),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn whatever_comes_what_is_kept_is_what_was_written_within_its_limit(steps in steps()) {
        let disk = SimulatedDisk::default();
        let mut output = writing(&open(&disk).unwrap()).unwrap();
        let mut lengths = [[0_u64; 3]; 4];
        let mut sealed = [None; 4];
        for step in steps {
            match step {
                Step::Append(attempt, stream, gap, len) => {
                    let length = &mut lengths[usize::try_from(attempt).unwrap()][stream];
                    let from = length.saturating_add_signed(gap);
                    let appended = block_on(output.append(&[frame(1, attempt, Stream::ALL[stream], from, len)]));
                    prop_assert_eq!(appended.is_ok(), sealed[usize::try_from(attempt).unwrap()].is_none());
                    if appended.is_ok() {
                        *length = (*length).max(from + len);
                    }
                }
                Step::Seal(attempt) => {
                    let digest = block_on(output.seal(&source(1, attempt), 0)).unwrap();
                    let before = sealed[usize::try_from(attempt).unwrap()].replace(digest);
                    prop_assert!(before.is_none_or(|before| before == digest));
                }
                Step::Reopen => {
                    drop(output);
                    output = writing(&open(&disk).unwrap()).unwrap();
                }
            }
        }
        for output in [Arc::clone(&output.output), super::outputs::output(&open(&disk).unwrap())] {
            for attempt in 1..4_u64 {
                let (kept, length, digest) = read(&output, 1, attempt).unwrap();
                let index = usize::try_from(attempt).unwrap();
                prop_assert_eq!(length, lengths[index].iter().sum::<u64>());
                prop_assert!(kept <= 8 * BLOCK as u64);
                prop_assert!(sealed[index].is_none_or(|sealed| sealed == digest));
            }
        }
    }
}
