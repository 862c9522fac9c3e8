//! Login shells of all kinds, on OpenSSH, and scripts of any length.

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs, Stdin};
use pogo_core::scheduler::FailureKind;

use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh};

/// A server for somebody with this login shell.
fn server(shell: &str, path: &str) -> OpenSsh {
    OpenSsh::start_with(&format!(
        "ForceCommand exec {shell} -c \"$SSH_ORIGINAL_COMMAND\"\nSetEnv SHELL={path}"
    ))
}

fn transports(server: &OpenSsh) -> [Box<dyn Transport>; 2] {
    [
        Box::new(server.transport().build().unwrap()),
        Box::new(server.transport().build_program().unwrap()),
    ]
}

#[tokio::test]
async fn a_command_line_is_for_the_user_s_own_login_shell_and_all_else_arrives_exactly() {
    let test = "a_command_line_is_for_the_user_s_own_login_shell_and_all_else_arrives_exactly";
    // Each line is one that no other of them reads like this.
    for (shell, line, printed) in [
        ("fish", "set x a b; echo $x[2] (echo sub)\"$A\"; exit 5", "b sub"),
        ("tcsh", "set x=(a b); echo $x[2] \"$A\"; exit 5", "b "),
        ("csh", "set x=(a b); echo $x[2] \"$A\"; exit 5", "b "),
        ("zsh", "x=(a b); echo $x[2] \"$A\"; exit 5", "b "),
        ("mksh", "typeset -a x; x[1]=b; echo ${x[1]} \"$A\"; exit 5", "b "),
        ("bash", "x=(a b); echo ${x[1]} \"$A\"; exit 5", "b "),
    ] {
        let path = format!("/usr/bin/{shell}");
        if !openssh::is_there(test) || !openssh::has_shell(&path, test) {
            continue;
        }
        let server = server(shell, &path);
        // Without a locale fish reads no more than ASCII.
        let value = "it's a!b\\ `id` \"x\"";
        for transport in transports(&server) {
            let exec_options = ExecOptions::new()
                .env("A", value.to_owned())
                .stdin(Stdin::Text("input".to_owned()));
            let attempt =
                |command| TestAttempt::to("web1", server.connection(), command).with_hooks("/no/such", "/no/such");
            let report = attempt(RemoteCommand::shell(line))
                .exec_options(exec_options.clone())
                .run(&*transport)
                .await;
            report.assert_failed(FailureKind::Command { status: 5 });
            assert_eq!(report.stdout, format!("{printed}{value}\n"), "{shell}");
            let words = [
                "sh",
                "-c",
                "cat; printf '%s|' \"$@\"; exit 3",
                "sh",
                value,
                "\\",
                "!!",
                "\n",
                "",
            ];
            let report = attempt(RemoteCommand::argv(words))
                .exec_options(exec_options)
                .run(&*transport)
                .await;
            report.assert_failed(FailureKind::Command { status: 3 });
            assert_eq!(report.stdout, format!("input{value}|\\|!!|\n||"), "{shell}");
        }
    }
}

#[tokio::test]
async fn a_long_script_with_many_quotes_runs_as_a_short_one_does() {
    if !openssh::is_there("a_long_script_with_many_quotes_runs_as_a_short_one_does") {
        return;
    }
    let server = OpenSsh::start();
    // Some hundred bytes less than Linux takes as one argument.
    let script = "test 'it'\\''s' = \"it's\" || exit 9 # \\\\!`$\n".repeat(3095) + "cat; exit 7";
    assert!((129_000..131_000).contains(&script.len()), "{}", script.len());
    let through = Some(RunAs::Through(vec!["env".to_owned()]));
    for (number, transport) in transports(&server).into_iter().enumerate() {
        for (run_as, pty, hooks) in [
            (None, false, ""),
            (None, false, "/no/such"),
            (through.clone(), false, ""),
            (None, true, ""),
        ] {
            if pty && number == 1 {
                // The program has no way to end the input of a terminal.
                continue;
            }
            let mut exec_options = ExecOptions::new().pty(pty).stdin(Stdin::Text("input\n".to_owned()));
            exec_options.run_as = run_as;
            let attempt =
                TestAttempt::to("web1", server.connection(), RemoteCommand::shell(&script)).exec_options(exec_options);
            let report = attempt.with_hooks(hooks, hooks).run(&*transport).await;
            report.assert_failed(FailureKind::Command { status: 7 });
            assert_eq!(report.stdout, "input\n", "pty: {pty}");
        }
    }
    let detached = ExecOptions::new().detached("k1");
    let kept = server.path("kept").display().to_string();
    let transport = server.transport().detached_directory(kept).build().unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell(&script)).exec_options(detached);
    attempt
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 7 });
}

#[tokio::test]
async fn a_script_that_no_host_takes_fails_as_too_long() {
    if !openssh::is_there("a_script_that_no_host_takes_fails_as_too_long") {
        return;
    }
    let server = OpenSsh::start();
    let script = "true\n".repeat(100_000);
    for transport in transports(&server) {
        let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell(&script));
        let report = attempt.run(&*transport).await;
        report.assert_failed(FailureKind::Command { status: 126 });
        assert!(report.stderr.to_lowercase().contains("too long"), "{report:#?}");
    }
}
