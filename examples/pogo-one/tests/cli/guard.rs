//! Hosts that no limit counts.

use std::process::{Command, Stdio};

use super::program::{Done, Program};

const REMARK: &str = "hosts are under no limit: at most 64 of them run at once; -f N (--max-parallel) changes that, \
    and -f none lifts it\n";

#[test]
fn many_hosts_under_no_limit_run_64_at_once_unless_somebody_says_otherwise() {
    let program = Program::new();
    for (more, widest, guarded) in [
        (&[][..], 64, true),
        (&["-f", "200"], 200, false),
        (&["-f", "5"], 5, false),
        (&["-f", "none"], 300, false),
    ] {
        let words = [&["simulate", "-t", "web[1-300]"], more].concat();
        let done = program.run(&words);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(
            done.out.contains(&format!("at most {widest} at once")),
            "{more:?}: {}",
            done.out
        );
        let label = done.out.contains("  hosts without a limit      64      64")
            && done.out.contains("  64 at once (-f changes it)\n");
        assert_eq!(label, guarded, "{more:?}: {}", done.out);
        let plan = program.run(&[&["plan", "-t", "web[1-300]"], more].concat());
        assert_eq!(
            plan.out.contains(&format!("\n300 {REMARK}")),
            guarded,
            "{more:?}: {}",
            plan.out
        );
        let label = plan
            .out
            .contains("\nhosts without a limit      300      300      64  max_running: 64\n");
        assert_eq!(label, guarded, "{more:?}: {}", plan.out);
    }
}

#[test]
fn few_hosts_are_not_told_of_it() {
    let done = Program::new().run(&["plan", "-t", "web[1-64]"]);
    assert!(!done.out.contains("max_running"), "{}", done.out);
}

#[test]
fn hosts_under_a_limit_are_left_to_that() {
    let policy = "tag: {web: ['web[1-300]'], db: ['db[1-70]']}\nconstraint: {$web: {max_parallel: 200}}\n";
    let program = Program::with_policy(policy);
    let done = program.run(&["simulate", "-c", "policy.yaml", "-t", "*"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("at most 264 at once"), "{}", done.out);
    let plan = program.run(&["run", "--dry-run", "-c", "policy.yaml", "-t", "*", "--", "true"]);
    assert!(
        plan.out.contains(&format!("\n70 {REMARK}"))
            && plan.out.contains("\nhosts without a limit ")
            && !plan.out.contains("!$web"),
        "{}",
        plan.out
    );
}

#[test]
fn failures_hold_nothing_of_it() {
    let done = Program::new().run(&["simulate", "-t", "web[1-200]", "--fail", "web[1-100]"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.contains("succeeded     100"), "{}", done.out);
}

/// On a terminal, where somebody types this.
fn typed(typed: &str, more: &str) -> Done {
    let program = Program::new();
    let pogo = env!("CARGO_BIN_EXE_pogo");
    // Nobody listens there.
    let line = format!(
        "{pogo} run {more} --user nobody --host-keys insecure --no-agent --port 1 -t '127.0.1.[1-101]' -- true"
    );
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .env("POGO_STORE", "none")
        .current_dir(program.directory.path());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
    Done::of(child.wait_with_output().unwrap())
}

#[test]
fn more_than_100_of_them_ask_on_a_terminal() {
    let question = "101 hosts are under no limit, 64 of them at once: run on all? (y/N; -y answers)";
    let done = typed("n\n", "");
    assert_eq!(done.code, 64, "{}", done.out);
    assert!(
        done.out.contains(question) && !done.out.contains("unreachable"),
        "{}",
        done.out
    );
    let done = typed("y\n", "");
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(
        done.out.contains(question) && done.out.contains("unreachable"),
        "{}",
        done.out
    );
    for more in ["-y", "-f 101"] {
        let done = typed("", more);
        assert_eq!(done.code, 1, "{}", done.out);
        assert!(!done.out.contains("run on all?"), "{}", done.out);
    }
}
