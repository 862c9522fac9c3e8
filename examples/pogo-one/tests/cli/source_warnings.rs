//! What sources warn of, in every command that reads them.

use std::fs;

use serde_json::Value;

use super::program::{Done, Program};

/// An inventory of Ansible with one of each: a host that is not reached by SSH, an encrypted file, a file of the folder
/// that is passed over.
fn program() -> Program {
    let program = Program::new();
    let folder = program.directory.path().join("inv");
    fs::create_dir_all(folder.join("host_vars")).unwrap();
    fs::write(folder.join("hosts"), "[web]\nweb[1:3] ansible_connection=local\n").unwrap();
    fs::write(folder.join("more.cfg"), "[web]\nweb9\n").unwrap();
    fs::write(folder.join("host_vars/web1"), "$ANSIBLE_VAULT;1.1;AES256\n00\n").unwrap();
    program
}

const WARNINGS: [&str; 3] = [
    "`web1` is not reached by SSH",
    "inv/host_vars/web1: is encrypted",
    "inv/more.cfg: is passed over",
];

#[test]
fn warnings_of_sources_are_told_by_every_command() {
    let commands: [&[&str]; 8] = [
        &["plan", "-i", "ansible:inv", "-t", "*"],
        &["plan", "-i", "ansible:inv", "-t", "*", "--format", "json"],
        &["simulate", "-i", "ansible:inv", "-t", "*"],
        &["simulate", "-i", "ansible:inv", "-t", "*", "--what-if", "--runs", "1"],
        &[
            "run",
            "-i",
            "ansible:inv",
            "-t",
            "web1",
            "--connect-timeout",
            "1s",
            "--ssh-config",
            "none",
            "--",
            "true",
        ],
        &["inventory", "list", "-i", "ansible:inv"],
        &["inventory", "host", "web1", "-i", "ansible:inv"],
        &["inventory", "graph", "-i", "ansible:inv"],
    ];
    let program = program();
    for args in commands {
        let done = program.run(args);
        for wanted in WARNINGS {
            let times = done.err.matches(wanted).count();
            assert_eq!(times, 1, "{args:?} prints `{wanted}` {times} times: {}", done.err);
        }
    }
    let diff = program.run(&["inventory", "diff", "ansible:inv", "ansible:inv/hosts"]);
    assert!(WARNINGS.iter().all(|wanted| diff.err.contains(wanted)), "{}", diff.err);
}

#[test]
fn warnings_that_are_alike_are_told_as_one() {
    let done = program().run(&["plan", "-i", "ansible:inv", "-t", "*"]);
    assert_eq!(done.err.matches("is not reached by SSH").count(), 1, "{}", done.err);
    let check = program().run(&["inventory", "check", "-i", "ansible:inv"]);
    assert_eq!(check.out.matches("is not reached by SSH").count(), 1, "{}", check.out);
}

#[test]
fn machine_formats_carry_the_warnings_of_sources() {
    let program = program();
    let documents: [&[&str]; 4] = [
        &["plan", "-t", "*"],
        &["simulate", "-t", "*", "--what-if", "--runs", "1"],
        &["inventory", "host", "web1"],
        &["inventory", "graph"],
    ];
    for args in documents {
        let done = program.run(&[args, &["-i", "ansible:inv", "--format", "json"]].concat());
        let value: Value = serde_json::from_str(&done.out).unwrap();
        let warnings = value["source_warnings"].as_array().unwrap();
        assert!(
            warnings.iter().any(|warning| warning["source"] == "inv/more.cfg"),
            "{args:?}: {warnings:?}"
        );
    }
    let log = program.run(&["simulate", "-i", "ansible:inv", "-t", "*", "--format", "jsonl"]);
    assert_eq!(
        log.events()[0]["source_warning"]["source"],
        "inv/more.cfg",
        "{}",
        log.out
    );
    // Who reads events takes such lines for what they are.
    program.write("run.jsonl", &log.out);
    let audit = program.run(&["audit", "run.jsonl"]);
    assert_eq!(audit.code, 0, "{}{}", audit.out, audit.err);
}

#[test]
fn check_goes_on_to_the_rules_after_the_error_of_a_source() {
    let program = Program::with_policy("tag: { web: [web1] }\nsequence: [$web, $wbe]\n");
    program.write("bad.csv", "name,port\nweb1,many\n");
    let done = program.run(&["inventory", "check", "-c", "policy.yaml", "-i", "bad.csv"]);
    assert_eq!(done.code, 64);
    for wanted in [
        "bad.csv:2:1: ",
        "policy.yaml:2:",
        "did you mean `$web`",
        "hosts: 1, problems: 2",
    ] {
        assert!(done.out.contains(wanted), "{wanted} is not in {}", done.out);
    }
    // Without its rules there is nothing to look at.
    program.write("policy.yaml", "tga: {}\n");
    let done = program.run(&["inventory", "check", "-c", "policy.yaml", "-i", "bad.csv"]);
    assert!(done.out.contains("hosts: 0, problems: 2"), "{}", done.out);
}

#[test]
fn what_ansible_prints_is_read_from_standard_input_by_every_command() {
    let program = Program::new();
    let printed = r#"{"_meta": {"hostvars": {}}, "all": {"children": ["web"]}, "web": {"hosts": ["web1", "web2"]}}"#;
    let path = program.write("list.json", printed);
    for args in [
        &["plan", "-i", "ansible-list:-", "-t", "$web"][..],
        &["inventory", "check", "-i", "ansible-list:-"],
        &["inventory", "diff", "ansible-list:-", "ansible-list:list.json"],
    ] {
        let mut command = program.command(args);
        let done = Done::of(command.stdin(fs::File::open(&path).unwrap()).output().unwrap());
        assert_eq!(done.code, 0, "{args:?}: {}{}", done.out, done.err);
    }
}
