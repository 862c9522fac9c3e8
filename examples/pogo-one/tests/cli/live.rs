//! What is followed while it happens: output, records, and the keys of whoever watches.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use pogo_core::scheduler::{JobId, JobStatus};
use rustix::process::Signal;

use super::kept_store::{Kept, signal, until};
use super::program::Done;
use super::store_site::StoreSite;

const WEB: &str = "tag: {web: ['web[1-3]']}\n";
const THREE: [&str; 3] = ["web1", "web2", "web3"];

/// More than one answer of the API holds: 3 MiB, of which the beginning and the end are kept.
const MUCH: &str = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); printf '%06d %0100d\\n' $i $i; done";

fn line(number: u32) -> String {
    format!("{number:06} {number:0100}\n")
}

#[test]
fn output_of_many_pages_is_read_to_its_end() {
    let kept = StoreSite::new(WEB, &THREE);
    assert_eq!(kept.run("web1", &["-q"], MUCH).code, 0);
    for (words, before) in [
        (&["logs", "last", "--raw"][..], ""),
        (&["logs", "last"], "web1 | "),
        (&["logs", "last", "-f"], "web1 | "),
        (&["logs", "last", "-b"], ""),
    ] {
        let out = kept.verb(words).out;
        let (first, last) = (format!("{before}{}", line(1)), format!("{before}{}", line(30_000)));
        let end = out.get(out.len().saturating_sub(200)..).unwrap_or_default();
        assert!(out.contains(&first), "{words:?}: {} bytes", out.len());
        assert!(out.ends_with(&last), "{words:?}: {} bytes end with {end}", out.len());
        assert_eq!(out.matches(&last).count(), 1, "{words:?}");
    }
}

#[test]
fn output_is_followed_from_its_start_until_the_job_is_over() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let line = format!("echo first of $POGO_HOST; {}", kept.waits());
    assert_eq!(kept.run("@web", &["-d", "--", &line]).code, 0);
    until(|| kept.ran().len() == 2);
    let mut command = kept.command(&["logs", "last", "web1", "-f"]);
    let mut client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(client.stdout.take().unwrap());
    let mut shown = String::new();
    out.read_line(&mut shown).unwrap();
    assert_eq!(shown, "web1 | first of web1\n");
    kept.go();
    out.read_to_string(&mut shown).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
    assert_eq!(
        shown, "web1 | first of web1\nweb1 | done\n",
        "each line once, and of that host alone"
    );
}

#[test]
fn whoever_follows_output_or_records_leaves_with_an_interrupt_and_the_job_goes_on() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let line = format!("echo first; {}", kept.waits());
    assert_eq!(kept.run("@web", &["-d", "--", &line]).code, 0);
    until(|| kept.ran().len() == 1);
    for verb in ["logs", "events"] {
        let mut command = kept.command(&[verb, "last", "-f"]);
        let mut client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(client.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        signal(&client, Signal::INT);
        assert_eq!(client.wait().unwrap().code(), Some(3), "{verb}");
    }
    assert_eq!(kept.job(1).summary.tally.running, 1);
    kept.go();
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
}

/// The records of a job as `events` prints them: to be followed while it runs, and read when it is over.
fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn records_that_are_followed_are_those_that_are_read_later_each_once() {
    for host in [None, Some("web2")] {
        let kept = Kept::new(
            "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n",
            &["web1", "web2"],
        );
        assert_eq!(
            kept.run("@web", &["-d", "--order", "listed", "--", &kept.waits()]).code,
            0
        );
        until(|| kept.ran().len() == 1);
        let words: Vec<&str> = ["events", "1", "-f", "--format", "jsonl"]
            .into_iter()
            .chain(host)
            .collect();
        let mut command = kept.command(&words);
        let client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Something happens while it is read and followed, which is neither lost nor shown twice.
        for _ in 0..5 {
            kept.verb(&["pause", "1"]);
            kept.verb(&["resume", "1"]);
        }
        kept.go();
        let followed = Done::of(client.wait_with_output().unwrap());
        assert_eq!(followed.code, 0, "{}", followed.err);
        assert_eq!(kept.verb(&["wait", "1"]).code, 0);
        let words: Vec<&str> = ["events", "1", "--format", "jsonl"].into_iter().chain(host).collect();
        let read = kept.verb(&words).out;
        assert_eq!(lines(&followed.out), lines(&read), "{host:?}");
        assert!(lines(&read).len() > 3, "{read}");
    }
}

#[test]
fn records_are_followed_beyond_a_stop_that_was_undone() {
    let kept = Kept::new(
        "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n",
        &["web1", "web2"],
    );
    assert_eq!(kept.run("@web", &["-d", "--", &kept.waits()]).code, 0);
    until(|| kept.ran().len() == 1);
    kept.verb(&["stop", "1"]);
    kept.go();
    until(|| kept.job(1).summary.status == JobStatus::Halted);
    let mut command = kept.command(&["events", "1", "-f"]);
    let client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    kept.verb(&["resume", "1"]);
    let followed = Done::of(client.wait_with_output().unwrap());
    let last = followed.out.lines().last().unwrap().to_owned();
    assert!(last.contains("job-1 is finished"), "{last}");
}

/// `run` of hosts that wait, on a terminal.
fn on_terminal(kept: &Kept) -> super::asking::Terminal {
    let store = kept.file("store").display().to_string();
    let line = kept.waits();
    let args = kept.site.args(
        "@web",
        &[
            "--ssh-config",
            "none",
            "--order",
            "listed",
            "--store",
            &store,
            "--",
            &line,
        ],
    );
    kept.site.on_terminal(&args)
}

const ONE: &str = "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n";

#[test]
fn keys_pause_resume_and_leave_a_job_that_is_watched() {
    let kept = Kept::new(ONE, &["web1", "web2"]);
    let mut terminal = on_terminal(&kept);
    terminal.wait_for("keys: p pause · s stop · l leave, the job goes on");
    until(|| kept.ran().len() == 1);
    terminal.type_in("p");
    terminal.wait_for("keys: r resume ·");
    assert_eq!(kept.job(1).summary.status, JobStatus::Paused);
    terminal.type_in("r");
    terminal.wait_for("keys: p pause ·");
    assert_eq!(kept.job(1).summary.status, JobStatus::Running);
    terminal.type_in("l");
    terminal.wait_for("the job goes on: `pogo attach 1` shows it");
    let (code, _) = terminal.end();
    assert_eq!(code, 3);
    kept.go();
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
}

#[test]
fn the_key_that_stops_a_job_has_to_be_pressed_twice() {
    let kept = Kept::new(ONE, &["web1", "web2"]);
    let mut terminal = on_terminal(&kept);
    terminal.wait_for("keys: p pause ·");
    until(|| kept.ran().len() == 1);
    terminal.type_in("s");
    terminal.wait_for("s again: start nothing more, let what runs end");
    assert_eq!(kept.job(1).summary.status, JobStatus::Running);
    terminal.type_in("s");
    terminal.wait_for("job 1 is halted");
    kept.go();
    let (code, seen) = terminal.end();
    assert_eq!(code, 2, "{seen}");
    assert_eq!(kept.ran().len(), 1);
}

#[test]
fn whoever_watches_a_blocked_job_reads_what_clears_it_when_it_comes_about_and_later() {
    let kept = Kept::new(ONE, &["web1", "web2"]);
    let go = kept.file("go");
    let line = format!("[ -e '{}' ]", go.display());
    let store = kept.file("store").display().to_string();
    let more = [
        "--ssh-config",
        "none",
        "--order",
        "listed",
        "--store",
        &store,
        "--",
        &line,
    ];
    let mut run = kept.site.on_terminal(&kept.site.args("@web", &more));
    run.wait_for("pogo retry 1 web1");
    run.wait_for("blocked, 0 running, 1 failed, ");
    run.type_in("l");
    assert_eq!(run.end().0, 3);
    let attach = ["attach", "1", "--store", &store].map(str::to_owned);
    let mut attached = kept.site.on_terminal(&attach);
    attached.wait_for("pogo retry 1 web1");
    attached.wait_for("blocked, 0 running, 1 failed, ");
    // Nothing of that is left when it goes on, and the summary says what to type where not all is well.
    kept.go();
    assert_eq!(kept.verb(&["skip", "1", "web1"]).code, 0);
    let (code, seen) = attached.end();
    let after = seen.rsplit("blocked, ").next().unwrap();
    assert_eq!((code, after.contains("blocked: ")), (0, false), "{seen}");
}

#[test]
fn without_a_terminal_there_are_no_keys() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let done = kept.run("@web", &["--", "true"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!format!("{}{}", done.out, done.err).contains("keys:"), "{}", done.err);
    let details = kept.site.runtime.block_on(kept.client().job(JobId::new(1))).unwrap();
    assert_eq!(details.summary.status, JobStatus::Finished);
}
