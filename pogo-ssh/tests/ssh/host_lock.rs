//! One command at a time on a host, begun with permission alone, and what its host knows of it afterwards.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{BeginRefused, FailureKind, NeverBegan, Outcome, Phase};
use pogo_ssh::SshTransport;

use crate::account::{Account, ID};
use crate::attempt::{Report, TestAttempt};
use crate::detached::detached;
use crate::place::{Place, on_both};
use crate::sick::{fill, on_small_disk};

/// What is said of an attempt that never began, which must be for this reason.
#[track_caller]
pub(crate) fn never_began(report: &Report, wanted: NeverBegan) -> String {
    match &report.outcome {
        Outcome::NeverBegan { reason, message, .. } if *reason == wanted => message.clone(),
        other => panic!("expected {wanted:?}, got {other:?}\n{report:#?}"),
    }
}

/// A pipe that a command on the host can wait at.
pub(crate) fn gate(path: &str) -> String {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
    path.to_owned()
}

/// Lets whoever waits there go on; whoever comes to it is waited for.
pub(crate) async fn release(gate: String) {
    let opening = move || {
        let mut gate = fs::OpenOptions::new().write(true).open(gate).unwrap();
        gate.write_all(b"go\n").unwrap();
    };
    tokio::task::spawn_blocking(opening).await.unwrap();
}

fn transport_of(place: &Place) -> SshTransport {
    place.transport.clone().build().unwrap()
}

/// Runs an attempt of this number until it has written `up`, and drops it: its dispatcher dies.
async fn begin_and_die(place: &Place, number: u64, line: &str) {
    let transport = transport_of(place);
    let (running, _side) = place.attempt(RemoteCommand::shell(line)).numbered(number).start();
    let witness = Arc::clone(&running.witness);
    tokio::select! {
        report = running.finish(&transport) => panic!("ended by itself: {report:?}"),
        () = witness.saw("up") => {}
    }
}

/// The attempt of this number, run again by a dispatcher that takes over.
async fn resume(place: &Place, number: u64) -> Report {
    let attempt = place
        .attempt(RemoteCommand::shell("echo ran again"))
        .numbered(number)
        .resumed();
    attempt.run(&transport_of(place)).await
}

on_both! {
    async fn permission_is_asked_once_under_the_lock_and_before_anything_runs(place: Place) {
        let report = place.sh("echo here").await;
        report.assert_succeeded();
        assert_eq!(report.asked, [true]);
    }

    async fn what_is_refused_permission_runs_nothing_and_the_host_is_free(place: Place) {
        let ran = place.path("ran");
        place.file("pre.d/a", &format!("#!/bin/sh\necho ran >'{ran}'\n"), 0o755);
        for exec_options in [ExecOptions::new(), ExecOptions::new().pty(true), detached("refused")] {
            let attempt = place.attempt(RemoteCommand::shell("true")).with_hooks(&place.path("pre.d"), "none");
            let attempt = attempt.exec_options(exec_options).refused(BeginRefused::Stopped);
            let report = attempt.run(&transport_of(&place)).await;
            never_began(&report, NeverBegan::Refused);
            assert_eq!(report.phases, [Phase::Connect]);
        }
        assert!(!fs::exists(&ran).unwrap());
        place.sh("true").await.assert_succeeded();
    }

    async fn a_word_that_comes_after_the_host_has_given_up_begins_nothing(place: Place) {
        let transport = place.transport.clone().begin_timeout(Duration::from_secs(1)).build().unwrap();
        for exec_options in [ExecOptions::new(), detached("late")] {
            let attempt = place.attempt(RemoteCommand::shell("echo ran")).exec_options(exec_options);
            let (mut running, _side) = attempt.left_waiting().start();
            let asked = running.asked();
            // It is answered once the host is free again, which it is when it has given up.
            let answering = async {
                let request = asked.await;
                while place.sh("true").await.outcome != Outcome::Succeeded {}
                request.answer(Ok(()));
            };
            let (report, ()) = tokio::join!(running.finish(&transport), answering);
            never_began(&report, NeverBegan::Expired);
            assert_eq!(report.stdout, "");
        }
    }

    async fn a_busy_host_says_whose_command_runs_before_anybody_is_asked(place: Place) {
        let gate = gate(&place.path("gate"));
        begin_and_die(&place, 17, &format!("echo up; exec >/dev/null 2>&1; read go <'{gate}'")).await;
        let report = place.attempt(RemoteCommand::shell("echo ran")).numbered(18).run(&transport_of(&place)).await;
        let message = never_began(&report, NeverBegan::Busy);
        assert!(message.contains("a17 of namespace default"), "{message}");
        assert_eq!(report.asked, [false; 0]);
        release(gate).await;
    }

    async fn the_end_of_an_attempt_whose_dispatcher_died_is_learned_from_its_host(place: Place) {
        let gate = gate(&place.path("gate"));
        begin_and_die(&place, 17, &format!("echo up; read go <'{gate}'; exit 3")).await;
        // It still runs when it is asked for.
        let (report, ()) = tokio::join!(resume(&place, 17), release(gate));
        report.assert_failed(FailureKind::Command { status: 3 });
        assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
        assert_eq!((report.stdout.as_str(), report.asked), ("", vec![]));
        // It has ended.
        resume(&place, 17).await.assert_failed(FailureKind::Command { status: 3 });
    }

    async fn an_attempt_that_is_asked_for_before_it_began_never_begins(place: Place) {
        never_began(&resume(&place, 17).await, NeverBegan::NotSent);
        let report = place.attempt(RemoteCommand::shell("echo ran")).numbered(17).run(&transport_of(&place)).await;
        assert!(report.assert_failed(FailureKind::Refused).contains("later attempt"), "{report:?}");
        assert_eq!(report.stdout, "");
        place.attempt(RemoteCommand::shell("true")).numbered(18).run(&transport_of(&place)).await.assert_succeeded();
    }

    async fn a_record_that_was_removed_does_not_mean_that_an_attempt_never_began(place: Place) {
        let attempt = place.attempt(RemoteCommand::shell("true")).numbered(17).of_namespace("memory-1");
        attempt.clone().run(&transport_of(&place)).await.assert_succeeded();
        attempt.clone().resumed().run(&transport_of(&place)).await.assert_succeeded();
        let find = ["-name", "*.memory-1.0", "-delete"];
        let removed = std::process::Command::new("find").arg(&place.directory).args(find).status();
        assert!(removed.unwrap().success());
        for _ in 0..2 {
            attempt.clone().resumed().run(&transport_of(&place)).await.assert_in_doubt();
        }
    }

    async fn an_attempt_whose_record_a_later_one_has_taken_stays_in_doubt(place: Place) {
        for number in [17, 18] {
            let attempt = place.attempt(RemoteCommand::shell("true")).numbered(number);
            attempt.run(&transport_of(&place)).await.assert_succeeded();
        }
        resume(&place, 18).await.assert_succeeded();
        resume(&place, 17).await.assert_in_doubt();
    }

    async fn a_command_whose_supervisor_was_killed_keeps_its_host_busy(place: Place) {
        let gate = gate(&place.path("gate"));
        // The first process of the session leads the group of all of them.
        let line = format!(
            "exec </dev/null; (exec >/dev/null 2>&1; read go <'{gate}'; rm '{gate}') & \
             one=$(ps -o ppid= -p $$); two=$(ps -o ppid= -p $one); \
             if [ $(ps -o pgid= -p $two) = $(ps -o pgid= -p $$) ]; then kill -KILL $two; fi; kill -KILL $one $$"
        );
        let report = place.attempt(RemoteCommand::shell(line)).numbered(17).run(&transport_of(&place)).await;
        report.assert_in_doubt();
        let next = async |number| {
            let attempt = place.attempt(RemoteCommand::shell("echo ran")).numbered(number);
            attempt.run(&transport_of(&place)).await
        };
        let message = never_began(&next(18).await, NeverBegan::Busy);
        assert!(message.contains("process group"), "{message}");
        release(gate.clone()).await;
        // It ends after that, at its own time.
        let mut number = 19;
        let report = loop {
            let report = next(number).await;
            if !matches!(report.outcome, Outcome::NeverBegan { .. }) {
                break report;
            }
            never_began(&report, NeverBegan::Busy);
            number += 1;
        };
        report.assert_succeeded();
        assert!(!fs::exists(gate).unwrap());
    }

    async fn namespaces_share_the_lock_of_a_host_and_not_its_numbers(place: Place) {
        let gate = gate(&place.path("gate"));
        begin_and_die(&place, 17, &format!("echo up; exec >/dev/null 2>&1; read go <'{gate}'")).await;
        let other = async |number| {
            let attempt = place.attempt(RemoteCommand::shell("true")).numbered(number).of_namespace("../other one");
            attempt.run(&transport_of(&place)).await
        };
        let message = never_began(&other(3).await, NeverBegan::Busy);
        assert!(message.contains("a17 of namespace default"), "{message}");
        release(gate).await;
        resume(&place, 17).await.assert_succeeded();
        other(4).await.assert_succeeded();
        // Its record is not the other's.
        resume(&place, 17).await.assert_succeeded();
        other(3).await.assert_failed(FailureKind::Refused);
        place.attempt(RemoteCommand::shell("true")).numbered(18).run(&transport_of(&place)).await.assert_succeeded();
    }
}

/// A transport that keeps locks on a small disk.
fn on_disk(place: &Place, disk: &Path) -> SshTransport {
    let locks = disk.join("locks").display().to_string();
    place.transport.clone().lock_directory(locks).build().unwrap()
}

#[tokio::test]
async fn on_a_full_disk_commands_run_without_a_record_and_say_so() {
    let test = "on_a_full_disk_commands_run_without_a_record_and_say_so";
    let Some((place, disk)) = on_small_disk(test, "rw").await else {
        return;
    };
    let transport = on_disk(&place, &disk.path);
    fill(&disk.path.join("filling"));
    for exec_options in [ExecOptions::new(), detached("full")] {
        let attempt = place.attempt(RemoteCommand::shell("exit 3")).exec_options(exec_options);
        let report = attempt.run(&transport).await;
        report.assert_failed(FailureKind::Command { status: 3 });
        assert_eq!(report.asked, [false]);
    }
    fs::remove_file(disk.path.join("filling")).unwrap();
    let report = place.attempt(RemoteCommand::shell("exit 3")).run(&transport).await;
    report.assert_failed(FailureKind::Command { status: 3 });
    assert_eq!(report.asked, [true]);
}

#[tokio::test]
async fn a_disk_that_fills_up_keeps_no_end_from_being_written_down() {
    let test = "a_disk_that_fills_up_keeps_no_end_from_being_written_down";
    let Some((place, disk)) = on_small_disk(test, "rw").await else {
        return;
    };
    let transport = on_disk(&place, &disk.path);
    let filling = disk.path.join("filling").display().to_string();
    let line = format!("cat /dev/zero >'{filling}' 2>/dev/null; exit 3");
    let report = place
        .attempt(RemoteCommand::shell(line))
        .numbered(17)
        .run(&transport)
        .await;
    report.assert_failed(FailureKind::Command { status: 3 });
    let again = place.attempt(RemoteCommand::shell("true")).numbered(17).resumed();
    let report = again.run(&transport).await;
    report.assert_failed(FailureKind::Command { status: 3 });
}

#[tokio::test]
async fn on_a_disk_that_cannot_be_written_any_more_commands_still_exclude_each_other() {
    let test = "on_a_disk_that_cannot_be_written_any_more_commands_still_exclude_each_other";
    let Some((place, disk)) = on_small_disk(test, "rw").await else {
        return;
    };
    let transport = on_disk(&place, &disk.path);
    let gate = gate(&place.path("gate"));
    let first = place.attempt(RemoteCommand::shell("true")).run(&transport).await;
    first.assert_succeeded();
    disk.remount("ro");
    for exec_options in [ExecOptions::new(), detached("first")] {
        let line = format!("echo up; read go <'{gate}'");
        let attempt = place.attempt(RemoteCommand::shell(line)).exec_options(exec_options);
        let (running, _side) = attempt.start();
        let witness = Arc::clone(&running.witness);
        let others = async {
            witness.saw("up").await;
            for exec_options in [ExecOptions::new(), detached("second")] {
                let second = place
                    .attempt(RemoteCommand::shell("echo ran"))
                    .exec_options(exec_options);
                never_began(&second.run(&transport).await, NeverBegan::Busy);
            }
            release(gate.clone()).await;
        };
        let (report, ()) = tokio::join!(running.finish(&transport), others);
        report.assert_succeeded();
        assert_eq!(report.asked, [false]);
    }
}

#[tokio::test]
async fn two_login_users_of_one_host_do_not_exclude_each_other() {
    let Some(account) = Account::open("two_login_users_of_one_host_do_not_exclude_each_other", "") else {
        return;
    };
    let (root, other) = (account.server().transport(), account.transport());
    let gate = gate(&account.server().path("gate").display().to_string());
    let line = format!("echo up; read go <'{gate}'");
    let attempt = |line: &str| TestAttempt::to("web1", account.server().connection(), RemoteCommand::shell(line));
    let transport = root.clone().build().unwrap();
    let (running, _side) = attempt(&line).start();
    let witness = Arc::clone(&running.witness);
    let others = async {
        witness.saw("up").await;
        let same = attempt("true").run(&root.build().unwrap()).await;
        never_began(&same, NeverBegan::Busy);
        // It cannot write where the other's lock is, and has its own, which excludes its own.
        let another = attempt("id -u").run(&other.build().unwrap()).await;
        another.assert_succeeded();
        assert_eq!(
            (another.stdout.trim(), another.asked),
            (ID.to_string().as_str(), vec![true])
        );
        release(gate.clone()).await;
    };
    let (report, ()) = tokio::join!(running.finish(&transport), others);
    report.assert_succeeded();
}

#[tokio::test]
async fn files_of_a_stranger_neither_keep_a_user_from_its_lock_nor_are_read() {
    let test = "files_of_a_stranger_neither_keep_a_user_from_its_lock_nor_are_read";
    let Some(account) = Account::open(test, "") else {
        return;
    };
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let lock = format!("{}@127.0.0.1.{}.lock", name.trim(), account.server().port);
    // One that is there first, and says who holds it so that some shells would run a command.
    let ran = account.var_tmp().join("ran");
    let words = format!("1 x.0 1 1 1 - 1 group - a[$(>{})] begun", ran.display());
    let strangers = |directory: &Path| {
        fs::create_dir_all(directory).unwrap();
        fs::write(directory.join(&lock), format!("{words:<255}\n")).unwrap();
        for path in [directory.to_owned(), directory.join(&lock)] {
            chown(&path, Some(ID + 1), Some(ID + 1)).unwrap();
            let mode = if path == directory { 0o1777 } else { 0o666 };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let shared = account.server().path("shared");
    strangers(&shared);
    strangers(&account.var_tmp().join(format!("pogo-{ID}")));
    let held = fs::File::open(shared.join(&lock)).unwrap();
    held.lock().unwrap();
    let locks = account.home().join("locks").display().to_string();
    let attempt = || TestAttempt::to("web1", account.server().connection(), RemoteCommand::shell("true"));
    for (directory, locked) in [(locks, true), (shared.display().to_string(), false)] {
        let transport = account.transport().lock_directory(directory).build().unwrap();
        let report = attempt().run(&transport).await;
        report.assert_succeeded();
        assert_eq!(report.asked, [locked]);
    }
    assert!(!ran.exists());
}
