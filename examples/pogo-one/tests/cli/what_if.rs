//! `simulate --times`, `--runs` and `--what-if`.

use pogo_ssh::loopback::Fault;
use serde_json::Value;

use super::program::{Done, Program};
use super::ssh::Site;

const POLICY: &str = "\
tag: {db: ['db[1-3]'], web: ['web[1-8]']}
sequence: [$db, $web]
constraint: {$db: {max_parallel: 1}, $web: {max_parallel: 2}}
";

fn simulate(program: &Program, more: &[&str]) -> Done {
    program.run(&[&["simulate", "-c", "policy.yaml", "-t", "*"], more].concat())
}

/// Milliseconds from the submission to the last end.
fn makespan(events: &[Value]) -> f64 {
    let ends = ["task_succeeded", "task_failed", "task_in_doubt"];
    let at = |event: &Value| event["at"].as_f64().unwrap();
    let first = events.iter().find(|event| event["event"] == "job_submitted").unwrap();
    let last = events
        .iter()
        .rfind(|event| ends.contains(&event["event"].as_str().unwrap()))
        .unwrap();
    at(last) - at(first)
}

/// The log of a real run over SSH, on hosts that do not all take the same time.
fn real_log(site: &Site) -> Vec<Value> {
    let command = "case $POGO_HOST in *[147]) sleep 0.4;; *) sleep 0.15;; esac";
    let args = site.args("*", &["--format", "jsonl", "--", command]);
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    site.program.write("past.jsonl", &done.out);
    done.events()
}

const HOSTS: [&str; 11] = [
    "db1", "db2", "db3", "web1", "web2", "web3", "web4", "web5", "web6", "web7", "web8",
];

#[test]
fn a_real_run_with_its_own_times_takes_as_long_in_virtual_time() {
    let site = Site::new(POLICY, &HOSTS);
    let past = makespan(&real_log(&site));
    let again = simulate(&site.program, &["--times", "log:past.jsonl", "--format", "jsonl"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let again = makespan(&again.events());
    assert!((past - again).abs() <= past * 0.01, "{past} ms once more is {again} ms");
    // The times are what makes it so.
    let other = makespan(&simulate(&site.program, &["--format", "jsonl"]).events());
    assert!((past - other).abs() > past * 0.5, "{past} ms and {other} ms");
}

#[test]
fn a_real_run_with_a_failure_takes_as_long_and_fails_in_virtual_time() {
    let site = Site::new(POLICY, &HOSTS);
    site.servers.inject("web3", Fault::FailWith(3)).unwrap();
    let past = real_log(&site);
    let args = ["--times", "log:past.jsonl", "--outcomes", "--format", "jsonl"];
    let again = simulate(&site.program, &args);
    assert_eq!(again.code, 1, "{}", again.err);
    let events = again.events();
    let (past, again) = (makespan(&past), makespan(&events));
    assert!((past - again).abs() <= past * 0.01, "{past} ms once more is {again} ms");
    assert_eq!(super::program::hosts(&events, "task_failed"), ["web3"]);
}

#[test]
fn the_same_seed_is_the_same_run_and_is_printed() {
    let program = Program::with_policy(POLICY);
    let run = |seed: &str| {
        let done = simulate(
            &program,
            &["--times", "uniform(10s,60s)", "--fail-rate", "5%", "--seed", seed],
        );
        assert!(done.out.contains(&format!("--seed {seed} is this run")), "{}", done.out);
        done.out
    };
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[rustfmt::skip]
const TIMES: &[&str] = &["--times", "lognormal(30s,0.8)", "--fail-rate", "1%", "--runs", "40", "--seed", "7"];

#[test]
fn what_if_answers_in_text_and_in_json() {
    let program = Program::with_policy(POLICY);
    let text = simulate(&program, &[TIMES, &["--what-if"]].concat());
    assert_eq!(text.code, 0, "{}", text.err);
    for wanted in [
        "11 hosts, 40 runs, seeds 7 to 46, task times lognormal(30s,0.8)",
        "  p90 ",
        "blocked or stopped  ",
        "critical path: ",
        "max_parallel: 1 on $db",
        "what each rule costs, in 20 of the runs",
    ] {
        assert!(text.out.contains(wanted), "{wanted} is not in\n{}", text.out);
    }
    let json = simulate(&program, &[TIMES, &["--what-if", "--format", "json"]].concat());
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&answer["runs"], &answer["seed"]), (&40.into(), &7.into()));
    let p50 = &answer["makespan"]["p50"];
    let gains: Vec<f64> = answer["costs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cost| cost["before"].as_f64().unwrap() - cost["after"].as_f64().unwrap())
        .collect();
    assert!(
        gains.len() >= 5 && gains.is_sorted_by(|one, other| one >= other),
        "{gains:?}"
    );
    // Whatever is said of a run can be checked.
    let seed = p50["seed"].to_string();
    let run = simulate(
        &program,
        &[&TIMES[..4], &["--seed", &seed, "--format", "jsonl"]].concat(),
    );
    assert_eq!(makespan(&run.events()), p50["time"].as_f64().unwrap());
    // Without the question nothing is relaxed.
    let runs = simulate(&program, &[TIMES, &["--format", "json"]].concat());
    let runs: Value = serde_json::from_str(&runs.out).unwrap();
    assert_eq!(
        (&runs["makespan"], &runs["costs"]),
        (&answer["makespan"], &Value::Array(vec![]))
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_the_cure() {
    let program = Program::with_policy(POLICY);
    program.write("empty.jsonl", "");
    for (args, cure) in [
        (&["--times", "gauss(30s,1)"][..], "lognormal(30s,0.8) or log:FILE"),
        (&["--times", "uniform(60s,10s)"], "write the shorter one first"),
        (&["--times", "lognormal(30s,-1)"], "a number from 0 to 5"),
        (&["--times", "fixed(soon)"], "write fixed(30s)"),
        (&["--times", "log:"], "log:job.jsonl"),
        (&["--times", "log:nowhere"], "cannot read nowhere"),
        (&["--times", "log:empty.jsonl"], "take the log of a job that ran"),
        (&["--times", "fixed(30s)", "--outcomes"], "--times log:FILE"),
        (&["--times", "fixed(30s)", "--task-time", "3s"], "cannot be used with"),
        (&["--fail-rate", "1"], "such as 1% or 0.5%"),
        (&["--fail-rate", "101%"], "from 0% to 100%"),
        (&["--runs", "0"], "1..=1000000"),
        (&["--format", "json"], "add --what-if"),
        (&["--runs", "3", "--format", "jsonl"], "take --format json"),
    ] {
        let done = simulate(&program, args);
        assert_eq!(done.code, 64, "{args:?}: {}", done.out);
        assert!(done.err.contains(cure), "{args:?}: {}", done.err);
    }
}
