//! Single steps under every shell.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::Phase;

use super::words::{hostile, nul_after_each};
use super::{attempt, log_in, login, posix, run, session, stderr_of, write_hook};
use crate::exec::mark::{Mark, ProcessGroup};
use crate::exec::session::Session;

#[test]
fn every_step_runs_through_every_login_shell() {
    let directory = tempfile::tempdir().unwrap();
    let hooks = directory.path().join("it's! a\\dir");
    fs::create_dir(&hooks).unwrap();
    let hook = hooks.join("say!'\\");
    write_hook(&hook, "755", "#!/bin/sh\nprintf '%s' \"$POGO_PHASE $A\"; exit 3\n");
    let words = hostile();
    let argv: Vec<String> = ["printf", "%s\\0"]
        .map(str::to_owned)
        .into_iter()
        .chain(words.clone())
        .collect();
    let value = words.concat();
    let exec_options = ExecOptions::new()
        .env("A", value.clone())
        .directory(hooks.display().to_string());
    let attempt = |command| {
        let mut attempt = attempt(command, &hooks);
        attempt.exec_options = Arc::new(exec_options.clone());
        attempt
    };
    for shell in login() {
        let session = |phase, command| Session::of(&attempt(command), None, None, &[phase]).unwrap();
        let pre_hooks = session(Phase::PreHook, RemoteCommand::argv(argv.clone()));
        let output = log_in(shell, &pre_hooks.line(), b"");
        assert_eq!(output.stdout, format!("pre_hook {value}").into_bytes(), "{shell}");
        assert_eq!(output.status.code(), Some(3), "{shell}");
        let (err, marks) = stderr_of(&pre_hooks, &output);
        let hook = [Mark::Phase(Phase::PreHook), Mark::Hook("say!'\\".into())];
        assert_eq!((err.as_str(), &marks[1..]), ("", &hook[..]), "{shell}");
        let words_only = session(Phase::Command, RemoteCommand::argv(argv.clone()));
        let output = log_in(shell, &words_only.line(), b"");
        assert_eq!(output.stdout, nul_after_each(&words), "{shell}");
        let line = "printf '%s|' \"$A\" \"$PWD\" 'a!b\\'; exit 7";
        let line = session(Phase::Command, RemoteCommand::shell(line));
        let output = log_in(shell, &line.line(), b"");
        let wanted = format!("{value}|{}|a!b\\|", hooks.display());
        assert_eq!(
            (String::from_utf8_lossy(&output.stdout).as_ref(), output.status.code()),
            (wanted.as_str(), Some(7)),
            "{shell}"
        );
    }
}

#[test]
fn a_command_runs_unchanged_under_every_shell() {
    let argv = RemoteCommand::argv(["printf", "%s|", "it's", "a b", "$x", "\\", "\n", "*"]);
    let line = RemoteCommand::shell("x='it'\\''s'; printf '%s|' \"$x\" \"$POGO_PHASE\"; exit 7");
    for shell in posix() {
        let session = session(Phase::Command, argv.clone(), Path::new("/"));
        let output = run(shell, &session.line(), true);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "it's|a b|$x|\\|\n|*|",
            "{shell}"
        );
        let (err, marks) = stderr_of(&session, &output);
        assert_eq!(err, "", "{shell}");
        assert!(
            matches!(marks[..], [Mark::Begun(_), Mark::Phase(Phase::Command)]),
            "{shell}: {marks:?}"
        );
        let session = self::session(Phase::Command, line.clone(), Path::new("/"));
        let output = run(shell, &session.line(), true);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "it's|command|", "{shell}");
        assert_eq!(output.status.code(), Some(7), "{shell}");
    }
}

#[test]
fn a_step_leads_a_group_even_where_the_server_gives_it_none() {
    let session = session(Phase::Command, RemoteCommand::shell("echo $$"), Path::new("/"));
    for shell in posix() {
        for leads in [true, false] {
            let output = run(shell, &session.line(), leads);
            let pid = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let pid = pid
                .parse()
                .unwrap_or_else(|_| panic!("{shell}, leads: {leads}: {output:?}"));
            let (_, marks) = stderr_of(&session, &output);
            assert_eq!(marks[0], Mark::Begun(ProcessGroup::Led(pid)), "{shell}, leads: {leads}");
        }
    }
}

#[test]
fn hooks_run_in_the_order_of_their_bytes_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let hooks = directory.path().join("it's a dir");
    fs::create_dir(&hooks).unwrap();
    for (name, status, mode) in [
        ("a", 0, "755"),
        ("B", 0, "755"),
        ("é", 9, "755"),
        ("no", 1, "644"),
        (".hidden", 1, "755"),
    ] {
        write_hook(
            &hooks.join(name),
            mode,
            &format!("#!/bin/sh\necho {name}\nexit {status}\n"),
        );
    }
    for shell in posix() {
        let run = |hooks| {
            let session = session(Phase::PreHook, RemoteCommand::shell("true"), hooks);
            let output = run(shell, &session.line(), true);
            let (_, marks) = stderr_of(&session, &output);
            (output, marks)
        };
        let (output, marks) = run(&hooks);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "B\na\né\n", "{shell}");
        assert_eq!(output.status.code(), Some(9), "{shell}");
        assert_eq!(
            marks[1..],
            [Mark::Phase(Phase::PreHook), Mark::Hook("é".into())],
            "{shell}"
        );
        let (output, marks) = run(Path::new("/no/such"));
        assert_eq!((output.status.code(), marks.len()), (Some(0), 1), "{shell}");
    }
}
