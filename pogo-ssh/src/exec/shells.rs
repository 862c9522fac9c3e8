//! The shell text under every shell that is installed here.

use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as Process, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::fleet::Host;
use pogo_core::plan::{Command, Invocation, SentFile};
use pogo_core::scheduler::{AttemptId, JobId, Phase};

use super::kill::kill_line;
use super::line::Line;
use super::mark::{Group, Mark, Marks};
use super::send::{Sent, receiving_line};
use super::session::Session;
use super::way::Way;
use crate::input::SharedInputs;
use crate::shells;

/// What hosts have as `/bin/sh`.
pub(super) fn posix() -> Vec<&'static str> {
    let others = ["ksh", "mksh", "zsh --emulate sh"];
    shells::installed(shells::COMMON.iter().copied().chain(others))
}

/// What people log in with.
fn login() -> Vec<&'static str> {
    shells::installed(
        shells::COMMON
            .iter()
            .chain(shells::KORN)
            .chain(shells::FOREIGN)
            .copied(),
    )
}

/// Runs a line with this shell in the place of `/bin/sh`.
fn run(shell: &str, line: &Line, leads_a_group: bool) -> Output {
    let mut command = shells::command(shell);
    command.arg("-c").arg(line.under(shell));
    command.env("SHELL", "/bin/sh");
    if leads_a_group {
        command.process_group(0);
    }
    command.output().unwrap()
}

/// Runs a line as a server does for somebody with this login shell, and this input.
fn log_in(shell: &str, line: &Line, input: &[u8]) -> Output {
    let mut command = shells::command(shell);
    command
        .arg("-c")
        .arg(&line.text)
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = [line.input.clone().unwrap_or_default().as_bytes(), input].concat();
    // It may end without having read it.
    let feeding = std::thread::spawn(move || drop(to.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// What shells read in ways of their own.
fn hostile() -> Vec<String> {
    let words = [
        "",
        "it's",
        "'",
        "\"",
        "\\",
        "a\\",
        "\\\\'",
        "'\\''",
        "!",
        "!!",
        "!x",
        "a!b'c\\",
        "$HOME",
        "$(id)",
        "`id`",
        "${x}",
        "%s%d%",
        "\\n",
        "\\0101",
        "\n",
        "a\n",
        "\n\nb\n\n",
        "\\\n",
        "*",
        "~",
        "#",
        "a b  c",
        "\t",
        "\r\n",
        "\u{1b}[31m",
        "\u{7f}",
        "-n",
        "--",
        "^a^b",
        "{a,b}",
        "[x]",
        "=ls",
        "&",
        ";",
        "|",
        "<",
        ">",
        "(",
        ")",
        "ü€\u{1f600}\u{202e}",
    ];
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn nul_after_each(words: &[String]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| [word.as_bytes(), b"\0"].concat())
        .collect()
}

pub(super) fn attempt(command: Command, hooks: &Path) -> Attempt {
    Attempt {
        id: AttemptId::new(17),
        job: JobId::new(3),
        host: Host::new("web1".parse().unwrap()),
        command: Arc::new(command),
        invocation: Arc::default(),
        pre_hooks: Some(hooks.display().to_string().into()),
        post_hooks: None,
        time_limit: Duration::from_secs(1),
        resumed: false,
    }
}

/// A session of this step alone.
fn session(phase: Phase, command: Command, hooks: &Path) -> Session {
    Session::of(&attempt(command, hooks), None, &[phase]).unwrap()
}

/// What was said on standard error, and the marks in it.
fn said(session: &Session, output: &Output) -> (String, Vec<Mark>) {
    let (said, marks) = Marks::new(&session.marker.prefix()).take(&output.stderr);
    (String::from_utf8(said).unwrap(), marks)
}

#[test]
fn words_arrive_unchanged_through_every_login_shell() {
    let words = hostile();
    let parameters: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = Line::new("printf '%s\\0' \"$@\"; cat", &parameters);
    assert_eq!(line.input, None);
    for shell in login() {
        let output = log_in(shell, &line, b"the command's own");
        let wanted = [nul_after_each(&words), b"the command's own".to_vec()].concat();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&wanted),
            "{shell}: {output:?}"
        );
    }
}

#[test]
fn a_long_text_arrives_unchanged_through_every_login_shell() {
    // Quotes and backslashes grow the most.
    let words = [
        hostile().concat().repeat(700),
        "'".repeat(100_000),
        "\\\n".repeat(50_000),
    ];
    let parameters: Vec<&str> = words.iter().map(String::as_str).collect();
    // `printf` may be a program, which takes no such words.
    let line = Line::new("for w do cat <<E\n$w\nE\ndone; cat", &parameters);
    let wanted: String = words.iter().map(|word| format!("{word}\n")).collect();
    for shell in login() {
        let output = log_in(shell, &line, b"the command's own");
        assert!(
            output.stdout == format!("{wanted}the command's own").into_bytes(),
            "{shell}: {:?}",
            output.status
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    }
}

#[test]
fn nothing_runs_of_a_long_text_that_is_cut_off() {
    let line = Line::new("echo ran", &[&"x".repeat(20_000)]);
    let input = line.input.clone().unwrap();
    for shell in posix() {
        for cut in ["", "+se", &input[..1000], input.strip_suffix(".\n").unwrap()] {
            let cut = Line {
                input: Some(cut.to_owned()),
                ..line.clone()
            };
            let output = log_in(shell, &cut, b"");
            assert_eq!((output.status.code(), output.stdout), (Some(255), vec![]), "{shell}");
        }
    }
}

#[test]
fn every_step_runs_through_every_login_shell() {
    let directory = tempfile::tempdir().unwrap();
    let hooks = directory.path().join("it's! a\\dir");
    fs::create_dir(&hooks).unwrap();
    let hook = hooks.join("say!'\\");
    fs::write(&hook, "#!/bin/sh\nprintf '%s' \"$POGO_PHASE $A\"; exit 3\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let words = hostile();
    let argv: Vec<String> = ["printf", "%s\\0"]
        .map(str::to_owned)
        .into_iter()
        .chain(words.clone())
        .collect();
    let value = words.concat();
    let invocation = Invocation {
        environment: [("A".to_owned(), value.clone())].into(),
        directory: Some(hooks.display().to_string()),
        ..Invocation::default()
    };
    let attempt = |command| Attempt {
        invocation: Arc::new(invocation.clone()),
        ..attempt(command, &hooks)
    };
    for shell in login() {
        let session = |phase, command| Session::of(&attempt(command), None, &[phase]).unwrap();
        let pre_hooks = session(Phase::PreHook, Command::argv(argv.clone()));
        let output = log_in(shell, &pre_hooks.line(), b"");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("pre_hook {value}"),
            "{shell}"
        );
        assert_eq!(output.status.code(), Some(3), "{shell}");
        let (err, marks) = said(&pre_hooks, &output);
        assert_eq!(
            (err.as_str(), &marks[1..]),
            ("", &[Mark::Phase(Phase::PreHook), Mark::Hook("say!'\\".into())][..]),
            "{shell}"
        );
        let words_only = session(Phase::Command, Command::argv(argv.clone()));
        let output = log_in(shell, &words_only.line(), b"");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&nul_after_each(&words)),
            "{shell}"
        );
        let line = session(
            Phase::Command,
            Command::shell("printf '%s|' \"$A\" \"$PWD\" 'a!b\\'; exit 7"),
        );
        let output = log_in(shell, &line.line(), b"");
        let wanted = format!("{value}|{}|a!b\\|", hooks.display());
        assert_eq!(
            (String::from_utf8_lossy(&output.stdout).as_ref(), output.status.code()),
            (wanted.as_str(), Some(7)),
            "{shell}"
        );
    }
}

#[tokio::test]
async fn files_are_placed_and_removed_through_every_login_shell() {
    let home = tempfile::tempdir().unwrap();
    for (number, shell) in login().into_iter().enumerate() {
        let to = home.path().join(format!("it's! {number}\\"));
        let bytes = b"\xff\0!'\\\n".repeat(1000);
        let source = home.path().join("source");
        fs::write(&source, &bytes).unwrap();
        let source = source.display().to_string();
        let file = SentFile {
            source,
            destination: Some(to.display().to_string()),
            mode: None,
        };
        let invocation = Invocation {
            files: vec![file.clone()],
            ..Invocation::default()
        };
        let inputs = SharedInputs::default().of(&Arc::new(invocation)).await.unwrap();
        let content = &inputs.files[0];
        let line = receiving_line(&attempt(Command::shell("true"), Path::new("/")), (&file, content), None);
        let output = log_in(shell, &line, &bytes);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "\x1epogo a17 sent placed\n",
            "{shell}"
        );
        assert!(fs::read(&to).unwrap() == bytes, "{shell}");
        let mut sent = Sent::default();
        sent.note("placed", &file);
        let output = log_in(shell, &Line::new(&sent.removal(), &[]), b"");
        assert!(output.status.success() && !to.exists(), "{shell}: {output:?}");
    }
}

#[test]
fn a_command_runs_unchanged_under_every_shell() {
    let argv = Command::argv(["printf", "%s|", "it's", "a b", "$x", "\\", "\n", "*"]);
    let line = Command::shell("x='it'\\''s'; printf '%s|' \"$x\" \"$POGO_PHASE\"; exit 7");
    for shell in posix() {
        let session = session(Phase::Command, argv.clone(), Path::new("/"));
        let output = run(shell, &session.line(), true);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "it's|a b|$x|\\|\n|*|",
            "{shell}"
        );
        let (err, marks) = said(&session, &output);
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
    let session = session(Phase::Command, Command::shell("echo $$"), Path::new("/"));
    for shell in posix() {
        for leads in [true, false] {
            let output = run(shell, &session.line(), leads);
            let pid = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let pid = pid
                .parse()
                .unwrap_or_else(|_| panic!("{shell}, leads: {leads}: {output:?}"));
            let (_, marks) = said(&session, &output);
            assert_eq!(marks[0], Mark::Begun(Group::Led(pid)), "{shell}, leads: {leads}");
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
    for shell in posix() {
        let run = |hooks| {
            let session = session(Phase::PreHook, Command::shell("true"), hooks);
            let output = run(shell, &session.line(), true);
            let (_, marks) = said(&session, &output);
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
            let attempt = attempt(Command::shell(line), directory.path());
            let attempt = Attempt {
                post_hooks: attempt.pre_hooks.clone(),
                ..attempt
            };
            let session = Session::all_of(&attempt, None).remove(0);
            let output = run(shell, &session.line(), true);
            let (err, marks) = said(&session, &output);
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

/// All steps at once: each with the input, the environment and the output that it has alone.
#[test]
fn a_session_runs_all_steps_under_every_shell() {
    let directory = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    file(
        "pre/a",
        "cat; echo $POGO_PHASE; echo err >&2; for fd in 3 4; do [ ! -e /proc/$$/fd/$fd ] || echo open; done",
    );
    // It holds everything open that it has, and installs a hook.
    let line = format!(
        "cat; echo $POGO_PHASE \"$d$f$code$locale\"; for fd in 3 4; do [ ! -e /proc/$$/fd/$fd ] || echo open; done; sleep 60 & echo pid $!; mkdir {0}/post; cp {0}/pre/a {0}/post; exec 1>&- 2>&-",
        directory.path().display()
    );
    for shell in posix() {
        let _ = fs::remove_dir_all(directory.path().join("post"));
        let hooks = |name: &str| Some(directory.path().join(name).display().to_string().into());
        let values = ["d", "f", "code", "locale"].map(|name| (name.to_owned(), name.to_owned()));
        let invocation = Invocation {
            environment: values.into(),
            ..Invocation::default()
        };
        let attempt = Attempt {
            pre_hooks: hooks("pre"),
            post_hooks: hooks("post"),
            invocation: Arc::new(invocation),
            ..attempt(Command::shell(&line), directory.path())
        };
        let session = Session::all_of(&attempt, None).remove(0);
        let text = session.line().under(shell);
        // What sleeps in the background holds the output open, so it goes into files.
        let out = directory.path().join("out");
        let err = directory.path().join("err");
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(b"input\n").unwrap();
        input.rewind().unwrap();
        let mut command = shells::command(shell);
        command
            .args(["-c", &text])
            .env("SHELL", "/bin/sh")
            .process_group(0)
            .stdin(input);
        let status = command
            .stdout(fs::File::create(&out).unwrap())
            .stderr(fs::File::create(&err).unwrap())
            .status()
            .unwrap();
        let out = fs::read_to_string(out).unwrap();
        let (said, marks) = Marks::new(&session.marker.prefix()).take(&fs::read(err).unwrap());
        let pid = out.lines().find_map(|line| line.strip_prefix("pid "));
        let pid = pid.unwrap_or_else(|| panic!("{shell}: {out} {}", String::from_utf8_lossy(&said)));
        let _ = Process::new("kill").arg(pid).status();
        let wanted = format!("pre_hook\ninput\ncommand dfcodelocale\npid {pid}\npost_hook\n");
        assert_eq!(out, wanted, "{shell}");
        assert_eq!(String::from_utf8_lossy(&said), "err\nerr\n", "{shell}");
        let phases = [Phase::PreHook, Phase::Command, Phase::PostHook].map(Mark::Phase);
        let [pre, command, post] = phases;
        assert_eq!(marks[1..], [pre, command, Mark::Ended(0), post], "{shell}");
        assert!(status.success(), "{shell}: {status}");
    }
}

#[test]
fn a_group_is_ended_under_every_shell() {
    for shell in posix() {
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
            let line = kill_line(
                &Way::Login,
                (group, None),
                Duration::from_millis(if deaf { 100 } else { 5000 }),
            );
            // It is collected by nobody until it is found to have ended.
            let output = run(shell, &line, true);
            assert_eq!(output.status.code(), Some(0), "{shell}, deaf: {deaf}");
            child.wait().unwrap();
            let output = run(shell, &line, true);
            assert_eq!(output.status.code(), Some(3), "{shell}, deaf: {deaf}");
        }
    }
}

#[test]
fn a_group_is_ended_through_every_login_shell() {
    for shell in login() {
        let mut child = shells::command("sh")
            .args(["-c", "sleep 300"])
            .process_group(0)
            .spawn()
            .unwrap();
        let line = kill_line(&Way::Login, (Group::Led(child.id()), None), Duration::from_secs(5));
        let output = log_in(shell, &line, b"");
        assert_eq!(output.status.code(), Some(0), "{shell}: {output:?}");
        child.wait().unwrap();
    }
}
