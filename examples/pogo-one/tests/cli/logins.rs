//! Jobs and the logins that they were submitted from: what ends with these, and what waits for another.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::kept_store::{Kept, until};
use super::program::Done;

/// Programs of systemd, in front of those that there are: what an account is let do, and a manager that runs what it
/// is given.
fn with_systemd(kept: &Kept, linger: &str, kills: &str, run: &str) -> String {
    let bin = kept.file("bin");
    fs::create_dir_all(&bin).unwrap();
    let loginctl = format!(
        "case \"$*\" in *Linger*) echo Linger={linger};; \
         *) printf 'KillUserProcesses={kills}\\nKillOnlyUsers=\\nKillExcludeUsers=\\n';; esac"
    );
    let seen = kept.file("systemd-run");
    let systemd_run = format!("echo \"$*\" >>'{}'; {run}", seen.display());
    for (name, text) in [("loginctl", loginctl), ("systemd-run", systemd_run)] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

#[test]
fn a_dispatcher_outlives_a_logout_where_systemd_lets_it_and_otherwise_that_is_said() {
    let runs = "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"";
    let fails = "exit 1";
    for (linger, kills, run, in_scope, warns) in [
        ("no", "no", runs, false, false),
        ("yes", "no", runs, true, false),
        ("no", "yes", runs, true, true),
        // Nothing is wrong with a machine without a bus.
        ("yes", "yes", fails, true, false),
    ] {
        let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
        let path = with_systemd(&kept, linger, kills, run);
        let mut command = kept.run_command("@web", &["--", "echo here"]);
        let done = Done::of(command.env("PATH", path).output().unwrap());
        assert_eq!(
            (done.code, done.out.lines().next()),
            (0, Some("web1 | here")),
            "{}",
            done.err
        );
        let seen = fs::read_to_string(kept.file("systemd-run")).unwrap_or_default();
        let case = (linger, kills, seen.as_str());
        assert_eq!(seen.starts_with("--user --scope --quiet -- "), in_scope, "{case:?}");
        assert_eq!(
            done.err.contains("logging out ends the dispatcher"),
            warns,
            "{case:?}: {}",
            done.err
        );
    }
}

/// An ssh-agent that has the key of the servers, until this is dropped.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(kept: &Kept, name: &str) -> Self {
        let socket = kept.file(name);
        let mut agent = Command::new("ssh-agent");
        agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null());
        let process = agent.spawn().unwrap();
        until(|| socket.exists());
        let mut add = Command::new("ssh-add");
        add.arg("-q")
            .arg(kept.site.servers.identity_file())
            .env("SSH_AUTH_SOCK", &socket);
        assert!(add.status().unwrap().success());
        Self { process, socket }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_job_whose_agent_is_gone_waits_for_another_and_fails_no_host() {
    let kept = Kept::new(
        "tag: {web: [web1, web2]}\nconstraint: {$web: {max_parallel: 1}}\n",
        &["web1", "web2"],
    );
    let first = Agent::start(&kept, "first");
    let store = kept.file("store").display().to_string();
    let line = kept.waits();
    let more = ["--store", &store, "-d", "--order", "listed", "--", &line];
    let args = kept.site.with_key(None, &more);
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if arg == "$web" { "@web" } else { arg.as_str() })
        .collect();
    let mut command = kept.command(&args);
    let done = Done::of(command.env("SSH_AUTH_SOCK", &first.socket).output().unwrap());
    assert_eq!(done.code, 0, "{}", done.err);
    until(|| kept.ran() == ["web1"]);
    drop(first);
    kept.go();
    let status = || kept.verb(&["status", "1"]).out;
    let mut said = String::new();
    until(|| {
        said = status();
        said.contains("waits for a person")
    });
    assert!(
        said.contains("web2: needs ") && said.contains("agent, and nobody answers at "),
        "{said}"
    );
    assert!(said.contains("attach from a login that has one"), "{said}");
    assert_eq!(kept.job(1).summary.tally.failed, 0);
    // Without a terminal and an agent nobody can help, and that is what the exit code says.
    assert_eq!(kept.verb(&["attach", "1"]).code, 4);
    let second = Agent::start(&kept, "second");
    let mut attach = kept.command(&["attach", "1"]);
    let done = Done::of(attach.env("SSH_AUTH_SOCK", &second.socket).output().unwrap());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(kept.ran(), ["web1", "web2"]);
}

#[test]
fn without_a_home_in_the_environment_the_store_is_in_that_of_the_account() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let own = kept.command(&["serve", "status", "--format", "json"]);
    let mut bare = Command::new(own.get_program());
    bare.args(own.get_args())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    let done = Done::of(bare.output().unwrap());
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("/.local/state/pogo"), "{}", done.out);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_with_what_to_do() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let file = kept.site.program.write("file", "");
    let mut command = kept.command(&["jobs"]);
    let done = Done::of(command.env("POGO_STORE", file.join("store")).output().unwrap());
    done.assert_refused(&["another directory with --store", "--store none"]);
}

#[test]
fn a_unit_of_systemd_is_printed_for_the_store_that_is_named() {
    let program = super::program::Program::new();
    let unit = program.run(&["serve", "unit", "--store", "/srv/pogo", "-n", "web"]);
    assert_eq!(unit.code, 0, "{}", unit.err);
    let pogo = env!("CARGO_BIN_EXE_pogo");
    let command = format!("ExecStart={pogo} serve --store /srv/pogo --namespace web\n");
    assert!(
        unit.out.contains(&command) && unit.out.contains("[Install]\nWantedBy=default.target\n"),
        "{}",
        unit.out
    );
    let of_system = program
        .run(&["serve", "unit", "--store", "/srv/pogo", "--account", "pogo"])
        .out;
    assert!(
        of_system.contains("\nUser=pogo\n") && of_system.contains("WantedBy=multi-user.target"),
        "{of_system}"
    );
}
