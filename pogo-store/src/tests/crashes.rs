//! The power fails after each change of the disk.

use super::disk_state::Survives;
use super::scenario::{Acknowledged, play, records, verify};
use super::simulated_disk::SimulatedDisk;

#[test]
fn what_was_acknowledged_is_there_wherever_the_power_fails() {
    let whole = SimulatedDisk::default();
    let mut done = Acknowledged::default();
    play(&whole, &mut done).unwrap();
    assert_eq!(done.end, records().len());
    verify(&whole, &done).unwrap();
    let changes = whole.changes();
    assert!(changes > 100, "{changes} changes");
    for at in 1..=changes {
        let disk = SimulatedDisk::default();
        disk.fail_power_at(at);
        let mut done = Acknowledged::default();
        let _ = play(&disk, &mut done);
        let cuts = [
            Survives::Nothing,
            Survives::Everything,
            Survives::Some(at),
            Survives::Some(at << 32),
            Survives::Sectors(at),
            Survives::Sectors(at << 32),
        ];
        for survives in cuts {
            let after = disk.after_crash(survives);
            if let Err(broken) = verify(&after, &done) {
                panic!("the power fails at change {at} of {changes}, {survives:?} survives: {broken}\n{done:?}");
            }
        }
    }
}

#[test]
fn what_was_acknowledged_outlives_a_power_cut_during_the_recovery_from_one() {
    let whole = SimulatedDisk::default();
    play(&whole, &mut Acknowledged::default()).unwrap();
    for at in (1..=whole.changes()).step_by(7) {
        let disk = SimulatedDisk::default();
        disk.fail_power_at(at);
        let mut done = Acknowledged::default();
        let _ = play(&disk, &mut done);
        for second in 1..12 {
            let after = disk.after_crash(Survives::Some(at));
            after.fail_power_at(second);
            let _ = verify(&after, &done);
            let after = after.after_crash(Survives::Some(second));
            if let Err(broken) = verify(&after, &done) {
                panic!("the power fails at change {at}, and at {second} of the recovery: {broken}\n{done:?}");
            }
        }
    }
}

#[test]
fn what_a_killed_process_left_is_durable_once_the_next_owner_goes_on() {
    let whole = SimulatedDisk::default();
    play(&whole, &mut Acknowledged::default()).unwrap();
    for at in 1..=whole.changes() {
        let disk = SimulatedDisk::default();
        disk.fail_power_at(at);
        let mut done = Acknowledged::default();
        let _ = play(&disk, &mut done);
        let disk = disk.after_kill();
        // The next owner appends the rest.
        verify(&disk, &done).unwrap_or_else(|broken| panic!("killed at change {at}: {broken}\n{done:?}"));
        done.end = records().len();
        if let Err(broken) = verify(&disk.after_crash(Survives::Nothing), &done) {
            panic!("killed at change {at}, and the power fails after the next owner: {broken}\n{done:?}");
        }
    }
}
