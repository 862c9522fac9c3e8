//! Event logs and output, and what happens where they cannot be written.

use std::process::Stdio;

use serde_json::Value;

use super::program::Done;
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 1}}\n";

fn site() -> Site {
    Site::new(POLICY, &["web1", "web2", "web3"])
}

/// Runs with standard output there.
fn run_into(site: &Site, out: impl Into<Stdio>, more: &[&str]) -> Done {
    let args = site.args("$web", more);
    let mut command = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    Done::of(
        command
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap(),
    )
}

fn full() -> std::fs::File {
    std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

/// The event log of a run, and how many of its events are of a kind.
fn log(site: &Site) -> Vec<Value> {
    let text = std::fs::read_to_string(site.program.directory.path().join("log.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn count(log: &[Value], kind: &str) -> usize {
    log.iter().filter(|record| record["event"] == kind).count()
}

#[test]
fn output_that_cannot_be_written_stops_the_rollout_and_ends_with_70() {
    for format in ["text", "jsonl"] {
        let site = site();
        let done = run_into(
            &site,
            full(),
            &["--format", format, "--events", "log.jsonl", "--", "echo here"],
        );
        assert_eq!(done.code, 70, "{format}: {}", done.err);
        assert!(
            done.err.contains("cannot write standard output: No space left"),
            "{format}: {}",
            done.err
        );
        // What ran was let end, and the log that could be written is whole.
        let log = log(&site);
        assert_eq!(
            count(&log, "job_halted") + count(&log, "job_finished"),
            1,
            "{format}: {log:?}"
        );
        assert_eq!(
            count(&log, "task_started"),
            count(&log, "task_succeeded") + count(&log, "task_never_began"),
            "{format}: {log:?}"
        );
    }
}

#[test]
fn a_log_that_cannot_be_written_stops_the_rollout_and_ends_with_70() {
    let site = site();
    let done = run_into(&site, Stdio::piped(), &["--events", "/dev/full", "--", "echo here"]);
    assert_eq!(done.code, 70, "{}", done.err);
    assert!(
        done.err.contains("cannot write /dev/full: No space left"),
        "{}",
        done.err
    );
    assert!(
        done.out.contains("stopped: what happens cannot be written"),
        "{}",
        done.out
    );
}

#[test]
fn a_log_that_cannot_be_begun_stops_everything_before_it_begins() {
    let site = site();
    let done = run_into(&site, Stdio::piped(), &["--events", "no/such/log", "--", "echo here"]);
    assert_eq!((done.code, done.out.as_str()), (64, ""), "{}", done.err);
    assert!(
        done.err.contains("cannot write the event log no/such/log"),
        "{}",
        done.err
    );
}

#[test]
fn a_closed_pipe_stops_the_printing_and_not_the_rollout() {
    for format in ["text", "jsonl"] {
        let site = site();
        let done = run_into(
            &site,
            closed(),
            &["--format", format, "--events", "log.jsonl", "--", "echo here"],
        );
        assert_eq!(done.code, 0, "{format}: {}", done.err);
        assert_eq!(count(&log(&site), "task_succeeded"), 3);
    }
}

#[test]
fn a_plan_that_cannot_be_written_ends_with_70() {
    let site = site();
    for words in [&["plan", "-c", "policy.yaml", "-t", "$web"][..], &["--help"]] {
        let mut command = site.program.command(words);
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.code, 70, "{}", done.err);
        assert!(done.err.contains("cannot write the output"), "{}", done.err);
    }
}

#[test]
fn the_log_holds_events_and_output_and_every_reader_takes_it() {
    let site = site();
    let line = "echo out; echo err >&2; printf '\\377\\000'";
    let done = run_into(
        &site,
        Stdio::piped(),
        &["--format", "jsonl", "--events", "log.jsonl", "--", line],
    );
    assert_eq!(done.code, 0, "{}", done.err);
    let written = std::fs::read_to_string(site.program.directory.path().join("log.jsonl")).unwrap();
    assert_eq!(written, done.out);
    let log = log(&site);
    let of = |stream: &str, key: &str, value: &str| {
        log.iter()
            .filter(|record| record["output"] == stream && record[key] == value && record["version"] == 1)
            .count()
    };
    assert_eq!(of("stderr", "text", "err\n"), 3, "{written}");
    let plain = log
        .iter()
        .filter(|record| record["output"] == "stdout" && record["host"] == "web2");
    assert!(plain.count() > 0, "{written}");
    assert!(written.contains("\"base64\":"), "{written}");

    for words in [
        &["audit", "log.jsonl"][..],
        &["replay", "log.jsonl", "--speed", "max"],
        &["timeline", "log.jsonl"],
    ] {
        let read = site.program.run(words);
        assert_eq!(read.code, 0, "{words:?}: {}", read.err);
    }
    let damaged = written.replacen("\"output\":\"std", "\"output\":\"x", 1);
    site.program.write("damaged.jsonl", &damaged);
    assert_eq!(site.program.run(&["audit", "damaged.jsonl"]).code, 64);
}

#[test]
fn a_simulation_writes_its_log_beside_what_it_prints() {
    let site = site();
    for more in [&[][..], &["--runs", "3"], &["--format", "jsonl"]] {
        let words = [
            &["simulate", "-c", "policy.yaml", "-t", "$web", "--events", "log.jsonl"],
            more,
        ]
        .concat();
        let done = site.program.run(&words);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(count(&log(&site), "task_succeeded"), 3, "{more:?}");
    }
}

#[test]
fn what_hosts_write_to_standard_error_goes_there() {
    let site = site();
    let done = run_into(&site, Stdio::piped(), &["--", "echo out; echo err >&2"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for host in ["web1", "web2", "web3"] {
        assert!(done.out.contains(&format!("{host} | out\n")), "{}", done.out);
        assert!(done.err.contains(&format!("{host} | err\n")), "{}", done.err);
    }
    assert!(
        !done.out.contains("err") && !done.err.contains("out"),
        "{}{}",
        done.out,
        done.err
    );
}
