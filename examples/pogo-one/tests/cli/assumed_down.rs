//! What `plan` says of hosts that are assumed to be down.

use serde_json::{Value, json};

use super::program::Program;

const POLICY: &str = "\
tag: {db: ['db[1-2]'], web: ['web[1-4]']}
sequence: [$db, $web]
constraint: {$db: {max_parallel: 1}, $web: {max_parallel: 2}}
";

fn plan(program: &Program, more: &[&str]) -> String {
    let done = program.run(&[&["plan", "-c", "policy.yaml"], more].concat());
    assert_eq!(done.code, 0, "{more:?}: {}{}", done.out, done.err);
    done.out
}

#[test]
fn a_plan_shows_slots_that_they_hold_and_what_starts_all_the_same() {
    let program = Program::with_policy(POLICY);
    for more in [&["plan"][..], &["run", "--dry-run"]] {
        let words = [
            more,
            &["-c", "policy.yaml", "web[1-3]", "--assume-down", "web4", "--", "true"],
        ]
        .concat();
        let done = program.run(&words);
        let wanted = "\nassumed to be down: 1 host: web4\n  1 of 2 slots of $web held (max_parallel: 2)\n\
            starts at once: 1 host: web1\n";
        assert!(done.code == 0 && done.out.ends_with(wanted), "{}{}", done.out, done.err);
    }
}

#[test]
fn a_plan_shows_what_they_block_and_why() {
    let out = plan(&Program::with_policy(POLICY), &["*", "--assume-down", "db2"]);
    let wanted = "\
assumed to be down: 1 host: db2
  1 of 1 slots of $db held (max_parallel: 1)
starts at once: 1 host: db2
";
    assert!(out.contains(wanted), "{out}");
    let out = plan(&Program::with_policy(POLICY), &["db1,@web", "--assume-down", "db2"]);
    for wanted in [
        "\nstarts at once: no host\n",
        "\nblocked, although all that runs succeeds: 5 hosts: db1,web[1-4]\n",
        "\n  db2 (down since the start) holds the only slot of $db\n",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
}

#[test]
fn a_plan_says_the_same_in_json() {
    let program = Program::with_policy(POLICY);
    let read = |more: &[&str]| -> Value {
        serde_json::from_str(&plan(&program, &[&["--format", "json"], more].concat())).unwrap()
    };
    let down = &read(&["db1,@web", "--assume-down", "db2"])["assumed_down"];
    assert_eq!(down["hosts"], "db2");
    let held = json!([{"group": "$db", "rule": {"max_parallel": "1"}, "slots": 1, "held": 1}]);
    assert_eq!(down["held"], held);
    assert_eq!(
        (&down["starts"], &down["blocked"]),
        (&json!(""), &json!("db1,web[1-4]"))
    );
    assert!(down["blocked_by"][0].as_str().unwrap().contains("db2"), "{down}");
    assert!(read(&["*"]).get("assumed_down").is_none());
}

#[test]
fn a_plan_says_what_no_limit_counts() {
    let out = plan(
        &Program::with_policy("tag: {web: ['web[1-4]']}\n"),
        &["@web", "--assume-down", "web4"],
    );
    assert!(
        out.ends_with("assumed to be down: 1 host: web4\n  no limit counts them\nstarts at once: 4 hosts: web[1-4]\n"),
        "{out}"
    );
}
