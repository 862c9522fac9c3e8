//! Job files, variables and files of defaults, checked as the policy is.

use serde_json::Value;

use super::program::{Done, Program};
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-8]'], db: [db1]}\n";

#[track_caller]
fn refused(program: &Program, words: &[&str], wanted: &[&str]) {
    program.run(words).assert_refused(wanted);
}

/// Runs with these variables.
fn run_with(program: &Program, variables: &[(&str, &str)], words: &[&str]) -> Done {
    Done::of(program.command(words).envs(variables.iter().copied()).output().unwrap())
}

fn defaults(program: &Program, text: &str) {
    std::fs::create_dir_all(program.directory.path().join(".config/pogo")).unwrap();
    program.write(".config/pogo/config.yaml", text);
}

fn plan(done: &Done) -> Value {
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn the_example_of_a_job_file_is_planned_and_simulated() {
    let job = concat!(env!("CARGO_MANIFEST_DIR"), "/../job.yaml");
    let program = Program::new();
    for verb in ["plan", "simulate"] {
        let done = program.run(&[verb, "--job-file", job]);
        assert_eq!(done.code, 0, "{verb}: {}{}", done.out, done.err);
    }
    let done = program.run(&["run", "--job-file", job, "--dry-run"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("wave"), "{}", done.out);
}

#[test]
fn a_job_file_says_all_of_a_job_and_what_is_typed_comes_first() {
    let site = Site::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let key = site.servers.identity_file().display().to_string();
    let known = site.servers.known_hosts_file().display().to_string();
    let user = pogo_ssh::loopback::LoopbackFleet::USER;
    site.program
        .write("check.sh", "#!/bin/sh\necho \"script $1 $GREETING\"\n");
    let start = format!(
        "policy: policy.yaml\ntargets: [web1, web2]\nuser: {user}\nidentity: {key}\nknown_hosts: [{known}]\n\
         env: {{ GREETING: \"it's me\" }}\nexclude: web2\nssh_option: {{ ConnectTimeout: 5 }}\n\
         expected: {{ $web: 3s }}\nsettle: 0\non_doubt: fail\norder: listed\nno_agent: true\npty: false\n"
    );
    site.program
        .write("line.yaml", &format!("{start}command: echo line $GREETING\n"));
    site.program
        .write("words.yaml", &format!("{start}command: [echo, words, $GREETING]\n"));
    site.program
        .write("script.yaml", &format!("{start}script: check.sh\narguments: [one]\n"));
    for (words, wanted) in [
        (&["--job-file", "line.yaml"][..], "web1 | line it's me\n"),
        (&["--job-file", "words.yaml"], "web1 | words $GREETING\n"),
        (&["--job-file", "script.yaml"], "web1 | script one it's me\n"),
        (
            &["--job-file", "script.yaml", "--", "two"],
            "web1 | script two it's me\n",
        ),
        (&["--job-file", "line.yaml", "--", "echo typed"], "web1 | typed\n"),
        (
            &["--job-file", "line.yaml", "--script", "check.sh"],
            "web1 | script  it's me\n",
        ),
        (
            &["--job-file", "line.yaml", "--env", "GREETING=you"],
            "web1 | line you\n",
        ),
        (
            &["web2", "--job-file", "line.yaml", "-x", "web1"],
            "web2 | line it's me\n",
        ),
        (
            &["-t", "web2", "--job-file", "line.yaml", "--exclude", "web1"],
            "web2 | line it's me\n",
        ),
    ] {
        let done = site.program.run(&[&["run"], words].concat());
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
        assert!(done.out.starts_with(wanted), "{words:?}: {}", done.out);
        assert_eq!(done.out.matches(" | ").count(), 1, "{words:?}: {}", done.out);
    }
}

#[test]
fn paths_in_a_file_are_relative_to_it() {
    let program = Program::new();
    std::fs::create_dir(program.directory.path().join("jobs")).unwrap();
    program.write("jobs/policy.yaml", POLICY);
    program.write("jobs/hosts.txt", "db2\n");
    program.write(
        "jobs/job.yaml",
        "policy: policy.yaml\ninventory: [hosts.txt]\ntargets: [db1, db2]\n",
    );
    let done = program.run(&["plan", "--job-file", "jobs/job.yaml"]);
    assert!(
        done.code == 0 && done.out.contains("db[1-2]"),
        "{}{}",
        done.out,
        done.err
    );
}

/// A job file, and what its error says.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "targets: $web\nmax_paralel: 3\n",
        &[
            "job.yaml:2:1: unknown key `max_paralel` in a job",
            "did you mean `max_parallel`",
        ],
    ),
    ("max-parallel: 3\n", &["job.yaml:1:1", "did you mean `max_parallel`"]),
    (
        "targets: $web\nmax_parallel: many\n",
        &["job.yaml:2:15: `many` is no value here", "25%"],
    ),
    (
        "max_parallel: [1, 2]\n",
        &["job.yaml:1:15: expected a text, found a list", "max_parallel: 25%"],
    ),
    ("timeout: soon\n", &["job.yaml:1:10", "write seconds (30)"]),
    ("retries: -1\n", &["job.yaml:1:10", "`-1`"]),
    (
        "order: lsited\n",
        &["job.yaml:1:8: `lsited` is no value here; known are balanced, listed, shuffled"],
    ),
    (
        "pty: perhaps\n",
        &["job.yaml:1:6: expected `true` or `false`, found `perhaps`"],
    ),
    ("env: [A=1]\nenv: {B: 1}\n", &["job.yaml:2:1"]),
    ("env: {A: [1]}\n", &["job.yaml:1:10: expected a text, found a list"]),
    ("env: A\n", &["job.yaml:1:6", "NAME=VALUE"]),
    (
        "waves: {a: 1}\n",
        &["job.yaml:1:8: expected a text or a list of texts, found a map"],
    ),
    (
        "command: {a: 1}\n",
        &["job.yaml:1:10: expected a line for the target's shell"],
    ),
    (
        "command: []\n",
        &["job.yaml:1:10: expected a line for the target's shell"],
    ),
    (
        "format: jsonl\n",
        &["job.yaml:1:1: `format` cannot stand here", "command line alone"],
    ),
    (
        "quiet: true\n",
        &["job.yaml:1:1: `quiet` cannot stand here", "no part of a job"],
    ),
    ("job_file: job.yaml\n", &["job.yaml:1:1: `job_file` cannot stand here"]),
    (
        "- targets\n",
        &["job.yaml:1:1: expected a map of settings, found a list"],
    ),
    ("targets: [web1\n", &["job.yaml:"]),
    ("env:\n\tA: 1\n", &["job.yaml:2", "tab"]),
    (
        "host_keys: trusting\n",
        &["job.yaml:1:12", "strict, accept-new, insecure"],
    ),
    ("inventory: /x/hosts\n", &["job.yaml:1:12", "TYPE:"]),
    (
        "targets: $web\nbake: 5m\n",
        &["--bake comes from job.yaml:2", "--waves"],
    ),
    ("policy: nowhere.yaml\ntargets: $web\n", &["nowhere.yaml"]),
    ("", &["targets are missing"]),
];

#[test]
fn mistakes_in_a_job_file_are_shown_where_they_are() {
    let program = Program::with_policy(POLICY);
    for (text, wanted) in MISTAKES {
        program.write("job.yaml", text);
        refused(&program, &["plan", "--job-file", "job.yaml"], wanted);
    }
    refused(&program, &["plan", "--job-file", "nowhere.yaml"], &["nowhere.yaml"]);
    refused(&program, &["plan", "--job-file", "."], &["directory"]);
}

#[test]
fn defaults_come_from_flags_then_variables_then_files() {
    let program = Program::with_policy(POLICY);
    let limit = |variables: &[(&str, &str)], words: &[&str]| {
        let done = run_with(
            &program,
            variables,
            &[&["plan", "@web", "--format", "json"], words].concat(),
        );
        plan(&done)["job"]["retries"].as_u64()
    };
    defaults(&program, "policy: ../../policy.yaml\nretries: 1\n");
    assert_eq!(limit(&[], &[]), Some(1));
    assert_eq!(limit(&[("POGO_RETRIES", "2")], &[]), Some(2));
    assert_eq!(limit(&[("POGO_RETRIES", "")], &[]), Some(1));
    program.write("job.yaml", "retries: 3\n");
    assert_eq!(limit(&[("POGO_RETRIES", "2")], &["--job-file", "job.yaml"]), Some(3));
    assert_eq!(
        limit(&[("POGO_RETRIES", "2")], &["--job-file", "job.yaml", "--retries", "4"]),
        Some(4)
    );
    // The user's directory of settings may be elsewhere.
    std::fs::create_dir_all(program.directory.path().join("xdg/pogo")).unwrap();
    program.write("xdg/pogo/config.yaml", "policy: ../../policy.yaml\nretries: 5\n");
    let xdg = program.directory.path().join("xdg").display().to_string();
    assert_eq!(limit(&[("XDG_CONFIG_HOME", &xdg)], &[]), Some(5));
    // Inventories of other verbs are these too.
    let done = program.run(&["inventory", "list"]);
    assert!(done.code == 0 && done.out.contains("web"), "{}{}", done.out, done.err);
}

#[test]
fn what_is_typed_keeps_its_rivals_from_files_out() {
    let program = Program::with_policy(POLICY);
    defaults(&program, "password_file: secret\nverbose: true\n");
    let done = program.run(&["run", "web1", "--ask-password", "-q", "--dry-run", "--", "true"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}

#[test]
fn mistakes_in_defaults_name_their_place() {
    let program = Program::with_policy(POLICY);
    for (text, wanted) in [
        (
            "max_paralel: 3\n",
            &[
                "config.yaml:1:1: unknown key `max_paralel`",
                "did you mean `max_parallel`",
            ][..],
        ),
        (
            "targets: $web\n",
            &["config.yaml:1:1: `targets` cannot stand here", "--job-file"],
        ),
        ("timeout: soon\n", &["config.yaml:1:10", "write seconds"]),
    ] {
        defaults(&program, text);
        refused(&program, &["plan", "web1"], wanted);
    }
    defaults(&program, "");
    for (name, value, wanted) in [
        ("POGO_MAX_PARALEL", "3", "did you mean POGO_MAX_PARALLEL"),
        ("POGO_TIMEOUT", "soon", "the variable POGO_TIMEOUT: `soon`"),
        ("POGO_TARGETS", "*", "no default of the program"),
    ] {
        let done = run_with(&program, &[(name, value)], &["plan", "web1"]);
        assert_eq!(done.code, 64, "{name}: {}{}", done.out, done.err);
        assert!(done.err.contains(wanted), "{}", done.err);
    }
    // What a host's own command finds there is no setting.
    let done = run_with(
        &program,
        &[("POGO_HOST", "web1"), ("POGO_JOB", "job-1")],
        &["plan", "web1"],
    );
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}

#[test]
fn config_shows_each_value_with_its_origin() {
    let program = Program::new();
    defaults(&program, "retries: 1\nidentity: [~/a, b]\nuser: joe\n");
    let done = run_with(&program, &[("POGO_USER", "ann")], &["config"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let line = |key: &str| {
        let found = done
            .out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(key));
        found
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let home = program.directory.path().display();
    assert_eq!(line("user"), "user ann POGO_USER");
    assert_eq!(line("retries"), format!("retries 1 {home}/.config/pogo/config.yaml:1"));
    assert_eq!(line("order"), "order balanced default");
    assert_eq!(line("timeout"), "timeout - not set");
    assert!(
        line("identity").contains(&format!("{home}/a, {home}/.config/pogo/b")),
        "{}",
        done.out
    );
    let done = program.run(&["config", "--format", "json"]);
    let shown: Vec<Value> = serde_json::from_str(&done.out).unwrap();
    assert!(
        shown
            .iter()
            .any(|shown| shown["key"] == "user" && shown["value"] == "joe"),
        "{}",
        done.out
    );
}
