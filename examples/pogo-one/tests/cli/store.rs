//! `store`: what a store has, and what is removed and copied of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Commit, Journal, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::sim::World;
use pogo_store::{Namespace, Store};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::program::Program;

/// The store of the user who runs the program.
fn default_store(program: &Program) -> PathBuf {
    program.directory.path().join(".local/state/pogo")
}

fn acquire(namespace: &Namespace) -> Box<dyn OwnedJournal> {
    let owner = Owner::new(
        OwnerId("alice@laptop".into()),
        Nonce(1),
        Timestamp::from_millis(1_764_356_460_021),
    );
    block_on(namespace.journal().acquire(owner, Acquire::IfFree)).unwrap()
}

/// Fills a store with a job that has ended, and its output.
fn fill(dir: &Path) -> Namespace {
    let namespace = Store::open(dir).unwrap().namespace("default").unwrap();
    let mut owned = acquire(&namespace);
    let fleet = Fleet::builder().hosts("web[1-3]").build().unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("uptime")))
        .unwrap();
    block_on(owned.append(&Commit::new(Seq(0), world.run().records))).unwrap();
    let source = Arc::new(OutputSource::new(
        JobId::new(1),
        "web1".parse().unwrap(),
        AttemptId::new(1),
    ));
    let frame = OutputFrame::new(Arc::clone(&source), Stream::Stdout, 0, Timestamp::EPOCH, "up 3 days\n");
    block_on(namespace.output().append(&[frame])).unwrap();
    block_on(namespace.output().seal(&source, 10)).unwrap();
    drop(owned);
    namespace
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_store_of_a_user_is_found_and_shown() {
    let program = Program::new();
    fill(&default_store(&program));
    let done = program.run(&["store", "info"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let begins = format!("{}\n\ndefault: ", default_store(&program).display());
    assert!(done.out.starts_with(&begins), "{}", done.out);
    for part in [
        "last owned by alice@laptop (process ",
        "jobs       1\n",
        "records    from #0 on: 1 segment, ",
        "output     of 1 job, 4.0 KiB",
        "inputs     0 files, 0 B",
    ] {
        assert!(done.out.contains(part), "{part}\n{}", done.out);
    }
    let info = json(&program.run(&["store", "info", "--format", "json"]).out);
    let namespace = &info["namespaces"][0];
    assert_eq!(namespace["namespace"], "default");
    assert_eq!(
        (&namespace["jobs"]["count"], &namespace["jobs"]["unfinished"]),
        (&1.into(), &0.into())
    );
    assert_eq!(namespace["output"]["bytes"], 4_096);
    // Where the environment says otherwise, and where the line does.
    let state = program.directory.path().join("state");
    fill(&state.join("pogo"));
    let mut command = program.command(&["store", "check"]);
    let done = super::program::Done::of(command.env("XDG_STATE_HOME", &state).output().unwrap());
    assert_eq!(
        done.out,
        format!("{}: nothing is damaged\n", state.join("pogo").display())
    );
    let done = program.run(&["store", "info", "--store", "state/pogo", "-n", "default"]);
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn a_store_that_is_not_there_or_not_private_is_refused_with_the_cure() {
    let program = Program::new();
    for verb in ["info", "check", "prune"] {
        program
            .run(&["store", verb])
            .assert_refused(&["there is no store in", ".local/state/pogo"]);
        program
            .run(&["store", verb, "--store", ""])
            .assert_refused(&["a value is required for '--store <STORE>'"]);
    }
    let dir = default_store(&program);
    assert!(!dir.exists());
    fill(&dir);
    program
        .run(&["store", "info", "-n", "other"])
        .assert_refused(&["there is no namespace `other`", "it has default"]);
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&dir, open).unwrap();
    program
        .run(&["store", "info"])
        .assert_refused(&[&format!("chmod 700 {}", dir.display())]);
}

#[test]
fn damage_is_named_with_its_cure_and_exit_code_1() {
    let program = Program::new();
    let namespace = fill(&default_store(&program));
    assert_eq!(program.run(&["store", "check"]).code, 0);
    let log = namespace.path().join("jobs/1/output.log");
    let mut bytes = std::fs::read(&log).unwrap();
    // In what the host wrote, behind the headers of the block and of the chunk.
    bytes[52] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let done = program.run(&["store", "check"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(
        done.out
            .starts_with(&format!("{}: the output of a1 is damaged", log.display())),
        "{}",
        done.out
    );
    let done = program.run(&["store", "check", "--format", "json"]);
    assert_eq!(json(&done.out)["damage"][0]["file"], log.display().to_string());
}

#[test]
fn output_is_removed_by_age_and_by_job_and_never_under_its_owner() {
    let program = Program::new();
    let namespace = fill(&default_store(&program));
    let done = program.run(&["store", "prune"]);
    assert_eq!(
        (done.code, &*done.out),
        (0, "default: there was no output to remove\n"),
        "{}",
        done.err
    );
    let owned = acquire(&namespace);
    for args in [
        &["store", "prune", "--older-than", "0s"][..],
        &["store", "prune", "--job", "1"],
        &["store", "copy", "copy"],
    ] {
        program
            .run(args)
            .assert_refused(&["somebody owns the store: alice@laptop", "stop that process"]);
    }
    drop(owned);
    program
        .run(&["store", "prune", "--job", "1", "--max-size", "1G"])
        .assert_refused(&["cannot be used with"]);
    let done = program.run(&["store", "prune", "--older-than", "0s"]);
    assert_eq!(
        (done.code, &*done.out),
        (0, "default: removed the output of job-1 (4.0 KiB)\n"),
        "{}",
        done.err
    );
    fill(&program.directory.path().join("second"));
    let done = program.run(&["store", "prune", "--store", "second", "--job", "1", "--format", "json"]);
    assert_eq!(json(&done.out)["removed"][0]["jobs"][0], 1, "{}", done.err);
}

#[test]
fn a_store_is_copied_and_the_copy_says_so() {
    let program = Program::new();
    fill(&default_store(&program));
    let done = program.run(&["store", "copy", "backup"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.out.starts_with("copied default of ") && done.out.contains(" to backup: "),
        "{}",
        done.out
    );
    let info = program.run(&["store", "info", "--store", "backup"]).out;
    assert!(
        info.contains(&format!("  a copy of {}\n", default_store(&program).display())),
        "{info}"
    );
    assert_eq!(program.run(&["store", "check", "--store", "backup"]).code, 0);
    program
        .run(&["store", "copy", "backup"])
        .assert_refused(&["is not empty; name a new or an empty directory"]);
}

#[test]
fn whoever_goes_on_with_a_copy_accepts_that_once() {
    let program = Program::new();
    fill(&default_store(&program));
    assert_eq!(program.run(&["store", "copy", "backup"]).code, 0);
    program
        .run(&["serve", "--store", "backup"])
        .assert_refused(&["its journal is a copy", "`pogo serve --accept-restore REASON`"]);
    let is_a_copy = || {
        let info = program.run(&["store", "info", "--store", "backup"]);
        info.out.contains("  a copy of ")
    };
    assert!(is_a_copy());
    let accepted = ["serve", "--store", "backup", "--accept-restore", "the disk is gone"];
    let mut serving = program.command(&accepted).stderr(Stdio::null()).spawn().unwrap();
    while is_a_copy() {
        assert_eq!(serving.try_wait().unwrap(), None, "it serves until it is stopped");
    }
    kill_process(Pid::from_child(&serving), Signal::TERM).unwrap();
    assert!(serving.wait().unwrap().success());
}
