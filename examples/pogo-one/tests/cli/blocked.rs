//! Failures use up the limit.

use serde_json::Value;

use super::program::Program;

const POLICY: &str = "tag: {web: ['w[001-100]']}\nconstraint: {$web: {max_parallel: 5}}\n";

/// The most hosts that were running, or failed, before and after each event; and the most running after a failure.
fn away(events: &[Value]) -> (u32, u32) {
    let (mut running, mut failed, mut most, mut most_running_after) = (0, 0, 0, 0);
    for event in events {
        match event["event"].as_str().unwrap() {
            "task_started" => running += 1,
            "task_succeeded" => running -= 1,
            "task_failed" => {
                running -= 1;
                failed += 1;
            }
            _ => {}
        }
        most = most.max(running + failed);
        if failed > 0 {
            most_running_after = most_running_after.max(running);
        }
    }
    (most, most_running_after)
}

#[test]
fn five_at_a_time_becomes_four_after_a_failure() {
    let program = Program::with_policy(POLICY);
    let done = program.run(&[
        "simulate",
        "-c",
        "policy.yaml",
        "-t",
        "$web",
        "--fail",
        "w007",
        "--format",
        "jsonl",
    ]);
    assert_eq!(done.code, 1);
    assert_eq!(away(&done.events()), (5, 4));
}

#[test]
fn five_failures_block_the_job_and_no_sixth_host_is_touched() {
    let program = Program::with_policy(POLICY);
    let args = ["simulate", "-c", "policy.yaml", "-t", "$web", "--fail", "w[001-005]"];
    let done = program.run(&args);
    assert_eq!(done.code, 2);
    let said = "blocked: w[001-005] (failed in job 1 at 1.0s) hold all 5 slots of $web\n";
    assert!(done.out.contains(said), "{}", done.out);
    let help = "mend these hosts, and run again on them and on what was not run\n";
    assert!(done.out.ends_with(help), "{}", done.out);
    let events = program.run(&[&args[..], &["--format", "jsonl"]].concat()).events();
    assert_eq!(super::program::hosts(&events, "task_started").len(), 5);
    assert_eq!(events.last().unwrap()["event"], "job_blocked");
}
