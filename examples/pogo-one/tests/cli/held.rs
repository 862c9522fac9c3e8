//! Hosts that somebody holds, and the jobs that may run there.

use super::kept_store::Kept;

#[test]
fn a_held_host_runs_what_goes_under_the_name_of_its_hold_and_nothing_else() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    assert_eq!(kept.run("web2", &["--", "true"]).code, 0);
    let held = kept.verb(&["hold", "web1", "--owner", "CHG-17", "--reason", "a new disk"]);
    assert_eq!(held.code, 0, "{}", held.err);
    for other in [&[][..], &["--under-hold", "CHG-18"]] {
        let run = kept.run("@web", &[other, &["-d", "--", "echo other >>ran"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
    }
    // What waits for the end of the hold says whose it is, and how it ends.
    for job in ["2", "3"] {
        let why = kept.verb(&["explain", job, "web1"]);
        assert!(
            why.out.contains("CHG-17") && why.out.contains("pogo release"),
            "{}{}",
            why.out,
            why.err
        );
    }
    let own = kept.run("web1", &["--under-hold", "CHG-17", "--", "echo own"]);
    assert_eq!((own.code, own.out.contains("own")), (0, true), "{}{}", own.out, own.err);
    let host = kept.verb(&["host", "web1"]);
    assert!(host.out.contains("CHG-17"), "it is held as before: {}", host.out);
    // Under its limits: nothing runs beside it, and with the end of the hold the others go on.
    let released = kept.verb(&["release", "web1", "--owner", "CHG-17"]);
    assert_eq!(released.code, 0, "{}", released.err);
    for job in ["2", "3"] {
        let waited = kept.verb(&["wait", job]);
        assert_eq!(waited.code, 0, "{}", waited.err);
    }
}
