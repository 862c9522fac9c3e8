//! A dispatcher that is killed at any of its calls to the system, on hundreds of hosts behind a real server.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use pogo_core::journal::{ContentLoader, Journal, Seq};
use pogo_core::scheduler::{JobId, Record};
use pogo_store::Store;
use serde_json::Value;

use super::ended;
use super::kept_store::{kill_dispatcher, log_to, until};
use super::many_hosts::ManyHosts;
use super::program::Done;
use super::traced::{Call, End, Fate, Traced, is_journal};

/// When a dispatcher is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    BeforeWrite,
    /// Between the write of a commit and its sync.
    Written,
    /// Between a commit and what follows from it.
    Durable,
    /// Before a message is sent to a host or a client.
    Acting,
    /// Before anything else of the store is changed.
    Elsewhere,
}

impl Moment {
    const ALL: [Self; 5] = [
        Self::BeforeWrite,
        Self::Written,
        Self::Durable,
        Self::Acting,
        Self::Elsewhere,
    ];

    fn of(call: &Call) -> Option<Self> {
        Some(match call {
            Call::Write(file) if is_journal(file) => Self::BeforeWrite,
            Call::Written(file) if is_journal(file) => Self::Written,
            Call::Synced(file) if is_journal(file) => Self::Durable,
            Call::Send => Self::Acting,
            Call::Write(_) | Call::Sync(_) | Call::Rename | Call::Remove => Self::Elsewhere,
            Call::Written(_) | Call::Synced(_) => return None,
        })
    }
}

/// A dispatcher that is killed at the moment of this number.
#[derive(Debug, Clone, Copy)]
struct Kill {
    moment: Moment,
    number: usize,
}

impl Kill {
    /// Those of many runs, spread over everything that a dispatcher does.
    fn at(index: usize) -> Self {
        let moment = Moment::ALL[index % Moment::ALL.len()];
        // From the first of a takeover to the middle of a job, each with each moment. What is sent is much more than
        // what is committed.
        let number = match moment {
            Moment::Acting => 1 + index * 97 % 1_500,
            _ => 1 + index * 17 % 67,
        };
        Self { moment, number }
    }

    /// Runs a dispatcher until it is killed; false if it ended otherwise.
    fn of_dispatcher(self, many: &ManyHosts) -> bool {
        let store = many.file("store");
        let store = store.to_str().unwrap();
        let command = many.command(&["serve", "--store", store, "--background", "--idle-after", "3s"]);
        let mut left = self.number;
        let end = Traced::start(&command, log_to(&many.file("log"))).run(|call| {
            left -= usize::from(Moment::of(call) == Some(self.moment));
            match left {
                0 => Fate::Killed,
                _ => Fate::Passes,
            }
        });
        end == End::Killed
    }
}

/// `POGO_KILLS` is how many kills there are.
#[test]
fn a_dispatcher_that_is_killed_at_any_call_runs_no_host_twice_and_forgets_none() {
    let test = "a_dispatcher_that_is_killed_at_any_call_runs_no_host_twice_and_forgets_none";
    if !(ManyHosts::are_possible(test) && Traced::is_possible(test)) {
        return;
    }
    let kills = std::env::var("POGO_KILLS").ok().and_then(|kills| kills.parse().ok());
    let (kills, hosts, each) = kills.map_or((5, 60, 5), |kills: usize| (kills, 200, 10));
    let mut counts = BTreeMap::<Moment, usize>::new();
    let first = std::env::var("POGO_FIRST")
        .ok()
        .and_then(|first| first.parse().ok())
        .unwrap_or(0);
    for run in first..kills.div_ceil(each) {
        let killed = killed_run(run, (run * each..kills.min((run + 1) * each)).map(Kill::at), hosts);
        eprintln!("run {run}: killed at {killed:?}");
        killed
            .iter()
            .for_each(|kill| *counts.entry(kill.moment).or_default() += 1);
    }
    let all: usize = counts.values().sum();
    println!("{all} kills: {counts:?}");
    // Where a client has started a dispatcher first, that one is not killed.
    assert!(all > 0);
}

/// A job whose dispatchers are killed one after the other. Every other job survives broken links.
fn killed_run(run: usize, kills: impl Iterator<Item = Kill> + Send, hosts: usize) -> Vec<Kill> {
    let many = ManyHosts::new(hosts, hosts / ManyHosts::PART);
    let resumable: &[&str] = if run.is_multiple_of(2) { &["--resumable"] } else { &[] };
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (many, is_over) = (&many, &is_over);
        let killing = scope.spawn(move || kill_all(kills, many, is_over));
        // The first one is there before anybody asks for one.
        until(|| killing.is_finished() || many.namespace().join("socket").exists());
        let mut command = many.run(&[&["--format", "jsonl"][..], resumable].concat());
        let client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut logs = vec![Done::of(client.wait_with_output().unwrap())];
        // A limit that is full of hosts in doubt or that failed needs a person.
        while logs.last().unwrap().code == 2 {
            let why = ["--force", "--reason", "the test goes on"];
            many.verb(&[&["skip", "1", "--failed", "--in-doubt"], &why[..]].concat());
            logs.push(many.verb(&["attach", "1", "--format", "jsonl"]));
        }
        is_over.store(true, Ordering::SeqCst);
        kill_dispatcher(&many.namespace());
        let killed = killing.join().unwrap();
        check(run, many, &logs);
        killed
    })
}

/// Kills one dispatcher after the other, until there is nothing left for them to do. Returns those that were at their
/// moment.
fn kill_all(kills: impl Iterator<Item = Kill>, many: &ManyHosts, is_over: &AtomicBool) -> Vec<Kill> {
    let mut killed = vec![];
    for kill in kills {
        if kill.of_dispatcher(many) {
            killed.push(kill);
        } else if is_over.load(Ordering::SeqCst) {
            break;
        } else {
            // A client was faster to start one, which ends at any moment.
            kill_dispatcher(&many.namespace());
        }
    }
    killed
}

/// Every host ran once, or is known not to have; and all who keep account of it agree.
fn check(run: usize, many: &ManyHosts, logs: &[Done]) {
    for log in [many.namespace().join("dispatcher.log"), many.file("log")] {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        assert!(!log.contains("panicked"), "run {run}: {log}");
    }
    let last = logs.last().unwrap();
    assert!([0, 1].contains(&last.code), "run {run}: {} {}", last.code, last.err);
    let (ran, records) = (many.ran(), records(many));
    let mut ends = BTreeMap::<String, usize>::new();
    for host in &many.hosts {
        let times = ran.get(host).copied().unwrap_or(0);
        assert!(times <= 1, "run {run}: {host} ran {times} times");
        let end = records.iter().rev().find_map(|record| end_of(host, record));
        let end = end.unwrap_or_else(|| panic!("run {run}: {host} is forgotten"));
        assert!(
            !end.starts_with("succeeded") || times == 1,
            "run {run}: {host} did not run"
        );
        *ends.entry(format!("{end}, ran {times}")).or_default() += 1;
    }
    eprintln!("run {run}: {ends:?}, at most {} at once", many.most_at_once());
    let limit = many.hosts.len() / ManyHosts::PART;
    assert!(
        many.most_at_once() <= limit,
        "run {run}: {} at once",
        many.most_at_once()
    );
    let audited = pogo_audit::audit(&records);
    assert!(audited.is_ok(), "run {run}: {audited:?}");
    let of_job: Vec<_> = records
        .iter()
        .filter(|record| record.event.job() == Some(JobId::new(1)))
        .collect();
    for done in logs {
        check_log(run, done, &of_job);
    }
}

/// How a task of a host ended, if that is what a record says.
fn end_of(host: &str, record: &Record) -> Option<String> {
    (ended::host(record)? == host).then(|| ended::end(record))?
}

/// The log of whoever followed has each record of the job once, in order, and no line of a host twice.
fn check_log(run: usize, done: &Done, of_job: &[&Record]) {
    let lines = done
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (events, others): (Vec<_>, Vec<_>) = lines.partition(|line| line.get("event").is_some());
    let seen: Vec<_> = events
        .iter()
        .filter(|line| line["event"] != "namespace_configured")
        .collect();
    let kept = of_job.iter().map(|record| serde_json::to_value(record).unwrap());
    for (at, (kept, seen)) in kept.zip(&seen).enumerate() {
        assert_eq!(kept, **seen, "run {run}: event {at}");
    }
    assert!(
        seen.len() <= of_job.len(),
        "run {run}: {} events of {}",
        seen.len(),
        of_job.len()
    );
    // What a dispatcher that was killed had not written down is left out, and nothing comes twice.
    let mut texts = BTreeMap::<&str, String>::new();
    for line in others.iter().filter(|line| line["output"] == "stdout") {
        let host = line["host"].as_str().unwrap();
        texts.entry(host).or_default().push_str(line["text"].as_str().unwrap());
    }
    for (host, text) in texts {
        let lines = [format!("first of {host}"), format!("last of {host}")];
        let mut left = lines.iter();
        let in_order = text.lines().all(|line| left.any(|known| known == line));
        assert!(in_order, "run {run}: {host}: {text:?}");
    }
}

/// All that the journal has.
fn records(many: &ManyHosts) -> Vec<Record> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let journal = Store::open_existing(many.file("store"))
        .unwrap()
        .namespace("default")
        .unwrap()
        .journal();
    runtime.block_on(async {
        let (mut at, mut all) = (Seq(0), vec![]);
        loop {
            let mut page = journal.read(at).await.unwrap();
            ContentLoader::new().load(&*journal, &mut page.records).await.unwrap();
            if page.records.is_empty() {
                return all;
            }
            all.append(&mut page.records);
            at = page.next;
        }
    })
}
