//! What happens to servers of the ensemble, and to owners meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, OwnedJournal, Seq};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{JobId, Outcome, Record};
use pogo_core::stream::JournalStatus;

use crate::ensemble::{Ensemble, path, pause};
use crate::owners::{HASTY, acquire, is_away, journal, made, namespace, read, record};
use crate::proxy::Proxy;

/// An owner, and what it has appended.
struct Appending {
    owned: Box<dyn OwnedJournal>,
    records: Vec<Record>,
}

impl Appending {
    /// Appends one more commit, as a dispatcher does: again where it is not known whether it is there.
    fn append(&mut self) {
        let at = Seq(self.records.len() as u64);
        let record = record(at.0, "");
        let commit = Commit::new(at, vec![record.clone()]);
        loop {
            match block_on(self.owned.append(&commit)) {
                Ok(end) => {
                    assert_eq!(end, Seq(at.0 + 1));
                    self.records.push(record);
                    return;
                }
                away => assert!(is_away(&away), "{away:?}"),
            }
        }
    }
}

fn appending(journal: &Arc<dyn Journal>) -> Appending {
    Appending {
        owned: acquire(journal, 1, Acquire::IfFree).unwrap(),
        records: vec![],
    }
}

#[test]
fn servers_that_are_killed_and_paused_cost_no_owner_its_journal() {
    let Some(mut ensemble) = Ensemble::start() else { return };
    let journal = journal(&made(ensemble.address(&path(), HASTY)));
    let mut owner = appending(&journal);
    owner.append();
    for _ in 0..2 {
        let leader = ensemble.leader();
        ensemble.kill(leader);
        owner.append();
        ensemble.start_server(leader);
        ensemble.wait_until_ready();
        owner.append();
    }
    for number in 0..3 {
        ensemble.signal(number, "-STOP");
        owner.append();
        ensemble.signal(number, "-CONT");
        ensemble.wait_until_ready();
        owner.append();
    }
    assert_eq!(owner.owned.epoch().0, 1);
    assert_eq!(read(&journal), owner.records);
}

/// Hosts that end when they may.
#[derive(Default)]
struct Hosts {
    may_end: AtomicBool,
    ran: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Hosts {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if report.begin(true).await.is_err() {
            return std::future::pending().await;
        }
        self.ran.lock().unwrap().push(attempt.host.name.to_string());
        while !self.may_end.load(Ordering::Relaxed) {
            futures_timer_pause().await;
        }
        Outcome::Succeeded
    }
}

/// Lets others go on.
async fn futures_timer_pause() {
    let (sender, receiver) = futures::channel::oneshot::channel();
    thread::spawn(move || {
        pause();
        let _ = sender.send(());
    });
    let _ = receiver.await;
}

/// Waits until the journal of a dispatcher is away, or is there.
async fn wait_until(handle: &Handle, is_away: bool) {
    loop {
        let status = handle.status().await.unwrap();
        if matches!(status.journal, JournalStatus::Away { .. }) == is_away {
            return;
        }
        futures_timer_pause().await;
    }
}

#[test]
fn nobody_takes_over_from_a_healthy_owner_because_the_store_was_away() {
    let Some(mut ensemble) = Ensemble::start() else { return };
    let address = made(ensemble.address(&path(), HASTY));
    let (journal, elsewhere) = (journal(&address), journal(&address));
    let hosts = Arc::new(Hosts::default());
    let dispatcher = Dispatcher::builder(Arc::clone(&hosts) as _).journal(Arc::clone(&journal));
    let (dispatcher, handle) = block_on(dispatcher.build()).unwrap();
    let running = thread::spawn(move || block_on(dispatcher.run()));
    let tries = Arc::new(AtomicUsize::new(0));
    let waiting = {
        let tries = Arc::clone(&tries);
        thread::spawn(move || {
            loop {
                match acquire(&elsewhere, 2, Acquire::Wait) {
                    Err(JournalError::Unavailable { .. }) => _ = tries.fetch_add(1, Ordering::Relaxed),
                    answer => return answer,
                }
            }
        })
    };
    let fleet = Fleet::builder().tagged("web", "web[1-4]").build().unwrap();
    let job = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")).max_parallel("2".parse().unwrap());
    block_on(handle.configure(Arc::new(fleet), Arc::default())).unwrap();
    block_on(handle.submit(job)).unwrap();
    while hosts.ran.lock().unwrap().len() < 2 {
        pause();
    }
    // No quorum is left, for longer than any session lasts.
    let gone = [ensemble.leader(), (ensemble.leader() + 1) % 3];
    gone.iter().for_each(|number| ensemble.kill(*number));
    hosts.may_end.store(true, Ordering::Relaxed);
    block_on(wait_until(&handle, true));
    while tries.load(Ordering::Relaxed) < 2 {
        pause();
    }
    assert_eq!(
        hosts.ran.lock().unwrap().len(),
        2,
        "nothing begins while the journal is away"
    );
    gone.iter().for_each(|number| ensemble.start_server(*number));
    ensemble.wait_until_ready();
    block_on(wait_until(&handle, false));
    let ended = block_on(handle.wait(JobId::new(1))).unwrap();
    assert_eq!(ended.tally.succeeded, 4, "{:?}", ended.tally);
    assert_eq!(block_on(handle.status()).unwrap().epoch.0, 1);
    // Whoever waits has it as soon as it is free.
    block_on(handle.shutdown(Duration::ZERO)).unwrap();
    running.join().unwrap().unwrap();
    let next = waiting.join().unwrap().unwrap();
    assert_eq!(next.epoch().0, 2);
    assert_eq!(next.end(), Seq(read(&journal).len() as u64));
}

/// `POGO_TICK=2000 cargo test --workspace --test zookeeper -- --ignored --nocapture how_long`
#[test]
#[ignore = "it measures, and has no verdict"]
fn how_long_a_takeover_takes() {
    let Some(ensemble) = Ensemble::start() else { return };
    for session_timeout in [1.0, 2.0, 5.0] {
        let mut times: Vec<Duration> = (0..10)
            .map(|_| {
                let path = path();
                let address = made(ensemble.address(&path, session_timeout));
                let proxy = Proxy::start(&ensemble);
                let behind = journal(&proxy.address(&path, session_timeout));
                let _former = acquire(&behind, 1, Acquire::IfFree).unwrap();
                let store = namespace(&address);
                let standby: Arc<dyn Journal> = store.journal();
                let waiting = thread::spawn(move || {
                    let next = acquire(&standby, 2, Acquire::Wait).unwrap();
                    (Instant::now(), next)
                });
                while block_on(store.info()).unwrap().waiting.is_empty() {
                    pause();
                }
                // Whoever has waited for less than a session may be silent does not take over at once.
                thread::sleep(Duration::from_secs_f64(session_timeout));
                let cut = Instant::now();
                proxy.cut();
                waiting.join().unwrap().0 - cut
            })
            .collect();
        times.sort();
        println!(
            "session timeout {session_timeout} s: {:?}, {:?}, {:?}",
            times[0], times[5], times[9]
        );
    }
}
