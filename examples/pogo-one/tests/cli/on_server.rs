//! Every verb against a server, as against the socket of a store.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::access::{Listens, new_token};
use super::help::leaves;
use super::kept_store::{Kept, files_with};
use super::program::{Done, Program};
use super::verb_rows::{Compared, GATED, OF_ONE_MACHINE, ORDERS, QUESTIONS, REFUSED, STEERING, VerbRow};

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
    /// With these settings of the namespace beside its hosts.
    fn new(settings: &str) -> Self {
        let kept = Kept::new(&format!("{settings}tag: {{web: [web1, web2]}}\n"), &["web1", "web2"]);
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
            "--may",
            "admin",
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

/// What is compared of what a verb did.
fn compared(done: &Done, how: Compared) -> (i32, String) {
    let out = match how {
        Compared::Whole => done.out.clone(),
        Compared::Words => done.out.chars().filter(|letter| !letter.is_ascii_digit()).collect(),
        Compared::Code => String::new(),
    };
    (done.code, out)
}

/// The verb of a row: `serve status`, where `serve` is one as well.
fn verb_of<'a>(words: &[&str], verbs: &'a [String]) -> Option<&'a String> {
    let begins = |verb: &&String| words.starts_with(&verb.split(' ').collect::<Vec<_>>());
    verbs.iter().filter(begins).max_by_key(|verb| verb.len())
}

#[test]
fn every_verb_has_a_row() {
    let verbs = leaves(&Program::new(), &[]);
    let mut verbs: Vec<String> = verbs.iter().map(|words| words.join(" ")).collect();
    // What help does not list.
    verbs.extend(["abort".to_owned(), "man".to_owned()]);
    assert!(verbs.len() > 50, "{verbs:?}");
    let rows = [QUESTIONS, ORDERS, STEERING, GATED].concat();
    let rows: Vec<&String> = rows.iter().filter_map(|(words, _)| verb_of(words, &verbs)).collect();
    for verb in &verbs {
        let (given, local) = (
            rows.contains(&verb),
            OF_ONE_MACHINE.iter().any(|(local, _)| local == verb),
        );
        assert!(
            given != local,
            "`{verb}` has {}",
            if given { "two rows" } else { "no row" }
        );
    }
    let gone = OF_ONE_MACHINE.iter().map(|(verb, _)| *verb);
    let gone: Vec<&str> = gone.filter(|verb| !verbs.iter().any(|known| known == verb)).collect();
    assert!(gone.is_empty(), "{gone:?} are no verbs any more");
}

#[test]
fn every_verb_works_against_a_server_as_against_a_socket() {
    if !is_root() {
        return;
    }
    let both = Both::new("");
    alike(&both, QUESTIONS);
    let given = [Way::Socket, Way::Server].map(|way| {
        let ordered = ORDERS.iter().map(|(words, how)| (*words, both.ask(way, words), *how));
        let mut given: Vec<_> = ordered.collect();
        given.extend(steered(&both, way, &["-t", "web1", "--", "sleep 600"], STEERING));
        let waves = ["--waves", "1,100%", "--gate", "manual", "-t", "web[1-2]", "--", "true"];
        given.extend(steered(&both, way, &waves, GATED));
        given
    });
    let [socket, server] = given;
    for ((words, socket, how), (_, server, _)) in socket.iter().zip(&server) {
        assert_eq!(
            compared(socket, *how),
            compared(server, *how),
            "{words:?}\n{}\n{}",
            socket.err,
            server.err
        );
        // The failure of web2, and a wave that waits, are answers; a refusal is none.
        assert!(socket.code <= 2, "{words:?}: {}{}", socket.out, socket.err);
    }
}

/// Asks both ways, and holds the answers against each other.
#[track_caller]
fn alike(both: &Both, rows: &[VerbRow]) {
    for (words, how) in rows {
        let [socket, server] = [Way::Socket, Way::Server].map(|way| both.ask(way, words));
        let said = format!("{words:?}\n{}\n{}", socket.err, server.err);
        assert_eq!(compared(&socket, *how), compared(&server, *how), "{said}");
        if socket.code > 2 {
            assert_eq!(socket.err, server.err, "{words:?}");
        }
    }
}

type Steered = (&'static [&'static str], Done, Compared);

/// Submits a job and gives these orders about it.
fn steered(both: &Both, way: Way, run: &[&str], rows: &'static [VerbRow]) -> Vec<Steered> {
    let submitted = both.ask(way, &[&["run", "-d"], run].concat());
    assert_eq!(submitted.code, 0, "{way:?}: {}", submitted.err);
    let job = submitted.out.trim();
    let given = rows.iter().map(|(words, how)| {
        let put = |word: &&'static str| if *word == "JOB" { job } else { *word };
        let line: Vec<&str> = words.iter().map(put).collect();
        (*words, both.ask(way, &line), *how)
    });
    given.collect()
}

#[test]
fn what_is_of_the_store_is_refused_by_a_server_and_done_nowhere_else() {
    if !is_root() {
        return;
    }
    let both = Both::new("");
    for words in REFUSED {
        both.ask(Way::Server, words).assert_refused(&["is a server"]);
    }
    // The process of the server has its number here as well: nothing was sent to it.
    assert_eq!(both.ask(Way::Server, &["status"]).code, 0);
    assert!(!both.kept.file("nothing-is-kept-here").exists());
}

#[test]
fn a_retired_job_is_audited_drawn_and_replayed_from_a_server() {
    if !is_root() {
        return;
    }
    let both = Both::new("retire_after: 0s\n");
    // It goes when the next thing is decided.
    assert_eq!(both.ask(Way::Server, &["note", "1", "a note"]).code, 0);
    assert_eq!(both.ask(Way::Server, &["freeze", "web1"]).code, 0);
    let jobs = both.ask(Way::Server, &["jobs", "--format", "json"]);
    assert!(jobs.out.contains("\"retired\": true"), "{}", jobs.out);
    let asked: Vec<VerbRow> = QUESTIONS
        .iter()
        .copied()
        .filter(|(words, _)| ["audit", "events", "history", "logs", "replay", "timeline"].contains(&words[0]))
        .collect();
    alike(&both, &asked);
    let audited = both.ask(Way::Server, &["audit", "1"]);
    assert!(
        audited.code == 0 && audited.out.starts_with("every rule was kept: 1 job, 2 attempts\n"),
        "{}{}",
        audited.out,
        audited.err
    );
    for words in [&["replay", "1", "--speed", "max"][..], &["timeline", "1"]] {
        let shown = both.ask(Way::Server, words);
        assert!(
            shown.code == 0 && shown.out.contains("web2"),
            "{}{}",
            shown.out,
            shown.err
        );
    }
}

#[test]
fn a_job_on_a_server_reads_what_its_sender_has_and_its_secrets_are_nowhere() {
    if !is_root() {
        return;
    }
    let both = Both::new("");
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
    let both = Both::new("");
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
