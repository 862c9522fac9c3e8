//! What is followed while it happens: output, records, and the keys of whoever watches.

use std::collections::BTreeMap;
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
        let Done { out, err, .. } = kept.verb(words);
        let (first, last) = (format!("{before}{}", line(1)), format!("{before}{}", line(30_000)));
        let end = out.get(out.len().saturating_sub(200)..).unwrap_or_default();
        assert!(out.contains(&first), "{words:?}: {} bytes", out.len());
        assert!(out.ends_with(&last), "{words:?}: {} bytes end with {end}", out.len());
        assert_eq!(out.matches(&last).count(), 1, "{words:?}");
        // What is missing in the middle is said, and no half lines are joined: where bytes are exact, beside them.
        let remarks = if words.contains(&"--raw") { &err } else { &out };
        let cut = remarks
            .lines()
            .filter(|line| line.ends_with(" bytes cut]") || line.ends_with(" bytes cut"));
        assert_eq!(cut.count(), 1, "{words:?}: {err}");
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

/// Reads lines up to one that is this; all of them.
fn read_to(lines: &mut impl BufRead, wanted: &str) -> String {
    let mut seen = String::new();
    while !seen.ends_with(wanted) {
        let count = lines.read_line(&mut seen).unwrap();
        assert!(count > 0, "`{wanted}` never came after {seen}");
    }
    seen
}

/// The lines of each host in their order, and what is said of hosts.
// Output arrives ahead of records, which are sent together: whoever follows from the start may see lines of the next
// host before it reads that one has failed.
fn by_host(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let host = line.split_once(" | ").map_or("", |(host, _)| host);
        lines.entry(host).or_default().push(line);
    }
    lines
}

#[test]
fn whoever_attaches_in_mid_job_is_shown_what_was_shown_from_the_start() {
    let kept = Kept::new(
        "tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 1}}\n",
        &["web1", "web2", "web3", "web4"],
    );
    // One writes long lines to both, one fails and is retried, one is in the middle of a line.
    let line = format!(
        "n=$(cat tries 2>/dev/null); echo x$n >tries; echo \"first of $POGO_HOST, try x$n\"; echo \"warned $n\" >&2; \
         seq 2000; seq 3000 4000 >&2; [ $POGO_HOST$n != web2 ] || exit 3; printf 'half of '; {}",
        kept.waits().replace("until", "[ $POGO_HOST = web3 ] && until"),
    );
    let more = [
        "--order",
        "listed",
        "--retries",
        "1",
        "--retry-delay",
        "0s",
        "--max-failures",
        "2",
        "--",
        &line,
    ];
    let start = |mut command: std::process::Command| {
        let mut client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(client.stdout.take().unwrap());
        let mut err = client.stderr.take().unwrap();
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        (client, out, err)
    };
    let (mut first, mut first_out, first_err) = start(kept.run_command("@web", &more));
    let mut shown = read_to(&mut first_out, "web3 | 2000\n");
    let (mut second, mut second_out, second_err) = start(kept.command(&["attach", "last"]));
    let mut again = read_to(&mut second_out, "web3 | 2000\n");
    kept.go();
    first_out.read_to_string(&mut shown).unwrap();
    second_out.read_to_string(&mut again).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0), "{shown}");
    assert_eq!(second.wait().unwrap().code(), Some(0));
    assert_eq!(shown.matches("web2 | first of web2, try x").count(), 2, "{shown}");
    assert!(shown.contains("web3 | half of done\n"), "{shown}");
    assert_eq!(again, shown);
    let (first_err, second_err) = (first_err.join().unwrap(), second_err.join().unwrap());
    assert_eq!(by_host(&second_err), by_host(&first_err));
    // And so does whoever comes when it is over.
    assert_eq!(kept.verb(&["attach", "1"]).out, shown);
}

#[test]
fn no_line_is_lost_or_doubled_where_a_host_writes_while_somebody_attaches() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let go = kept.file("go");
    let line = format!(
        "i=0; until [ -e '{}' ]; do i=$((i+1)); echo $i; sleep 0.001; done; echo last",
        go.display()
    );
    assert_eq!(kept.run("@web", &["-d", "--", &line]).code, 0);
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut command = kept.command(&["attach", "last"]);
            let mut client = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut out = BufReader::new(client.stdout.take().unwrap());
            let seen = read_to(&mut out, "\n");
            (client, out, seen)
        })
        .collect();
    kept.go();
    for (mut client, mut out, mut seen) in clients {
        out.read_to_string(&mut seen).unwrap();
        assert_eq!(client.wait().unwrap().code(), Some(0));
        let lines: Vec<&str> = seen.lines().filter_map(|line| line.strip_prefix("web1 | ")).collect();
        let (last, numbers) = lines.split_last().unwrap();
        assert_eq!(*last, "last");
        for (number, line) in (1..).zip(numbers) {
            assert_eq!(*line, number.to_string());
        }
    }
}
