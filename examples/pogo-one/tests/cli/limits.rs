//! The table of limits at the end of an event log.

use pogo_ssh::loopback::Fault;
use serde_json::Value;

use super::program::Program;
use super::ssh::Site;

const POLICY: &str = "\
tag: {db: ['db[1-2]'], web: ['web[1-4]']}
constraint: {$db: {max_parallel: 1}, $web: {max_parallel: 3}}
";

#[test]
fn an_event_log_ends_with_the_table_of_the_golden_file() {
    let program = Program::with_policy(POLICY);
    let words = [
        "simulate",
        "-c",
        "policy.yaml",
        "*",
        "-f",
        "4",
        "--task-time",
        "30",
        "--format",
        "jsonl",
    ];
    let done = program.run(&[&words[..], &["--events", "log"]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(
        done.out.lines().last().unwrap().to_owned() + "\n",
        include_str!("../golden/limits.jsonl")
    );
    let log = std::fs::read_to_string(program.directory.path().join("log")).unwrap();
    assert_eq!(log, done.out);
    // Text and JSON are one table.
    let text = program.run(&words[..words.len() - 2]).out;
    let table: Value = serde_json::from_str(done.out.lines().last().unwrap()).unwrap();
    let rows = table["limits"].as_array().unwrap();
    let named = |row: &Value| {
        let group = row["group"].as_str().unwrap();
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{group} ")));
        let numbers: Vec<&str> = line.unwrap()[group.len() + 2..].split_whitespace().take(2).collect();
        assert_eq!(numbers, [row["slots"].to_string(), row["peak"].to_string()], "{text}");
    };
    rows.iter().for_each(named);
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_real_run_ends_with_it_and_its_log_is_read_as_before() {
    let site = Site::new(POLICY, &["db1", "db2", "web1", "web2", "web3", "web4"]);
    site.servers.inject("db2", Fault::FailWith(3)).unwrap();
    let args = site.args("*", &["--format", "jsonl", "--", "true"]);
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let table: Value = serde_json::from_str(done.out.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&table["summary"], &table["version"]),
        (&"limits".into(), &2.into()),
        "{table}"
    );
    let rows = table["limits"].as_array().unwrap();
    let db = rows.iter().find(|row| row["group"] == "$db").unwrap();
    assert_eq!(
        (&db["hosts"], &db["slots"], &db["peak"]),
        (&2.into(), &1.into(), &1.into())
    );
    site.program.write("run.jsonl", &done.out);
    for verb in [
        &["audit", "run.jsonl"][..],
        &["replay", "run.jsonl", "--speed", "max"],
        &["timeline", "run.jsonl", "--html", "t.html"],
    ] {
        let read = site.program.run(verb);
        assert!(read.code != 64 && read.code != 70, "{verb:?}: {}{}", read.out, read.err);
    }
}
