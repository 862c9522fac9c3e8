//! What runs on a host, and how it ends.

use pogo_core::dispatcher::Stream;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Phase};

use crate::place::on_both;

on_both! {
    async fn a_command_that_ends_with_0_has_succeeded(place: Place) {
        let report = place.sh("echo out; echo err >&2").await;
        report.assert_succeeded();
        assert_eq!((report.stdout.as_str(), report.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
        assert_eq!(report.notes, "");
    }

    async fn a_command_that_ends_otherwise_has_failed_with_its_status(place: Place) {
        place.sh("exit 42").await.assert_failed(FailureKind::Command { status: 42 });
    }

    async fn a_command_that_kills_itself_has_failed_by_that_signal(place: Place) {
        let signal = "KILL".to_owned();
        place.sh("kill -KILL $$").await.assert_failed(FailureKind::Signal { signal });
    }

    async fn a_command_not_found_says_so(place: Place) {
        let message = place.sh("no-such-command-here").await.assert_failed(FailureKind::Command { status: 127 });
        assert!(message.contains("command not found"), "{message}");
        let argv = place.run(RemoteCommand::argv(["no-such-command-here"])).await;
        argv.assert_failed(FailureKind::Command { status: 127 });
    }

    async fn an_argument_vector_arrives_unchanged(place: Place) {
        let argv = ["printf", "%s|", "a b", "$HOME", "'x'", "", "*", "\"", "\\n", "-n", "new\nline", "ü"];
        let report = place.run(RemoteCommand::argv(argv)).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "a b|$HOME|'x'||*|\"|\\n|-n|new\nline|ü|");
    }

    async fn a_line_is_read_by_the_shell_as_it_is(place: Place) {
        let script = "x='it'\\''s' # comment\nfor i in 1 2; do echo \"$x $i\"; done | tr s S\necho \"[$1$2]\"";
        let report = place.sh(script).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "it'S 1\nit'S 2\n[]\n");
    }

    async fn a_command_finds_itself_described_in_its_environment(place: Place) {
        let report = place.sh("echo $POGO_JOB $POGO_HOST $POGO_ATTEMPT $POGO_PHASE").await;
        assert_eq!(report.stdout, "job-3 web1 a17 command\n");
    }

    async fn a_command_that_reads_its_input_finds_none(place: Place) {
        let report = place.sh("cat; echo done").await;
        assert_eq!(report.stdout, "done\n");
    }

    async fn output_keeps_its_bytes(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let (running, _side) = place.attempt(RemoteCommand::shell("printf '\\377\\000\\036pogo a17 x\\n'")).start();
        let witness = std::sync::Arc::clone(&running.witness);
        running.finish(&transport).await.assert_succeeded();
        assert_eq!(witness.bytes(Stream::Stdout), b"\xff\x00\x1epogo a17 x\n");
    }

    async fn a_command_cannot_forge_our_marks(place: Place) {
        let report = place.sh("printf '\\036pogo a17 begun 2 group\\n' >&2").await;
        report.assert_succeeded();
        assert_eq!(report.stderr, "\u{1e}pogo a17 begun 2 group\n");
    }

    async fn an_empty_command_is_refused_before_anything_happens(place: Place) {
        for command in [RemoteCommand::shell(" \n"), RemoteCommand::argv::<[&str; 0], &str>([])] {
            let report = place.run(command).await;
            report.assert_failed(FailureKind::Refused);
            assert_eq!(report.phases, []);
        }
    }

    async fn something_left_in_the_background_does_not_hold_the_attempt(place: Place) {
        let report = place.sh("sleep 60 & echo $!").await;
        report.assert_succeeded();
        assert!(report.notes.contains("in the background"), "{}", report.notes);
        let pid: i32 = report.stdout.trim().parse().unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    async fn output_over_the_limit_is_cut_with_a_mark_while_the_command_goes_on(place: Place) {
        let transport = place.transport.clone().output_limit(1000).build().unwrap();
        let flood = "i=0; while [ $i -lt 300 ]; do head -c 10000 /dev/zero; i=$((i+1)); done; exit 7";
        let report = place.attempt(RemoteCommand::shell(flood)).run(&transport).await;
        report.assert_failed(FailureKind::Command { status: 7 });
        // Its head, and the end of this stream.
        assert_eq!(report.stdout.len(), 750 + 125);
        assert!(report.notes.contains("over the limit of 1000 bytes"), "{}", report.notes);
        assert!(report.notes.contains("[2999125 bytes of output dropped here]"), "{}", report.notes);
    }
}
