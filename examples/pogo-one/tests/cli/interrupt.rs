//! ^C, SIGTERM and SIGHUP in the middle of a rollout.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use pogo_ssh::loopback::Fault;

use rustix::process::{Pid, Signal, kill_process};

use super::program::Done;
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 1}}\n";

/// A rollout of which the first host runs until the test lets it go on, or nobody does.
fn begin(site: &Site, more: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let gate = site.program.directory.path().join("gate");
    let line = format!(
        "echo here; while [ ! -e '{}' ]; do sleep 0.1; done; echo on",
        gate.display()
    );
    let args = site.args("$web", &[more, &["--", &line]].concat());
    let command = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    started(minding_hang_up(&command))
}

/// Starts it so that a lost terminal matters to it, even if it does not to whoever runs the tests.
fn minding_hang_up(command: &Command) -> Command {
    let mut minding = Command::new("env");
    minding
        .arg("--default-signal=HUP")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => minding.env(name, value),
            None => minding.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        minding.current_dir(directory);
    }
    minding.stdin(Stdio::null());
    minding
}

fn started(mut command: Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "web1 | here\n");
    (child, out)
}

fn interrupt(child: &Child) {
    send(child, Signal::INT);
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), signal).unwrap();
}

fn read_to_end(out: &mut impl Read) -> String {
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    rest
}

/// Waits until the program has said so.
fn wait_for(err: &mut impl BufRead, wanted: &str) -> String {
    let mut said = String::new();
    while !said.contains(wanted) {
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended with: {said}");
    }
    said
}

#[test]
fn the_first_stops_starting_and_waits_for_what_runs() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let (mut child, mut out) = begin(&site, &[]);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    interrupt(&child);
    wait_for(&mut err, "starting no more");
    site.program.write("gate", "");
    let rest = read_to_end(&mut out);
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.code, 2);
    assert!(rest.contains("succeeded       1  web1"), "{rest}");
    assert!(rest.contains("not run         2  web[2-3]"), "{rest}");
    assert!(rest.contains("stopped: interrupted"), "{rest}");
}

#[test]
fn the_second_ends_what_runs() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let (mut child, mut out) = begin(&site, &[]);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    interrupt(&child);
    wait_for(&mut err, "starting no more");
    interrupt(&child);
    let rest = read_to_end(&mut out);
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.code, 2);
    assert!(rest.contains("signal TERM: web1"), "{rest}");
    assert!(rest.contains("not run         2  web[2-3]"), "{rest}");
    // The runtime outlives the servers.
    drop(site.servers);
    drop(site.runtime);
}

#[test]
fn sigterm_and_sighup_stop_starting_and_wait_for_what_runs() {
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::HUP, "SIGHUP")] {
        let site = Site::new(POLICY, &["web1", "web2", "web3"]);
        let (mut child, mut out) = begin(&site, &["--stop-grace", "1d"]);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        send(&child, signal);
        wait_for(&mut err, &format!("ended by {name}"));
        site.program.write("gate", "");
        let rest = read_to_end(&mut out);
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.code, 2, "{name}");
        assert!(rest.contains("succeeded       1  web1"), "{name}: {rest}");
        assert!(rest.contains("not run         2  web[2-3]"), "{name}: {rest}");
        assert!(rest.contains(&format!("stopped: ended by {name}")), "{name}: {rest}");
    }
}

/// The environment claims to be somebody else, and is not believed.
#[test]
fn orders_are_by_the_account_and_the_machine_that_the_system_knows() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let log = site.program.directory.path().join("run.jsonl");
    let args = site.args(
        "$web",
        &["--events", &log.display().to_string(), "--", "echo here; sleep 600"],
    );
    let mut command = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    for name in ["USER", "LOGNAME", "SUDO_USER", "HOSTNAME"] {
        command.env(name, "mallory");
    }
    command.env("SUDO_UID", "4242");
    let (mut child, mut out) = started(minding_hang_up(&command));
    let mut err = BufReader::new(child.stderr.take().unwrap());
    interrupt(&child);
    wait_for(&mut err, "starting no more");
    interrupt(&child);
    read_to_end(&mut out);
    assert_eq!(Done::of(child.wait_with_output().unwrap()).code, 2);
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("mallory"), "{text}");
    let records: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by: Vec<&serde_json::Value> = ["namespace_configured", "job_submitted", "job_halting", "job_finished"]
        .iter()
        .map(|event| {
            let record = records.iter().rfind(|record| record["event"] == *event);
            &record.unwrap_or_else(|| panic!("no {event}: {text}"))["actor"]
        })
        .collect();
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert_eq!(by[0]["host"], machine.as_str());
    assert!(
        by[0]["name"].is_string() && by[0]["name"] != "uid 4242" && by.iter().all(|actor| *actor == by[0]),
        "{by:?}"
    );
    let audit = site.program.run(&["audit", &log.display().to_string()]);
    let name = by[0]["name"].as_str().unwrap();
    // Whoever watches has given the orders.
    let said = read_to_end(&mut err);
    assert!(!said.contains(&format!(" by {name}@")), "{said}");
    let aborted = format!("job-1 aborted by {name}@{machine}");
    assert!(audit.out.contains(&aborted), "{}", audit.out);
    assert!(
        audit
            .out
            .contains("  then web[2-3] cancelled, web1 failed, job-1 finished\n"),
        "{}",
        audit.out
    );
}

#[test]
fn what_still_runs_after_the_grace_of_sigterm_is_ended() {
    for signal in [Signal::TERM, Signal::HUP] {
        let site = Site::new(POLICY, &["web1", "web2", "web3"]);
        let (mut child, mut out) = begin(&site, &["--stop-grace", "10ms"]);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        send(&child, signal);
        wait_for(&mut err, "ending what runs");
        let rest = read_to_end(&mut out);
        assert_eq!(Done::of(child.wait_with_output().unwrap()).code, 2);
        assert!(rest.contains("signal TERM: web1"), "{rest}");
        assert!(rest.contains("not run         2  web[2-3]"), "{rest}");
        drop(site.servers);
        drop(site.runtime);
    }
}

#[test]
fn an_interrupt_does_not_wait_for_the_grace_of_sigterm() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let (mut child, mut out) = begin(&site, &["--stop-grace", "1d"]);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    send(&child, Signal::TERM);
    wait_for(&mut err, "ended by SIGTERM");
    interrupt(&child);
    let rest = read_to_end(&mut out);
    assert_eq!(Done::of(child.wait_with_output().unwrap()).code, 2);
    assert!(rest.contains("signal TERM: web1"), "{rest}");
    drop(site.servers);
    drop(site.runtime);
}

#[test]
fn under_nohup_a_rollout_outlives_its_terminal() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let gate = site.program.directory.path().join("gate");
    let line = format!("echo here; while [ ! -e '{}' ]; do sleep 0.1; done", gate.display());
    let args = site.args("$web", &["--", &line]);
    let program = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = site.program.shell("trap '' HUP; exec \"$0\" \"$@\"");
    command.arg(program.get_program()).args(program.get_args());
    let (child, mut out) = started(command);
    send(&child, Signal::HUP);
    site.program.write("gate", "");
    let rest = read_to_end(&mut out);
    assert_eq!(Done::of(child.wait_with_output().unwrap()).code, 0);
    assert!(rest.contains("succeeded       3  web[1-3]"), "{rest}");
}

/// A host that does not answer cannot say that its command has ended.
#[test]
fn whoever_leaves_is_told_which_hosts_are_in_doubt() {
    for events in [&[][..], &["--format", "jsonl"]] {
        let site = Site::new(POLICY, &["web1", "web2", "web3"]);
        let args = site.args("$web", &[events, &["--", "echo here; sleep 600"]].concat());
        let mut command = site
            .program
            .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let shown = if events.is_empty() {
            "web1 | here"
        } else {
            "\"output\":\"stdout\""
        };
        wait_for(&mut out, shown);
        site.servers.inject("web1", Fault::Hang).unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        for said in ["starting no more", "ending what runs"] {
            interrupt(&child);
            wait_for(&mut err, said);
        }
        // It may have given up by itself by now, which says the same.
        interrupt(&child);
        let (said, rest) = (read_to_end(&mut err), read_to_end(&mut out));
        assert_eq!(Done::of(child.wait_with_output().unwrap()).code, 2);
        match events {
            [] => assert!(rest.contains("in doubt        1  web1\n"), "<{rest}|{said}>"),
            _ => assert!(
                said.contains("in doubt, and perhaps still running: web1"),
                "<{rest}|{said}>"
            ),
        }
        drop(site.servers);
        drop(site.runtime);
    }
}
