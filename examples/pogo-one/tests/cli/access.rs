//! Grants and tokens: who may do what, and how they are known.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use super::kept_store::Kept;
use super::program::{Done, Program};

const GRANTS: &str = "\
groups:
  dba: [bob]
recipes:
  restart: systemctl restart db
grants:
  - {who: alice, may: [view, run, steer own]}
  - {who: group:dba, may: run, targets: $db}
  - {who: carol, may: run, recipes: restart}
tests:
  - {as: bob, may: run, on: $db.east}
  - {as: carol, may: run, recipe: restart}
  - {as: carol, may not: run, on: $db}
  - {as: mallory, may not: view}
";

fn with_grants(text: &str) -> Program {
    let program = Program::new();
    program.write("grants.yaml", text);
    program
}

fn check(program: &Program, words: &[&str]) -> Done {
    program.run(&[&["grants", "check", "--grants", "grants.yaml"], words].concat())
}

#[test]
fn the_tests_of_a_file_of_grants_are_run() {
    let program = with_grants(GRANTS);
    let done = check(&program, &[]);
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "grants.yaml: 3 grants, and 4 tests of them hold\n"),
        "{}",
        done.err
    );
    let wrong = GRANTS.replace("{as: mallory, may not: view}", "{as: alice, may not: view}");
    let done = check(&with_grants(&wrong), &[]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(
        done.out.starts_with("grants.yaml:13:5: `alice` may view in `default`"),
        "{}",
        done.out
    );
    // Whether hosts by name are those of a tag is known where they are.
    let by_name = GRANTS.replace("on: $db.east", "on: db1");
    let program = with_grants(&by_name);
    program.write("policy.yaml", "tag: {db: [db1], web: [web1]}\n");
    let done = check(&program, &[]);
    assert_eq!(done.code, 1);
    assert!(
        done.out.contains("depends on the hosts") && done.out.contains("-i SOURCE"),
        "{}",
        done.out
    );
    assert_eq!(check(&program, &["-c", "policy.yaml"]).code, 0);
}

#[test]
fn somebody_is_told_whether_they_may() {
    let program = with_grants(GRANTS);
    let done = check(&program, &["--as", "bob", "run", "$db"]);
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "bob may run in default on $db, by grants.yaml:7:5\n"),
        "{}",
        done.err
    );
    for (words, said) in [
        (&["--as", "bob", "view"][..], "bob has no grant to view in default"),
        (&["--as", "carol", "run", "$db"], "carol has no grant to run"),
        (&["--as", "alice", "steer all"], "alice has no grant to steer all"),
    ] {
        let done = check(&program, words);
        assert_eq!(done.code, 77, "{words:?} {}{}", done.out, done.err);
        assert!(done.err.contains(said), "{}", done.err);
    }
    assert_eq!(
        check(&program, &["--as", "carol", "--recipe", "restart", "run", "$db"]).code,
        0
    );
    assert_eq!(
        check(&program, &["--as", "dave", "--group", "dba", "run", "$db"]).code,
        0
    );
    check(&program, &["--as", "bob", "run", "web1"]).assert_refused(&["depends on which hosts", "-i SOURCE"]);
    check(&program, &["--as", "bob", "fly"]).assert_refused(&["nothing that can be granted", "view output"]);
}

#[test]
fn what_is_wrong_with_grants_is_said_where_it_stands_and_how_to_mend_it() {
    for (text, said) in [
        (
            "grants:\n  - {who: alice, may: [view], targets: $db}\n",
            &["grants.yaml:2:5", "about a whole namespace", "a grant of its own"][..],
        ),
        (
            "grants:\n  - {who: alice, may: veiw}\n",
            &["grants.yaml:2:23", "nothing that can be granted"],
        ),
        (
            "grants:\n  - {who: alice}\n",
            &["grants.yaml:2:5", "does not say what it allows", "add `may`"],
        ),
        (
            "grants:\n  - {may: run}\n",
            &["grants.yaml:2:5", "does not say whom", "add `who`"],
        ),
        ("grants:\n  - {who: [], may: run}\n", &["grants.yaml:2:11"]),
        (
            "grants:\n  - {who: 'ali*', may: run}\n",
            &["grants.yaml:2:11", "names nobody"],
        ),
        (
            "grants:\n  - {who: alice, may: run, target: $db}\n",
            &["grants.yaml:2:28", "unknown key `target`", "did you mean `targets`?"],
        ),
        (
            "grants:\n  - {who: alice, may: run, targets: '$db &'}\n",
            &["grants.yaml:2:37"],
        ),
        (
            "grants:\n  - {who: alice, may: run, targets: $roles(db)}\n",
            &["grants.yaml:2:37", "somebody else answers"],
        ),
        (
            "grants:\n  - {who: alice, may: run, targets: ''}\n",
            &["grants.yaml:2:37"],
        ),
        (
            "grants:\n  - {who: alice, may: run, recipes: restrat}\n",
            &["grants.yaml:2:37", "no recipe `restrat`"],
        ),
        (
            "recipes: {a: {as: root}}\n",
            &["grants.yaml:1:11", "does not say what it runs"],
        ),
        (
            "tests:\n  - {as: alice, may: run, may not: view}\n",
            &["grants.yaml:2:27", "one of `may` and `may not`"],
        ),
        ("tests:\n  - {may: run}\n", &["grants.yaml:2:5", "does not say who"]),
        (
            "grant: []\n",
            &["grants.yaml:1:1", "unknown key `grant`", "did you mean `grants`?"],
        ),
    ] {
        check(&with_grants(text), &[]).assert_refused(said);
    }
}

/// A server on a port, with what its first line says.
pub(super) struct Listens {
    pub(super) server: Child,
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "only a certificate makes another of it")
    )]
    pub(super) page: String,
    pub(super) address: String,
    pub(super) printed: String,
}

impl Listens {
    pub(super) fn start(kept: &Kept, more: &[&str]) -> Self {
        let mut command = kept.command(&[&["serve", "--listen", "127.0.0.1:0"], more].concat());
        Self::of(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// A server that prints where it listens.
    pub(super) fn of(mut server: Child) -> Self {
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (page, token) = line.trim().split_once("#token=").unwrap();
        let (_, address) = page.split_once("://").unwrap();
        Self {
            server,
            page: page.to_owned(),
            address: address.strip_suffix("/page/").unwrap().to_owned(),
            printed: token.to_owned(),
        }
    }

    pub(super) fn send(&self, token: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} /v1/namespaces/default{path} HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub(super) const SUBMIT: &str = r#"{"order":{"submit":{"spec":{"targets":"web1","command":{"shell":"true"}}}}}"#;

pub(super) fn new_token(kept: &Kept, words: &[&str]) -> String {
    let done = kept.verb(&[&["token", "create"], words].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("shown once"), "{}", done.err);
    done.out.trim().to_owned()
}

#[test]
fn a_token_is_good_for_what_it_was_made_for_until_it_is_revoked() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let views = new_token(&kept, &["--as", "ci", "--note", "board", "--may", "view"]);
    let nothing = new_token(&kept, &["--as", "alice"]);
    let server = Listens::start(&kept, &[]);
    assert_eq!(server.send(&server.printed, "POST", "/orders", SUBMIT).0, 200);
    assert_eq!(server.send(&views, "GET", "/jobs", "").0, 200);
    let (status, said) = server.send(&views, "POST", "/orders", SUBMIT);
    assert!(
        status == 403 && said.contains("`ci (token board)` has no grant to run"),
        "{said}"
    );
    // Nobody has written grants, and nothing was said of this one.
    assert_eq!(server.send(&nothing, "GET", "/jobs", "").0, 403);
    let listed = kept.verb(&["token", "list"]).out;
    assert!(
        listed.contains("ci (board), until ") && listed.contains("at most: view"),
        "{listed}"
    );
    assert!(!listed.contains(views.rsplit('_').next().unwrap()));
    assert_eq!(kept.verb(&["token", "revoke", "board"]).code, 0);
    assert_eq!(server.send(&views, "GET", "/jobs", "").0, 401);
    kept.verb(&["token", "revoke", "board"])
        .assert_refused(&["0 tokens are called `board`"]);
}

#[test]
fn orders_are_recorded_under_the_name_of_a_token_as_far_as_grants_allow() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let grants = kept.file("grants.yaml");
    std::fs::write(&grants, "grants:\n  - {who: alice, may: [view, run]}\n").unwrap();
    let (alice, bob) = (
        new_token(&kept, &["--as", "alice", "--note", "laptop"]),
        new_token(&kept, &["--as", "bob"]),
    );
    let server = Listens::start(&kept, &["--grants", grants.to_str().unwrap()]);
    assert_eq!(server.send(&alice, "POST", "/orders", SUBMIT).0, 200);
    assert_eq!(server.send(&bob, "POST", "/orders", SUBMIT).0, 403);
    assert_eq!(
        server
            .send(&alice, "POST", "/orders", r#"{"order":{"freeze":{"hosts":"*"}}}"#)
            .0,
        403
    );
    let jobs = kept.verb(&["jobs", "--format", "json"]).out;
    assert!(jobs.contains("\"laptop\"") && jobs.contains("\"alice\""), "{jobs}");
    drop(server);
    std::fs::write(&grants, "grants:\n  - {who: alice, may: fly}\n").unwrap();
    let wrong = kept.verb(&["serve", "--listen", "127.0.0.1:0", "--grants", grants.to_str().unwrap()]);
    wrong.assert_refused(&["grants.yaml:2:23", "nothing that can be granted"]);
}

#[test]
fn a_token_is_written_into_a_file_that_is_new_and_private() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    kept.verb(&["token", "list"]).assert_refused(&["store"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    let file = kept.file("token");
    let create = [
        "token",
        "create",
        "--as",
        "ci",
        "--for",
        "12h",
        "--output",
        file.to_str().unwrap(),
    ];
    let done = kept.verb(&create);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("pogo_"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    kept.verb(&create).assert_refused(&["exists"]);
    let listed = kept.verb(&["token", "list", "--format", "json"]).out;
    assert_eq!(
        listed.matches("\"id\"").count(),
        1,
        "what could not be written was not made: {listed}"
    );
    kept.verb(&["token", "create", "--as", "ci", "--may", "view", "--targets", "web1"])
        .assert_refused(&["about a whole namespace"]);
    kept.verb(&["token", "create", "--as", "ci", "--for", "0s"])
        .assert_refused(&["of no use"]);
}
