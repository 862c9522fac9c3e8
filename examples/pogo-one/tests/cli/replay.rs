//! `replay` and `timeline` of a log that comes through a pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::pictures::with_log;
use super::program::Done;
use super::ssh::Site;

#[test]
fn a_pipe_is_shown_while_it_is_still_being_written() {
    let (program, log) = with_log();
    let mut command = program.command(&["replay", "-", "--speed", "max"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut pipe, mut out) = (
        child.stdin.take().unwrap(),
        BufReader::new(child.stdout.take().unwrap()),
    );
    // Half of a line is no event yet.
    let first_end = log.find("task_succeeded").unwrap();
    pipe.write_all(&log.as_bytes()[..first_end]).unwrap();
    let rest = &log[first_end..];
    let line_end = rest.find('\n').unwrap() + 1;
    pipe.write_all(&rest.as_bytes()[..line_end]).unwrap();
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(
        line, "      0.000s  started   w[1-2]\n",
        "shown before the pipe has ended"
    );
    pipe.write_all(&rest.as_bytes()[line_end..]).unwrap();
    drop(pipe);
    let mut end = String::new();
    std::io::Read::read_to_string(&mut out, &mut end).unwrap();
    assert!(
        Done::of(child.wait_with_output().unwrap()).code == 0 && end.contains("4 hosts in 2.0s"),
        "{end}"
    );
}

#[test]
fn a_pipe_is_shown_as_its_file_is() {
    let (program, log) = with_log();
    let file = program.write("log.jsonl", &log);
    let shown = program.run(&["replay", "log.jsonl", "--speed", "max"]);
    let pipe = || std::fs::File::open(&file).unwrap();
    let piped = Done::of(
        program
            .command(&["replay", "-", "--speed", "max"])
            .stdin(pipe())
            .output()
            .unwrap(),
    );
    assert_eq!((piped.out, piped.err), (shown.out, shown.err));
    let drawn = program.run(&["timeline", "log.jsonl"]);
    let piped = Done::of(program.command(&["timeline", "-"]).stdin(pipe()).output().unwrap());
    assert_eq!(piped.out, drawn.out);
}

#[test]
fn what_cannot_follow_in_a_pipe_is_named_where_it_stands() {
    let (program, log) = with_log();
    let odd = log.replacen("task_started", "lunch", 1);
    let gap: String = log
        .lines()
        .filter(|line| !line.contains("task_started"))
        .map(|line| format!("{line}\n"))
        .collect();
    let idle = format!("{}\n", log.lines().next().unwrap());
    for (text, wanted) in [
        (odd.as_str(), "standard input:3: this is no event"),
        (&gap, "standard input:3: "),
        (&idle, "standard input: it has no job"),
        ("", "standard input: it has no job"),
    ] {
        let file = std::fs::File::open(program.write("odd.jsonl", text)).unwrap();
        let done = Done::of(
            program
                .command(&["replay", "-", "--speed", "max"])
                .stdin(file)
                .output()
                .unwrap(),
        );
        assert!(done.code == 64 && done.err.contains(wanted), "{wanted}: {}", done.err);
    }
}

#[test]
fn a_replay_shows_what_hosts_wrote() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    let args = site.args("*", &["--events", "run.jsonl", "--", "echo one; echo two >&2"]);
    let ran = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = site.program.run(&["replay", "run.jsonl", "--speed", "max"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        shown.out.contains("\nweb1 | one\n") && shown.err.contains("web1 | two\n"),
        "{}{}",
        shown.out,
        shown.err
    );
    let order =
        ["started   web1", "web1 | one", "succeeded web1", "1 host in "].map(|text| shown.out.find(text).unwrap());
    assert!(order.is_sorted(), "{}", shown.out);
    assert!(
        ran.out.ends_with(shown.out.split("\n\n").last().unwrap()),
        "the same summary"
    );
}

#[test]
fn a_job_that_retires_at_once_ends_is_replayed_and_is_drawn_as_any_other() {
    let site = Site::new("retire_after: 0s\ntag: {web: [web1]}\n", &["web1"]);
    let site_args = |line| site.args("*", &["--events", "run.jsonl", "--", line]);
    for (line, code, word) in [("true", 0, "succeeded"), ("false", 1, "failed")] {
        let args = site_args(line);
        let ran = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        let log = std::fs::read_to_string(site.program.directory.path().join("run.jsonl")).unwrap();
        assert!(log.contains("\"event\":\"job_retired\""), "{log}");
        assert!(
            !log.contains("{\"digest\":"),
            "a log that is kept by itself names nothing that is elsewhere"
        );
        let shown = site.program.run(&["replay", "run.jsonl", "--speed", "max"]);
        assert!(
            shown.code == 0 && shown.out.contains(word),
            "{}{}",
            shown.out,
            shown.err
        );
        let audited = site.program.run(&["audit", "run.jsonl"]);
        assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
        let drawn = site.program.run(&["timeline", "run.jsonl"]);
        assert!(
            drawn.code == 0 && drawn.out.contains("web1"),
            "{}{}",
            drawn.out,
            drawn.err
        );
    }
}
