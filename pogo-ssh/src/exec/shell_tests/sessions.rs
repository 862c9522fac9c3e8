//! Sessions of several steps under every shell.

use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as Process, ExitStatus};
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::Phase;

use super::{attempt, posix, run, stderr_of, write_hook};
use crate::exec::mark::{Mark, MarkParser};
use crate::exec::session::Session;
use crate::shells;

/// What a command's end is known as, where other steps may follow it.
#[test]
fn a_session_tells_how_its_command_ended_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let killed = |name: &str| Mark::Killed(name.to_owned());
    for shell in posix() {
        for (line, wanted) in [
            ("exit 0", Mark::Ended(0)),
            ("exit 3", Mark::Ended(3)),
            ("exit 137", Mark::Ended(137)),
            ("exit 143", Mark::Ended(143)),
            ("exit 255", Mark::Ended(255)),
            ("kill -KILL $$", killed("KILL")),
            ("kill -TERM $$", killed("TERM")),
            ("kill -SEGV $$", killed("SEGV")),
            ("kill -PIPE $$", killed("PIPE")),
            ("kill -37 $$", killed("RTMIN+3")),
            ("kill -64 $$", killed("RTMAX")),
            // All of the group, to which the session belongs.
            ("kill -TERM 0; sleep 60", killed("TERM")),
            ("sleep 60 & kill -TERM 0; sleep 60", killed("TERM")),
        ] {
            // zsh says nothing of signals: there the status counts, as far as it is known.
            let status = match &wanted {
                Mark::Killed(name) if shell.starts_with("zsh") && name != "PIPE" => Some(name),
                _ => None,
            };
            if shell == "ksh" && line.contains("TERM 0") {
                // Of these it does not know the end itself.
                continue;
            }
            let mut attempt = attempt(RemoteCommand::shell(line), directory.path());
            attempt.post_hooks.clone_from(&attempt.pre_hooks);
            let session = Session::all_of(&attempt, None, None).remove(0);
            let output = run(shell, &session.line(), true);
            let (err, marks) = stderr_of(&session, &output);
            assert_eq!(marks.len(), 3, "{shell}: {line}: {output:?}");
            assert_eq!(
                (err.as_str(), &marks[1]),
                ("", &Mark::Phase(Phase::Command)),
                "{shell}: {line}"
            );
            match status {
                Some(_) => assert!(matches!(marks[2], Mark::Ended(129..)), "{shell}: {line}: {marks:?}"),
                None => assert_eq!(marks[2], wanted, "{shell}: {line}"),
            }
        }
    }
}

/// What sleeps in the background holds the output open, so it goes into files.
fn run_into_files(shell: &str, text: &str, directory: &Path) -> (ExitStatus, String, Vec<u8>) {
    let (out, err) = (directory.join("out"), directory.join("err"));
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(b"input\n").unwrap();
    input.rewind().unwrap();
    let mut command = shells::command(shell);
    command
        .args(["-c", text])
        .env("SHELL", "/bin/sh")
        .process_group(0)
        .stdin(input)
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap());
    let status = command.status().unwrap();
    (status, fs::read_to_string(out).unwrap(), fs::read(err).unwrap())
}

/// All steps at once: each with the input, the environment and the output that it has alone.
#[test]
fn a_session_runs_all_steps_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_hook(&path, "755", &format!("#!/bin/sh\n{text}\n"));
    };
    file(
        "pre/a",
        "cat; echo $POGO_PHASE; echo err >&2; for fd in 3 4; do [ ! -e /proc/$$/fd/$fd ] || echo open; done",
    );
    // It holds everything open that it has, and installs a hook.
    let line = format!(
        "cat; echo $POGO_PHASE \"$d$f$code$locale\"; for fd in 3 4; do [ ! -e /proc/$$/fd/$fd ] || echo open; done; \
         sleep 60 & echo pid $!; mkdir {0}/post; cp {0}/pre/a {0}/post; exec 1>&- 2>&-",
        directory.path().display()
    );
    for shell in posix() {
        let _ = fs::remove_dir_all(directory.path().join("post"));
        let hooks = |name: &str| Some(directory.path().join(name).display().to_string().into());
        let names = ["d", "f", "code", "locale"];
        let exec_options = names
            .into_iter()
            .fold(ExecOptions::new(), |all, name| all.env(name, name));
        let mut attempt = attempt(RemoteCommand::shell(&line), directory.path());
        (attempt.pre_hooks, attempt.post_hooks) = (hooks("pre"), hooks("post"));
        attempt.exec_options = Arc::new(exec_options);
        let session = Session::all_of(&attempt, None, None).remove(0);
        let text = session.line().under(shell);
        let (status, out, err) = run_into_files(shell, &text, directory.path());
        let (stderr, marks) = MarkParser::new(&session.marker.prefix()).take(&err);
        let pid = out.lines().find_map(|line| line.strip_prefix("pid "));
        let pid = pid.unwrap_or_else(|| panic!("{shell}: {out} {}", String::from_utf8_lossy(&stderr)));
        let _ = Process::new("kill").arg(pid).status();
        let wanted = format!("pre_hook\ninput\ncommand dfcodelocale\npid {pid}\npost_hook\n");
        assert_eq!(out, wanted, "{shell}");
        assert_eq!(String::from_utf8_lossy(&stderr), "err\nerr\n", "{shell}");
        let phases = [Phase::PreHook, Phase::Command, Phase::PostHook].map(Mark::Phase);
        let [pre, command, post] = phases;
        assert_eq!(marks[1..], [pre, command, Mark::Ended(0), post], "{shell}");
        assert!(status.success(), "{shell}: {status}");
    }
}

#[test]
fn post_hooks_are_looked_for_and_not_run_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let hook = directory.path().join("10-hook");
    let mut attempt = attempt(RemoteCommand::shell("true"), directory.path());
    attempt.post_hooks.clone_from(&attempt.pre_hooks);
    let session = Session::of(&attempt, None, None, &[Phase::PostHook]).unwrap();
    let only_looking = session.only_looking().unwrap();
    for shell in posix() {
        let status = || run(shell, &only_looking.line(), true).status.code();
        assert_eq!(status(), Some(0), "{shell}");
        fs::write(
            &hook,
            format!("#!/bin/sh\ntouch '{}/ran'\n", directory.path().display()),
        )
        .unwrap();
        assert_eq!(status(), Some(0), "{shell}: it cannot be executed");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(status(), Some(143), "{shell}");
        assert!(!directory.path().join("ran").exists(), "{shell}");
        fs::remove_file(&hook).unwrap();
    }
    let command = Session::of(&attempt, None, None, &[Phase::Command]).unwrap();
    assert_eq!(command.only_looking(), None);
}
