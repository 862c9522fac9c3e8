//! Stores to which this process cannot write: questions are answered from their files, and orders refused.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::disk_faults::{FOUR, ONE_BY_ONE};
use super::kept_store::{Kept, until};
use super::program::Done;
use super::small_disk::SmallDisk;

/// Questions, and what their answer has: job 1 is over, and job 2 had begun on web1 when its dispatcher was killed.
const QUESTIONS: [(&[&str], &str); 18] = [
    (&["jobs"], "finished"),
    (&["jobs", "--on", "web3"], "finished"),
    (&["jobs", "--format", "json"], "\"job\":"),
    (&["status"], "1 job running"),
    (&["status", "1"], "finished"),
    (&["status", "2"], "1 running"),
    (&["logs", "1"], "here"),
    (&["logs", "1", "-b"], "here"),
    (&["events", "2"], "web1"),
    (&["events", "2", "web1", "--format", "jsonl"], "\"host\":\"web1\""),
    (&["explain", "2", "web2"], "web1"),
    (&["slots"], "web1"),
    (&["host", "web1"], "web1"),
    (&["plan", "@web"], "max_parallel"),
    (&["audit", "1"], "every rule was kept"),
    (&["timeline", "1"], "web4"),
    (&["replay", "1", "--speed", "max"], "web4"),
    (&["retry", "--help"], "Usage"),
];

/// What has to write, or waits for what nobody does.
const ORDERS: [&[&str]; 24] = [
    &["run", "web1", "--", "true"],
    &["run", "web1", "-d", "--", "true"],
    &["run", "web1", "--foreground", "--", "true"],
    &["apply", "-c", "policy.yaml", "-y"],
    &["attach", "1"],
    &["wait", "1"],
    &["logs", "2", "-f"],
    &["events", "2", "-f"],
    &["retry", "2", "--failed"],
    &["skip", "2", "web2"],
    &["probe", "2", "web2", "--", "true"],
    &["rerun", "1"],
    &["pause", "2"],
    &["resume", "2"],
    &["stop", "2"],
    &["abort", "2"],
    &["promote", "2"],
    &["update", "2", "--max-parallel", "2"],
    &["freeze"],
    &["mark", "down", "web1", "--reason", "test"],
    &["hold", "web1"],
    &["release", "web1"],
    &["note", "2", "text"],
    &["serve"],
];

/// One job that is over, and one whose dispatcher is killed while it runs.
fn two_jobs(kept: &Kept) {
    let done = kept.run("@web", &["--", "echo here"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let run = kept.run("@web", &["-d", "--", &kept.waits()]);
    assert_eq!(run.code, 0, "{}", run.err);
    until(|| kept.ran().len() == 1);
    kept.kill_dispatcher();
    kept.go();
}

/// The names, lengths and times of everything below a directory.
fn all_of(directory: &Path) -> Vec<String> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        found.push(format!(
            "{} {} {:?}",
            path.display(),
            about.len(),
            about.modified().unwrap()
        ));
        if about.is_dir() {
            found.extend(all_of(&path));
        }
    }
    found.sort();
    found
}

/// Asks everything, and orders everything, each of which is refused with this code and this cure.
fn asked_and_ordered(kept: &Kept, as_user: impl Fn(&[&str]) -> Command, (code, why, cure): (i32, &str, &str)) {
    let store = kept.file("store");
    let store = store.to_str().unwrap();
    let before = all_of(Path::new(store));
    let ask = |args: &[&str]| Done::of(as_user(args).output().unwrap());
    for (args, part) in QUESTIONS {
        let done = ask(args);
        assert_eq!(done.code, 0, "{args:?}: {}{}", done.out, done.err);
        assert!(done.out.contains(part), "{args:?}: {}{}", done.out, done.err);
    }
    let status = ask(&["status"]);
    assert_eq!(status.err.matches(why).count(), 1, "{}", status.err);
    for verb in ["info", "check"] {
        let done = ask(&["store", verb, "--store", store]);
        assert_eq!(done.code, 0, "{verb}: {}{}", done.out, done.err);
    }
    let prune: &[&str] = &["store", "prune", "--store", store, "--older-than", "1h"];
    for args in ORDERS.iter().chain([&prune]) {
        let done = ask(args);
        assert_eq!(done.code, code, "{args:?}: {}{}", done.out, done.err);
        assert!(
            done.err.contains(why) && done.err.contains(cure),
            "{args:?}: {}",
            done.err
        );
    }
    assert_eq!(before, all_of(Path::new(store)), "nothing was written");
}

#[test]
fn a_store_on_a_read_only_disk_answers_questions_and_refuses_orders_with_the_cure() {
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    let test = "a_store_on_a_read_only_disk_answers_questions_and_refuses_orders_with_the_cure";
    SmallDisk::mounted(test, &kept.file("store"), 40 << 20, |disk| {
        two_jobs(&kept);
        disk.read_only();
        asked_and_ordered(
            &kept,
            |args| kept.command(args),
            (69, "is on a disk that is mounted read-only", "remount,rw"),
        );
        let (store, copy) = (kept.file("store"), kept.file("copy"));
        let copied = kept.verb(&["store", "copy", store.to_str().unwrap(), copy.to_str().unwrap()]);
        assert_eq!(copied.code, 0, "{}", copied.err);
        let check = kept.verb(&["store", "check", "--store", kept.file("copy").to_str().unwrap()]);
        assert_eq!(check.code, 0, "{}", check.err);
    });
}

/// Runs this for a store that another user may read.
fn of_another_user(test: &str, then: impl FnOnce(&Kept)) {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("LEFT OUT: {test} needs root, to have two users");
        return;
    }
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    two_jobs(&kept);
    then(&kept);
}

fn each_below(path: &Path, each: &impl Fn(&Path)) {
    each(path);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            each_below(&entry.unwrap().path(), each);
        }
    }
}

const STRANGER: u32 = 4_711;

#[test]
fn a_store_that_this_user_may_only_read_answers_questions_and_names_its_user() {
    let test = "a_store_that_this_user_may_only_read_answers_questions_and_names_its_user";
    of_another_user(test, |kept| {
        let open = |path: &Path| {
            let mode = fs::symlink_metadata(path).unwrap().permissions().mode();
            if !fs::symlink_metadata(path).unwrap().is_symlink() {
                let more = if path.is_dir() { 0o055 } else { 0o044 };
                fs::set_permissions(path, PermissionsExt::from_mode(mode | more)).unwrap();
            }
        };
        each_below(kept.site.program.directory.path(), &open);
        let as_stranger = |args: &[&str]| {
            let mut command = kept.command(args);
            command.uid(STRANGER).gid(STRANGER).env("TMPDIR", "/tmp");
            command
        };
        let is_reached = as_stranger(&["--version"])
            .output()
            .is_ok_and(|done| done.status.success());
        if !is_reached {
            eprintln!("LEFT OUT: {test} needs a program that every user can start");
            return;
        }
        asked_and_ordered(kept, as_stranger, (77, "belongs to the user root", "sudo -u root"));
        // What its user closes stays closed, and says so.
        fs::set_permissions(kept.namespace(), PermissionsExt::from_mode(0o700)).unwrap();
        let refused = Done::of(as_stranger(&["status"]).output().unwrap());
        assert_eq!(refused.code, 77, "{}", refused.err);
        assert!(refused.err.contains("Permission denied"), "{}", refused.err);
    });
}

#[test]
fn root_looks_at_the_store_of_another_user_and_writes_nothing_to_it() {
    let test = "root_looks_at_the_store_of_another_user_and_writes_nothing_to_it";
    of_another_user(test, |kept| {
        let give = |path: &Path| {
            if !fs::symlink_metadata(path).unwrap().is_symlink() {
                chown(path, Some(STRANGER), None).unwrap();
            }
        };
        each_below(&kept.file("store"), &give);
        asked_and_ordered(
            kept,
            |args| kept.command(args),
            (77, "belongs to the user uid 4711", "sudo -u"),
        );
    });
}
