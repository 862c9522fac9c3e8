//! Targets and flags as people type them who come from other tools.

use std::io::Write;
use std::process::Stdio;

use pogo_ssh::loopback::LoopbackFleet;

use super::program::{Done, Program};
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-3]'], db: [db1], cache: []}\n";

/// The hosts of a plan, folded.
fn planned(words: &[&str]) -> String {
    planned_by(&Program::with_policy(POLICY), words)
}

fn planned_by(program: &Program, words: &[&str]) -> String {
    let done = program.run(&[&["plan", "-c", "policy.yaml", "--format", "json"], words].concat());
    assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
    let plan: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    plan["hosts"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(words: &[&str], wanted: &[&str]) {
    Program::with_policy(POLICY).run(words).assert_refused(wanted);
}

#[test]
fn targets_are_words_options_and_files() {
    for words in [
        &["@web"][..],
        &["$web"],
        &["-t", "@web"],
        &["-w", "web[1-3]"],
        &["--targets", "@web"],
        &["web1", "web2", "web3"],
        &["web1", "-t", "web[2-3]"],
        &["-w", "web1", "-w", "web[2-3]"],
        &["*", "-x", "@db"],
        &["@web", "-x", "db1"],
        &["*", "-x", "d*", "--exclude", "db1"],
        &["root@web1:2222,web[2-3]"],
        &["ssh://web1", "joe@web2", "web3:22"],
    ] {
        assert_eq!(planned(words), "web[1-3]", "{words:?}");
    }
    assert_eq!(planned(&["@web", "-x", "web[1,3]"]), "web2");
}

#[test]
fn a_file_of_targets_has_remarks_and_names_its_mistakes() {
    let program = Program::with_policy(POLICY);
    program.write(
        "hosts",
        "\u{feff}# all of them\nweb1 # the first\n\n  root@web2:22, web3\r\n",
    );
    assert_eq!(planned_by(&program, &["--targets-file", "hosts"]), "web[1-3]");
    assert_eq!(
        planned_by(&program, &["--targets-file", "hosts", "-x", "web2"]),
        "web[1,3]"
    );
    program.write("wrong", "web1\nweb[3-1]\n");
    program.write("empty", "# nobody\n");
    program.write("binary", "\u{0}");
    std::fs::write(program.directory.path().join("binary"), [0xff, 0xfe]).unwrap();
    for (file, wanted) in [
        ("wrong", "wrong:2: `3-1` runs backwards"),
        ("empty", "empty lists no targets"),
        ("binary", "it is not text"),
        ("nowhere", "cannot read the targets from nowhere"),
        (".", "cannot read the targets from ."),
    ] {
        let done = program.run(&["plan", "-c", "policy.yaml", "--targets-file", file]);
        assert_eq!(done.code, 64, "{file}: {}{}", done.out, done.err);
        assert!(done.err.contains(wanted), "{file}: {}", done.err);
    }
    let mut child = program
        .command(&["plan", "-c", "policy.yaml", "--targets-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"web1\nweb2\n").unwrap();
    let done = Done::of(child.wait_with_output().unwrap());
    assert!(
        done.code == 0 && done.out.contains("web[1-2]"),
        "{}{}",
        done.out,
        done.err
    );
    refused(
        &["run", "--targets-file", "-", "--stdin", "-", "--", "cat"],
        &["cannot hold both"],
    );
}

#[test]
fn targets_that_were_meant_otherwise_are_named() {
    let with = |words: &[&'static str]| [&["plan", "-c", "policy.yaml"], words].concat();
    refused(&with(&["web"]), &["did you mean `$web`"]);
    refused(&with(&["cahce"]), &["did you mean `$cache`"]);
    refused(&with(&["web11"]), &["did you mean `web1`"]);
    refused(&with(&["@wbe"]), &["did you mean `$web`"]);
    refused(
        &with(&["@web", "-x", "wbe2"]),
        &["no host `wbe2`", "did you mean `web2`"],
    );
    refused(&with(&["@web", "-x", "web[3-1]"]), &["runs backwards"]);
    refused(&with(&["@web", "-x", "@web"]), &["name no host"]);
    refused(&with(&["web1 web2"]), &["join selectors with `,`", "         ^"]);
    refused(&with(&[]), &["targets are missing", "pogo", "'web[1-3]'"]);
    refused(&with(&["-t", "30"]), &["--timeout 30"]);
    refused(&with(&["all"]), &["the target '*'"]);
    refused(&["plan", "all"], &["the target '*'"]);
    refused(&with(&["WEB1"]), &["did you mean `web1`"]);
    refused(&with(&["web1;web2"]), &["write `,`, as in web1,web2"]);
    refused(&with(&["web{1..3}"]), &["`[1-3]`"]);
    refused(&with(&["^hosts"]), &["--targets-file hosts"]);
    refused(&with(&["root@web*"]), &["gives a login to a pattern", "-u"]);
    refused(&with(&["web1:ssh"]), &["`ssh` is no port"]);
    refused(&with(&["web1:0"]), &["`0` is no port"]);
    refused(&with(&["@"]), &["a tag is missing after `@`"]);
    refused(&with(&["root@web1", "joe@web1"]), &["two different logins"]);
    refused(&with(&["root@web1,joe@web[1]"]), &[]);
    // Nor does a slip spare nobody where no inventory knows better.
    refused(
        &["plan", "web[1-3]", "-x", "wbe2"],
        &["no host `wbe2`", "did you mean `web2`"],
    );
}

#[test]
fn a_login_in_a_target_is_used_over_what_an_inventory_says() {
    let site = Site::new("tag: {all: [web1]}\n", &["web1"]);
    let address = site.servers.hosts().next().unwrap().address();
    let (ip, port) = (address.ip(), address.port());
    let key = site.servers.identity_file().display().to_string();
    let user = LoopbackFleet::USER;
    let more = [
        "--identity",
        &key,
        "-o",
        "StrictHostKeyChecking=no",
        "--",
        "echo reached",
    ];
    let done = site
        .program
        .run(&[&["run", &format!("{user}@{ip}:{port}")], &more[..]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains(&format!("{ip} | reached")), "{}", done.out);
    for (targets, code) in [("web1", 0), ("web1:1", 1)] {
        let done = site
            .program
            .run(&[&["run", "-c", "policy.yaml", "-u", user, targets], &more[..]].concat());
        assert_eq!(done.code, code, "{targets}: {}{}", done.out, done.err);
    }
}

#[test]
fn options_of_ssh_are_obeyed_by_both_transports_and_before_the_file() {
    let site = Site::new("tag: {all: [web1]}\n", &["web1"]);
    let config = site.program.write("config", "User nobody\nSetEnv GREETING=file\n");
    let config = config.display().to_string();
    let key = site.servers.identity_file().display().to_string();
    let user = format!("User={}", LoopbackFleet::USER);
    for transport in ["builtin", "ssh"] {
        let words = [
            "run",
            "-c",
            "policy.yaml",
            "@all",
            "--identity",
            &key,
            "--ssh-config",
            &config,
            "--transport",
            transport,
            "-o",
            &user,
            "-o",
            "User=joe",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "--",
            "echo reached",
        ];
        let done = site.program.run(&words);
        assert_eq!(done.code, 0, "{transport}: {}{}", done.out, done.err);
        assert!(done.out.contains("web1 | reached"), "{transport}: {}", done.out);
    }
    for (option, wanted) in [
        ("Prot=22", "-o Prot=22: prot: no keyword that is known"),
        ("Port=many", "-o Port=many: port"),
        ("/tmp/out", "-o takes an option of ssh"),
        ("Host=x", "for files"),
    ] {
        refused(&["run", "web1", "-o", option, "--", "true"], &[wanted]);
    }
}

#[test]
fn a_bare_number_is_seconds_for_every_time() {
    let done = Program::with_policy(POLICY).run(&["plan", "-c", "policy.yaml", "@web", "--timeout", "90"]);
    assert!(
        done.code == 0 && done.out.contains("1m 30s"),
        "{}{}",
        done.out,
        done.err
    );
    for flag in [
        "--timeout",
        "--slow-after",
        "--job-timeout",
        "--retry-delay",
        "--connect-timeout",
        "--stop-grace",
    ] {
        refused(
            &["run", "web1", flag, "soon", "--", "true"],
            &[flag, "write seconds (30), or 500ms, 5m, 1h30m"],
        );
        let done = Program::new().run(&["run", "web1", flag, "30", "--dry-run", "--", "true"]);
        assert_eq!(done.code, 0, "{flag}: {}{}", done.out, done.err);
    }
    for words in [
        &["simulate", "web1", "--task-time", "2"][..],
        &["simulate", "web[1-2]", "--waves", "1,1", "--bake", "30"],
        &["simulate", "web1", "--times", "uniform(1,5)"],
    ] {
        let done = Program::new().run(words);
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
    }
    refused(&["run", "web1", "--timeout", "0", "--", "true"], &["no time to run"]);
    refused(
        &["run", "web1", "--timeout", "99999999999999999999", "--", "true"],
        &["more seconds than there are"],
    );
}

#[test]
fn the_most_at_once_has_a_letter() {
    for words in [&["-f", "1"][..], &["-f1"], &["--max-parallel", "50%"], &["-f", "none"]] {
        let done = Program::new().run(&[&["plan", "web[1-3]"], words].concat());
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
    }
    for limit in ["0", "many", "-1", "101%", "10000000000"] {
        refused(&["plan", "web1", "-f", limit], &[]);
    }
    refused(&["plan", "web1", "-f", "many"], &["25%", "none"]);
}

#[test]
fn a_dry_run_is_a_plan() {
    let program = Program::with_policy(POLICY);
    let wanted = program.run(&["plan", "-c", "policy.yaml", "@web"]);
    let done = program.run(&["run", "-c", "policy.yaml", "--dry-run", "@web", "--", "reboot"]);
    assert_eq!((done.code, done.out), (0, wanted.out), "{}", done.err);
    refused(&["run", "--dry-run", "web1", "--", ""], &["the command is empty"]);
}

#[test]
fn a_line_of_run_can_be_typed_for_a_plan_and_a_simulation() {
    let program = Program::with_policy(POLICY);
    for verb in ["plan", "simulate"] {
        let done = program.run(&[verb, "-c", "policy.yaml", "@web", "--", "systemctl", "restart", "web"]);
        assert_eq!(done.code, 0, "{verb}: {}{}", done.out, done.err);
    }
}

#[test]
fn numbers_that_are_none_are_named_with_what_to_write() {
    for (flag, value, wanted) in [
        ("--retries", "x", "write a whole number"),
        ("--retries", "-1", "write a whole number"),
        ("--connect-retries", "1.5", "write a whole number"),
        ("--port", "0", "from 1 to 65535"),
        ("--port", "ssh", "from 1 to 65535"),
        ("-f", "-1", "`-1` is not a limit"),
        ("-f", "150%", "more than 100%"),
        ("--timeout", "-5", "write seconds (30)"),
        ("-u", "", "name a user"),
        ("-u", "root@web1", "the user alone"),
        ("-o", "nothing", "-o takes an option of ssh"),
    ] {
        refused(&["run", "web1", flag, value, "--", "true"], &[wanted]);
    }
}

#[test]
fn the_old_names_of_flags_stay_for_a_while() {
    let program = Program::with_policy(POLICY);
    for flag in ["--config", "--policy", "-c"] {
        assert_eq!(program.run(&["plan", flag, "policy.yaml", "@web"]).code, 0, "{flag}");
    }
    for flag in ["--detached", "--resumable"] {
        let done = program.run(&["run", flag, "--pty", "web1", "--", "true"]);
        assert!(done.code == 64 && done.err.contains("--resumable"), "{}", done.err);
    }
    let help = program.run(&["run", "--help"]).out;
    assert!(!help.contains("--detached") && !help.contains("--config "), "{help}");
}

#[test]
fn hosts_that_are_assumed_to_be_down_use_up_limits() {
    let program = Program::with_policy("tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 2}}\n");
    let done = program.run(&[
        "simulate",
        "-c",
        "policy.yaml",
        "web[1-3]",
        "--assume-down",
        "web4",
        "--task-time",
        "10",
    ]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    // One at a time in place of two.
    assert!(done.out.contains("in 30.0s"), "{}", done.out);
    refused(
        &["simulate", "-c", "policy.yaml", "@web", "--assume-down", "wbe3"],
        &["did you mean `web3`"],
    );
    let site = Site::new(
        "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n",
        &["web1", "web2"],
    );
    let args = site.args("web1", &["--assume-down", "web2", "--", "true"]);
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(done.code, 2, "{}{}", done.out, done.err);
    assert!(
        [&*done.out, &*done.err].concat().contains("web2 (down since"),
        "{}{}",
        done.out,
        done.err
    );
}

#[test]
fn the_order_of_hosts_can_be_the_listed_one() {
    let program = Program::new();
    let words = [
        "simulate", "b1,a1,c1", "-f", "1", "--order", "listed", "--format", "jsonl",
    ];
    let done = program.run(&words);
    assert_eq!(
        super::program::hosts(&done.events(), "task_started"),
        ["b1", "a1", "c1"],
        "{}",
        done.out
    );
    refused(
        &["simulate", "a1", "--order", "lsited"],
        &["balanced", "listed", "shuffled"],
    );
}
