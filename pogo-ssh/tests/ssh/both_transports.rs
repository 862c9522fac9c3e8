//! The same end of a command is the same outcome, whoever speaks SSH.

use std::sync::Arc;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, Outcome};

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh};
use crate::over_time::over_its_time;

/// What happens to a command while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Ends,
    RunsTooLong,
    IsCancelled,
}

async fn run(server: &OpenSsh, transport: &dyn Transport, (line, pty, then): (&str, bool, Then)) -> Report {
    let exec_options = ExecOptions::new().pty(pty);
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell(line)).exec_options(exec_options);
    if then == Then::RunsTooLong {
        return over_its_time(transport, 1, |_| attempt.clone()).await;
    }
    let (running, mut side) = attempt.start();
    let witness = Arc::clone(&running.witness);
    let acting = async {
        if then == Then::IsCancelled {
            witness.saw("up").await;
            side.cancel();
        }
    };
    let (report, ()) = tokio::join!(running.finish(transport), acting);
    report
}

fn kind(outcome: &Outcome) -> Option<FailureKind> {
    match outcome {
        Outcome::Failed(failure) => Some(failure.kind.clone()),
        _ => None,
    }
}

/// No mark of ours is output.
#[track_caller]
fn assert_unmarked(report: &Report) {
    for text in [&report.stdout, &report.stderr] {
        assert!(!text.contains('\x1e') && !text.contains("pogo"), "{report:#?}");
    }
}

#[tokio::test]
async fn both_transports_tell_the_same_of_every_end_with_and_without_a_terminal() {
    if !openssh::is_there("both_transports_tell_the_same_of_every_end_with_and_without_a_terminal") {
        return;
    }
    // Without startup files of a login shell, whose output would count.
    let server = OpenSsh::start_with("SetEnv HOME=/nonexistent");
    let builtin = server.transport().build().unwrap();
    // Each as if the host was its own.
    let settings = server
        .transport()
        .lock_directory(server.path("others").display().to_string());
    let program = settings.build_program().unwrap();
    let signal = |name: &str| {
        Some(FailureKind::Signal {
            signal: name.to_owned(),
        })
    };
    let status = |status| Some(FailureKind::Command { status });
    let cases = [
        ("echo up; echo err >&2", Then::Ends, None),
        ("printf up", Then::Ends, None),
        ("echo up; exit 3", Then::Ends, status(3)),
        ("exit 255", Then::Ends, status(255)),
        ("exit 127", Then::Ends, status(127)),
        ("exit 200", Then::Ends, status(200)),
        ("echo up; kill -TERM $$", Then::Ends, signal("TERM")),
        ("echo up; kill -KILL $$", Then::Ends, signal("KILL")),
        ("echo up; sleep 600", Then::RunsTooLong, Some(FailureKind::Timeout)),
        ("echo up; exec sleep 600", Then::IsCancelled, signal("TERM")),
    ];
    for (line, then, wanted) in cases {
        for pty in [false, true] {
            let case = (line, pty, then);
            let (ours, theirs) = tokio::join!(run(&server, &builtin, case), run(&server, &program, case));
            for report in [&ours, &theirs] {
                assert!(
                    !matches!(report.outcome, Outcome::InDoubt { .. }),
                    "{line}, {pty}: {report:#?}"
                );
                assert_eq!(kind(&report.outcome), wanted, "{line}, {pty}: {report:#?}");
                assert_unmarked(report);
            }
            // The shell that waits for it there remarks on a signal.
            if then == Then::Ends && !matches!(wanted, Some(FailureKind::Signal { .. })) {
                let (ours, theirs) = ((&ours.stdout, &ours.stderr), (&theirs.stdout, &theirs.stderr));
                assert_eq!(ours, theirs, "{line}, {pty}");
            }
        }
    }
}
