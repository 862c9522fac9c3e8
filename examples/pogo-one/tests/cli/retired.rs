//! Verbs on jobs that are over for good, and that the scheduler knows no longer.

use super::store_site::StoreSite;

/// Two jobs, the first of which has left the scheduler: it goes when the next thing is decided after its time is up.
fn retired() -> StoreSite {
    let policy = "retire_after: 0s\ntag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 2}}\n";
    let kept = StoreSite::new(policy, &["web1", "web2", "web3"]);
    let done = kept.run(
        "@web",
        &[],
        "echo from $POGO_HOST; if [ $POGO_HOST = web2 ] && ! [ -e ~/ok ]; then echo broken >&2; exit 3; fi",
    );
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert_eq!(kept.run("web1", &[], "true").code, 0);
    let jobs = kept.json(&["jobs"]);
    assert_eq!(
        (&jobs[1]["job"], &jobs[1]["retired"]),
        (&1.into(), &true.into()),
        "{jobs:#}"
    );
    kept
}

#[test]
fn a_retired_job_is_asked_about_as_any_other() {
    let kept = retired();
    let status = kept.ok(&["status", "1"]);
    assert!(
        status.starts_with("job 1 is finished since ") && status.contains("    exit 3: web2  \"broken\"  at "),
        "{status}"
    );
    assert!(status.ends_with("  pogo retry 1 --failed --in-doubt\n"), "{status}");
    assert_eq!(
        kept.verb(&["logs", "1", "web[1-2]"]).out,
        "web1 | from web1\nweb2 | from web2\n"
    );
    assert_eq!(kept.ok(&["logs", "1", "--failed", "--stderr"]), "");
    assert!(kept.ok(&["events", "1", "web2"]).contains("web2"));
    assert!(kept.ok(&["timeline", "1"]).contains("web2"));
    assert_eq!(kept.verb(&["wait", "1"]).code, 1);
    let refused = kept.verb(&["explain", "1", "web2"]);
    assert_eq!(refused.code, 64, "{}", refused.out);
    assert!(
        kept.ok(&["explain", "1"])
            .starts_with("job 1 does not wait: it is finished\n")
    );
}

#[test]
fn failed_hosts_of_a_retired_job_are_tried_again_in_a_new_one() {
    let kept = retired();
    let overview = kept.ok(&["status"]);
    assert!(
        overview.contains("job 1 is over, and web2 of it still holds slots\n  pogo retry 1 --failed --in-doubt\n"),
        "{overview}"
    );
    kept.touch("web2", "ok");
    let said = kept.ok(&["retry", "1", "--failed", "--in-doubt"]);
    assert_eq!(
        said,
        "job 1 is over: web2 is tried again in job 3; `pogo attach 3` shows it\n"
    );
    assert_eq!(kept.verb(&["wait", "last"]).code, 0);
    assert!(kept.ok(&["status", "3"]).contains("  retry of  job 1\n"));
}

#[test]
fn a_failed_host_of_a_retired_job_is_skipped() {
    let kept = retired();
    assert_eq!(
        kept.ok(&["skip", "1", "--failed"]),
        "web2 of job 1 is skipped: done, as far as the job is concerned\n"
    );
    assert_eq!(kept.ok(&["slots"]), "$web: 0 of 2 slots taken (max_parallel: 2)\n");
    let again = kept.verb(&["skip", "1", "web2"]);
    assert_eq!(again.code, 64, "{}", again.out);
}

#[test]
fn a_retired_job_takes_a_note_and_a_probe() {
    let kept = retired();
    kept.ok(&["note", "1", "web2 waits for a disk"]);
    assert!(kept.ok(&["status", "1"]).contains(": web2 waits for a disk\n"));
    let said = kept.ok(&["probe", "1", "--", "true"]);
    assert_eq!(said, "web2 of job 1 is well: done in that job, and available\n");
    assert_eq!(kept.ok(&["slots"]), "$web: 0 of 2 slots taken (max_parallel: 2)\n");
}
