//! A number that was asked about begins nothing more.

use std::fs;
use std::time::Duration;

use pogo_core::scheduler::Phase;

use super::gate_host::{attempt, under_every_shell};
use crate::exec::feed::GO;
use crate::exec::mark::{Mark, MarkParser};
use crate::exec::session::Session;
use crate::fencing::{HostAnswer, RecordQuery};

/// On a terminal each step is a session of its own: one has ended, and the word to go of the next is on its way.
#[test]
fn what_follows_in_another_session_begins_no_more() {
    under_every_shell(|host| {
        let mut attempt = attempt(17, "echo ran");
        let hooks = host.home.join("pre.d");
        fs::create_dir(&hooks).unwrap();
        attempt.pre_hooks = Some(hooks.display().to_string().into());
        let run = |phase| {
            let session = Session::of(&attempt, None, Some(&host.gate), &[phase]).unwrap();
            host.run_session(&session, GO)
        };
        let (_, output) = run(Phase::PreHook);
        assert_eq!(output.status.code(), Some(0), "{}: {output:?}", host.shell);
        let query = RecordQuery::about(&attempt, &host.gate, Duration::ZERO);
        let output = host.command_of(&query.line.under(host.shell)).output().unwrap();
        let (_, marks) = MarkParser::new(&query.marker.prefix()).take(&output.stderr);
        let answer = RecordQuery::answer(&marks);
        assert!(
            matches!(&answer, Ok(HostAnswer::Ended(Phase::PreHook, _))),
            "{}: {answer:?}",
            host.shell
        );
        let (marks, output) = run(Phase::Command);
        assert_eq!(marks[1..], [Mark::Never("superseded 17".to_owned())], "{}", host.shell);
        assert_eq!(output.stdout, b"", "{}", host.shell);
    });
}
