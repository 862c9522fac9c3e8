//! A host is asked about an attempt that waits there for the word to go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, FenceAnswer};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe;

use crate::cut_links::KINDS;
use crate::fencing::Site;
use crate::host_lock::{gate, release};
use crate::openssh::{self, OpenSsh};

/// A `sleep` in this directory that says so before it sleeps for a second, as who asks does between two looks.
fn telling_sleep(directory: &Path) -> Lines<BufReader<pipe::Receiver>> {
    let begun = gate(&directory.join("begun").display().to_string());
    let path = directory.join("sleep");
    let text = format!("#!/bin/sh\n[ \"$1\" != 1 ] || echo sleeps >'{begun}'\nPATH=/usr/bin:/bin exec sleep \"$@\"\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // Open in both directions, it has no end while nobody writes.
    let begun = pipe::OpenOptions::new().read_write(true).open_receiver(begun).unwrap();
    BufReader::new(begun).lines()
}

#[tokio::test]
async fn whoever_asks_waits_with_it_and_says_that_it_runs_when_it_has_begun() {
    let test = "whoever_asks_waits_with_it_and_says_that_it_runs_when_it_has_begun";
    if !openssh::is_there(test) {
        return;
    }
    for kind in KINDS {
        let programs = tempfile::tempdir().unwrap();
        let mut sleeps = telling_sleep(programs.path());
        let path = format!("SetEnv PATH={}:/usr/bin:/bin", programs.path().display());
        let site = Site::start(kind, OpenSsh::start_with(&path), Duration::from_secs(600));
        let gate = gate(&site.server.path("gate").display().to_string());
        let line = format!("echo up; read go <'{gate}'; exit 3");
        let (mut running, _side) = site.attempt(17, line).left_waiting().start();
        let (asked, witness) = (running.asked(), Arc::clone(&running.witness));
        let asking = async {
            let request = asked.await;
            let fence = site.fence_of(17);
            tokio::pin!(fence);
            // Once before it looks, since the lock is held, and once when it has looked.
            for _ in 0..2 {
                tokio::select! {
                    biased;
                    said = sleeps.next_line() => assert_eq!(said.unwrap().as_deref(), Some("sleeps")),
                    answer = &mut fence => panic!("{answer:?} of what waits for the word to go"),
                }
            }
            request.answer(Ok(()));
            witness.saw("up").await;
            assert_eq!(fence.await, FenceAnswer::StillRunning);
            release(gate).await;
        };
        let (report, ()) = tokio::join!(running.finish(&*site.transport), asking);
        report.assert_failed(FailureKind::Command { status: 3 });
    }
}
