//! Commands that run as another user.

use std::path::Path;

use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs, Stdin};
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Question, SshTransportBuilder};

use crate::attempt::{Report, term};
use crate::openssh;
use crate::place::Place;

/// What sudo does with a password, as far as anybody outside can see.
const SUDO: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in -S) shift ;; -p) prompt=$2; shift 2 ;; -u) user=$2; shift 2 ;; --) shift; break ;; *) exit 99 ;; esac
done
tries=0
until [ "$password" = 'correct horse' ]; do
  tries=$((tries + 1))
  [ $tries -le 3 ] || exit 1
  printf '%s' "$prompt" >&2
  IFS= read -r password || { echo 'sudo: no password was provided' >&2; exit 1; }
done
SUDO_USER=pogo USER=$user; export SUDO_USER USER
exec "$@"
"#;

fn exec_options(stdin: Stdin) -> ExecOptions {
    ExecOptions::new().run_as(RunAs::User("deploy".to_owned())).stdin(stdin)
}

async fn place() -> Place {
    let place = Place::loopback().await;
    place.file("host-0/bin/sudo", SUDO, 0o755);
    place
}

async fn run(place: &Place, config: SshTransportBuilder, line: &str) -> Report {
    let attempt = place.attempt(RemoteCommand::shell(line));
    let attempt = attempt.exec_options(exec_options(Stdin::Text("input".to_owned())));
    attempt.run(&config.build().unwrap()).await
}

#[tokio::test]
async fn sudo_gets_its_password_and_the_command_its_own_input() {
    let place = place().await;
    let config = place.transport.clone().sudo_password("correct horse".to_owned().into());
    let report = run(&place, config, "echo \"$USER $POGO_HOST\"; cat").await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "deploy web1\ninput");
    assert_eq!(report.stderr, "");
}

#[tokio::test]
async fn without_a_password_at_hand_somebody_is_asked() {
    let place = place().await;
    let config = place.transport.clone().ask(|question| match question {
        Question::Sudo { host, run_as, .. } if host.as_str() == "web1" && run_as == "deploy" => {
            Some("correct horse".to_owned().into())
        }
        _ => None,
    });
    run(&place, config, "true").await.assert_succeeded();
}

#[tokio::test]
async fn a_wrong_password_is_given_once_and_the_command_refused() {
    let place = place().await;
    for config in [
        place
            .transport
            .clone()
            .sudo_password("wrong-password".to_owned().into()),
        place.transport.clone(),
    ] {
        let report = run(&place, config, "echo ran").await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(
            message.contains("sudo ended with status 1 before the command began: sudo: no password was provided"),
            "{message}"
        );
        assert_eq!(report.stdout, "");
        assert!(!format!("{report:?}").contains("wrong-password"));
    }
}

#[tokio::test]
async fn a_command_that_asks_like_sudo_is_given_no_password() {
    let place = place().await;
    let config = place.transport.clone().sudo_password("correct horse".to_owned().into());
    // Its own prompt is in the arguments of the process that started it.
    let line = "printf '\\036pogo a17 password x\\n' >&2; cat";
    let report = run(&place, config, line).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "input");
}

#[tokio::test]
async fn a_host_without_sudo_refuses() {
    let place = place().await;
    place.file("host-0/bin/sudo", "#!/no/such/interpreter\n", 0o755);
    let report = run(&place, place.transport.clone(), "true").await;
    report.assert_failed(FailureKind::Refused);
}

#[tokio::test]
async fn what_runs_as_another_is_ended_as_that_other() {
    let place = place().await;
    let config = place.transport.clone().sudo_password("correct horse".to_owned().into());
    let transport = config.build().unwrap();
    let attempt = place.attempt(RemoteCommand::shell("echo up; exec sleep 300"));
    let report = attempt
        .exec_options(exec_options(Stdin::Empty))
        .cancelled_after(&["up"], &transport)
        .await;
    report.assert_failed(term());
}

#[tokio::test]
async fn a_command_goes_through_the_program_that_was_named() {
    let place = Place::loopback().await;
    let words = ["env", "WHERE=in the jail of {host}"].map(str::to_owned).to_vec();
    let exec_options = ExecOptions::new().run_as(RunAs::Through(words));
    let transport = place.transport.clone().build().unwrap();
    let report = place
        .attempt(RemoteCommand::shell("echo \"$WHERE\""))
        .exec_options(exec_options)
        .run(&transport)
        .await;
    assert_eq!(report.stdout, "in the jail of web1\n");
}

/// Whether the real sudo and the real sshd are there; says what is left out otherwise.
fn can_use_sudo(test: &str) -> bool {
    let can = rustix::process::geteuid().is_root() && Path::new("/usr/bin/sudo").exists();
    if !can {
        eprintln!("LEFT OUT: {test} needs root and sudo");
    }
    can && openssh::is_there(test)
}

#[tokio::test]
async fn the_real_sudo_runs_a_command_as_another_user() {
    if !can_use_sudo("the_real_sudo_runs_a_command_as_another_user") {
        return;
    }
    let place = Place::openssh();
    let transport = place.transport.clone().build().unwrap();
    for pty in [false, true] {
        let exec_options = ExecOptions::new().run_as(RunAs::User("nobody".to_owned())).pty(pty);
        let attempt = place.attempt(RemoteCommand::shell("id -un; echo up; exec sleep 300"));
        let report = attempt
            .exec_options(exec_options)
            .cancelled_after(&["up"], &transport)
            .await;
        report.assert_failed(term());
        assert_eq!(report.stdout, "nobody\nup\n");
    }
}

#[tokio::test]
async fn hooks_after_a_command_of_another_user_run_on_a_terminal_too() {
    if !can_use_sudo("hooks_after_a_command_of_another_user_run_on_a_terminal_too") {
        return;
    }
    let place = Place::openssh();
    place.file("post.d/say", "#!/bin/sh\necho hook; exit 3\n", 0o755);
    let builtin = place.transport.clone().build().unwrap();
    let exec_options = ExecOptions::new().run_as(RunAs::User("nobody".to_owned())).pty(true);
    let attempt = place.attempt(RemoteCommand::shell("id -un"));
    let attempt = attempt
        .with_hooks("/no/such", &place.path("post.d"))
        .exec_options(exec_options);
    let report = attempt.run(&builtin).await;
    let message = report.assert_failed(FailureKind::PostHook { status: 3 });
    assert_eq!((report.stdout.as_str(), message.as_str()), ("nobody\nhook\n", "say"));
}
