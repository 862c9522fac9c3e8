//! Dispatchers that are started twice, stopped, given another time, or whose answers are lost.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use super::kept_store::{Kept, dispatcher, until};
use super::program::Done;

const FOUR: [&str; 4] = ["web1", "web2", "web3", "web4"];
const ONE_BY_ONE: &str = "tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 1}}\n";

fn serve(kept: &Kept) -> Command {
    let store = kept.file("store");
    kept.command(&[
        "serve",
        "--store",
        store.to_str().unwrap(),
        "--background",
        "--idle-after",
        "1h",
    ])
}

/// What a dispatcher says to whoever started it.
fn said(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line
}

#[test]
fn of_many_dispatchers_that_are_started_at_once_one_serves_and_none_runs_a_host_again() {
    let kept = Kept::new("tag: {web: ['web[1-4]']}\n", &FOUR);
    assert_eq!(kept.run("web1", &["--", "true"]).code, 0);
    for round in 0..3 {
        kept.kill_dispatcher();
        let _ = fs::remove_file(kept.file("ran"));
        let mut clients: Vec<_> = FOUR
            .iter()
            .map(|host| {
                let line = format!("echo $POGO_HOST >>'{}'", kept.file("ran").display());
                let mut command = kept.run_command(host, &["--", &line]);
                command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut dispatchers: Vec<_> = (0..6)
            .map(|_| {
                serve(&kept)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let answers: Vec<_> = dispatchers.iter_mut().map(said).collect();
        // One of the clients may have been faster than all of these.
        let ready = answers.iter().filter(|answer| answer.contains("ready")).count();
        let held = answers.iter().filter(|answer| answer.contains("held")).count();
        assert!(ready <= 1 && ready + held == 6, "round {round}: {answers:?}");
        for client in clients.drain(..) {
            let done = Done::of(client.wait_with_output().unwrap());
            assert_eq!(done.code, 0, "round {round}: {}", done.err);
        }
        assert_eq!(kept.ran(), FOUR, "round {round}");
        kept.kill_dispatcher();
        for mut dispatcher in dispatchers {
            dispatcher.wait().unwrap();
        }
    }
}

/// `POGO_STOP` is for how many seconds it is stopped.
#[test]
fn a_dispatcher_that_is_stopped_for_a_while_goes_on() {
    let seconds = std::env::var("POGO_STOP").ok().and_then(|seconds| seconds.parse().ok());
    let kept = Kept::new(
        "tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n",
        &FOUR,
    );
    // However busy this machine is, its servers answer.
    let more = ["--connect-timeout", "10m", "--", &kept.waits()];
    let client = piped(kept.run_command("@web", &more));
    until(|| kept.ran().len() == 2);
    let pid = dispatcher(&kept.namespace()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    kept.go();
    std::thread::sleep(Duration::from_secs(seconds.unwrap_or(2)));
    kill_process(pid, Signal::CONT).unwrap();
    let done = Done::of(client.wait_with_output().unwrap());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(kept.ran(), FOUR);
}

fn piped(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A program whose clock is that of a file.
fn with_clock(mut command: Command, library: &Path, clock: &Path) -> Command {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        // Setting the clock changes nothing of what has elapsed.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

fn libfaketime(test: &str) -> Option<PathBuf> {
    let architectures = fs::read_dir("/usr/lib").unwrap();
    let mut libraries = architectures.map(|entry| entry.unwrap().path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|path| path.exists());
    if library.is_none() {
        eprintln!("LEFT OUT: {test} needs libfaketime (package faketime)");
    }
    library
}

#[test]
fn a_clock_that_is_set_by_an_hour_spends_no_time_limit_and_prolongs_no_delay() {
    let test = "a_clock_that_is_set_by_an_hour_spends_no_time_limit_and_prolongs_no_delay";
    let Some(library) = libfaketime(test) else {
        return;
    };
    for set in ["+1h", "-1h"] {
        let kept = Kept::new(ONE_BY_ONE, &FOUR);
        let clock = kept.file("clock");
        fs::write(&clock, "+0").unwrap();
        let command = with_clock(serve(&kept), &library, &clock);
        let mut serving = piped(command);
        assert!(said(&mut serving).contains("ready"));
        // Half an hour is the limit; a host keeps its slot for a second after it.
        let more = ["-d", "--timeout", "30m", "--settle", "1s", "--", &kept.waits()];
        let run = kept.run("@web", &more);
        assert_eq!(run.code, 0, "{}", run.err);
        until(|| kept.ran().len() == 1);
        fs::write(&clock, set).unwrap();
        kept.go();
        until(|| kept.ran().len() == 2);
        // The next one has the right clock, and records that are later than it.
        kept.kill_dispatcher();
        serving.wait().unwrap();
        let waited = kept.verb(&["wait", "1"]);
        let status = kept.verb(&["status", "1"]);
        assert_eq!(kept.ran(), FOUR, "{set}: {}", status.out);
        assert!([0, 1].contains(&waited.code), "{set}: {}{}", waited.err, status.out);
    }
}

/// Stands between clients and a dispatcher, and drops the answer to this many submissions.
fn drop_answers(listener: &UnixListener, server: &Path, (submitted, dropped): (&AtomicUsize, usize)) {
    for client in listener.incoming() {
        let (mut client, mut server) = (client.unwrap(), UnixStream::connect(server).unwrap());
        let mut request = vec![0; 1 << 20];
        let read = client.read(&mut request).unwrap();
        let request = &request[..read];
        let is_submission = request.starts_with(b"POST") && String::from_utf8_lossy(request).contains("\"submit\"");
        server.write_all(request).unwrap();
        if is_submission && submitted.fetch_add(1, Ordering::SeqCst) < dropped {
            // It was carried out, and answered.
            let _ = server.read(&mut [0; 4096]);
            continue;
        }
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        std::thread::spawn(move || std::io::copy(&mut server, &mut client));
    }
}

#[test]
fn a_submission_whose_answer_is_lost_is_one_job() {
    let kept = Kept::new("tag: {web: ['web[1-4]']}\n", &FOUR);
    assert_eq!(kept.run("web1", &["--", "true"]).code, 0);
    // A store of which the client sees nothing but the socket.
    let seen = kept.file("seen/ns/default");
    fs::create_dir_all(&seen).unwrap();
    let listener = UnixListener::bind(seen.join("socket")).unwrap();
    let (server, submitted) = (
        kept.namespace().join("socket"),
        &*Box::leak(Box::new(AtomicUsize::new(0))),
    );
    std::thread::spawn(move || drop_answers(&listener, &server, (submitted, 2)));
    let line = format!("echo $POGO_HOST >>'{}'", kept.file("ran").display());
    let mut command = kept.run_command("@web", &["--", &line]);
    let done = Done::of(command.env("POGO_STORE", kept.file("seen")).output().unwrap());
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(
        submitted.load(Ordering::SeqCst),
        3,
        "it is sent again until it is answered"
    );
    assert_eq!(kept.ran(), FOUR);
    let jobs = kept.verb(&["jobs", "--format", "json"]);
    assert_eq!(jobs.out.matches("\"job\":").count(), 2, "{}", jobs.out);
}
