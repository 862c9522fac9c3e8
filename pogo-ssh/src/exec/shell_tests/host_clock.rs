//! How long a host waits for the word to go, by its own clock, which is a file of the test's.

use std::fs;
use std::io::Write;
use std::time::Duration;

use super::gate_host::{Host, await_mark, under_every_shell};
use super::stderr_of;
use crate::config::GateOptions;
use crate::exec::feed::GO;
use crate::exec::mark::Mark;

#[test]
fn a_host_waits_thirty_seconds() {
    assert_eq!(GateOptions::default().patience, Duration::from_secs(30));
}

/// However little time has passed for whoever says the word: it may have been stopped, or the host.
#[test]
fn a_word_begins_what_waits_for_as_long_as_the_host_s_clock_says_and_no_longer() {
    under_every_shell(|host| {
        // Nobody waits for it really: the word is there at once.
        let patient = Host {
            gate: GateOptions {
                patience: Duration::from_secs(3_600),
                ..host.gate.clone()
            },
            ..*host
        };
        let clock = host.home.join("uptime");
        for (number, (uptime, begins)) in (17..).zip([
            ("1000.99", true),
            ("4600.99", true),
            ("4601.00", false),
            ("8200.00", false),
        ]) {
            fs::write(&clock, "1000.50 99\n").unwrap();
            let session = patient.session(number, "echo ran");
            let mut child = patient.spawn_with_clock(&session, &clock);
            await_mark(&mut child, "ready");
            fs::write(&clock, format!("{uptime} 99\n")).unwrap();
            child.stdin.take().unwrap().write_all(GO.as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let (_, marks) = stderr_of(&session, &output);
            let (ran, last) = match begins {
                true => ("ran\n", Mark::Ended(0)),
                false => ("", Mark::Never("late".to_owned())),
            };
            assert_eq!(String::from_utf8_lossy(&output.stdout), ran, "{}: {uptime}", host.shell);
            assert_eq!(marks.last(), Some(&last), "{}: {uptime}", host.shell);
        }
    });
}
