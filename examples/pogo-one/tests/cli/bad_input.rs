//! What a new user may get wrong: each gives a message with the cure, and exit code 64.

use super::program::Program;

#[track_caller]
fn refused(policy: &str, targets: &str, wanted: &[&str]) {
    let program = Program::with_policy(policy);
    for command in ["plan", "simulate"] {
        program
            .run(&[command, "-c", "policy.yaml", "-t", targets])
            .assert_refused(wanted);
    }
}

#[test]
fn a_missing_file_is_named() {
    let done = Program::new().run(&["plan", "-c", "nowhere.yaml", "-t", "*"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("nowhere.yaml"), "{}", done.err);
}

#[test]
fn mistakes_in_the_file_are_shown_where_they_are() {
    refused("tag: {web: [w1\n", "*", &["policy.yaml:"]);
    refused("tag:\n\tweb: [w1]\n", "*", &["policy.yaml:2", "tab"]);
    refused(
        "tag: {web: [w1]}\nconstrant: {}\n",
        "*",
        &["policy.yaml:2:1", "did you mean `constraint`"],
    );
    refused(
        "tag: {web: [w1]}\nsequence: [$wbe]\n",
        "*",
        &["policy.yaml:2:", "did you mean `$web`"],
    );
    refused(
        "tag: {web: [w1]}\nconstraint: {$web: {max_paralel: 1}}\n",
        "*",
        &["policy.yaml:2:", "max_parallel"],
    );
    refused(
        "tag: {web: [w1]}\nconstraint: {$web: {max_parallel: many}}\n",
        "*",
        &["policy.yaml:2:", "25%"],
    );
}

#[test]
fn targets_that_name_nothing_are_refused() {
    let policy = "tag: {web: ['web[1-9]'], spare: []}\n";
    refused(policy, "$wbe", &["did you mean `$web`"]);
    refused(policy, "web10", &["did you mean `web1`"]);
    refused(policy, "$spare", &["name no host"]);
    refused(policy, "", &["a selector is missing"]);
    refused(policy, "web[3-1]", &["runs backwards"]);
}

#[test]
fn sequences_that_wait_for_each_other_are_named() {
    let policy = "tag: {a: [h1], b: [h2]}\nsequence: {one: [$a, $b], two: [$b, $a]}\n";
    refused(policy, "*", &["wait for each other", "`one`", "`two`"]);
}

#[test]
fn a_wrong_command_line_is_64_and_help_is_not() {
    let program = Program::new();
    assert_eq!(program.run(&["rnu"]).code, 64);
    assert_eq!(program.run(&["simulate", "-t", "h1", "--task-time", "soon"]).code, 64);
    assert_eq!(program.run(&["run", "-t", "h1"]).code, 64);
    let help = program.run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("64  the command line"), "{}", help.out);
}

#[test]
fn a_restart_that_cannot_be_awaited_is_refused() {
    for more in [
        &["--transport", "ssh"][..],
        &["--detached"],
        &["--reboot-timeout", "0s"],
    ] {
        let words = [&["run", "-t", "h1", "--reboot"][..], more, &["--", "reboot"]].concat();
        let done = Program::new().run(&words);
        assert_eq!(done.code, 64, "{more:?}: {}{}", done.out, done.err);
    }
    let done = Program::new().run(&["run", "-t", "h1", "--reboot-timeout", "5m", "--", "reboot"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("--reboot"), "{}", done.err);
}

#[test]
fn port_0_is_refused() {
    let program = Program::with_policy("host:\n  h1: { port: 0 }\n");
    for more in [&["--port", "0"][..], &["--jump", "gate:0"], &["-c", "policy.yaml"]] {
        let words = [&["run", "-t", "h1"][..], more, &["--", "true"]].concat();
        let done = program.run(&words);
        assert_eq!(done.code, 64, "{more:?}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_program_that_breaks_ends_with_70() {
    let program = Program::with_policy("tag: {web: [web1]}\n");
    // There is room for the policy file, and none for a runtime.
    let mut command = program.shell("ulimit -n 4; exec \"$0\" run -c policy.yaml -t web1 --no-agent -- true");
    command.arg(env!("CARGO_BIN_EXE_pogo"));
    let done = super::program::Done::of(command.output().unwrap());
    assert_eq!(done.code, 70, "{}{}", done.out, done.err);
    assert!(done.err.contains("error: Too many open files"), "{}", done.err);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_flag() {
    let program = Program::new();
    for (args, wanted) in [
        (
            &["plan", "-c", "nowhere.yaml", "web1"][..],
            "-c nowhere.yaml: no such file",
        ),
        (&["plan", "-i", "ansible:nowhere", "web1"], "-i nowhere: no such file"),
        (
            &["plan", "--sources", "nowhere", "web1"],
            "--sources nowhere: no such file",
        ),
        (
            &["run", "web1", "--stdin", "nowhere", "--", "true"],
            "--stdin: cannot read nowhere: ",
        ),
        (
            &["run", "web1", "--send", "nowhere:/tmp/x", "--", "true"],
            "--send: cannot read nowhere: ",
        ),
        (
            &["run", "web1", "--script", "nowhere"],
            "--script: cannot read nowhere: ",
        ),
        (
            &["simulate", "web1", "--times", "log:nowhere"],
            "--times: cannot read nowhere: ",
        ),
    ] {
        let done = program.run(args);
        assert!(done.code == 64 && done.err.contains(wanted), "{args:?}: {}", done.err);
    }
}
