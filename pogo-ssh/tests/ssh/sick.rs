//! Hosts that work, but badly: login shells that talk or take their time, disks that are full or execute nothing,
//! clocks that are wrong.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process;

use pogo_core::plan::{ExecOptions, RemoteCommand, SentFile};
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use tokio::task::JoinSet;

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh};
use crate::place::Place;
use crate::sending::SmallDisk;

/// A server where everybody has this `.bashrc`; `None` where the login shell of who runs the test is not bash.
fn server_with_bashrc(test: &str, text: &str, home: &Path) -> Option<OpenSsh> {
    if !openssh::is_there(test) {
        return None;
    }
    let shell = process::Command::new("sh")
        .args(["-c", "getent passwd \"$(id -un)\""])
        .output();
    let shell = String::from_utf8(shell.unwrap().stdout).unwrap();
    if !shell.trim_end().ends_with("/bash") {
        eprintln!("LEFT OUT: {test} needs a user whose login shell is bash");
        return None;
    }
    fs::write(home.join(".bashrc"), text).unwrap();
    Some(OpenSsh::start_with(&format!("SetEnv HOME={}", home.display())))
}

fn detached() -> ExecOptions {
    ExecOptions::new().detached("sick")
}

fn to(server: &OpenSsh, exec_options: ExecOptions, line: &str) -> TestAttempt {
    TestAttempt::to("web1", server.connection(), RemoteCommand::shell(line)).exec_options(exec_options)
}

#[tokio::test]
async fn a_shell_that_talks_at_login_confuses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let noise = "echo Welcome; echo 'No mail.' >&2; printf 'half a line'; printf '\\036pogo a1 begun 1 group\\n' >&2";
    let test = "a_shell_that_talks_at_login_confuses_nothing";
    let Some(server) = server_with_bashrc(test, noise, home.path()) else {
        return;
    };
    fs::create_dir(home.path().join("pre.d")).unwrap();
    let hook = home.path().join("pre.d/hook");
    fs::write(&hook, "#!/bin/sh\necho from the hook\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = home.path().join("pre.d").display().to_string();
    let transport = server.transport().build().unwrap();
    for exec_options in [ExecOptions::default(), detached()] {
        let is_detached = exec_options.detached.is_some();
        let attempt = to(&server, exec_options, "echo here; exit 3").with_hooks(&hooks, "");
        let report = attempt.run(&transport).await;
        report.assert_failed(FailureKind::Command { status: 3 });
        assert!(report.stdout.contains("from the hook\n"), "{report:#?}");
        assert!(report.stdout.ends_with("here\n"), "{report:#?}");
        // What is said before a detached attempt begins is not its output.
        assert_eq!(
            report.stdout.matches("Welcome").count(),
            if is_detached { 0 } else { 1 }
        );
    }
}

#[tokio::test]
async fn a_login_shell_that_takes_its_time_is_waited_for_and_delays_nobody_else() {
    let home = tempfile::tempdir().unwrap();
    let gate = home.path().join("gate");
    assert!(process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let test = "a_login_shell_that_takes_its_time_is_waited_for_and_delays_nobody_else";
    let bashrc = format!("read go <'{}'", gate.display());
    let Some(server) = server_with_bashrc(test, &bashrc, home.path()) else {
        return;
    };
    // As with every job that needs no hooks: one session.
    let transport = server.transport().max_handshakes(1).build().unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("echo here"));
    let (slow, _side) = attempt.start();
    let quick = async {
        // Opened when the login shell has come to read from it.
        let opening = tokio::task::spawn_blocking(move || fs::OpenOptions::new().write(true).open(gate));
        let mut gate = opening.await.unwrap().unwrap();
        let place = Place::openssh();
        place.sh("true").await.assert_succeeded();
        gate.write_all(b"go\n").unwrap();
    };
    let (report, ()) = tokio::join!(slow.finish(&transport), quick);
    report.assert_succeeded();
    assert_eq!(report.stdout, "here\n");
}

#[tokio::test]
async fn a_login_shell_that_comes_to_the_command_when_its_time_is_over_begins_nothing() {
    let home = tempfile::tempdir().unwrap();
    let gate = home.path().join("gate");
    assert!(process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let test = "a_login_shell_that_comes_to_the_command_when_its_time_is_over_begins_nothing";
    let bashrc = format!("read go <'{}'", gate.display());
    let Some(server) = server_with_bashrc(test, &bashrc, home.path()) else {
        return;
    };
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("echo here"));
    let attempt = attempt.within(std::time::Duration::from_secs(2));
    // It may come to it later, and then nobody says the word to go.
    let report = attempt.run(&server.transport().build().unwrap()).await;
    let message = report.assert_failed(FailureKind::Timeout);
    assert!(message.contains("not run"), "{message}");
    // Nobody is to wait for the gate for ever.
    let _ = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&gate)
        .unwrap()
        .write_all(b"go\n");
}

/// A server that keeps everything of its users in one place, and a small disk there.
pub(crate) async fn on_small_disk(test: &str, options: &str) -> Option<(Place, SmallDisk)> {
    let place = Place::loopback().await;
    let disk = SmallDisk::mount_with(&place, test, options)?;
    Some((place, disk))
}

#[tokio::test]
async fn where_tmp_executes_nothing_programs_are_sent_elsewhere() {
    let test = "where_tmp_executes_nothing_programs_are_sent_elsewhere";
    let Some((place, disk)) = on_small_disk(test, "noexec").await else {
        return;
    };
    let program = place.file("program", "#!/bin/sh\necho from the program\n", 0o755);
    let server = OpenSsh::start_with(&format!("SetEnv TMPDIR={}", disk.path.display()));
    let exec_options = ExecOptions::new().file(SentFile::new(program.display().to_string()));
    let line = "\"$POGO_FILES/program\" && dirname \"$POGO_FILES\"";
    let transport = server.transport().build().unwrap();
    let report = to(&server, exec_options, line).run(&transport).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "from the program\n/var/tmp\n");
    assert_eq!(fs::read_dir(&disk.path).unwrap().count(), 0);
}

#[tokio::test]
async fn a_disk_that_is_full_keeps_nothing_but_a_detached_attempt_from_running() {
    let test = "a_disk_that_is_full_keeps_nothing_but_a_detached_attempt_from_running";
    let Some((place, disk)) = on_small_disk(test, "rw").await else {
        return;
    };
    fill(&disk.path.join("filling"));
    place.sh("echo here").await.assert_succeeded();
    let kept = disk.path.join("kept").display().to_string();
    let transport = place.transport.clone().detached_directory(kept).build().unwrap();
    let attempt = place
        .attempt(RemoteCommand::shell("echo here"))
        .exec_options(detached());
    let message = attempt.run(&transport).await.assert_failed(FailureKind::Refused);
    assert!(
        message.contains("disk full") || message.contains("disk is full"),
        "{message}"
    );
}

#[tokio::test]
async fn a_disk_that_fills_up_keeps_no_end_of_a_detached_attempt_from_being_known() {
    let test = "a_disk_that_fills_up_keeps_no_end_of_a_detached_attempt_from_being_known";
    let Some((place, disk)) = on_small_disk(test, "rw").await else {
        return;
    };
    let kept = disk.path.join("kept").display().to_string();
    let transport = place.transport.clone().detached_directory(kept).build().unwrap();
    let filling = disk.path.join("filling");
    let line = format!("cat /dev/zero >'{}' 2>/dev/null; seq 10000; exit 3", filling.display());
    let attempt = place.attempt(RemoteCommand::shell(line)).exec_options(detached());
    let report = attempt.run(&transport).await;
    report.assert_failed(FailureKind::Command { status: 3 });
    assert!(report.stdout.len() < 48_894, "{}", report.stdout.len());
    assert!(report.notes.contains("output is missing"), "{report:#?}");
}

/// Writes until there is no space.
pub(crate) fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    while file.write_all(&[0]).is_ok() {}
}

#[tokio::test]
async fn a_clock_that_is_years_away_changes_nothing() {
    let test = "a_clock_that_is_years_away_changes_nothing";
    let library = "/usr/lib/*/faketime/libfaketime.so.1";
    let Some(library) = glob::glob(library).unwrap().find_map(Result::ok) else {
        eprintln!("LEFT OUT: {test} needs libfaketime (package faketime)");
        return;
    };
    if !openssh::is_there(test) {
        return;
    }
    for (job, away) in [("past", "-20y"), ("future", "+20y")] {
        let server = OpenSsh::start_with(&format!("SetEnv LD_PRELOAD={} FAKETIME={away}", library.display()));
        let kept = server.path("kept").display().to_string();
        let transport = server.transport().detached_directory(kept).build().unwrap();
        for exec_options in [ExecOptions::default(), ExecOptions::new().detached(job)] {
            let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("date +%Y"));
            let report = attempt.exec_options(exec_options).run(&transport).await;
            report.assert_succeeded();
            let theirs: i64 = report.stdout.trim().parse().unwrap();
            let ours = process::Command::new("date").arg("+%Y").output().unwrap();
            let ours: i64 = String::from_utf8(ours.stdout).unwrap().trim().parse().unwrap();
            assert!((theirs - ours).abs() >= 19, "{theirs}");
        }
    }
}

#[tokio::test]
async fn one_sick_host_of_each_kind_delays_no_other() {
    let sick = [
        ("refuses", Fault::Refuse),
        ("silent", Fault::NoBanner),
        ("stalls", Fault::StallHandshake),
        ("changed", Fault::ChangedHostKey),
        ("shut", Fault::RefuseLogin),
        ("hangs", Fault::Hang),
        ("floods", Fault::Flood(u64::MAX)),
    ];
    let well: Vec<String> = (1..=20).map(|number| format!("web{number}")).collect();
    let names = sick
        .iter()
        .map(|(name, _)| *name)
        .chain(well.iter().map(String::as_str));
    let fleet = LoopbackFleet::start(names).await.unwrap();
    for (name, fault) in sick {
        fleet.inject(name, fault).unwrap();
    }
    // One that stalls in the middle of its handshake holds a place, so there are two.
    let transport = fleet.transport().max_handshakes(2);
    let transport = transport
        .connect_timeout(std::time::Duration::from_secs(500))
        .build()
        .unwrap();
    let transport = std::sync::Arc::new(transport);
    let start = |name: &str| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
        let transport = std::sync::Arc::clone(&transport);
        async move { attempt.run(&*transport).await }
    };
    let mut waiting = JoinSet::new();
    for (name, _) in sick {
        waiting.spawn(start(name));
    }
    let mut healthy: JoinSet<Report> = well.iter().map(|name| start(name)).collect();
    while let Some(report) = healthy.join_next().await {
        report.unwrap().assert_succeeded();
    }
    // Those that would hold others up still do nothing but wait.
    let mut ended = 0;
    while waiting.try_join_next().is_some() {
        ended += 1;
    }
    assert!(ended <= 3, "{ended} ended by themselves");
}
