//! Process groups are ended under every shell.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use super::{log_in, login, posix, run};
use crate::exec::kill::kill_line;
use crate::exec::mark::ProcessGroup;
use crate::exec::privilege::Privilege;
use crate::shells;

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
            let group = ProcessGroup::Led(child.id());
            let line = kill_line(
                &Privilege::Login,
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
        let line = kill_line(
            &Privilege::Login,
            (ProcessGroup::Led(child.id()), None),
            Duration::from_secs(5),
        );
        let output = log_in(shell, &line, b"");
        assert_eq!(output.status.code(), Some(0), "{shell}: {output:?}");
        child.wait().unwrap();
    }
}
