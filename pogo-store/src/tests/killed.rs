//! A process is killed in the middle of each of its operations on files.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::scenario::{Acknowledged, open_on, play_in, verify_in};
use super::stopping_disk::{STOPPED, StoppingDisk};
use crate::disk::LocalDisk;

/// Where the process that is killed finds its store, and at which operation it stops. Nobody else sets them.
const DIRECTORY: &str = "POGO_STORE_TESTS_DIRECTORY";
const OPERATION: &str = "POGO_STORE_TESTS_OPERATION";

/// Starts a process that stops at an operation.
fn start(dir: &Path, operation: u64) -> Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tests::killed::the_process_that_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(DIRECTORY, dir)
        .env(OPERATION, operation.to_string())
        .stdout(Stdio::piped())
        .spawn();
    child.unwrap()
}

#[test]
fn what_was_acknowledged_is_there_wherever_a_process_is_killed() {
    // Each of them is tried on the simulated disk; a process takes longer.
    for operation in (1..).step_by(4) {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("store");
        let mut child = start(&dir, operation);
        let (mut done, mut has_stopped) = (Acknowledged::default(), false);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The harness of the tests begins the first line.
            let line = line.find('{').map_or(&*line, |begin| &line[begin..]);
            if let Ok(told) = serde_json::from_str(line) {
                done = told;
            }
            has_stopped = line.ends_with(STOPPED);
            if has_stopped {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open_on(Arc::new(LocalDisk), &dir).unwrap();
        verify_in(&store, &done).unwrap_or_else(|broken| panic!("killed at operation {operation}: {broken}\n{done:?}"));
        if !has_stopped {
            // It came to its end before this operation.
            assert!(operation > 150, "{operation} operations");
            return;
        }
    }
}

/// Plays until it is killed.
#[test]
#[ignore = "it is run by another test"]
fn the_process_that_is_killed() {
    let (Some(dir), Ok(operation)) = (std::env::var_os(DIRECTORY), std::env::var(OPERATION)) else {
        return;
    };
    let disk = StoppingDisk::new(operation.parse().unwrap());
    let store = open_on(Arc::new(disk), Path::new(&dir)).unwrap();
    let tell = |done: &Acknowledged| println!("{}", serde_json::to_string(done).unwrap());
    play_in(store, &mut Acknowledged::default(), tell).unwrap();
}
