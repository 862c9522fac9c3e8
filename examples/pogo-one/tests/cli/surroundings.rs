//! Where there is little around: under cron, in a container, in a home that nothing can be written to.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::program::{Done, Program};
use super::small_disk::SmallDisk;

/// The program, with nothing in its environment but this.
fn bare(environment: &[(&str, &Path)], words: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    // As cron gives it: no terminal, and a shell in between.
    command
        .args(["-c", "exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pogo")])
        .args(words);
    command.env_clear().envs(environment.iter().copied());
    command.current_dir("/").stdin(std::process::Stdio::null());
    command
}

fn done(mut command: Command) -> Done {
    Done::of(command.output().unwrap())
}

#[test]
fn a_job_of_cron_says_what_it_did_without_a_terminal_and_leaves_nothing_behind_that_writes() {
    let program = Program::new();
    let store = program.directory.path().join("store");
    let named: &[(&str, &Path)] = &[("POGO_STORE", &store)];
    let ran = done(bare(named, &["run", "web1.invalid", "--", "true"]));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("unreachable: web1.invalid"), "{}", ran.out);
    // What cron sends by mail has nothing in it that steers a terminal.
    assert!(
        !format!("{}{}", ran.out, ran.err).contains('\u{1b}'),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.err.contains("pogo retry 1 --failed"), "{}", ran.err);
    let listed = done(bare(named, &["jobs"]));
    assert!(
        listed.code == 0 && listed.out.contains("finished  0/1"),
        "{}{}",
        listed.out,
        listed.err
    );
    assert_eq!(done(bare(named, &["serve", "stop"])).code, 0);
}

#[test]
fn an_account_without_a_name_and_a_home_is_refused_with_what_to_do() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("LEFT OUT: an account without a name needs root");
        return;
    }
    let program = Program::new();
    let directory = program.directory.path();
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).unwrap();
    let as_nobody = |environment: &[(&str, &Path)], words: &[&str]| {
        let mut command = bare(environment, words);
        std::os::unix::process::CommandExt::uid(&mut command, 1_234_567);
        done(command)
    };
    for words in [&["run", "web1", "--", "true"][..], &["jobs"]] {
        as_nobody(&[], words).assert_refused(&["there is no HOME", "--store or POGO_STORE"]);
    }
    let store = directory.join("store");
    let ran = as_nobody(&[("POGO_STORE", &store)], &["run", "web1", "--", "true"]);
    ran.assert_refused(&["no user with the number 1234567", "/etc/passwd"]);
    assert_eq!(as_nobody(&[("POGO_STORE", &store)], &["serve", "stop"]).code, 0);
}

#[test]
fn a_home_that_is_read_only_is_refused_with_another_place_which_then_works() {
    let program = Program::new();
    let home = program.directory.path().join("home");
    let test = "a_home_that_is_read_only_is_refused_with_another_place_which_then_works";
    SmallDisk::mounted(test, &home, 1 << 20, |disk| {
        disk.read_only();
        for words in [
            &["run", "web1.invalid", "--", "true"][..],
            &["run", "-d", "x", "--", "true"],
            &["jobs"],
        ] {
            let refused = done(bare(&[("HOME", &home)], words));
            refused.assert_refused(&["Read-only file system", "another directory with --store or POGO_STORE"]);
        }
        let store = program.directory.path().join("store");
        let elsewhere: &[(&str, &Path)] = &[("HOME", &home), ("POGO_STORE", &store)];
        assert_eq!(done(bare(elsewhere, &["run", "web1.invalid", "--", "true"])).code, 1);
        assert_eq!(done(bare(elsewhere, &["serve", "stop"])).code, 0);
        let nowhere = ["run", "--store", "none", "web1.invalid", "--", "true"];
        assert_eq!(done(bare(&[("HOME", &home)], &nowhere)).code, 1);
    });
}

#[test]
fn the_first_process_of_a_container_says_that_a_job_it_leaves_ends_with_it() {
    let program = Program::new();
    let mut possible = Command::new("unshare");
    if !possible
        .args(["-rpf", "--mount-proc", "true"])
        .output()
        .is_ok_and(|done| done.status.success())
    {
        eprintln!("LEFT OUT: a container needs unshare, and that it may make one");
        return;
    }
    let store = program.directory.path().join("store");
    let contained = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["-rpf", "--mount-proc", env!("CARGO_BIN_EXE_pogo")])
            .args(words);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("POGO_STORE", &store);
        done(command)
    };
    let left = contained(&["run", "-d", "web1.invalid", "--", "true"]);
    assert_eq!((left.code, left.out.as_str()), (0, "1\n"), "{}", left.err);
    assert!(left.err.contains("first process of a container"), "{}", left.err);
    // The job is there for whoever comes next, and one that is followed needs no remark.
    let waited = contained(&["wait", "1"]);
    assert_eq!(waited.code, 1, "{}", waited.err);
    let followed = contained(&["run", "web1.invalid", "--", "true"]);
    assert_eq!(followed.code, 1, "{}", followed.err);
    assert!(!followed.err.contains("container"), "{}", followed.err);
}
