//! A service: its file of settings, and its socket for a group.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use super::kept_store::{Kept, signal};
use super::program::Program;

#[test]
fn what_is_wrong_with_a_service_is_said_where_it_stands_and_how_to_mend_it() {
    for (text, said) in [
        (
            "listn: 127.0.0.1:1\n",
            &["serve.yaml:1:1", "unknown key `listn`", "did you mean `listen`?"][..],
        ),
        ("listen: here\n", &["serve.yaml:1:9", "127.0.0.1:7646"]),
        ("store: kept\n", &["serve.yaml:1:8", "relative", "/var/lib/pogo"]),
        (
            "namespace: ../etc\n",
            &["serve.yaml:1:12", "cannot be the name of a namespace"],
        ),
        ("grace: soon\n", &["serve.yaml:1:8", "1m"]),
        ("log: loud\n", &["serve.yaml:1:6", "`text` or `json`", "log: json"]),
        (
            "grants: /nowhere/grants.yaml\n",
            &["serve.yaml:1:9", "/nowhere/grants.yaml"],
        ),
        (
            "socket: {group: no-such-group}\ngrants: /nowhere/grants.yaml\n",
            &["serve.yaml:1:17", "no group", "groupadd"],
        ),
        ("socket: {path: /run/pogo.sock}\n", &["serve.yaml:1:9", "whose it is"]),
        (
            "socket: {group: root}\n",
            &["serve.yaml:1:1", "nothing says what they may do", "grants"],
        ),
        ("store: /a\nstore: /b\n", &["serve.yaml:2:1", "store"]),
    ] {
        let program = Program::new();
        program.write("serve.yaml", text);
        program
            .run(&["serve", "--config", "serve.yaml", "--check"])
            .assert_refused(said);
    }
}

#[test]
fn a_log_for_programs_is_an_object_a_line() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let words = ["serve", "--listen", "127.0.0.1:0", "--log", "json", "--grace", "1ms"];
    let mut command = kept.command(&words);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let read = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    let first = read(lines.next().unwrap());
    assert!(first["message"].as_str().unwrap().contains("serves default"), "{first}");
    assert_eq!(first["event"], "service");
    assert!(first["at"].as_u64().is_some_and(|at| at > 1_600_000_000_000), "{first}");
    assert_eq!(kept.verb(&["status"]).code, 0);
    signal(&server, Signal::TERM);
    let rest: Vec<_> = lines.map(read).collect();
    assert!(rest.iter().any(|line| line["message"] == "has ended"), "{rest:?}");
    let route = "/v1/namespaces/{namespace}";
    let asked = rest
        .iter()
        .find(|line| line["event"] == "request" && line["route"] == route);
    let asked = asked.unwrap_or_else(|| panic!("{rest:?}"));
    assert_eq!(
        (&asked["method"], &asked["status"]),
        (&"GET".into(), &200.into()),
        "{asked}"
    );
    assert!(
        asked["id"].is_string() && asked["actor"].is_string() && asked["ms"].is_u64(),
        "{asked}"
    );
    assert!(server.wait().unwrap().success());
}

#[test]
fn a_service_that_is_fine_is_checked_and_not_served() {
    let program = Program::new();
    let grants = program.write("grants.yaml", "grants:\n  - {who: '*', may: view}\n");
    let store = program.directory.path().join("kept");
    program.write(
        "serve.yaml",
        &format!(
            "store: {}\nnamespace: web\nlisten: 127.0.0.1:0\ngrants: {}\n",
            store.display(),
            grants.display()
        ),
    );
    let done = program.run(&["serve", "--config", "serve.yaml", "--check"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(
        done.out,
        format!(
            "serves web of {}\non 127.0.0.1:0, for whoever has a token\n",
            store.display()
        )
    );
    assert!(!store.exists());
    let advertised = program.run(&[
        "serve",
        "--config",
        "serve.yaml",
        "--check",
        "--advertise",
        "https://pogo1:7646",
    ]);
    let sends = "other dispatchers send their clients to https://pogo1:7646\n";
    assert!(advertised.out.ends_with(sends), "{}{}", advertised.out, advertised.err);
    let clear = program.run(&[
        "serve",
        "--config",
        "serve.yaml",
        "--check",
        "--advertise",
        "http://pogo1:7646",
    ]);
    clear.assert_refused(&["http://pogo1:7646", "not encrypted"]);
    // What is typed wins.
    let done = program.run(&["serve", "--config", "serve.yaml", "--check", "-n", "db"]);
    assert!(done.out.starts_with("serves db of "), "{}{}", done.out, done.err);
    program.run(&["serve", "--check"]).assert_refused(&["--config"]);
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is answered to an account, by its number, that is in a group.
fn ask(socket: &Path, (uid, gid): (u32, u32), path: &str, body: &str) -> (String, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--write-out", "\n%{http_code}", "--unix-socket"])
        .arg(socket);
    if !body.is_empty() {
        curl.args(["--json", body]);
    }
    let output = curl
        .arg(format!("http://localhost/v1/namespaces/default{path}"))
        .uid(uid)
        .gid(gid)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (said, status) = text.rsplit_once('\n').unwrap();
    (status.to_owned(), said.to_owned())
}

#[test]
fn three_people_of_a_machine_share_a_service_and_each_is_known_by_their_account() {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root || Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    // Accounts and a group that every Debian has.
    let (games, alice, bob, carol) = (60, (1, 60), (2, 60), (3, 60));
    let kept = Kept::new(
        "tag: {web: ['web[1-2]']}\nconstraint: {$web: {max_parallel: 1}}\n",
        &["web1", "web2"],
    );
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["freeze"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let open = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let socket = open.path().join("pogo.sock");
    let grants = kept.file("grants.yaml");
    fs::write(
        &grants,
        "grants:\n  - {who: [daemon, bin], may: [view, run, steer own]}\n  - {who: sys, may: view}\n",
    )
    .unwrap();
    let config = kept.file("serve.yaml");
    fs::write(
        &config,
        format!(
            "store: {}\nsocket: {{path: {}, group: games}}\ngrants: {}\nlisten: 127.0.0.1:0\n",
            kept.file("store").display(),
            socket.display(),
            grants.display()
        ),
    )
    .unwrap();
    let mut command = kept.command(&["serve", "--config", config.to_str().unwrap()]);
    let mut serving = Serving(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("#token="), "{line}");
    let about = fs::metadata(&socket).unwrap();
    assert_eq!((about.mode() & 0o777, about.gid()), (0o660, games));

    let submit = |host: &str| {
        format!(r#"{{"order":{{"submit":{{"spec":{{"targets":"{host}","command":{{"shell":"true"}}}}}}}}}}"#)
    };
    let pause = |job: u32| format!(r#"{{"order":{{"pause":{{"job":{job}}}}}}}"#);
    assert_eq!(ask(&socket, alice, "/orders", &submit("web1")).0, "200");
    assert_eq!(ask(&socket, bob, "/orders", &submit("web2")).0, "200");
    let refused = ask(&socket, carol, "/orders", &submit("web1"));
    assert!(
        refused.0 == "403" && refused.1.contains("sys@") && refused.1.contains("no grant to run"),
        "{refused:?}"
    );
    assert_eq!(ask(&socket, alice, "/orders", &pause(3)).0, "403", "a job of another");
    assert_eq!(ask(&socket, bob, "/orders", &pause(3)).0, "200");
    let (status, jobs) = ask(&socket, carol, "/jobs", "");
    assert!(
        status == "200" && jobs.contains("\"daemon\"") && jobs.contains("\"bin\""),
        "{jobs}"
    );
    // Both are under one limit.
    let (_, slots) = ask(&socket, carol, "/slots", "");
    assert!(slots.contains("$web"), "{slots}");
    // Whoever is not in the group is not let in at all.
    assert_eq!(ask(&socket, (4, 65_534), "/jobs", "").0, "000");
}
