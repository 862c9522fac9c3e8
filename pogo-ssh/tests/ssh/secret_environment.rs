//! Secret variables through the real sshd and the real sudo: who holds them while the command runs.

use std::fs;
use std::path::Path;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs};
use pogo_ssh::JobInputs;

use crate::account::{Account, PASSWORD};
use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh};

/// One that no other test has.
fn secret(test: &str) -> String {
    format!("hush-{}-{test}", std::process::id())
}

/// Shows that the command has it without showing it.
const SHOW: &str = "printf '%s\\n' \"$TOKEN\" | tr h H";

fn shown(secret: &str) -> String {
    secret.replace('h', "H")
}

fn exec_options(run_as: Option<&str>, pty: bool) -> ExecOptions {
    let mut exec_options = ExecOptions::new().pty(pty).secret_env("TOKEN");
    exec_options.run_as = run_as.map(|user| RunAs::User(user.to_owned()));
    exec_options
}

fn inputs(exec_options: &ExecOptions, secret: &str) -> JobInputs {
    let inputs = JobInputs::read(exec_options).unwrap();
    inputs.secret("TOKEN", secret.to_owned().into())
}

/// The arguments of all processes of this machine that hold this in a file of theirs, such as `environ`.
fn holders(file: &str, secret: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let read = |process: &Path, file: &str| {
        // It may have ended meanwhile.
        let bytes = fs::read(process.join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    let paths = processes.map(|process| process.path());
    let holding = paths.filter(|process| read(process, file).contains(secret));
    holding.map(|process| read(&process, "cmdline")).collect()
}

/// Runs it until it is up, and looks at all processes.
async fn look(
    server: &OpenSsh,
    transport: &dyn Transport,
    provide: impl Fn(JobInputs),
    (exec_options, secret): (&ExecOptions, &str),
) {
    let line = format!("{SHOW}; echo it-runs; exec sleep 300");
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell(&line));
    // With hooks the wrapper stays beside the command.
    let hooks = server.path("").display().to_string();
    for attempt in [attempt.clone(), attempt.with_hooks(&hooks, &hooks)] {
        provide(inputs(exec_options, secret));
        let (running, mut side) = attempt.exec_options(exec_options.clone()).start();
        let witness = std::sync::Arc::clone(&running.witness);
        let mut ending = std::pin::pin!(running.finish(transport));
        tokio::select! {
            report = &mut ending => panic!("{exec_options:?}: it ended too early: {report:?}"),
            () = witness.saw("it-runs") => {}
        }
        let argued = holders("cmdline", secret);
        // In the moment in which it becomes another program it shows no environment.
        let mut known = holders("environ", secret);
        while known.is_empty() {
            known = holders("environ", secret);
        }
        side.cancel();
        let report = ending.await;
        assert_eq!(argued, [""; 0], "{exec_options:?}");
        // The command itself, which shows that all others would have been seen.
        let is_command = |arguments: &String| arguments.ends_with("sleep 300 ");
        assert!(
            known.len() == 1 && known.iter().all(is_command),
            "{exec_options:?}: {known:?}"
        );
        let stdout = report.stdout.replace('\r', "");
        // On a terminal this sshd prints some of its log first, and a shell may print afterwards that it was hung up.
        let wanted = format!("{}\nit-runs\n", shown(secret));
        assert!(stdout.contains(&wanted), "{exec_options:?}: {stdout}");
        assert!(!format!("{report:?}").contains(secret), "{report:?}");
    }
}

#[tokio::test]
async fn only_the_command_knows_a_secret() {
    let test = "only_the_command_knows_a_secret";
    if !openssh::is_there(test) {
        return;
    }
    let server = OpenSsh::start_with("LogLevel DEBUG3");
    let with_sudo = rustix::process::geteuid().is_root() && Path::new("/usr/bin/sudo").exists();
    if !with_sudo {
        eprintln!("LEFT OUT: the part of {test} that needs root and sudo");
    }
    let secret = secret(test);
    for run_as in [None, Some("nobody")] {
        if run_as.is_some() && !with_sudo {
            continue;
        }
        for pty in [false, true] {
            let exec_options = exec_options(run_as, pty);
            let builtin = server.transport().build().unwrap();
            look(
                &server,
                &builtin,
                |inputs| builtin.provide(inputs),
                (&exec_options, &secret),
            )
            .await;
            let program = server.transport().build_program().unwrap();
            look(
                &server,
                &program,
                |inputs| program.provide(inputs),
                (&exec_options, &secret),
            )
            .await;
        }
    }
    let log = server.log();
    assert!(log.contains("Accepted ") && !log.contains(&secret), "{log}");
}

#[tokio::test]
async fn a_secret_comes_behind_the_password_of_sudo() {
    let test = "a_secret_comes_behind_the_password_of_sudo";
    let Some(account) = Account::open(test, "") else {
        return;
    };
    let secret = secret(test);
    for pty in [false, true] {
        let exec_options = exec_options(Some("nobody"), pty);
        let transport = account.transport().sudo_password(PASSWORD.to_owned().into());
        let transport = transport.build().unwrap();
        transport.provide(inputs(&exec_options, &secret));
        let report = account
            .run_on(&transport, exec_options, &format!("{SHOW}; id -un"))
            .await;
        report.assert_succeeded();
        let stdout = report.stdout.replace('\r', "");
        assert_eq!(stdout, format!("{}\nnobody\n", shown(&secret)));
        assert!(!format!("{report:?}").contains(&secret), "{report:?}");
    }
    let log = account.sudo_log();
    assert!(log.contains("COMMAND=") && !log.contains(&secret), "{log}");
}
