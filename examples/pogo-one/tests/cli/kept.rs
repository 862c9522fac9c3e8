//! Jobs that a store keeps: they outlive the program that submitted them, and the dispatcher that ran them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use pogo_core::scheduler::JobStatus;
use pogo_ssh::loopback::Fault;
use rustix::process::Signal;
use serde_json::Value;

use super::access::Listens;
use super::asking::PASSPHRASE;
use super::kept_store::{Kept, files_with, signal, until};
use super::program::Done;

const TWO: &str = "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n";

#[test]
fn a_job_goes_on_when_its_terminal_is_closed() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let mut command = kept.run_command("@web", &["--", &kept.waits()]);
    let mut client = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| kept.ran().len() == 2);
    signal(&client, Signal::HUP);
    let ended = client.wait().unwrap();
    assert_eq!(ended.code(), Some(3), "who leaves says so");
    let mut said = String::new();
    client.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("pogo attach 1"), "{said}");
    kept.go();
    let waited = kept.verb(&["wait", "1"]);
    assert_eq!((waited.code, waited.out.as_str()), (0, ""), "{}", waited.err);
    assert_eq!(kept.ran(), ["web1", "web2"]);
}

#[test]
fn two_terminals_share_limits() {
    let kept = Kept::new(TWO, &["web1", "web2"]);
    let first = kept.run("web1", &["-d", "--", &kept.waits()]);
    assert_eq!((first.code, first.out.as_str()), (0, "1\n"), "{}", first.err);
    let second = kept.run("web2", &["-d", "--", &kept.waits()]);
    assert_eq!((second.code, second.out.as_str()), (0, "2\n"), "{}", second.err);
    until(|| kept.ran() == ["web1"]);
    // The second waits for the only slot; the state is there at once, since the submission is durable.
    assert_eq!(kept.job(2).summary.status, JobStatus::Waiting);
    assert_eq!(kept.job(2).summary.tally.waiting, 1);
    kept.go();
    assert_eq!(kept.verb(&["wait", "2"]).code, 0);
    assert_eq!(kept.ran(), ["web1", "web2"]);
}

#[test]
fn whoever_follows_sees_all_output_and_the_exit_code_of_the_job() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    kept.site.servers.inject("web2", Fault::FailWith(3)).unwrap();
    let line = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo \"line $i\"; done; printf 'no end'";
    let done = kept.run("@web", &["--", line]);
    assert_eq!(done.code, 1, "{}", done.err);
    let lines: Vec<&str> = done
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("web1 | "))
        .collect();
    let wanted: Vec<String> = (1..=2000)
        .map(|line| format!("line {line}"))
        .chain(["no end".to_owned()])
        .collect();
    assert_eq!(lines, wanted);
    assert!(done.err.contains("pogo retry 1 --failed"), "{}", done.err);
    assert_eq!(kept.verb(&["wait", "last"]).code, 1);
}

#[test]
fn many_that_begin_at_once_share_one_dispatcher_and_lose_no_host() {
    let hosts = ["h1", "h2", "h3", "h4", "h5", "h6"];
    let kept = Kept::new("tag: {all: ['h[1-6]']}\n", &hosts);
    let config = kept.site.servers.hosts().map(|host| {
        let address = host.address();
        format!(
            "Host {}\n  HostName {}\n  Port {}\n",
            host.name(),
            address.ip(),
            address.port()
        )
    });
    kept.site.program.write("ssh_config", &config.collect::<String>());
    let (key, known) = (kept.site.servers.identity_file(), kept.site.servers.known_hosts_file());
    // Nobody has named a policy, so each adds its host to those that are known.
    let clients: Vec<Child> = hosts
        .iter()
        .map(|host| {
            let mut command = kept.command(&["run", host, "-u", "pogo", "--ssh-config", "ssh_config", "--identity"]);
            command.arg(&key).arg("--known-hosts").arg(&known).args(["--", "true"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for client in clients {
        let done = Done::of(client.wait_with_output().unwrap());
        assert_eq!(done.code, 0, "{}", done.err);
    }
    let list = kept.verb(&["jobs", "--format", "json"]);
    for host in hosts {
        assert!(list.out.contains(&format!("\"{host}\"")), "{}", list.out);
    }
}

#[test]
fn an_interrupt_stops_the_job_and_says_how_to_go_on() {
    let kept = Kept::new(TWO, &["web1", "web2"]);
    let mut command = kept.run_command("@web", &["--", &kept.waits()]);
    let mut client = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| kept.ran().len() == 1);
    signal(&client, Signal::INT);
    let mut said = BufReader::new(client.stderr.take().unwrap()).lines();
    let line = said
        .find(|line| line.as_ref().unwrap().contains("interrupted"))
        .unwrap()
        .unwrap();
    assert!(line.contains("pogo resume 1"), "{line}");
    kept.go();
    said.for_each(drop);
    assert_eq!(client.wait().unwrap().code(), Some(2));
    assert_eq!(kept.ran().len(), 1);
    assert_eq!(kept.job(1).summary.status, JobStatus::Halted);
}

#[test]
fn other_rules_are_refused_while_a_job_goes_by_those_in_force() {
    let kept = Kept::new(TWO, &["web1", "web2"]);
    assert_eq!(kept.run("web1", &["-d", "--", &kept.waits()]).code, 0);
    until(|| kept.ran() == ["web1"]);
    let policy = kept.file("policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("max_parallel: 1", "max_parallel: 2")).unwrap();
    let refused = kept.run("web2", &["-d", "--", "true"]);
    refused.assert_refused(&["1 job", "not finished", "the policy is another", "leave -c and -i out"]);
    kept.go();
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
    // Nobody is bound by the old rules any more.
    assert_eq!(kept.run("web2", &["-d", "--", "true"]).code, 0);
}

#[test]
fn in_the_foreground_the_dispatcher_ends_with_the_job_and_the_store_stays() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    for (number, (flag, ci)) in [("--foreground", ""), ("--quiet", "true")].into_iter().enumerate() {
        let mut command = kept.run_command("@web", &[flag, "--", "echo here"]);
        let done = Done::of(command.env("CI", ci).output().unwrap());
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(!kept.namespace().join("socket").exists(), "the dispatcher has ended");
        let list = fs::read_to_string(kept.namespace().join("jobs.jsonl")).unwrap();
        assert!(list.contains(&format!("\"job\":{}", number + 1)), "{list}");
    }
}

#[test]
fn secrets_are_in_memory_alone_and_are_given_again_after_a_takeover() {
    let kept = Kept::new(TWO, &["web1", "web2"]);
    let line = format!("test ${{#TOKEN}} = 13 || exit 9; {}", kept.waits());
    let mut command = kept.run_command("@web", &["--secret-env", "TOKEN", "--", &line]);
    command
        .env("TOKEN", "hush-q84711zw")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let client = command.spawn().unwrap();
    until(|| kept.ran().len() == 1);
    kept.kill_dispatcher();
    kept.go();
    let done = Done::of(client.wait_with_output().unwrap());
    assert!(done.err.contains("started again"), "{}", done.err);
    assert!(done.err.contains("took over after"), "{}", done.err);
    // The first may have been ended by the broken link; the second had to wait for the secret.
    assert!(done.out.contains("web2 | done"), "{}{}", done.out, done.err);
    assert_eq!(kept.ran(), ["web1", "web2"]);
    let found = files_with(&kept.file("store"), b"q84711zw");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_was_shown_before_a_takeover_is_not_shown_again() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let line = format!("echo first; {}", kept.waits());
    let mut command = kept.run_command("@web", &["--resumable", "--", &line]);
    let mut client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(client.stdout.take().unwrap());
    let mut shown = String::new();
    out.read_line(&mut shown).unwrap();
    assert_eq!(shown, "web1 | first\n");
    kept.kill_dispatcher();
    kept.go();
    out.read_to_string(&mut shown).unwrap();
    client.wait().unwrap();
    assert_eq!(shown.matches("| first").count(), 1, "{shown}");
    assert_eq!(kept.ran(), ["web1"]);
}

/// `run` of a command, with a key file that is encrypted.
fn with_locked_key(kept: &Kept, command: &str) -> Vec<String> {
    let locked = kept.site.locked();
    let store = kept.file("store").display().to_string();
    let mut args = kept.site.with_key(Some(&locked), &["--store", &store, "--", command]);
    let targets = args.iter_mut().find(|arg| *arg == "$web").unwrap();
    *targets = "@web".to_owned();
    args
}

#[test]
fn a_passphrase_is_asked_for_by_whoever_follows() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let args = with_locked_key(&kept, "echo here");
    let mut terminal = kept.site.on_terminal(&args);
    terminal.wait_for("Enter passphrase for key '");
    terminal.type_in("wrong\n");
    terminal.wait_for("Bad passphrase, try again for '");
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(seen.matches("assphrase").count(), 2, "{seen}");
    assert_eq!(seen.matches("| here").count(), 2, "{seen}");
    let found = files_with(&kept.file("store"), PASSPHRASE.as_bytes());
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_key_that_nobody_can_open_is_refused_before_anything_is_submitted() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let args = with_locked_key(&kept, "true");
    let done = kept.site.apart(&args);
    done.assert_refused(&["is encrypted", "give --passphrase-file FILE"]);
    let jobs = fs::read_to_string(kept.namespace().join("jobs.jsonl")).unwrap_or_default();
    assert!(!jobs.contains("\"job\":"), "{jobs}");
}

/// What a server on this machine answers to a request for a path.
fn asked(address: &str, path: &str, header: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{header}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_page_is_served_on_this_machine_for_whoever_has_the_token() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let mut listens = Listens::start(&kept, &[]);
    let (address, token) = (listens.address.as_str(), &listens.printed);
    // A job of this store is one of that page.
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    let jobs = "/v1/namespaces/default/history";
    assert!(asked(address, jobs, "").starts_with("HTTP/1.1 401 "));
    assert!(asked(address, jobs, "Authorization: Bearer wrong\r\n").starts_with("HTTP/1.1 401 "));
    let answer = asked(address, jobs, &format!("Authorization: Bearer {token}\r\n"));
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"job\":1"),
        "{answer}"
    );
    assert!(asked(address, "/page/", "").contains("<title>"));
    signal(&listens.server, Signal::TERM);
    assert_eq!(listens.server.wait().unwrap().code(), Some(0));
    let elsewhere = kept.verb(&["serve", "--listen", "0.0.0.0:0"]);
    elsewhere.assert_refused(&["not encrypted", "listen on 127.0.0.1"]);
}

/// The dispatcher is killed at one moment after another of a job: no host runs twice, none is forgotten, and whoever
/// follows does so to the end.
#[test]
fn a_dispatcher_that_is_killed_at_any_moment_runs_no_host_twice_and_forgets_none() {
    let hosts = ["h1", "h2", "h3", "h4", "h5", "h6"];
    // Hundreds of moments, on hundreds of hosts, are in `killed.rs`.
    let kills = 4;
    for kill in 0..kills {
        let kept = Kept::new(
            "tag: {all: ['h[1-6]']}\nconstraint: {$all: {max_parallel: 2}}\n",
            &hosts,
        );
        let line = format!("echo $POGO_HOST >>'{}'; sleep 0.05", kept.file("ran").display());
        let mut command = kept.run_command("@all", &["--format", "jsonl", "--", &line]);
        let mut client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // From the first record of the job to the last.
        let records = 2 + kill * 36 / kills;
        let out = BufReader::new(client.stdout.take().unwrap()).lines();
        let (mut events, mut killed) = (vec![], false);
        for line in out {
            events.push(serde_json::from_str::<Value>(&line.unwrap()).unwrap());
            if events.len() > records && !killed {
                kept.kill_dispatcher();
                killed = true;
            }
        }
        let done = Done::of(client.wait_with_output().unwrap());
        assert!([0, 1].contains(&done.code), "kill {kill}: {}", done.err);
        let mut ran = kept.ran();
        let all = ran.len();
        ran.dedup();
        assert_eq!(all, ran.len(), "kill {kill}: {ran:?} ran twice");
        let ended = |host: &str| {
            let of_host = events.iter().filter(|event| event["host"] == host);
            let ends = ["task_succeeded", "task_failed", "task_in_doubt"];
            of_host
                .filter(|event| ends.iter().any(|end| event["event"] == *end))
                .count()
        };
        for host in hosts {
            assert!(ended(host) >= 1, "kill {kill}: {host} is forgotten: {events:?}");
            let is_done = events
                .iter()
                .any(|event| event["host"] == host && event["event"] == "task_succeeded");
            assert!(
                !is_done || ran.contains(&host.to_owned()),
                "kill {kill}: {host} did not run"
            );
        }
    }
}
