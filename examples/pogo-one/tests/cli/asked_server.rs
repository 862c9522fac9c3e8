//! Verbs that ask a server in place of a store: at an address, and on the socket of this machine's service.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::access::{Listens, new_token};
use super::kept_store::{Kept, signal};
use super::program::Done;

/// A namespace with one finished job, that nobody serves.
fn one_job() -> Kept {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "echo hello"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    kept
}

/// A verb of somebody who has no store.
fn elsewhere(kept: &Kept, words: &[&str]) -> Command {
    let mut command = kept.command(words);
    command.env_remove("POGO_STORE");
    command.env("XDG_STATE_HOME", kept.file("nothing-is-kept-here"));
    command
}

fn done(mut command: Command) -> Done {
    Done::of(command.output().unwrap())
}

#[test]
fn verbs_work_against_a_server_as_against_a_store() {
    let kept = one_job();
    let token = new_token(
        &kept,
        &[
            "--as",
            "ci",
            "--may",
            "view",
            "--may",
            "view output",
            "--may",
            "run",
            "--may",
            "steer own",
        ],
    );
    let server = Listens::start(&kept, &[]);
    let url = format!("http://{}", server.address);
    let ask = |words: &[&str]| {
        let mut command = elsewhere(&kept, words);
        command.env("POGO_STORE", &url).env("POGO_TOKEN", &token);
        done(command)
    };
    let jobs = ask(&["jobs"]);
    assert!(
        jobs.code == 0 && jobs.out.contains("echo hello"),
        "{}{}",
        jobs.out,
        jobs.err
    );
    let logs = ask(&["logs", "1"]);
    assert!(logs.code == 0 && logs.out.contains("hello"), "{}{}", logs.out, logs.err);
    assert_eq!(ask(&["wait", "1"]).code, 0);
    assert_eq!(ask(&["events", "1"]).code, 0);
    assert_eq!(ask(&["host", "web1"]).code, 0);
    // It connects as the server does, which has no settings for this host.
    let run = ask(&["run", "-d", "-t", "web1", "--retries", "50", "--", "true"]);
    assert_eq!((run.code, run.out.as_str()), (0, "2\n"), "{}", run.err);
    let noted = ask(&["note", "2", "a test"]);
    assert_eq!(noted.code, 0, "{}", noted.err);
    let status = ask(&["status", "2", "--format", "json"]);
    assert!(status.out.contains("\"ci\""), "{}", status.out);
    let refused = ask(&["freeze"]);
    assert!(
        refused.code == 77 && refused.err.contains("no grant"),
        "{}",
        refused.err
    );
    ask(&["run", "-t", "web1", "--user", "root", "--", "true"])
        .assert_refused(&["settings and keys of its own", "--user"]);
    ask(&["serve"]).assert_refused(&["is a server"]);
    assert!(!kept.file("nothing-is-kept-here").exists());
}

#[test]
fn a_token_comes_from_a_file_or_a_variable_and_a_server_without_one_refuses() {
    let kept = one_job();
    let server = Listens::start(&kept, &[]);
    let url = format!("http://{}", server.address);
    let file = kept.file("token");
    fs::write(&file, format!("{}\n", server.printed)).unwrap();
    let jobs = || elsewhere(&kept, &["jobs", "--server", &url]);
    let mut by_file = jobs();
    by_file.env("POGO_TOKEN_FILE", &file);
    assert_eq!(done(by_file).code, 0);
    let mut wrong = jobs();
    wrong.env("POGO_TOKEN", "guessed");
    assert_eq!(done(wrong).code, 77);
    assert_eq!(done(jobs()).code, 77);
    let mut missing = jobs();
    missing.env("POGO_TOKEN_FILE", "/nowhere/token");
    done(missing).assert_refused(&["/nowhere/token"]);
    for (address, said) in [
        ("http://pogo.example.com:7646", "not encrypted"),
        ("http://alice:secret@127.0.0.1:7646", "by itself"),
        (
            "ftp://alice:secret@files.example.com/pogo",
            "`ftp://` begins no address of a store or server",
        ),
        (
            "htps://pogo.example.com:7646",
            "`htps://` begins no address of a store or server",
        ),
    ] {
        done(elsewhere(&kept, &["jobs", "--server", address])).assert_refused(&[said]);
    }
    drop(server);
    let gone = done(jobs());
    assert!(gone.code == 69 && gone.err.contains(&url), "{}", gone.err);
}

#[test]
fn the_service_of_a_machine_is_found_by_itself_and_a_store_beside_it_warns() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let kept = one_job();
    let open = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let (socket, grants, config) = (
        open.path().join("pogo.sock"),
        kept.file("grants.yaml"),
        kept.file("serve.yaml"),
    );
    fs::write(&grants, "grants:\n  - {who: root, may: [view, steer all]}\n").unwrap();
    let text = format!(
        "store: {}\nsocket: {{path: {}, group: root}}\ngrants: {}\nlisten: 127.0.0.1:0\n",
        kept.file("store").display(),
        socket.display(),
        grants.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = kept.command(&["serve", "--config", config.to_str().unwrap()]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ask = |words: &[&str]| {
        let mut command = elsewhere(&kept, words);
        command.env("POGO_SOCKET", &socket);
        done(command)
    };
    let jobs = ask(&["jobs"]);
    assert!(
        jobs.code == 0 && jobs.out.contains("echo hello"),
        "{}{}",
        jobs.out,
        jobs.err
    );
    assert!(!jobs.err.contains("do not count"), "{}", jobs.err);
    let frozen = ask(&["freeze", "--reason", "sale"]);
    assert_eq!(frozen.code, 0, "{}", frozen.err);
    // A store of one's own goes by limits of its own, and says so in its first line.
    let own = kept.file("own");
    let own = ask(&["status", "--store", own.to_str().unwrap()]);
    let first = own.err.lines().next().unwrap_or_default();
    assert!(
        own.code == 0 && first.contains("do not count each other's hosts"),
        "{}",
        own.err
    );
    super::kept_store::kill_dispatcher(&kept.file("own/ns/default"));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_server_that_is_asked_to_end_tells_streams_so_and_ends() {
    let kept = one_job();
    let mut server = Listens::start(&kept, &["--grace", "1ms"]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let path = "/v1/namespaces/default/events";
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
        server.printed
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    // How soon to come back is said first, since a server that dies says nothing.
    assert!(lines.any(|line| line == "retry: 1000"));
    assert!(lines.any(|line| line.starts_with("id: ")));
    signal(&server.server, Signal::TERM);
    assert!(lines.any(|line| line == "event: end"));
    assert!(lines.any(|line| line.contains("\"reason\":")));
    assert_eq!(server.server.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(&server.address).is_err());
}
