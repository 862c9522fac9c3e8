//! Every verb against a server, as against the socket of a store.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::access::{Listens, new_token};
use super::kept_store::{Kept, files_with};
use super::program::Done;

/// A namespace with a job of which web2 failed, and a server that connects by what its account has.
struct Both {
    kept: Kept,
    server: Listens,
    token: String,
}

/// What the account of these tests is known by, as ssh looks it up.
fn home() -> String {
    let found = Command::new("sh")
        .args(["-c", "getent passwd $(id -u) | cut -d: -f6"])
        .output()
        .unwrap();
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// Whether a home can be put in place of that of the account, which takes root.
fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Where a verb is given.
#[derive(Clone, Copy, Debug)]
enum Way {
    Socket,
    Server,
}

impl Both {
    fn new() -> Self {
        let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
        let ran = kept.run("$web", &["--", "echo hello $POGO_HOST; test $POGO_HOST = web1"]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
        let ssh = kept.file(".ssh");
        fs::create_dir_all(&ssh).unwrap();
        let servers = &kept.site.servers;
        let text = format!(
            "Host *\n  User {}\n  IdentityFile {}\n  UserKnownHostsFile {}\n",
            pogo_ssh::loopback::LoopbackFleet::USER,
            servers.identity_file().display(),
            servers.known_hosts_file().display()
        );
        fs::write(ssh.join("config"), text).unwrap();
        let may = [
            "--as",
            "ci",
            "--may",
            "view",
            "--may",
            "view output",
            "--may",
            "run",
            "--may",
            "steer all",
        ];
        let token = new_token(&kept, &may);
        // It connects by what its account has, which is of this test here.
        let own = "exec unshare -m sh -c 'mount --bind \"$0\" \"$1\" && shift && exec \"$@\"' \"$@\"";
        let mut command = kept.site.program.shell(own);
        command
            .arg("sh")
            .arg(kept.file(""))
            .arg(home())
            .arg(env!("CARGO_BIN_EXE_pogo"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("POGO_STORE", kept.file("store"));
        let server = Listens::of(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        Self { kept, server, token }
    }

    fn command(&self, way: Way, words: &[&str]) -> Command {
        let mut command = self.kept.command(words);
        if let Way::Server = way {
            command.env("XDG_STATE_HOME", self.kept.file("nothing-is-kept-here"));
            command.env("POGO_STORE", format!("http://{}", self.server.address));
            command.env("POGO_TOKEN", &self.token);
        }
        command
    }

    fn ask(&self, way: Way, words: &[&str]) -> Done {
        Done::of(self.command(way, words).output().unwrap())
    }
}

/// Questions, which are answered alike.
const QUESTIONS: &[&[&str]] = &[
    &["attach", "1"],
    &["events", "1"],
    &["explain", "1"],
    &["explain", "1", "web2"],
    &["host", "web1"],
    &["jobs"],
    &["logs", "1"],
    &["slots"],
    &["status"],
    &["status", "1"],
    &["wait", "1"],
];

/// Orders, each given by one way and undone by the other.
const ORDERS: &[&[&str]] = &[
    &["freeze", "web1", "--reason", "r"],
    &["thaw", "web1"],
    &["mark", "down", "web1", "--reason", "r"],
    &["mark", "up", "web1", "--reason", "r"],
    &["hold", "web1", "--reason", "r"],
    &["release", "web1", "--reason", "r", "--force"],
    &["note", "1", "for whoever comes next"],
    &["probe", "1", "web1", "--", "true"],
    &["skip", "1", "web2", "--reason", "r"],
    &["retry", "1", "web2"],
    &["wait", "1"],
];

/// Orders about a job that is under way.
const STEERING: &[&[&str]] = &[
    &["pause", "JOB", "--reason", "r"],
    &["resume", "JOB", "--reason", "r"],
    &["update", "JOB", "--max-parallel", "1", "--reason", "r"],
    &["stop", "JOB", "--now", "--reason", "r"],
    // A job of the account itself has settings that nobody else may give again.
    &["rerun", "JOB"],
    &["stop", "last", "--now", "--reason", "r"],
];

/// Verbs that are about files, stores and processes of this machine, or have tests of their own against servers.
const ELSEWHERE: &[&str] = &[
    "apply",
    "audit",
    "completion",
    "config",
    "demo",
    "grants",
    "help",
    "inventory",
    "plan",
    "promote",
    "replay",
    "run",
    "serve",
    "simulate",
    "store",
    "timeline",
    "token",
];

#[test]
fn every_verb_has_a_row() {
    let help = super::program::Program::new().run(&["--help"]);
    let listed = help
        .out
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1);
    let listed: Vec<&str> = listed
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    assert!(listed.len() > 20, "{}", help.out);
    let rows = [QUESTIONS, ORDERS, STEERING].concat();
    let missing: Vec<&&str> = listed
        .iter()
        .filter(|verb| !ELSEWHERE.contains(verb) && !rows.iter().any(|row| row[0] == **verb))
        .collect();
    assert!(missing.is_empty(), "{missing:?} have no row");
}

#[test]
fn every_verb_works_against_a_server_as_against_a_socket() {
    if !is_root() {
        return;
    }
    let both = Both::new();
    for words in QUESTIONS {
        let [socket, server] = [Way::Socket, Way::Server].map(|way| both.ask(way, words));
        assert_eq!(
            (socket.code, &socket.out),
            (server.code, &server.out),
            "{words:?}\n{}\n{}",
            socket.err,
            server.err
        );
    }
    for way in [Way::Socket, Way::Server] {
        for words in ORDERS {
            let done = both.ask(way, words);
            assert!(done.code <= 1, "{way:?} {words:?}: {}{}", done.out, done.err);
        }
        let mut command = both.command(way, &["run", "-d", "-t", "web1", "--", "sleep 600"]);
        let submitted = Done::of(command.output().unwrap());
        assert_eq!(submitted.code, 0, "{way:?}: {}", submitted.err);
        let job = submitted.out.trim();
        for words in STEERING {
            let words: Vec<&str> = words
                .iter()
                .map(|word| if *word == "JOB" { job } else { *word })
                .collect();
            let done = both.ask(way, &words);
            assert_eq!(done.code, 0, "{way:?} {words:?}: {}{}", done.out, done.err);
        }
    }
}

#[test]
fn a_job_on_a_server_reads_what_its_sender_has_and_its_secrets_are_nowhere() {
    if !is_root() {
        return;
    }
    let both = Both::new();
    let kept = &both.kept;
    let much = "x".repeat(400_000);
    kept.site.program.write("input", &much);
    kept.site.program.write(
        "it's a script",
        "#!/bin/sh\nwc -c; cat sent; echo \" $1 $(echo $DB_TOKEN | tr 4 x)\"\n",
    );
    kept.site.program.write("along", "sent along");
    for stdin in ["input", "-"] {
        let words = [
            "run",
            "-t",
            "web1",
            "--script",
            "it's a script",
            "--stdin",
            stdin,
            "--send",
            "along:sent",
            "--secret-env",
            "DB_TOKEN",
            "--connect-timeout",
            "7s",
            "--",
            "word",
        ];
        let mut command = both.command(Way::Server, &words);
        command.env("DB_TOKEN", "q84711zw").stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who reads a file does not read this.
        let _ = child.stdin.take().unwrap().write_all(much.as_bytes());
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.code, 0, "{stdin}: {}{}", done.out, done.err);
        for line in ["400000", "sent along word q8x711zw"] {
            assert!(done.out.contains(line), "{stdin}: {}{}", done.out, done.err);
        }
        assert!(!done.err.contains("q84711zw"), "{}", done.err);
    }
    assert_eq!(
        files_with(&kept.file("store"), b"q84711zw"),
        Vec::<std::path::PathBuf>::new()
    );
    assert_eq!(both.ask(Way::Server, &["rerun", "2"]).code, 64, "it has secrets");
    let missing = both.ask(Way::Server, &["run", "-t", "web1", "--send", "nowhere", "--", "true"]);
    missing.assert_refused(&["--send: cannot read nowhere"]);
}

#[test]
fn what_a_server_cannot_read_is_refused_with_its_own_way_to_it() {
    if !is_root() {
        return;
    }
    let both = Both::new();
    for (words, said) in [
        (
            ["--identity", "key"],
            &["--identity", "keys of its own", "~/.ssh/id_ed25519"][..],
        ),
        (
            ["--known-hosts", "hosts"],
            &["--known-hosts", "~/.ssh/known_hosts of its account"],
        ),
        (
            ["--ssh-config", "mine"],
            &["--ssh-config", "~/.ssh/config of its account"],
        ),
        (
            ["-o", "ProxyJump=bastion"],
            &["--option", "~/.ssh/config of its account"],
        ),
        (["--user", "root"], &["--user", "as the inventory", "--run-as"]),
        (["--jump", "bastion"], &["--jump", "~/.ssh/config of its account"]),
        (
            ["--passphrase-file", "phrase"],
            &["--passphrase-file", "keys of its own"],
        ),
    ] {
        let mut line = vec!["run", "-t", "web1"];
        line.extend(words);
        line.extend(["--", "true"]);
        both.ask(Way::Server, &line).assert_refused(said);
    }
}
