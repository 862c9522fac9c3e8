//! `ssh bastion pogo run -d …`: the login ends at once, and the job goes on.

use std::fs;
use std::process::{Command, Stdio};

use super::kept_store::{dispatcher, until};
use super::many_hosts::ManyHosts;
use super::program::Done;

/// A word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Gives a command by way of a login at the first host.
fn at_bastion(many: &ManyHosts, terminal: &str, command: &Command) -> Done {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<String> = words.map(|word| quoted(word.to_str().unwrap())).collect();
    let directory = many.file("").display().to_string();
    // A login has an environment of its own.
    let line = format!(
        "cd {} && HOME={0} POGO_STORE={} {}",
        quoted(&directory),
        quoted(many.file("store").to_str().unwrap()),
        words.join(" ")
    );
    let (key, known) = (many.file("client_key"), many.file("known_hosts"));
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", terminal, "-p", &many.port().to_string(), "-i"])
        .arg(key);
    ssh.arg("-o").arg(format!("UserKnownHostsFile={}", known.display()));
    ssh.args(["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "127.0.1.2"]);
    Done::of(ssh.arg(line).stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_job_that_is_submitted_over_ssh_outlives_the_login_which_ends_at_once() {
    let test = "a_job_that_is_submitted_over_ssh_outlives_the_login_which_ends_at_once";
    if !ManyHosts::are_possible(test) {
        return;
    }
    for terminal in ["-T", "-tt"] {
        let many = ManyHosts::new(2, 2);
        let go = many.file("go");
        let waits = format!("until [ -e {} ]; do sleep 0.05; done", quoted(go.to_str().unwrap()));
        let mut run = many.run_command(&["-d"], &[&waits]);
        run.env_remove("SSH_AUTH_SOCK");
        // It ends when everybody has closed what it is connected to, the dispatcher too; and the hosts wait.
        let submitted = at_bastion(&many, terminal, &run);
        assert_eq!(submitted.code, 0, "{terminal}: {}{}", submitted.out, submitted.err);
        assert_eq!(submitted.out.trim(), "1", "{terminal}: {}", submitted.err);
        let pid = dispatcher(&many.namespace()).unwrap();
        until(|| {
            let status = many.verb(&["status", "1", "--format", "json"]).out;
            let status: serde_json::Value = serde_json::from_str(&status).unwrap();
            status["tally"]["running"] == 2
        });
        assert_eq!(
            dispatcher(&many.namespace()),
            Some(pid),
            "{terminal}: the login's dispatcher has it"
        );
        // It is of no login, and has nothing of one open.
        assert_eq!(rustix::process::getsid(Some(pid)).unwrap(), pid, "{terminal}");
        for descriptor in fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).unwrap() {
            let Ok(open) = fs::read_link(descriptor.unwrap().path()) else {
                continue;
            };
            let open = open.display().to_string();
            assert!(
                !open.starts_with("/dev/pts") && !open.starts_with("pipe:"),
                "{terminal}: {open}"
            );
        }
        fs::write(&go, "").unwrap();
        let waited = many.verb(&["wait", "1"]);
        assert_eq!(waited.code, 0, "{terminal}: {}", waited.err);
        assert_eq!(dispatcher(&many.namespace()), Some(pid), "{terminal}");
    }
}
