//! Hook directories before and after the command.

use pogo_core::plan::{ExecOptions, RemoteCommand, Stdin};
use pogo_core::scheduler::{FailureKind, Phase};

use crate::attempt::Report;
use crate::place::{Place, on_both};

const SAY: &str = "#!/bin/sh\necho \"$POGO_PHASE ${0##*/}\"\n";

async fn run(place: &Place, line: &str) -> Report {
    let transport = place.transport.clone().build().unwrap();
    let attempt = place
        .attempt(RemoteCommand::shell(line))
        .with_hooks(&place.path("pre it's.d"), &place.path("post.d"));
    attempt.run(&transport).await
}

on_both! {
    async fn hooks_run_in_sorted_order_around_the_command(place: Place) {
        for name in ["20-b", "10-a", "B", "a"] {
            place.file(&format!("pre it's.d/{name}"), SAY, 0o755);
        }
        place.file("post.d/after", SAY, 0o755);
        let report = run(&place, "echo the command").await;
        report.assert_succeeded();
        assert_eq!(
            report.stdout,
            "pre_hook 10-a\npre_hook 20-b\npre_hook B\npre_hook a\nthe command\npost_hook after\n"
        );
        assert_eq!(report.phases, [Phase::Connect, Phase::PreHook, Phase::Command, Phase::PostHook]);
    }

    async fn dot_files_and_what_cannot_be_executed_are_no_hooks(place: Place) {
        place.file("pre it's.d/.hidden", SAY, 0o755);
        place.file("pre it's.d/README", SAY, 0o644);
        std::fs::create_dir_all(place.directory.join("pre it's.d/directory")).unwrap();
        let report = run(&place, "true").await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "");
    }

    async fn a_failed_pre_hook_stops_everything(place: Place) {
        place.file("pre it's.d/10-good", SAY, 0o755);
        place.file("pre it's.d/20-bad", "#!/bin/sh\necho trouble >&2\nexit 5\n", 0o755);
        place.file("pre it's.d/30-never", SAY, 0o755);
        place.file("post.d/never", SAY, 0o755);
        let report = run(&place, "echo never").await;
        let message = report.assert_failed(FailureKind::PreHook { status: 5 });
        assert_eq!(message, "20-bad");
        assert_eq!((report.stdout.as_str(), report.stderr.as_str()), ("pre_hook 10-good\n", "trouble\n"));
        assert_eq!(report.phases, [Phase::Connect, Phase::PreHook]);
    }

    async fn a_signal_after_the_command_succeeded_matters_only_where_a_hook_is_left_to_run(place: Place) {
        // What the whole session gets, and the command survives.
        let line = "trap '' TERM; kill -TERM 0; echo ran";
        let report = run(&place, line).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "ran\n");
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
        place.file("post.d/never", SAY, 0o755);
        let report = run(&place, line).await;
        report.assert_failed(FailureKind::PostHook { status: 143 });
        assert_eq!(report.stdout, "ran\n");
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
    }

    async fn a_failed_post_hook_fails_the_attempt(place: Place) {
        place.file("post.d/10-bad", "#!/bin/sh\nexit 6\n", 0o755);
        place.file("post.d/20-never", SAY, 0o755);
        let report = run(&place, "echo ran").await;
        assert_eq!(report.assert_failed(FailureKind::PostHook { status: 6 }), "10-bad");
        assert_eq!(report.stdout, "ran\n");
    }

    async fn post_hooks_do_not_run_after_a_failed_command(place: Place) {
        place.file("post.d/never", SAY, 0o755);
        let report = run(&place, "exit 3").await;
        report.assert_failed(FailureKind::Command { status: 3 });
        assert_eq!(report.stdout, "");
        // No phase is reported for hooks that do not exist.
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
    }

    async fn the_command_may_install_its_post_hooks(place: Place) {
        let hooks = place.path("post.d");
        let install = format!("printf '#!/bin/sh\\necho installed\\n' >'{hooks}/hook'; chmod 755 '{hooks}/hook'");
        let report = run(&place, &format!("mkdir '{hooks}'; {install}")).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "installed\n");
        assert_eq!(report.phases, [Phase::Connect, Phase::Command, Phase::PostHook]);
    }

    async fn a_command_with_hooks_ends_as_it_would_without(place: Place) {
        place.file("post.d/never", SAY, 0o755);
        let signal = "KILL".to_owned();
        run(&place, "kill -KILL $$").await.assert_failed(FailureKind::Signal { signal });
        run(&place, "exit 137").await.assert_failed(FailureKind::Command { status: 137 });
        let report = run(&place, "no-such-command-here").await;
        report.assert_failed(FailureKind::Command { status: 127 });
    }

    async fn what_a_command_leaves_in_the_background_does_not_hold_up_its_post_hooks(place: Place) {
        place.file("post.d/say", SAY, 0o755);
        let report = run(&place, "sleep 60 & echo $!").await;
        report.assert_succeeded();
        let (pid, rest) = report.stdout.split_once('\n').unwrap();
        assert_eq!(rest, "post_hook say\n");
        assert!(report.notes.contains("in the background"), "{}", report.notes);
        let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    async fn the_command_alone_reads_the_input(place: Place) {
        for directory in ["pre it's.d", "post.d"] {
            place.file(&format!("{directory}/reads"), "#!/bin/sh\ncat; echo $POGO_PHASE\n", 0o755);
        }
        let transport = place.transport.clone().build().unwrap();
        let exec_options = ExecOptions::new().stdin(Stdin::Text("input\n".repeat(100_000)));
        let attempt = place
            .attempt(RemoteCommand::shell("wc -l | tr -d ' '"))
            .with_hooks(&place.path("pre it's.d"), &place.path("post.d"))
            .exec_options(exec_options);
        let report = attempt.run(&transport).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "pre_hook\n100000\npost_hook\n");
    }

    async fn missing_and_empty_directories_have_no_hooks(place: Place) {
        std::fs::create_dir_all(place.directory.join("post.d")).unwrap();
        let report = run(&place, "echo ran").await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "ran\n");
    }

    async fn hooks_keep_their_locale(place: Place) {
        place.file("pre it's.d/locale", "#!/bin/sh\necho \"[${LC_ALL-none}]\"\n", 0o755);
        let report = run(&place, "true").await;
        report.assert_succeeded();
        assert_ne!(report.stdout, "[C]\n");
    }

    async fn hooks_read_nothing_of_each_others_input(place: Place) {
        place.file("pre it's.d/10-reads", "#!/bin/sh\ncat\n", 0o755);
        place.file("pre it's.d/20-says", SAY, 0o755);
        let report = run(&place, "true").await;
        assert_eq!(report.stdout, "pre_hook 20-says\n");
    }
}

#[tokio::test]
async fn a_relative_directory_is_one_of_the_home_directory() {
    use pogo_ssh::loopback::LoopbackFleet;
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let host = fleet.host("web1").unwrap();
    host.add_pre_hook("10-drain", SAY).unwrap();
    host.add_post_hook("10-fill", SAY).unwrap();
    let attempt = crate::attempt::TestAttempt::to("web1", host.connection(), RemoteCommand::shell("pwd"))
        .with_hooks(LoopbackFleet::PRE_HOOKS, LoopbackFleet::POST_HOOKS);
    let report = attempt.run(&fleet.transport().build().unwrap()).await;
    report.assert_succeeded();
    let home = host.home().display();
    assert_eq!(report.stdout, format!("pre_hook 10-drain\n{home}\npost_hook 10-fill\n"));
    assert_eq!(host.executions(), 1);
}
