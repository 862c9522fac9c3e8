//! Orders: each with its effect, and with what is said of it.

use super::store_site::StoreSite;

const THREE: [&str; 3] = ["web1", "web2", "web3"];

/// Waits in a home until somebody makes a file there.
const GATE: &str = "while [ ! -e ~/go ]; do sleep 0.05; done";

fn one_at_a_time() -> StoreSite {
    StoreSite::new(
        "tag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 1}}\n",
        &THREE,
    )
}

/// A job that is blocked: its first host has failed and holds the only slot.
fn blocked(kept: &StoreSite) {
    let done = kept.run("@web", &["--order", "listed"], "test -e ~/mended");
    assert_eq!(done.code, 2, "{}{}", done.out, done.err);
}

#[test]
fn a_blocked_job_goes_on_when_its_failed_host_is_retried() {
    let kept = one_at_a_time();
    blocked(&kept);
    for host in THREE {
        kept.touch(host, "mended");
    }
    let said = kept.ok(&["retry", "last", "--failed", "--reason", "disk replaced"]);
    assert_eq!(said, "web1 of job 1 is tried again; `pogo attach 1` shows it\n");
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
    assert_eq!(kept.count("1", "succeeded"), 3);
}

#[test]
fn a_skipped_host_counts_as_done_and_gives_back_its_slot() {
    let kept = one_at_a_time();
    blocked(&kept);
    let said = kept.ok(&["skip", "job-1", "web1"]);
    assert_eq!(said, "web1 of job 1 is skipped: done, as far as the job is concerned\n");
    // The next host fails in its place.
    assert_eq!(kept.verb(&["wait", "1"]).code, 2);
    assert_eq!((kept.count("1", "skipped"), kept.count("1", "failed")), (1, 1));
    let said = kept.ok(&["skip", "1", "--failed", "--not-run"]);
    assert_eq!(
        said,
        "web[2-3] of job 1 are skipped: done, as far as the job is concerned\n"
    );
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
    let said = kept.ok(&["skip", "1", "--failed"]);
    assert_eq!(said, "job 1 has no host that is failed: nothing to skip\n");
}

#[test]
fn hosts_are_chosen_by_name_or_by_state_and_both_together() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    assert_eq!(kept.run("@web", &[], "test $POGO_HOST = web1").code, 1);
    let said = kept.ok(&["retry", "last", "--failed", "web1"]);
    assert_eq!(said, "job 1 has no host that is failed: nothing to retry\n");
    let said = kept.ok(&["skip", "last", "--failed", "web[1-2]", "web3"]);
    assert_eq!(
        said,
        "web[2-3] of job 1 are skipped: done, as far as the job is concerned\n"
    );
    kept.verb(&["retry", "last"])
        .assert_refused(&["pogo retry JOB HOSTS", "--failed, --in-doubt or --not-run"]);
    kept.verb(&["retry", "last", "web9"])
        .assert_refused(&["no host `web9`"]);
    kept.verb(&["retry", "last", "web1", "--force"])
        .assert_refused(&["--reason <WHY>"]);
    kept.verb(&["retry", "x", "web1"])
        .assert_refused(&["write the number of a job, as in 17, or `last`"]);
}

#[test]
fn why_a_job_was_run_stands_with_it() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let job = kept.submit("@web", &["--reason", "new certificates"], "true");
    assert_eq!(kept.verb(&["wait", &job]).code, 0);
    let status = kept.ok(&["status", &job]);
    let ordered = status.split_once("\nordered:\n").unwrap().1;
    assert!(ordered.contains("  job-1 submitted by "), "{status}");
    assert!(ordered.contains(": new certificates\n"), "{status}");
    let unsaid = kept.submit("@web", &[], "true");
    assert_eq!(kept.verb(&["wait", &unsaid]).code, 0);
    assert!(!kept.ok(&["status", &unsaid]).contains("ordered:"));
}

#[test]
fn a_paused_job_starts_nothing_until_it_is_resumed() {
    let kept = one_at_a_time();
    let job = kept.submit("@web", &["--order", "listed"], GATE);
    assert!(
        kept.ok(&["pause", &job, "--reason", "lunch"])
            .starts_with("job 1 is paused: ")
    );
    kept.verb(&["pause", &job]).assert_refused(&["job-1 is paused"]);
    let status = kept.ok(&["status", &job]);
    assert!(
        status.contains("\nordered:\n  ") && status.contains("  job-1 paused by "),
        "{status}"
    );
    assert!(status.contains(": lunch\n"), "{status}");
    assert!(status.ends_with("next:\n  pogo resume 1\n"), "{status}");
    for host in THREE {
        kept.touch(host, "go");
    }
    assert!(kept.ok(&["resume", &job]).starts_with("job 1 goes on"));
    assert_eq!(kept.verb(&["wait", &job]).code, 0);
}

#[test]
fn a_stopped_job_lets_what_runs_end_and_with_now_ends_it() {
    let kept = one_at_a_time();
    let job = kept.submit("@web", &["--order", "listed"], GATE);
    while !kept.ok(&["host", "web1"]).contains("running: command") {}
    assert!(kept.ok(&["halt", &job]).contains("`pogo resume 1` goes on"));
    kept.touch("web1", "go");
    assert_eq!(kept.verb(&["wait", &job]).code, 2);
    assert_eq!((kept.count(&job, "succeeded"), kept.count(&job, "waiting")), (1, 2));
    kept.ok(&["resume", &job]);
    for now in [&["stop", &job, "--now"][..], &["abort", &job]] {
        let done = kept.verb(now);
        assert!(
            done.code == 0 || done.err.contains("it cannot be aborted"),
            "{}",
            done.err
        );
    }
    assert_eq!(kept.verb(&["wait", &job]).code, 2);
    assert!(kept.count(&job, "cancelled") >= 1);
}

#[test]
fn settings_of_a_job_are_changed_while_it_runs() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let job = kept.submit("@web", &["-f", "1"], GATE);
    let said = kept.ok(&["alter", &job, "--max-parallel", "100%", "--retries", "2"]);
    assert_eq!(said, "job 1 is updated: retries, max_parallel\n");
    let settings = &kept.json(&["status", &job])["settings"];
    assert_eq!(
        (&settings["retries"], &settings["max_parallel"]["limit"]),
        (&2.into(), &"100%".into())
    );
    kept.ok(&["update", &job, "-f", "none"]);
    assert!(kept.json(&["status", &job])["settings"]["max_parallel"].is_null());
    kept.verb(&["update", &job])
        .assert_refused(&["say what changes, as in --max-parallel 30%"]);
}

#[test]
fn the_next_wave_begins_by_an_order() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    let job = kept.submit("@web", &["--waves", "1,100%", "--gate", "manual"], "true");
    assert_eq!(kept.verb(&["wait", &job]).code, 2);
    let status = kept.ok(&["status", &job]);
    assert!(status.contains("    pogo promote 1\n"), "{status}");
    let said = kept.ok(&["promote", &job]);
    assert_eq!(said, "wave 2 of job 1 begins; `pogo attach 1` shows it\n");
    assert_eq!(kept.verb(&["wait", &job]).code, 0);
    assert_eq!(kept.verb(&["promote", &job]).code, 64);
}

#[test]
fn nothing_starts_on_frozen_hosts_until_they_are_thawed() {
    let kept = StoreSite::new("tag: {web: ['web[1-3]']}\n", &THREE);
    kept.ok(&["freeze", "@web", "--reason", "it's late"]);
    let job = kept.submit("@web", &[], "true");
    assert_eq!(kept.verb(&["wait", &job]).code, 2);
    let status = kept.ok(&["status"]);
    assert!(
        status.contains("$web is frozen by ") && status.contains("(it's late)\n  pogo thaw '$web'\n"),
        "{status}"
    );
    assert_eq!(kept.ok(&["thaw"]), "hosts of $web are no longer frozen\n");
    assert_eq!(kept.ok(&["thaw"]), "nothing is frozen\n");
    kept.ok(&["freeze"]);
    kept.ok(&["freeze", "web1"]);
    kept.verb(&["thaw"])
        .assert_refused(&["several freezes", "\n  pogo thaw '*'\n  pogo thaw 'web1'"]);
    kept.ok(&["thaw", "*"]);
    kept.ok(&["thaw", "web1"]);
    // What it waited for is gone, and nothing more is needed.
    assert_eq!(kept.verb(&["wait", &job]).code, 0);
}

#[test]
fn a_host_that_is_marked_down_takes_a_slot() {
    let kept = one_at_a_time();
    assert_eq!(kept.ok(&["mark", "down", "web1"]), "web1: marked down\n");
    assert_eq!(kept.ok(&["mark", "down", "web1"]), "web1: marked down already\n");
    let job = kept.submit("web2", &[], "true");
    assert_eq!(kept.verb(&["wait", &job]).code, 2);
    let why = kept.ok(&["explain", &job, "web2"]);
    assert!(
        why.contains("web1 (down since ") && why.contains("\n    pogo mark up web1\n"),
        "{why}"
    );
    assert_eq!(kept.ok(&["mark", "up", "web1", "web2"]), "web1: marked up\n");
    assert_eq!(kept.verb(&["wait", &job]).code, 0);
    kept.verb(&["mark", "up", "web1", "--force"])
        .assert_refused(&["--reason <WHY>"]);
}

#[test]
fn a_held_host_runs_nothing_until_its_owner_releases_it() {
    let kept = one_at_a_time();
    let said = kept.ok(&["hold", "web1", "--owner", "OPS-1", "--reason", "disk"]);
    assert_eq!(said, "web1: held by OPS-1; `pogo release` gives them back\n");
    let host = kept.ok(&["host", "web1"]);
    assert!(
        host.starts_with("web1 is unavailable\n") && host.contains("held by OPS-1: disk\n"),
        "{host}"
    );
    let refused = kept.verb(&["hold", "web2"]);
    assert_eq!(refused.code, 64, "{}", refused.err);
    assert!(
        kept.ok(&["hold", "web2", "--wait", "--owner", "OPS-2"])
            .contains("or in line")
    );
    let other = kept.verb(&["release", "web1", "--owner", "OPS-9"]);
    assert!(other.code == 64 && other.err.contains("OPS-1"), "{}", other.err);
    kept.verb(&["release", "web1", "--force"])
        .assert_refused(&["--reason <WHY>"]);
    assert_eq!(
        kept.ok(&["release", "web1", "--force", "--reason", "left"]),
        "web1: released\n"
    );
    assert!(
        kept.ok(&["host", "web2"]).contains("held by OPS-2"),
        "its turn has come"
    );
}

#[test]
fn a_program_gets_the_answer_of_an_order() {
    let kept = one_at_a_time();
    blocked(&kept);
    let answer = kept.json(&["skip", "1", "web1"]);
    assert_eq!(answer["answer"]["hosts"], 1, "{answer}");
    assert!(answer["said"].as_str().unwrap().starts_with("web1 of job 1"));
}

#[test]
fn a_note_is_read_by_whoever_looks_next() {
    let kept = one_at_a_time();
    blocked(&kept);
    let said = kept.ok(&["note", "last", "disk", "of web1", "is replaced"]);
    assert_eq!(said, "noted; `pogo status 1` shows it to whoever looks at job 1\n");
    let status = kept.ok(&["status", "1"]);
    assert!(
        status.contains("\nnotes:\n  ") && status.contains(": disk of web1 is replaced\n"),
        "{status}"
    );
    assert!(
        !status.contains("\nordered:"),
        "a note is no order that steers: {status}"
    );
    let who = kept.json(&["status", "1"])["notes"][0]["actor"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let events = kept.ok(&["events", "1"]);
    assert!(events.contains(&format!("job-1 was noted by {who}")), "{events}");
    kept.verb(&["note", "1", " "]).assert_refused(&["say something"]);
    kept.verb(&["note", "9", "x"]).assert_refused(&["job-9", "pogo jobs"]);
}

#[test]
fn a_host_that_a_probe_finds_well_is_done_and_gives_back_its_slot() {
    let kept = one_at_a_time();
    blocked(&kept);
    let ill = kept.verb(&["probe", "1", "--", "echo sick >&2; test -e ~/mended"]);
    assert_eq!(ill.code, 1, "{}{}", ill.out, ill.err);
    assert!(
        ill.out.starts_with("1 host is not, and as before:\n") && ill.out.contains("exit 1: web1  \"sick\""),
        "{}",
        ill.out
    );
    // The check holds nothing of its own, and the job waits as before.
    let slots = kept.ok(&["slots"]);
    assert!(
        slots.contains("web1 failed in job 1 since") && !slots.contains("job 2"),
        "{slots}"
    );
    assert_eq!(kept.count("1", "failed"), 1);
    for host in THREE {
        kept.touch(host, "mended");
    }
    let said = kept.ok(&[
        "probe",
        "1",
        "web1",
        "--reason",
        "disk replaced",
        "--",
        "test",
        "-e",
        ".",
        "-a",
        "x",
        "=",
        "x",
    ]);
    assert_eq!(said, "web1 of job 1 is well: done in that job, and available\n");
    assert_eq!(kept.verb(&["wait", "1"]).code, 0);
    assert_eq!((kept.count("1", "skipped"), kept.count("1", "succeeded")), (1, 2));
    let status = kept.ok(&["status", "1"]);
    assert!(
        status.contains("web1 of job-1 skipped by ")
            && status.contains(": the check of job 3 succeeded: disk replaced\n"),
        "{status}"
    );
    assert_eq!(
        kept.ok(&["probe", "1", "--", "true"]),
        "job 1 has no such host that failed or is in doubt\n"
    );
    kept.verb(&["probe", "1"]).assert_refused(&["CHECK"]);
}
