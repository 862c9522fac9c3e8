//! A store of a test, with servers and a program; its dispatcher ends with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pogo_api::{Client, NamespaceClient};
use pogo_core::scheduler::{JobDetails, JobId};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use super::program::Done;
use super::ssh::Site;

/// Servers, a program, and a store of its own, whose dispatcher ends with this.
pub(super) struct Kept {
    pub(super) site: Site,
}

impl Kept {
    pub(super) fn new(policy: &str, hosts: &[&str]) -> Self {
        Self {
            site: Site::new(policy, hosts),
        }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.site.program.directory.path().join(name)
    }

    pub(super) fn namespace(&self) -> PathBuf {
        self.file("store/ns/default")
    }

    /// Runs any verb.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.site.program.command(args);
        command.env("POGO_STORE", self.file("store"));
        command
    }

    pub(super) fn verb(&self, args: &[&str]) -> Done {
        Done::of(self.command(args).output().unwrap())
    }

    /// `run` on these targets.
    pub(super) fn run_command(&self, targets: &str, more: &[&str]) -> Command {
        let args = self.site.args(targets, more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.command(&args)
    }

    pub(super) fn run(&self, targets: &str, more: &[&str]) -> Done {
        Done::of(self.run_command(targets, more).output().unwrap())
    }

    /// A command for hosts that counts its runs, and lasts until the file `go` is there.
    pub(super) fn waits(&self) -> String {
        let (ran, go) = (self.file("ran"), self.file("go"));
        format!(
            "echo $POGO_HOST >>'{}'; until [ -e '{}' ]; do sleep 0.05; done; echo done",
            ran.display(),
            go.display()
        )
    }

    pub(super) fn go(&self) {
        fs::write(self.file("go"), "").unwrap();
    }

    /// The hosts that ran the command, once for each time.
    pub(super) fn ran(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file("ran")).unwrap_or_default();
        let mut hosts: Vec<String> = text.lines().map(str::to_owned).collect();
        hosts.sort();
        hosts
    }

    pub(super) fn kill_dispatcher(&self) {
        kill_dispatcher(&self.namespace());
    }

    pub(super) fn client(&self) -> NamespaceClient {
        let socket = self.namespace().join("socket");
        Client::unix(socket).namespace("default").unwrap()
    }

    pub(super) fn job(&self, job: u64) -> JobDetails {
        let client = self.client();
        self.site.runtime.block_on(client.job(JobId::new(job))).unwrap()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.kill_dispatcher();
    }
}

/// A store whose dispatcher ends with this.
pub(super) struct StoreOfTest(pub(super) PathBuf);

impl Drop for StoreOfTest {
    fn drop(&mut self) {
        kill_dispatcher(&self.0.join("ns/default"));
    }
}

/// Kills the dispatcher of a namespace, if it runs, and waits for its end.
pub(super) fn kill_dispatcher(namespace: &Path) {
    if let Some(pid) = dispatcher(namespace).filter(|pid| is_dispatcher(*pid)) {
        let _ = kill_process(pid, Signal::KILL);
        while test_kill_process(pid).is_ok() && is_dispatcher(pid) {
            pause();
        }
    }
}

/// The process of the dispatcher that owns the namespace, or owned it last.
pub(super) fn dispatcher(namespace: &Path) -> Option<Pid> {
    let owner: Value = serde_json::from_slice(&fs::read(namespace.join("owner")).ok()?).ok()?;
    let pid = owner.pointer("/pid")?.as_i64()?;
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Whether a process is one of these tests: a number is given out anew.
fn is_dispatcher(pid: Pid) -> bool {
    let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("--background")
}

/// A file to which dispatchers write that a test starts.
pub(super) fn log_to(path: &Path) -> Stdio {
    fs::File::options().create(true).append(true).open(path).unwrap().into()
}

fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

/// Waits until something is there. A test that waits for what never comes is ended by whoever runs the tests.
pub(super) fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        pause();
    }
}

pub(super) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The files below a directory that have these bytes.
pub(super) fn files_with(directory: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if fs::read(&path)
            .unwrap_or_default()
            .windows(bytes.len())
            .any(|window| window == bytes)
        {
            found.push(path);
        }
    }
    found
}
