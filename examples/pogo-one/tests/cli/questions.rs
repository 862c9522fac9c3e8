//! Questions about kept jobs: what people read.

use super::many_hosts::user;
use super::store_site::StoreSite;

const POLICY: &str = "tag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 1}}\n";
const THREE: [&str; 3] = ["web1", "web2", "web3"];

/// Times of day as they are printed, so that what stands around them can be compared.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        let is_digit = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let before = rest.get(at.saturating_sub(2)..at).unwrap_or_default();
        let after = rest.get(at + 1..at + 3).unwrap_or_default();
        if is_digit(before) && is_digit(after) {
            out.push_str(&rest[..at - 2]);
            out.push_str("HH:MM");
            rest = &rest[at + 3..];
        } else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    out + rest
}

/// A job that is blocked: its first host has failed and holds the only slot.
fn blocked() -> StoreSite {
    let kept = StoreSite::new(POLICY, &THREE);
    let done = kept.run(
        "@web",
        &["--order", "listed"],
        "echo starting; echo 'no space' >&2; exit 3",
    );
    assert_eq!(done.code, 2, "{}{}", done.out, done.err);
    // With the orders that are possible now, and that stay so.
    let last = "holds the only slot of $web\n  pogo retry 1 web1\n  pogo skip 1 web1\n  pogo mark up web1\n";
    assert!(done.out.ends_with(last), "{}", done.out);
    kept
}

#[test]
fn the_status_of_a_blocked_job_says_why_and_what_to_type() {
    let kept = blocked();
    let who = kept.json(&["status", "last"])["submitted_by"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let wanted = format!(
        "\
job 1 is blocked: 2 waiting, 1 failed
  command   echo starting; echo 'no space' >&2; exit 3
  hosts     $web
  by        {who} at HH:MM

failed: 1 host
    exit 3: web1  \"no space\"  at HH:MM

held back:
  web1 (failed in job 1 at HH:MM) holds the only slot of $web
    pogo retry 1 web1
    pogo skip 1 web1
    pogo mark up web1

next:
  pogo logs 1 --failed --in-doubt -b
"
    );
    assert_eq!(without_times(&kept.ok(&["status", "last"])), wanted);
    let overview = without_times(&kept.ok(&["status"]));
    assert!(
        overview.starts_with("1 job blocked; 0 hosts under way, 1 of 3 hosts unavailable\n"),
        "{overview}"
    );
    assert!(overview.contains("    pogo skip 1 web1\n"), "{overview}");
    assert!(overview.ends_with("\nnext: pogo status 1\n"), "{overview}");
}

#[test]
fn every_command_that_a_status_shows_can_be_typed() {
    for way in 0..3 {
        let kept = blocked();
        let status = kept.ok(&["status", "1"]);
        let cures: Vec<&str> = status
            .lines()
            .filter_map(|line| line.strip_prefix("    pogo "))
            .collect();
        assert_eq!(cures.len(), 3, "{status}");
        // The shell of whoever reads it takes it apart.
        let line = format!(
            "pogo() {{ '{}' \"$@\" --store kept; }}; pogo {}",
            env!("CARGO_BIN_EXE_pogo"),
            cures[way]
        );
        let done = super::program::Done::of(kept.site.program.shell(&line).output().unwrap());
        assert_eq!(done.code, 0, "{line}: {}", done.err);
    }
}

#[test]
fn jobs_are_listed_the_newest_first_and_chosen() {
    let kept = StoreSite::new(POLICY, &THREE);
    assert_eq!(kept.ok(&["jobs"]), "no such job\n");
    kept.verb(&["status", "last"])
        .assert_refused(&["there are no jobs yet"]);
    assert_eq!(kept.run("web1", &[], "true").code, 0);
    assert_eq!(kept.run("web2", &[], "false").code, 1);
    let list = without_times(&kept.ok(&["jobs"]));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("job  status    done  failed  by"), "{list}");
    assert!(lines[1].starts_with("2    finished  0/1   1"), "{list}");
    assert!(
        lines[2].starts_with("1    finished  1/1   0") && lines[2].ends_with("HH:MM  true"),
        "{list}"
    );
    let chosen = |more: &[&str]| {
        let jobs = kept.json(&[&["jobs"], more].concat());
        jobs.as_array()
            .unwrap()
            .iter()
            .map(|job| job["job"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen(&["--on", "web2,web3"]), [2]);
    assert_eq!(chosen(&["--mine"]), [2, 1]);
    assert_eq!(chosen(&["--by", "nobody-of-this-name"]), [0; 0]);
    assert_eq!(chosen(&["--state", "blocked"]), [0; 0]);
    assert_eq!(chosen(&["--since", "1h"]), [2, 1]);
    assert_eq!(chosen(&["-l", "1"]), [2]);
    assert!(kept.verb(&["jobs", "-l", "1"]).err.contains("-l 2 shows as many again"));
    kept.verb(&["jobs", "--state", "stuck"]).assert_refused(&["blocked"]);
}

#[test]
fn a_waiting_host_is_explained_with_every_cure() {
    let kept = blocked();
    let said = without_times(&kept.ok(&["explain", "1", "web2"]));
    let wanted = "\
web2 of job 1 waits:
  web1 (failed in job 1 at HH:MM) holds the only slot of $web
    pogo retry 1 web1
    pogo skip 1 web1
    pogo mark up web1
";
    assert_eq!(said, wanted);
    assert_eq!(
        kept.ok(&["explain", "1", "web1"]),
        "web1 of job 1 does not wait: it is failed\n"
    );
    assert_eq!(
        kept.json(&["explain", "1", "web2"])["obstacles"][0]["blocker"],
        "bucket_full"
    );
    assert!(
        kept.ok(&["explain", "1"])
            .starts_with("job 1 is blocked: 2 waiting, 1 failed\n  web1 (failed")
    );
    kept.verb(&["explain", "1", "web9"]).assert_refused(&["web9"]);
}

#[test]
fn slots_and_hosts_say_who_holds_what() {
    let kept = blocked();
    let user = user();
    let slots = format!(
        "$web: 1 of 1 slots taken (max_parallel: 1)\n  web1 failed in job 1 since HH:MM\n  \
         2 hosts of job 1 of {user} wait\n"
    );
    assert_eq!(without_times(&kept.ok(&["slots"])), slots);
    assert_eq!(kept.json(&["slots", "@web"])[0]["unavailable"], 1);
    let host = "web1 is unavailable\n  tags    @web\n    listed policy.yaml:1:13\n    @web policy.yaml:1:13\n  \
        web1 failed in job 1 since HH:MM\n  \
        job 1 (blocked): failed: command exited with 3 at HH:MM\n";
    assert_eq!(without_times(&kept.ok(&["host", "web1"])), host);
    assert!(kept.ok(&["host", "web2"]).starts_with("web2 is available\n"));
    kept.verb(&["host", "web9"]).assert_refused(&["no host `web9`"]);
}

#[test]
fn output_of_hosts_is_read_as_it_was_printed() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let command = "case $POGO_HOST in web3) echo alone; exit 1;; esac; echo same; echo warned >&2";
    assert_eq!(kept.run("@web", &[], command).code, 1);
    let done = kept.verb(&["logs", "last"]);
    assert_eq!(done.out, "web1 | same\nweb2 | same\nweb3 | alone\n");
    assert_eq!(done.err, "web1 | warned\nweb2 | warned\n");
    let folded = kept.verb(&["logs", "last", "-b"]);
    let rule = "---------------\n";
    let (both, alone) = (
        format!("{rule}web[1-2] (2)\n{rule}same\n"),
        format!("{rule}web3\n{rule}alone\n"),
    );
    assert_eq!(folded.out, format!("{both}{alone}"));
    assert_eq!(
        folded.err,
        format!("{rule}web[1-2] (2), standard error\n{rule}warned\n")
    );
    assert!(kept.ok(&["logs", "last", "--diff"]).contains("-same\n+alone\n"));
    assert_eq!(kept.ok(&["logs", "last", "--failed"]), "web3 | alone\n");
    assert_eq!(kept.ok(&["logs", "last", "web[1-2] & !web2"]), "web1 | same\n");
    assert_eq!(kept.ok(&["logs", "last", "--stderr"]), "");
    assert_eq!(kept.ok(&["logs", "last", "--raw"]), "same\nsame\nalone\n");
    let none = kept.verb(&["logs", "last", "--in-doubt"]);
    assert_eq!((none.code, none.err.as_str()), (0, "job 1 has no such host\n"));
}

#[test]
fn output_that_steers_a_terminal_is_written_out_wherever_it_shows() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    assert_eq!(
        kept.run(
            "web1",
            &[],
            "printf '\\033[31mred\\n' >&2; printf '\\033]0;title\\007'; exit 1"
        )
        .code,
        1
    );
    for words in [
        &["logs", "1"][..],
        &["logs", "1", "-b"],
        &["status", "1"],
        &["jobs"],
        &["status"],
        &["events", "1"],
    ] {
        let done = kept.verb(words);
        assert_eq!(done.code, 0, "{words:?}: {}", done.err);
        assert!(
            !format!("{}{}", done.out, done.err).contains(['\u{1b}', '\u{7}']),
            "{words:?}: {}{}",
            done.out,
            done.err
        );
    }
    assert!(kept.ok(&["status", "1"]).contains("\\u{1b}[31mred"));
}

#[test]
fn the_records_of_a_job_are_read_and_followed() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let job = kept.submit("@web", &[], "true");
    // It ends with the job, whether it began before or after the end.
    let followed = kept.ok(&["events", &job, "-f"]);
    assert!(
        followed.lines().last().unwrap().contains("job-1 is finished"),
        "{followed}"
    );
    let records = kept.ok(&["events", &job, "--format", "jsonl"]);
    let records: Vec<serde_json::Value> = records
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(super::program::hosts(&records, "task_succeeded").len(), 3);
    let of_host = kept.ok(&["events", "last", "web2"]);
    assert!(of_host.contains("web2") && !of_host.contains("web1"), "{of_host}");
    assert_eq!(kept.verb(&["events", "9"]).code, 64);
}

#[test]
fn a_job_is_drawn_and_played_again_by_its_number() {
    let kept = StoreSite::new(POLICY, &THREE);
    assert_eq!(kept.run("@web", &[], "true").code, 0);
    let drawn = kept.ok(&["timeline", "last"]);
    assert!(drawn.contains("web1") && drawn.contains("$web"), "{drawn}");
    // One whose attempts come after those of another job.
    assert_eq!(kept.run("web1", &[], "true").code, 0);
    let drawn = kept.ok(&["timeline", "last"]);
    assert!(drawn.contains("web1") && !drawn.contains("web3"), "{drawn}");
    let played = kept.verb(&["replay", "1", "--speed", "max"]);
    assert_eq!(played.code, 0, "{}", played.err);
    assert!(
        played.out.contains("3 hosts in ") && played.out.contains("succeeded       3  web[1-3]"),
        "{}",
        played.out
    );
    assert_eq!(kept.verb(&["timeline", "7"]).code, 64);
    // A file that is there is what was meant.
    kept.site.program.write("1", "");
    let done = kept.site.program.run(&["timeline", "1"]);
    assert!(done.code == 64 && done.err.contains("1: "), "{}", done.err);
}

#[test]
fn a_job_is_run_again_as_it_was_or_on_some_of_its_hosts() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let done = kept.run("@web", &["--env", "WORD=blue"], "echo $WORD; test $POGO_HOST != web2");
    assert_eq!(done.code, 1, "{}", done.err);
    kept.verb(&["rerun", "1"])
        .assert_refused(&["shown to nobody", "--env WORD=VALUE"]);
    let said = kept.ok(&["rerun", "1", "--failed", "--env", "WORD=green"]);
    assert_eq!(said, "job 2 is like job 1, on web2; `pogo attach 2` shows it\n");
    assert_eq!(kept.verb(&["wait", "2"]).code, 1);
    assert_eq!(kept.ok(&["logs", "2"]), "web2 | green\n");
    kept.verb(&["rerun", "1", "--in-doubt", "--env", "WORD=x"])
        .assert_refused(&["job 1 has no such host"]);
    kept.site.program.write("phrase", "hush");
    let done = kept.run("web1", &["--passphrase-file", "phrase"], "true");
    assert_eq!(done.code, 0, "{}", done.err);
    kept.verb(&["rerun", "last"])
        .assert_refused(&["job 3 has secrets", "`pogo run`"]);
    kept.site.program.write("input", "from here");
    assert_eq!(kept.run("web1", &["--stdin", "input"], "cat").code, 0);
    assert_eq!(
        kept.ok(&["rerun", "last"]),
        "job 5 is like job 4, on web1; `pogo attach 5` shows it\n"
    );
    assert_eq!(kept.verb(&["wait", "5"]).code, 0);
    assert_eq!(kept.ok(&["logs", "5"]), "web1 | from here\n");
}

#[test]
fn shells_are_offered_the_numbers_of_jobs() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    assert_eq!(kept.run("web1", &[], "true").code, 0);
    let line = ["--", "pogo", "status", "--store", "kept", ""];
    let mut command = kept.site.program.command(&line);
    command.env("COMPLETE", "fish").env("_CLAP_COMPLETE_INDEX", "4");
    let done = super::program::Done::of(command.output().unwrap());
    assert!(
        done.out.contains("1\ttrue\n") && done.out.contains("last\t"),
        "{}{}",
        done.out,
        done.err
    );
}

#[test]
fn a_job_that_has_retired_is_asked_for_as_one_that_has_just_ended() {
    let policy = "tag: {web: ['web[1-3]']}\n";
    let kept = StoreSite::new(policy, &THREE);
    let command = "case $POGO_HOST in web3) echo alone; exit 1;; esac; echo same";
    assert_eq!(kept.run("@web", &[], command).code, 1);
    let asked = || -> Vec<(i32, String)> {
        let verbs: [&[&str]; 9] = [
            &["status", "1"],
            &["status", "1", "--format", "json"],
            &["logs", "1", "-b"],
            &["logs", "1", "--failed"],
            &["logs", "1", "web[1-2] & !web2"],
            &["logs", "1", "@web & !web3"],
            &["wait", "1"],
            &["attach", "1"],
            &["timeline", "1"],
        ];
        let ask = |verb: &&[&str]| {
            let done = kept.verb(verb);
            (done.code, format!("{}{}", done.out, done.err))
        };
        verbs.iter().map(ask).collect()
    };
    let before = asked();
    let quickly = format!("{policy}retire_after: 0s\n");
    kept.site.program.write("quickly.yaml", &quickly);
    kept.ok(&["apply", "-c", "quickly.yaml", "-y"]);
    while !kept.ok(&["events", "1"]).contains("retired") {}
    assert_eq!(asked(), before);
}

#[test]
fn a_job_is_audited_with_all_that_happened_beside_it() {
    let kept = StoreSite::new(POLICY, &THREE);
    assert_eq!(kept.run("web1", &[], "true").code, 0);
    assert_eq!(kept.run("@web", &[], "true").code, 0);
    let audited = kept.ok(&["audit", "last"]);
    assert!(
        audited.starts_with("every rule was kept: 2 jobs, 4 attempts\n"),
        "{audited}"
    );
    assert!(
        audited.contains("job-2 submitted by ") && !audited.contains("job-1 submitted"),
        "{audited}"
    );
    let json = kept.json(&["audit", "1"]);
    assert_eq!((&json["kept"], &json["audited"]["jobs"]), (&true.into(), &2.into()));
    kept.verb(&["audit", "7"])
        .assert_refused(&["there is no such job", "pogo jobs"]);
}

#[test]
fn nothing_is_shown_of_a_job_that_there_is_not() {
    let kept = StoreSite::new(POLICY, &THREE);
    for verb in ["attach", "logs", "events", "wait", "status"] {
        let done = kept.verb(&[verb, "9"]);
        assert_eq!((done.code, done.out.as_str()), (64, ""), "{verb}: {}", done.err);
        assert_eq!(
            done.err, "error: there is no job-9; `pogo jobs` lists those that there are\n",
            "{verb}"
        );
    }
}
