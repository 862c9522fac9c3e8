//! `run`, against real SSH servers.

use std::fmt::Write;

use pogo_ssh::loopback::{Fault, LoopbackFleet};
use tokio::runtime::Runtime;

use super::program::{Done, Program};
use super::worked::EXAMPLES;

/// Servers, and the program that knows how to reach them.
pub(crate) struct Site {
    pub(crate) program: Program,
    pub(crate) servers: LoopbackFleet,
    /// Dropped last: the servers live on it.
    pub(crate) runtime: Runtime,
}

impl Site {
    /// Servers for these hosts, under this policy.
    pub(crate) fn new(policy: &str, hosts: &[&str]) -> Self {
        let runtime = Runtime::new().unwrap();
        let servers = runtime.block_on(LoopbackFleet::start(hosts)).unwrap();
        let mut text = format!("{policy}host:\n");
        for host in servers.hosts() {
            let (name, address) = (host.name(), host.address());
            writeln!(
                text,
                "  {name}: {{ address: {}, port: {} }}",
                address.ip(),
                address.port()
            )
            .unwrap();
        }
        Self {
            program: Program::with_policy(&text),
            servers,
            runtime,
        }
    }

    pub(crate) fn args(&self, targets: &str, more: &[&str]) -> Vec<String> {
        let (key, known) = (self.servers.identity_file(), self.servers.known_hosts_file());
        let mut args: Vec<String> = ["run", "-c", "policy.yaml", "-t", targets, "--user", LoopbackFleet::USER]
            .iter()
            .map(ToString::to_string)
            .collect();
        args.extend(["--identity".into(), key.display().to_string()]);
        if !more.contains(&"--known-hosts") {
            args.extend(["--known-hosts".into(), known.display().to_string()]);
        }
        args.extend(more.iter().map(ToString::to_string));
        args
    }

    fn run(&self, targets: &str, more: &[&str]) -> Done {
        let args = self.args(targets, more);
        self.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[test]
fn the_worked_examples_hold_over_real_ssh() {
    let hosts = ["h1", "h2", "h3", "h4", "h5", "h6", "a", "b", "c", "s", "n", "w", "e"];
    for example in &EXAMPLES {
        let known: Vec<&str> = hosts
            .into_iter()
            .filter(|host| {
                example.first.contains(host) || example.after.iter().any(|pair| pair.0 == *host || pair.1 == *host)
            })
            .collect();
        let site = Site::new(example.policy, &known);
        let done = site.run(example.targets, &["--format", "jsonl", "--", "true"]);
        assert_eq!(done.code, 0, "{}\n{}{}", example.policy, done.out, done.err);
        example.check(&done.events());
    }
}

#[test]
fn output_comes_line_by_line_under_its_hosts_name() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    let done = site.run("*", &["--", "echo one; echo two >&2; printf three"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for line in ["web1 | one\n", "web1 | three\n"] {
        assert!(done.out.contains(line), "{}", done.out);
    }
    assert!(done.err.contains("web1 | two\n"), "{}", done.err);
    // Several words are a program and its arguments, whatever is in them.
    let done = site.run("*", &["--", "printf", "%s|", "a b", "$HOME", "'"]);
    assert!(done.out.contains("web1 | a b|$HOME|'|"), "{}", done.out);
}

#[test]
fn what_goes_wrong_on_the_way_is_said() {
    let site = Site::new("tag: {web: ['web[1-3]']}\n", &["web1", "web2", "web3"]);
    site.servers.inject("web1", Fault::Refuse).unwrap();
    site.servers.inject("web2", Fault::ChangedHostKey).unwrap();
    site.servers.inject("web3", Fault::RefuseLogin).unwrap();
    let done = site.run("$web", &["--", "true"]);
    assert_eq!(done.code, 1);
    for wanted in [
        "unreachable: web1",
        "refused",
        "host key not trusted: web2",
        "SHA256:",
        "authentication failed: web3",
    ] {
        assert!(done.out.contains(wanted), "{wanted} is not in {}", done.out);
    }
}

#[test]
fn a_host_that_does_not_resolve_and_a_command_that_is_not_found_are_said() {
    let site = Site::new("tag: {web: [web1, lost.invalid]}\n", &["web1"]);
    let done = site.run("*", &["--", "no-such-command-anywhere"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("unreachable: lost.invalid"), "{}", done.out);
    assert!(done.out.contains("exit 127: web1"), "{}", done.out);
}

#[test]
fn an_unknown_host_key_and_missing_known_hosts_are_refused_with_the_cure() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    site.program.write("empty", "");
    let done = site.run("*", &["--known-hosts", "empty", "--", "true"]);
    assert_eq!(done.code, 1);
    assert!(
        done.out.contains("host key not trusted") && done.out.contains("accept-new"),
        "{}",
        done.out
    );
    let done = site.run("*", &["--known-hosts", "nowhere", "--", "true"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("nowhere"), "{}", done.err);
    let done = site.run(
        "*",
        &["--known-hosts", "empty", "--host-keys", "accept-new", "--", "true"],
    );
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn first_contacts_are_one_line_that_names_the_flag() {
    let site = Site::new("tag: {web: ['web[1-3]']}\n", &["web1", "web2", "web3"]);
    for (transport, accepted) in [("builtin", true), ("ssh", false)] {
        site.program.write("empty", "");
        let more = ["--known-hosts", "empty", "--transport", transport];
        let done = site.run("$web", &[&more[..], &["--", "true"]].concat());
        assert_eq!(done.code, 1, "{transport}: {}{}", done.out, done.err);
        let line = "3 host keys not known and refused; --host-keys accept-new accepts new ones: web[1-3]\n";
        assert_eq!(done.err, line, "{transport}");
        // With the fingerprint of one to check.
        assert_eq!(
            done.out.matches("host key not trusted: web[1-3]").count(),
            1,
            "{transport}: {}",
            done.out
        );

        let done = site.run(
            "$web",
            &[&more[..], &["--host-keys", "accept-new", "--", "true"]].concat(),
        );
        assert_eq!(done.code, 0, "{transport}: {}", done.err);
        let line = "3 new host keys accepted and recorded (--host-keys accept-new): web[1-3]\n";
        assert_eq!(done.err, if accepted { line } else { "" }, "{transport}");
        let done = site.run("$web", &[&more[..], &["--", "true"]].concat());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{transport}");
    }
}

#[test]
fn a_wrong_key_is_an_authentication_failure() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    let other = Site::new("tag: {web: [web1]}\n", &["web1"]);
    let mut args = site.args("*", &["--", "true"]);
    let at = args.iter().position(|arg| arg == "--identity").unwrap();
    args[at + 1] = other.servers.identity_file().display().to_string();
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(done.code, 1);
    assert!(done.out.contains("authentication failed"), "{}", done.out);
}

#[test]
fn the_demo_runs_and_one_of_its_hosts_fails() {
    let done = Program::new().run(&["demo", "--format", "jsonl"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let events = done.events();
    assert_eq!(super::program::hosts(&events, "task_succeeded").len(), 27);
    assert_eq!(super::program::hosts(&events, "task_failed"), ["front07"]);
}

#[test]
fn a_command_runs_as_the_arguments_say() {
    let site = Site::new("", &["h1"]);
    site.program.write("input", "from a file");
    site.program.write("tool", "sent along");
    let line = "echo \"$WORD in $(pwd): $(cat), $(cat \"$POGO_FILES/tool\")\"";
    let more = [
        "--env",
        "WORD=it's",
        "--cwd",
        "/usr",
        "--stdin",
        "input",
        "--send",
        "tool:600",
        "--",
        line,
    ];
    let done = site.run("h1", &more);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.out.contains("it's in /usr: from a file, sent along"),
        "{}",
        done.out
    );
}

#[test]
fn a_variable_without_a_value_is_refused() {
    let done = Program::new().run(&["run", "-t", "h1", "--env", "WORD", "--", "true"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("NAME=VALUE"), "{}", done.err);
}

#[test]
fn the_ssh_program_speaks_when_it_is_asked_to() {
    let site = Site::new("tag: {web: ['web[1-3]']}\n", &["web1", "web2", "web3"]);
    site.servers.inject("web2", Fault::Refuse).unwrap();
    let done = site.run("*", &["--transport", "ssh", "--", "echo here"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    for line in ["web1 | here\n", "web3 | here\n", "unreachable: web2"] {
        assert!(done.out.contains(line), "{}", done.out);
    }
}

#[test]
fn the_client_configuration_is_followed_unless_it_is_turned_off() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    site.program
        .write("config", "Host web1\n  RemoteCommand ls\n  ForwardX11 yes\n");
    let done = site.run("*", &["--ssh-config", "config", "--", "true"]);
    assert_eq!(done.code, 1);
    assert!(
        done.out.contains("config:2: `remotecommand ls` is not supported"),
        "{}",
        done.out
    );
    site.program.write("config", "Host web1\n  ForwardX11 yes\n");
    let done = site.run("*", &["--ssh-config", "config", "--", "true"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(
        done.out.contains("config:2: `forwardx11 yes` is left out"),
        "{}",
        done.out
    );
    let done = site.run("*", &["--ssh-config", "none", "--", "true"]);
    assert_eq!(done.code, 0, "{}", done.out);
    site.program.write("config", "Host web1\n  Port nonsense\n");
    let done = site.run("*", &["--ssh-config", "config", "--", "true"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("config:2: port: `nonsense`"), "{}", done.err);
    let done = site.run("*", &["--ssh-config", "nowhere", "--", "true"]);
    assert_eq!(done.code, 64);
}

#[test]
fn known_hosts_are_those_of_the_account_whatever_the_environment_calls_home() {
    let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
    let known = std::fs::read_to_string(site.servers.known_hosts_file()).unwrap();
    std::fs::create_dir(site.program.directory.path().join(".ssh")).unwrap();
    site.program.write(".ssh/known_hosts", &known);
    let mut args = site.args("*", &["--ssh-config", "none", "--", "echo here"]);
    let at = args.iter().position(|arg| arg == "--known-hosts").unwrap();
    args.drain(at..at + 2);
    let done = site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_ne!(done.code, 0);
    assert!(!done.out.contains("web1 | here"), "{}", done.out);
}

#[test]
fn a_detached_job_survives_links_that_break() {
    let site = Site::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let cut = Fault::DropLink(std::time::Duration::from_millis(800));
    site.servers.inject("web2", cut).unwrap();
    let line = "echo ran >>~/ran; sleep 2; echo done";
    let done = site.run("$web", &["--detached", "--", line]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("web2 | done"), "{}", done.out);
    for host in site.servers.hosts() {
        assert_eq!(std::fs::read_to_string(host.home().join("ran")).unwrap(), "ran\n");
    }
}
