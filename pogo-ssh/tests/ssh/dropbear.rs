//! Another server than OpenSSH's, as small machines have: dropbear, spoken to by both transports.
//!
//! It takes keys from the home directory of the user who logs in and nowhere else, so it gets a home of its own, in a
//! mount namespace.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};

use pogo_core::dispatcher::Transport;
use pogo_core::fleet::Connection;
use pogo_core::plan::{ExecOptions, RemoteCommand, Stdin};
use pogo_core::scheduler::{FailureKind, Phase};
use pogo_ssh::{Agent, SshTransport, SshTransportBuilder};
use tempfile::TempDir;

use crate::attempt::{TestAttempt, term};
use crate::openssh::{end_children, generate_key};
use crate::over_time::over_its_time;

const DROPBEAR: &str = "/usr/sbin/dropbear";

/// Gives the server a home (`$1`), with the key (`$2`) that may log in; the rest is the server and its arguments.
const AT_HOME: &str = r#"mount -t tmpfs none "$1" || { echo no namespace; exit 1; }
mkdir -m 700 "$1/.ssh" && cp "$2" "$1/.ssh/authorized_keys" && chmod 600 "$1/.ssh/authorized_keys"
chmod 755 "$1"
shift 2
exec "$@" 2>&1"#;

/// A running server; ends when dropped.
pub(crate) struct Dropbear {
    server: Child,
    port: u16,
    directory: TempDir,
}

impl Drop for Dropbear {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Dropbear {
    /// `None`, and a word on standard error, where it cannot be started.
    pub(crate) fn start(test: &str) -> Option<Self> {
        if !Path::new(DROPBEAR).exists() {
            let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
            assert!(!required, "{test} needs {DROPBEAR}, and POGO_REQUIRE_SSHD is set");
            eprintln!("LEFT OUT: {test} needs {DROPBEAR} (package dropbear-bin)");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        generate_key(directory.path(), "client", "ed25519");
        // Somebody else may take the port between finding it free and listening on it.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            match launch(directory.path(), port) {
                Launch::Listens(server) => {
                    let server = Self {
                        server,
                        port,
                        directory,
                    };
                    server.write_known_hosts();
                    return Some(server);
                }
                Launch::NoNamespace => {
                    eprintln!("LEFT OUT: {test} needs a mount namespace (unshare), which is not allowed here");
                    return None;
                }
                Launch::Ended => {}
            }
        }
        panic!("dropbear does not start");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write_known_hosts(&self) {
        let shown = Process::new("dropbearkey")
            .arg("-y")
            .arg("-f")
            .arg(self.path("host"))
            .output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        let key = shown.lines().find(|line| line.starts_with("ssh-ed25519")).unwrap();
        fs::write(self.path("known_hosts"), format!("[127.0.0.*]:{} {key}\n", self.port)).unwrap();
    }

    pub(crate) fn settings(&self) -> SshTransportBuilder {
        SshTransport::builder()
            .user(whoami("-un"))
            .agent(Agent::Off)
            .identity(self.path("client"))
            .known_hosts([self.path("known_hosts")])
            .lock_directory(self.path("locks").display().to_string())
    }

    /// Both transports, by name.
    fn transports(&self) -> [(&'static str, Box<dyn Transport>); 2] {
        [
            ("builtin", Box::new(self.settings().build().unwrap())),
            ("ssh", Box::new(self.settings().build_program().unwrap())),
        ]
    }

    pub(crate) fn connection(&self) -> Connection {
        self.connection_at("127.0.0.1")
    }

    /// The host that it plays at this address.
    pub(crate) fn connection_at(&self, address: &str) -> Connection {
        Connection::new().address(address).port(self.port)
    }

    /// Ends the processes that serve its connections.
    pub(crate) fn cut_connections(&self) {
        end_children(self.server.id());
    }

    fn attempt(&self, line: &str) -> TestAttempt {
        TestAttempt::to("web1", self.connection(), RemoteCommand::shell(line))
    }
}

enum Launch {
    Listens(Child),
    NoNamespace,
    Ended,
}

fn whoami(option: &str) -> String {
    let output = Process::new("id").arg(option).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn home() -> String {
    let entry = Process::new("getent").args(["passwd", &whoami("-u")]).output().unwrap();
    let entry = String::from_utf8(entry.stdout).unwrap();
    entry.trim().split(':').nth(5).unwrap().to_owned()
}

fn launch(directory: &Path, port: u16) -> Launch {
    let host_key = directory.join("host");
    if !host_key.exists() {
        let made = Process::new("dropbearkey")
            .args(["-t", "ed25519", "-f"])
            .arg(&host_key)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(made.unwrap().success());
    }
    let mut unshare = Process::new("unshare");
    unshare.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-current-user", "--keep-caps"]);
    }
    let mut server = unshare
        .args(["--", "/bin/sh", "-c", AT_HOME, "sh", &home()])
        .arg(directory.join("client.pub"))
        .args([DROPBEAR, "-F", "-E", "-s", "-P", "/dev/null", "-p"])
        .arg(format!("127.0.0.1:{port}"))
        .args(["-p", &format!("127.0.0.2:{port}")])
        .arg("-r")
        .arg(&host_key)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let line = log.find(|line| line.contains("Not backgrounding") || line.contains("no namespace"));
    // It goes on writing; a full pipe would stop it.
    std::thread::spawn(move || log.for_each(drop));
    match line {
        Some(line) if line.contains("Not backgrounding") => Launch::Listens(server),
        line => {
            let _ = server.kill();
            let _ = server.wait();
            if line.is_some() {
                Launch::NoNamespace
            } else {
                Launch::Ended
            }
        }
    }
}

#[tokio::test]
async fn output_status_and_signal_come_from_dropbear() {
    let Some(server) = Dropbear::start("output_status_and_signal_come_from_dropbear") else {
        return;
    };
    for (name, transport) in server.transports() {
        let report = server.attempt("echo out; echo err >&2").run(&*transport).await;
        report.assert_succeeded();
        assert_eq!(
            (report.stdout.as_str(), report.stderr.as_str()),
            ("out\n", "err\n"),
            "{name}"
        );
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
        let report = server.attempt("exit 7").run(&*transport).await;
        report.assert_failed(FailureKind::Command { status: 7 });
        let report = server.attempt("kill -KILL $$").run(&*transport).await;
        report.assert_failed(FailureKind::Signal {
            signal: "KILL".to_owned(),
        });
    }
}

#[tokio::test]
async fn hooks_and_input_reach_dropbear() {
    let Some(server) = Dropbear::start("hooks_and_input_reach_dropbear") else {
        return;
    };
    let hooks = server.path("hooks");
    fs::create_dir(&hooks).unwrap();
    fs::write(hooks.join("10-say"), "#!/bin/sh\necho $POGO_PHASE\n").unwrap();
    let executable = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(hooks.join("10-say"), executable).unwrap();
    let hooks = hooks.display().to_string();
    for (name, transport) in server.transports() {
        let exec_options = ExecOptions::new().stdin(Stdin::Text("x".repeat(300_000)));
        let attempt = server
            .attempt("wc -c")
            .with_hooks(&hooks, &hooks)
            .exec_options(exec_options);
        let report = attempt.run(&*transport).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "pre_hook\n300000\npost_hook\n", "{name}");
    }
}

#[tokio::test]
async fn what_runs_on_dropbear_is_really_ended() {
    let Some(server) = Dropbear::start("what_runs_on_dropbear_is_really_ended") else {
        return;
    };
    for (name, transport) in server.transports() {
        let trace = server.path(name);
        let line = format!("echo up; sleep 600; echo ended > {}", trace.display());
        let report = server.attempt(&line).cancelled_after(&["up"], &*transport).await;
        report.assert_failed(term());
        let report = over_its_time(&*transport, 1, |_| server.attempt(&line)).await;
        report.assert_failed(FailureKind::Timeout);
        assert!(!trace.exists(), "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_known_is_refused_and_so_is_a_login() {
    let Some(server) = Dropbear::start("a_key_that_is_not_known_is_refused_and_so_is_a_login") else {
        return;
    };
    generate_key(server.directory.path(), "other", "ed25519");
    let wrong = || server.settings().no_identities().identity(server.path("other"));
    fs::write(server.path("nobody"), "# nobody\n").unwrap();
    let unknown = || server.settings().known_hosts([server.path("nobody")]);
    let transports: [(Box<dyn Transport>, FailureKind); 4] = [
        (Box::new(wrong().build().unwrap()), FailureKind::Authentication),
        (Box::new(wrong().build_program().unwrap()), FailureKind::Authentication),
        (Box::new(unknown().build().unwrap()), FailureKind::HostKey),
        (Box::new(unknown().build_program().unwrap()), FailureKind::HostKey),
    ];
    for (transport, kind) in transports {
        server.attempt("true").run(&*transport).await.assert_failed(kind);
    }
}

#[tokio::test]
async fn much_output_from_dropbear_arrives_whole() {
    let Some(server) = Dropbear::start("much_output_from_dropbear_arrives_whole") else {
        return;
    };
    for (name, transport) in server.transports() {
        let report = server.attempt("seq 1 200000").run(&*transport).await;
        report.assert_succeeded();
        assert_eq!(report.stdout.lines().count(), 200_000, "{name}");
        assert!(report.stdout.ends_with("\n200000\n"), "{name}");
    }
}
