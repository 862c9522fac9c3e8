//! Providers by which people log in with their browsers, as the file of settings names them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use super::access::Listens;
use super::kept_store::Kept;
use super::program::Program;

#[test]
fn what_is_wrong_with_a_login_is_said_where_it_stands_and_no_secret_is_repeated() {
    let login = |rest: &str| format!("listen: 127.0.0.1:0\noidc:\n  - {{login: company, {rest}}}\n");
    let id = "issuer: 'https://id.example.com', client_id: pogo";
    for (text, said) in [
        (
            login("issuer: 'http://id', client_id: pogo"),
            &["serve.yaml:3:30", "https:"][..],
        ),
        (login("client_id: pogo"), &["serve.yaml:3:5", "no `issuer`"]),
        (login("issuer: 'https://id'"), &["serve.yaml:3:5", "no `client_id`"]),
        (
            login(id).replace("company", "Com pany"),
            &["serve.yaml:3:13", "lower-case"],
        ),
        (
            login(&format!("{id}, client_secret: q84711zw")),
            &["serve.yaml:3:", "where the secret is"],
        ),
        (
            login(&format!("{id}, client_secret: {{file: /nowhere/secret}}")),
            &["/nowhere/secret", "give a file"],
        ),
        (
            login(&format!("{id}, client_secret: {{variable: POGO_NO_SUCH_SECRET}}")),
            &["POGO_NO_SUCH_SECRET is not set"],
        ),
        (login(&format!("{id}, algorithms: HS256")), &["HS256", "RS256"]),
        (
            login(&format!("{id}, clientsecret: x")),
            &["unknown key `clientsecret`"],
        ),
        (
            login(id).replace("listen: 127.0.0.1:0\n", ""),
            &["people log in on a port", "--listen"],
        ),
        (
            format!("url: http://pogo.example.com\n{}", login(id)),
            &["the address of this server", "https:"],
        ),
        ("sessions: {lifetime: soon}\n".to_owned(), &["serve.yaml:1:22"]),
    ] {
        let program = Program::new();
        let store = program.directory.path().join("store");
        program.write("serve.yaml", &format!("{text}store: {}\n", store.display()));
        let done = program.run(&["serve", "--config", "serve.yaml", "--check"]);
        done.assert_refused(said);
        assert!(!done.err.contains("q84711zw"), "{}", done.err);
    }
    let program = Program::new();
    let secret = program.write("secret", "q84711zw\n");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let from = format!("{id}, client_secret: {{file: {}}}", secret.display());
    program.write("serve.yaml", &login(&from));
    let done = program.run(&["serve", "--config", "serve.yaml", "--check"]);
    done.assert_refused(&["everybody on this machine may read", "chmod 600"]);
    assert!(!done.err.contains("q84711zw"), "{}", done.err);
}

#[test]
fn a_provider_that_is_away_is_said_by_the_check_and_to_whoever_logs_in() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let config = kept.file("serve.yaml");
    let text = format!(
        "store: {}\nlisten: 127.0.0.1:0\noidc:\n  - login: company\n    title: Company SSO\n    issuer: \
         http://127.0.0.1:1\n    client_id: pogo\n    client_secret: {{variable: OIDC_SECRET}}\n",
        kept.file("store").display()
    );
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let mut check = kept.command(&["serve", "--config", config, "--check"]);
    let check = super::program::Done::of(check.env("OIDC_SECRET", "q84711zw").output().unwrap());
    check.assert_refused(&["http://127.0.0.1:1", "the provider cannot be used"]);
    let mut command = kept.command(&["serve", "--config", config]);
    command.env("OIDC_SECRET", "q84711zw").stdout(Stdio::piped());
    let log = kept.file("log");
    let server = Listens::of(command.stderr(fs::File::create(&log).unwrap()).spawn().unwrap());
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/v1/logins").contains(r#"{"name":"company","title":"Company SSO"}"#));
    let page = get("/login/company");
    assert!(
        page.starts_with("HTTP/1.0 502") && page.contains("Company SSO cannot be asked"),
        "{page}"
    );
    let log = fs::read_to_string(log).unwrap();
    assert!(
        log.contains("no login by company can begin") && !log.contains("q84711zw"),
        "{log}"
    );
}
