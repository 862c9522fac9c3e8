//! The shell text under every shell that is installed here.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::fleet::Host;
use pogo_core::plan::Command;
use pogo_core::scheduler::{AttemptId, JobId, Phase};

use super::kill::kill_line;
use super::mark::Group;
use super::step::Step;
use super::way::Way;
use crate::shells;

/// What people log in with may be any shell.
fn all() -> Vec<&'static str> {
    shells::installed(shells::COMMON.iter().copied().chain(["ksh", "zsh"]))
}

/// Runs text as the login shell `shell` would, with that shell in the place of `/bin/sh`.
fn run(shell: &str, text: &str, leads_a_group: bool) -> Output {
    let text = text.replace("/bin/sh", shell);
    let mut command = shells::command(shell);
    command.arg("-c").arg(text).env("SHELL", "/bin/sh");
    if leads_a_group {
        command.process_group(0);
    }
    command.output().unwrap()
}

fn steps(command: Command, hooks: &Path) -> Vec<Step> {
    let attempt = Attempt {
        id: AttemptId::new(17),
        job: JobId::new(3),
        host: Host::new("web1".parse().unwrap()),
        command: Arc::new(command),
        invocation: Arc::default(),
        pre_hooks: Some(hooks.display().to_string().into()),
        post_hooks: None,
        time_limit: Duration::from_secs(1),
        resumed: false,
    };
    Step::of(&attempt, None).unwrap()
}

fn text_of(phase: Phase, command: Command, hooks: &Path) -> String {
    let mut steps = steps(command, hooks).into_iter();
    steps.find(|step| step.phase == phase).unwrap().script.text
}

#[test]
fn a_command_runs_unchanged_under_every_shell() {
    let argv = Command::argv(["printf", "%s|", "it's", "a b", "$x", "\\", "\n", "*"]);
    let line = Command::shell("x='it'\\''s'; printf '%s|' \"$x\" \"$POGO_PHASE\"; exit 7");
    for shell in all() {
        let output = run(shell, &text_of(Phase::Command, argv.clone(), Path::new("/")), true);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "it's|a b|$x|\\|\n|*|",
            "{shell}"
        );
        assert!(
            String::from_utf8_lossy(&output.stderr).starts_with("\x1epogo a17 begun "),
            "{shell}"
        );
        let output = run(shell, &text_of(Phase::Command, line.clone(), Path::new("/")), true);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "it's|command|", "{shell}");
        assert_eq!(output.status.code(), Some(7), "{shell}");
    }
}

#[test]
fn a_step_leads_a_group_even_where_the_server_gives_it_none() {
    let pid = Command::shell("echo $$");
    for shell in all() {
        for leads in [true, false] {
            let output = run(shell, &text_of(Phase::Command, pid.clone(), Path::new("/")), leads);
            let pid = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let mark = format!("\x1epogo a17 begun {pid} group\n");
            assert_eq!(String::from_utf8_lossy(&output.stderr), mark, "{shell}, leads: {leads}");
        }
    }
}

#[test]
fn hooks_run_in_the_order_of_their_bytes_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let hooks = directory.path().join("it's a dir");
    fs::create_dir(&hooks).unwrap();
    for (name, status, mode) in [
        ("a", 0, 0o755),
        ("B", 0, 0o755),
        ("é", 9, 0o755),
        ("no", 1, 0o644),
        (".hidden", 1, 0o755),
    ] {
        let path = hooks.join(name);
        fs::write(&path, format!("#!/bin/sh\necho {name}\nexit {status}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for shell in all() {
        let output = run(shell, &text_of(Phase::PreHook, Command::shell("true"), &hooks), true);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "B\na\né\n", "{shell}");
        assert_eq!(output.status.code(), Some(9), "{shell}");
        assert!(
            String::from_utf8_lossy(&output.stderr).ends_with("\x1epogo a17 hook é\n"),
            "{shell}"
        );
        let missing = run(
            shell,
            &text_of(Phase::PreHook, Command::shell("true"), Path::new("/no/such")),
            true,
        );
        assert_eq!(missing.status.code(), Some(0), "{shell}");
    }
}

#[test]
fn a_group_is_ended_under_every_shell() {
    for shell in all() {
        for (line, deaf) in [
            ("sleep 300", false),
            ("trap '' TERM; while :; do sleep 300; done", true),
        ] {
            let mut child = shells::command("sh")
                .arg("-c")
                .arg(format!("({line}) & {line}"))
                .process_group(0)
                .spawn()
                .unwrap();
            let group = Group::Led(child.id());
            let line = kill_line(&Way::Login, group, Duration::from_millis(if deaf { 100 } else { 5000 }));
            // It is collected by nobody until it is found to have ended.
            let output = run(shell, &line, true);
            assert_eq!(output.status.code(), Some(0), "{shell}, deaf: {deaf}");
            child.wait().unwrap();
            let output = run(shell, &line, true);
            assert_eq!(output.status.code(), Some(3), "{shell}, deaf: {deaf}");
        }
    }
}
