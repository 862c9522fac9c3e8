//! `plan` and `simulate`.

use std::process::Stdio;

use super::program::{Done, Program, hosts};
use super::worked::EXAMPLES;

#[test]
fn the_worked_examples_hold_in_virtual_time() {
    for example in &EXAMPLES {
        let program = Program::with_policy(example.policy);
        let done = program.run(&[
            "simulate",
            "-c",
            "policy.yaml",
            "-t",
            example.targets,
            "--format",
            "jsonl",
        ]);
        assert_eq!(done.code, 0, "{}", done.err);
        example.check(&done.events());
    }
}

#[test]
fn the_same_inputs_give_the_same_lines_and_time_never_goes_back() {
    let program = Program::with_policy(EXAMPLES[0].policy);
    let args = [
        "simulate",
        "-c",
        "policy.yaml",
        "-t",
        "*",
        "--fail",
        "h2",
        "--task-time",
        "3s",
        "--format",
        "jsonl",
    ];
    let (one, other) = (program.run(&args), program.run(&args));
    assert_eq!(one.out, other.out);
    let times: Vec<u64> = one.events().iter().map(|event| event["at"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_failed_host_ends_the_program_with_1() {
    let program = Program::with_policy("tag: {web: ['w[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n");
    let done = program.run(&["simulate", "-c", "policy.yaml", "-t", "$web", "--fail", "w2"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("failed          1  w2"), "{}", done.out);
    assert!(done.out.contains("    exit 1: w2  simulated failure\n"), "{}", done.out);
    assert!(done.out.contains("succeeded       3  w[1,3-4]"), "{}", done.out);
}

#[test]
fn ten_thousand_hosts_are_simulated() {
    let program = Program::with_policy("tag: {web: ['w[00001-10000]']}\nconstraint: {$web: {max_parallel: 10%}}\n");
    let done = program.run(&["simulate", "-c", "policy.yaml", "-t", "$web"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.out.contains("10000 hosts in 10.0s, at most 1000 at once"),
        "{}",
        done.out
    );
}

#[test]
fn a_plan_shows_the_resolved_number_beside_the_share() {
    let program = Program::with_policy("tag: {web: ['w[1-8]']}\nconstraint: {$web: {max_parallel: 25%}}\n");
    let text = program.run(&["plan", "-c", "policy.yaml", "-t", "w[1-4]"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out
            .contains("$web            8        4       2  max_parallel: 25%"),
        "{}",
        text.out
    );
    let json = program.run(&["plan", "-c", "policy.yaml", "-t", "w[1-4]", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&plan["hosts"], &plan["buckets"][0]["slots"]),
        (&"w[1-4]".into(), &2.into())
    );
}

#[test]
fn limits_of_the_job_are_shown_in_the_plan_and_after_the_run() {
    let program = Program::with_policy("tag: {web: ['w[1-8]']}\n");
    let limits = [
        "-c",
        "policy.yaml",
        "-t",
        "$web",
        "--max-parallel",
        "25%",
        "--max-failures",
        "50%",
    ];
    let plan = program.run(&[&["plan"], &limits[..]].concat()).out;
    assert!(
        plan.contains("this job        8        8       2  max_parallel: 25%\n"),
        "{plan}"
    );
    let halts = "the job halts when more than 4 hosts have failed (max_failures: 50%)\n";
    assert!(plan.contains(halts), "{plan}");
    let run = program
        .run(&[&["simulate"], &limits[..], &["--fail", "w3"]].concat())
        .out;
    let row = "  this job       2       2          for 3.0s  max_parallel: 25%\n";
    assert!(run.contains(row), "{run}");
    assert!(run.contains("  1 failed of 4 that may (max_failures: 50%)\n"), "{run}");
}

#[test]
fn nobody_listening_is_no_panic() {
    let program = Program::with_policy("tag: {web: ['w[00001-10000]']}\n");
    let mut command = program.command(&["simulate", "-c", "policy.yaml", "-t", "$web", "--format", "jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Done::of(child.wait_with_output().unwrap());
}

#[test]
fn events_have_their_names() {
    let program = Program::with_policy("tag: {web: ['w[1-2]']}\n");
    let events = program
        .run(&[
            "simulate",
            "-c",
            "policy.yaml",
            "-t",
            "*",
            "--fail",
            "w2",
            "--format",
            "jsonl",
        ])
        .events();
    assert_eq!(hosts(&events, "task_failed"), ["w2"]);
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let wanted = [
        "namespace_configured",
        "job_submitted",
        "task_started",
        "task_started",
        "task_succeeded",
        "task_failed",
        "job_finished",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn a_simulation_prints_its_summary_and_its_lines_only_when_asked() {
    let program = Program::with_policy("tag: {web: ['w[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n");
    let simulate = ["simulate", "-c", "policy.yaml", "-t", "$web"];
    let done = program.run(&simulate);
    assert!(done.out.starts_with("4 hosts in 2.0s"), "{}", done.out);
    let verbose = program.run(&[&simulate[..], &["-v"]].concat());
    let lines = "      0.000s  started   w[1-2]\n      1.000s  succeeded w[1-2]\n";
    assert!(
        verbose.out.starts_with(lines) && verbose.out.ends_with(&format!("\n\n{}", done.out)),
        "{}",
        verbose.out
    );
}
