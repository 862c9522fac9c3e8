//! `audit`: logs that keep every rule, and logs that do not.

use std::process::Stdio;

use super::access::Listens;
use super::program::{Done, Program};

const POLICY: &str = "tag: {web: ['w[1-4]']}\nsequence: [w1, $web]\nconstraint: {$web: {max_parallel: 2}}\n";

/// A directory with a policy and the log of a rollout under it, a line each.
fn with_log() -> (Program, Vec<String>) {
    let program = Program::with_policy(POLICY);
    let simulate = ["simulate", "-c", "policy.yaml", "-t", "$web", "--format", "jsonl"];
    let log = program.run(&simulate).out;
    program.write("log.jsonl", &log);
    (program, log.lines().map(|line| format!("{line}\n")).collect())
}

#[test]
fn a_log_that_keeps_every_rule_is_accepted() {
    let (program, _) = with_log();
    for args in [
        &["audit", "log.jsonl"][..],
        &["audit", "-c", "policy.yaml", "log.jsonl"],
    ] {
        let done = program.run(args);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        assert_eq!(done.out, "every rule was kept: 1 job, 4 attempts\n");
    }
    let json = program.run(&["audit", "log.jsonl", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["kept"], &json["audited"]["starts"]), (&true.into(), &4.into()));
}

#[test]
fn the_first_record_that_breaks_a_rule_is_named_by_its_line() {
    let (program, mut lines) = with_log();
    let start = lines
        .iter()
        .position(|line| line.contains(r#""host":"w2","attempt":2"#))
        .unwrap();
    let line = lines.remove(start).replace(r#""attempt":2"#, r#""attempt":1"#);
    // As early as the record before, or the first host would have been idle meanwhile.
    let mut record: serde_json::Value = serde_json::from_str(&line).unwrap();
    let before: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    record["at"] = before["at"].clone();
    lines.insert(2, format!("{record}\n"));
    program.write("moved.jsonl", &lines.concat());
    let done = program.run(&["audit", "moved.jsonl"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let said = "moved.jsonl:3: `w2` starts before w1 is complete: 1 still to be done, 0 failed [order] (at ";
    assert!(done.out.starts_with(said), "{}", done.out);
    let json = program.run(&["audit", "moved.jsonl", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["kept"], &json["finding"]["rule"]),
        (&false.into(), &"order".into())
    );
}

#[test]
fn a_log_is_held_against_the_policy_that_should_have_held() {
    let (program, _) = with_log();
    program.write("strict.yaml", &POLICY.replace("max_parallel: 2", "max_parallel: 1"));
    let done = program.run(&["audit", "-c", "strict.yaml", "log.jsonl"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(
        done.out
            .contains("starts while 1 of $web run, and max_parallel: 1 allows 1 [running]"),
        "{}",
        done.out
    );
}

#[test]
fn who_ordered_what_is_listed_with_what_followed() {
    let (program, lines) = with_log();
    let by = r#""actor":{"name":"alice","host":"laptop"}"#;
    let ordered: String = lines
        .iter()
        .map(|line| match line.contains(r#""event":"job_submitted""#) {
            true => line.replacen('{', &format!("{{{by},"), 1),
            false => line.clone(),
        })
        .collect();
    program.write("ordered.jsonl", &ordered);
    let done = program.run(&["audit", "ordered.jsonl"]);
    let listed: Vec<&str> = done.out.lines().skip(1).collect();
    assert_eq!(
        listed,
        ["1970-01-01 00:00 UTC  job-1 submitted by alice@laptop"],
        "{}",
        done.out
    );
    let json = program.run(&["audit", "ordered.jsonl", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let orders = json["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 2, "the namespace and the job: {orders:?}");
    assert_eq!(
        (&orders[1]["order"], &orders[1]["actor"]["name"]),
        (&"submit".into(), &"alice".into())
    );
}

#[test]
fn what_cannot_be_audited_is_said() {
    let (program, _) = with_log();
    program.write("empty.jsonl", "");
    let done = program.run(&["audit", "empty.jsonl"]);
    assert_eq!(
        (done.code, done.err.as_str()),
        (64, "error: empty.jsonl: there is nothing in it\n")
    );
    let done = program.run(&["audit", "-c", "none.yaml", "log.jsonl"]);
    assert_eq!(done.code, 64);
}

/// A directory with the store of an earlier version, whose journal begins with record 28.
fn with_compacted_journal() -> Program {
    let program = Program::with_policy(POLICY);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pogo-store/tests/golden/version-1");
    let copied = std::process::Command::new("cp")
        .args(["-r", golden])
        .arg(program.directory.path().join("old"))
        .status();
    assert!(copied.unwrap().success());
    std::process::Command::new("chmod")
        .args(["-R", "go-rwx", "old"])
        .current_dir(program.directory.path())
        .status()
        .unwrap();
    program
}

#[test]
fn a_job_of_a_compacted_journal_is_judged_by_its_own_records_and_what_is_not_judged_is_said() {
    let program = with_compacted_journal();
    let done = program.run(&["audit", "1", "--store", "old"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let lines: Vec<&str> = done.out.lines().collect();
    let wanted = [
        "every rule that is judged was kept: 1 job, 20 attempts",
        "judged: the job's own limit, failures, retries, time limits, settle times, pauses and manual gates; \
         permission before begin; one attempt at a time on a host",
        "not judged, because its journal is compacted: limits over several jobs; the fleet and the policy of that \
         time, with their order; hosts that could have started, were frozen, held or in doubt; restores",
        "  the journal of default no longer has what happened before its record #28, of 1970-01-01 00:00 UTC",
    ];
    assert_eq!(lines[..4], wanted, "{}", done.out);
    let json = program.run(&["audit", "1", "--store", "old", "--format", "json"]);
    assert_eq!(json.code, 0, "{}", json.err);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["kept"], &json["audited"]["jobs"]), (&true.into(), &1.into()));
    let named = |key: &str, rule: &str| json[key].as_array().unwrap().contains(&rule.into());
    assert!(
        named("judged", "permission") && named("not_judged", "running"),
        "{json}"
    );
    assert!(
        json["not_judged_because"].as_str().unwrap().contains("record #28"),
        "{json}"
    );
}

#[test]
fn a_job_of_a_compacted_journal_is_not_held_against_a_policy_nor_made_up() {
    let program = with_compacted_journal();
    program
        .run(&["audit", "1", "--store", "old", "-c", "policy.yaml"])
        .assert_refused(&[
            "cannot be held against a policy",
            "before its record #28",
            "without `-c`",
        ]);
    program
        .run(&["audit", "99", "--store", "old"])
        .assert_refused(&["there is no such job"]);
}

#[test]
fn a_server_has_a_job_of_a_compacted_journal_judged_by_its_own_records() {
    let program = with_compacted_journal();
    let mut serve = program.command(&["serve", "--store", "old", "--listen", "127.0.0.1:0"]);
    let server = Listens::of(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut audit = program.command(&["audit", "1"]);
    audit
        .env("POGO_STORE", format!("http://{}", server.address))
        .env("POGO_TOKEN", &server.printed);
    let done = Done::of(audit.output().unwrap());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let wanted = [
        "every rule that is judged was kept: 1 job, 20 attempts",
        "not judged, because its journal is compacted: limits over several jobs",
        "no longer has what happened before its record #",
    ];
    for wanted in wanted {
        assert!(done.out.contains(wanted), "{}", done.out);
    }
}
