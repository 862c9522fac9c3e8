//! Files that travel with a job.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs, SentFile};
use pogo_core::scheduler::FailureKind;

use crate::attempt::Report;
use crate::place::{Place, on_both};

fn sent(source: &Path, destination: Option<&str>, mode: Option<u32>) -> SentFile {
    let mut file = SentFile::new(source.display().to_string());
    (file.destination, file.mode) = (destination.map(str::to_owned), mode);
    file
}

async fn run(place: &Place, files: Vec<SentFile>, line: &str) -> Report {
    let exec_options = files.into_iter().fold(ExecOptions::new(), ExecOptions::file);
    let transport = place.transport.clone().build().unwrap();
    let attempt = place.attempt(RemoteCommand::shell(line)).exec_options(exec_options);
    attempt.run(&transport).await
}

on_both! {
    async fn a_program_is_sent_along_and_removed_afterwards(place: Place) {
        let tool = place.file("it's a tool", "#!/bin/sh\necho works here: $0\n", 0o755);
        let data = place.directory.join("data");
        fs::write(&data, vec![7; 2_000_000]).unwrap();
        let files = vec![sent(&tool, None, None), sent(&data, None, Some(0o600))];
        let line = "\"$POGO_FILES/it's a tool\"; wc -c <\"$POGO_FILES/data\" | tr -d ' '; ls -l \"$POGO_FILES/data\" | \
            cut -c1-10";
        let report = run(&place, files, line).await;
        report.assert_succeeded();
        let (first, rest) = report.stdout.split_once('\n').unwrap();
        assert_eq!(rest, "2000000\n-rw-------\n");
        let path = first.strip_prefix("works here: ").unwrap();
        assert!(!Path::new(path).parent().unwrap().exists(), "{path} is still there");
    }

    async fn hooks_find_what_was_sent_too(place: Place) {
        let tool = place.file("tool", "hello", 0o644);
        place.file("pre.d/say", "#!/bin/sh\ncat \"$POGO_FILES/tool\"\n", 0o755);
        let exec_options = ExecOptions::new().file(sent(&tool, None, None));
        let transport = place.transport.clone().build().unwrap();
        let attempt = place
            .attempt(RemoteCommand::shell("true"))
            .with_hooks(&place.path("pre.d"), "")
            .exec_options(exec_options);
        assert_eq!(attempt.run(&transport).await.stdout, "hello");
    }

    async fn a_file_at_a_place_of_its_own_is_removed_after_a_failure_too(place: Place) {
        let tool = place.file("tool", "hello", 0o644);
        let there = place.path("there");
        let report = run(&place, vec![sent(&tool, Some(&there), Some(0o640))], &format!("cat '{there}'; exit 9")).await;
        report.assert_failed(FailureKind::Command { status: 9 });
        assert_eq!(report.stdout, "hello");
        assert!(!Path::new(&there).exists());
    }

    async fn another_file_in_its_place_is_left_alone_and_refuses_the_attempt(place: Place) {
        let tool = place.file("tool", "hello", 0o644);
        let there = place.file("there", "precious", 0o644);
        let report = run(&place, vec![sent(&tool, there.to_str(), None)], "echo ran").await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("is there already, and is another file"), "{message}");
        assert_eq!(fs::read(&there).unwrap(), b"precious");
    }

    async fn the_same_file_in_its_place_stays_there(place: Place) {
        let tool = place.file("tool", "hello", 0o644);
        let there = place.file("there", "hello", 0o644);
        run(&place, vec![sent(&tool, there.to_str(), None)], "true").await.assert_succeeded();
        assert_eq!(fs::read(&there).unwrap(), b"hello");
        assert!(!Path::new(&place.path("there.pogo-part")).exists());
    }

    async fn a_place_that_cannot_be_written_refuses_the_attempt_by_name(place: Place) {
        let tool = place.file("tool", "hello", 0o644);
        let report = run(&place, vec![sent(&tool, Some("/no/such/place"), None)], "echo ran").await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("/no/such/place"), "{message}");
    }

    async fn what_another_user_runs_can_be_reached_by_that_user(place: Place) {
        let tool = place.file("tool", "#!/bin/sh\nls -ld \"$POGO_FILES\" | cut -c1-10\n", 0o755);
        let through = RunAs::Through(vec!["env".to_owned()]);
        let exec_options = ExecOptions::new().file(sent(&tool, None, None)).run_as(through);
        let transport = place.transport.clone().build().unwrap();
        let attempt = place.attempt(RemoteCommand::shell("$POGO_FILES/tool"));
        let report = attempt.exec_options(exec_options).run(&transport).await;
        assert_eq!(report.stdout, "drwx--x--x\n");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_refuses_the_attempt_before_it_connects() {
    let place = Place::loopback().await;
    for (source, reason) in [
        ("/no/such", "No such file"),
        ("/", "it is a directory"),
        ("/dev/zero", "it is a device"),
    ] {
        let report = run(&place, vec![sent(Path::new(source), None, None)], "true").await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains(source) && message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_the_attempt_and_nothing_runs() {
    let test = "a_full_disk_refuses_the_attempt_and_nothing_runs";
    let place = Place::loopback().await;
    let Some(small) = SmallDisk::mount(&place, test) else {
        return;
    };
    let big = place.directory.join("big");
    fs::write(&big, vec![1; 1_000_000]).unwrap();
    fs::set_permissions(&big, fs::Permissions::from_mode(0o644)).unwrap();
    let there = small.path.join("big");
    let message = run(&place, vec![sent(&big, there.to_str(), None)], "echo ran")
        .await
        .assert_failed(FailureKind::Refused);
    assert!(message.contains("No space left on device"), "{message}");
    assert_eq!(fs::read_dir(&small.path).unwrap().count(), 0);
}

/// A disk of 64 kB; unmounted when dropped.
pub(crate) struct SmallDisk {
    pub(crate) path: std::path::PathBuf,
}

impl SmallDisk {
    pub(crate) fn mount(place: &Place, test: &str) -> Option<Self> {
        Self::mount_with(place, test, "rw")
    }

    /// With a further option, such as `noexec`.
    pub(crate) fn mount_with(place: &Place, test: &str, option: &str) -> Option<Self> {
        let path = place.directory.join("small");
        fs::create_dir(&path).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size=64k,mode=755,{option}"))
            .arg("pogo-test")
            .arg(&path)
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self { path });
        }
        eprintln!("LEFT OUT: {test} needs the right to mount a small disk");
        None
    }

    /// Changes how it is mounted.
    pub(crate) fn remount(&self, option: &str) {
        let mount = std::process::Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(&self.path)
            .status();
        assert!(mount.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
