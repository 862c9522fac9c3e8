//! The shell text of detached attempts under every shell that is installed here.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{Attempt, Stream};
use pogo_core::fleet::Host;
use pogo_core::plan::Command;
use pogo_core::scheduler::{AttemptId, JobId};

use super::frames::{Frame, Frames};
use super::place::Place;
use crate::shells;

/// Runs with each shell in the place of `/bin/sh`, and a home of its own.
fn under_every_shell(case: impl Fn(&Shell<'_>)) {
    for shell in shells::installed(shells::COMMON.iter().copied()) {
        let home = tempfile::tempdir().unwrap();
        case(&Shell {
            name: shell,
            home: home.path(),
        });
    }
}

struct Shell<'a> {
    name: &'a str,
    home: &'a Path,
}

/// What a host said: output, then all else.
#[derive(Debug, Default, PartialEq)]
struct Said {
    out: String,
    err: String,
    last_state: String,
    last: Option<Frame>,
}

impl Shell<'_> {
    fn run(&self, line: &str) -> Said {
        let line = line.replace("/bin/sh", self.name);
        let output = shells::command(self.name)
            .args(["-c", &line])
            .env("HOME", self.home)
            .env("SHELL", "/bin/sh")
            .output()
            .unwrap();
        let mut said = Said::default();
        for frame in Frames::new(AttemptId::new(17)).take(&output.stdout).unwrap() {
            match frame {
                Frame::Output(Stream::Stdout, bytes) => said.out += &String::from_utf8_lossy(&bytes),
                Frame::Output(_, bytes) => said.err += &String::from_utf8_lossy(&bytes),
                Frame::State(state) => said.last_state = state,
                other => said.last = Some(other),
            }
        }
        said
    }
}

/// More time than any of these takes.
const LIMIT: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(5));

fn place(line: &str) -> Place {
    let attempt = Attempt {
        id: AttemptId::new(17),
        job: JobId::new(3),
        host: Host::new("web1".parse().unwrap()),
        command: Arc::new(Command::shell(line)),
        invocation: Arc::default(),
        pre_hooks: None,
        post_hooks: None,
        time_limit: Duration::from_secs(1),
        resumed: false,
    };
    Place::of(&attempt, "job", "cache/it's", 10_000).unwrap()
}

#[test]
fn an_attempt_runs_once_however_often_it_is_launched() {
    under_every_shell(|shell| {
        let place = place("echo ran >>~/ran; printf 'a\\nb'; echo e >&2; exit 7");
        for _ in 0..3 {
            let said = shell.run(&place.launch_line((0, 0), LIMIT));
            assert_eq!(said.out, "a\nb", "{}", shell.name);
            assert!(said.err.ends_with("group\ne\n"), "{}: {said:?}", shell.name);
            assert_eq!(said.last_state, "ended command 7", "{}", shell.name);
            assert_eq!(said.last, Some(Frame::End), "{}", shell.name);
        }
        assert_eq!(fs::read_to_string(shell.home.join("ran")).unwrap(), "ran\n");
        assert_eq!(shell.run(&place.find_line((2, 0))).out, "b", "{}", shell.name);
    });
}

#[test]
fn what_was_looked_for_before_it_began_never_begins() {
    under_every_shell(|shell| {
        let place = place("echo ran >>~/ran");
        for line in [place.find_line((0, 0)), place.launch_line((0, 0), LIMIT)] {
            let said = shell.run(&line);
            assert_eq!(said.last_state, "never stopped connect", "{}", shell.name);
            assert_eq!(said.last, Some(Frame::End), "{}", shell.name);
        }
        assert!(!shell.home.join("ran").exists(), "{}", shell.name);
    });
}

#[test]
fn output_is_bounded_on_the_host_and_never_holds_up_the_command() {
    under_every_shell(|shell| {
        let said = shell.run(&place("head -c 1000000 /dev/zero; exit 5").launch_line((0, 0), LIMIT));
        assert_eq!(said.last_state, "ended command 5 cut", "{}", shell.name);
        assert!(
            (10_000..30_000).contains(&said.out.len()),
            "{}: {}",
            shell.name,
            said.out.len()
        );
    });
}

#[test]
fn an_attempt_whose_keeper_was_killed_is_dead() {
    under_every_shell(|shell| {
        let kill = "kill -KILL $(ps -o ppid= -p $$); sleep 0.2";
        let said = shell.run(&place(kill).launch_line((0, 0), LIMIT));
        assert_eq!(said.last, Some(Frame::Dead), "{}: {said:?}", shell.name);
    });
}

#[test]
fn what_nobody_ends_is_ended_by_the_host_at_its_time_limit() {
    let limit = (Duration::from_secs(1), Duration::from_millis(200));
    under_every_shell(|shell| {
        let deaf = "trap '' TERM; sleep 600 & echo $!; wait; wait; sleep 600";
        let said = shell.run(&place(deaf).launch_line((0, 0), limit));
        assert_eq!(said.last_state, "ended command 137 limit", "{}", shell.name);
        assert_eq!(said.last, Some(Frame::End), "{}", shell.name);
        let gone = shell.run(&format!("if kill -0 {} 2>/dev/null; then exit 1; fi", said.out.trim()));
        assert_eq!(gone, Said::default(), "{}", shell.name);
    });
}
