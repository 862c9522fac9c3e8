//! The program itself under ptrace: it is killed, or gets an error, at exactly one system call.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What a thread of the program is about to ask of the system, or was just answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// Bytes go to a file at a position.
    Write(PathBuf),
    /// They are there, and may be lost by a power cut.
    Written(PathBuf),
    Sync(PathBuf),
    Synced(PathBuf),
    /// Bytes go to a host or to a client.
    Send,
    Rename,
    Remove,
}

/// The fault that is injected into a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Passes,
    /// The process is killed before anything else happens.
    Killed,
    /// It is not carried out, and gives this error.
    Fails(Errno),
}

/// A program that waits for its tracer.
pub(super) struct Traced {
    process: Child,
    go: ChildStdin,
}

/// How the program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By the fate of a call.
    Killed,
    /// By itself, or by a signal from elsewhere; and what it printed.
    Other(String),
}

impl Traced {
    /// Whether a process can be traced here. Where it cannot, says which test is left out; with `POGO_REQUIRE_PTRACE=1`
    /// that is a failure.
    pub(super) fn is_possible(test: &str) -> bool {
        let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        // A process traces its own children unless nobody but an administrator traces anything.
        let possible = !matches!(scope.trim(), "2" | "3") || nix::unistd::geteuid().is_root();
        if !possible {
            let required = std::env::var("POGO_REQUIRE_PTRACE").is_ok_and(|value| value == "1");
            assert!(!required, "{test} needs ptrace, and POGO_REQUIRE_PTRACE is set");
            eprintln!("LEFT OUT: {test} needs ptrace");
        }
        possible
    }

    /// Starts a program that does nothing before [`run`](Self::run), which is called by the same thread: that one is
    /// its tracer. Its errors go to `log`.
    pub(super) fn start(command: &Command, log: Stdio) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", r#"read -r go && exec "$@""#, "sh"]);
        shell.arg(command.get_program()).args(command.get_args()).env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        if std::env::var_os("PATH").is_some() && !command.get_envs().any(|(name, _)| name == "PATH") {
            shell.env("PATH", std::env::var_os("PATH").unwrap());
        }
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        let mut process = shell.spawn().unwrap();
        let go = process.stdin.take().unwrap();
        let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
        let traced = Self { process, go };
        ptrace::seize(traced.pid(), options).unwrap();
        ptrace::interrupt(traced.pid()).unwrap();
        traced
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).unwrap())
    }

    /// Lets it run to its end.
    pub(super) fn run(mut self, mut fate: impl FnMut(&Call) -> Fate) -> End {
        self.go.write_all(b"go\n").unwrap();
        let leader = self.pid();
        let (mut is_killed, mut failing) = (false, None);
        // Threads of this process that wait for children of theirs are not disturbed.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            match waitpid(Pid::from_raw(-1), Some(flags)) {
                Ok(WaitStatus::PtraceSyscall(thread)) if !is_killed => {
                    if let Some((failed, error)) = failing.take_if(|(failed, _)| *failed == thread) {
                        fail(failed, error);
                    } else if let Some(call) = call(leader, thread) {
                        match fate(&call) {
                            Fate::Passes => {}
                            Fate::Killed => {
                                is_killed = true;
                                let _ = nix::sys::signal::kill(leader, Signal::SIGKILL);
                            }
                            Fate::Fails(error) => {
                                skip(thread);
                                failing = Some((thread, error));
                            }
                        }
                    }
                    go_on(thread, None);
                }
                Ok(WaitStatus::Stopped(thread, signal)) => go_on(thread, Some(signal)),
                Ok(WaitStatus::PtraceSyscall(thread) | WaitStatus::PtraceEvent(thread, _, _)) => go_on(thread, None),
                Ok(WaitStatus::Exited(thread, _) | WaitStatus::Signaled(thread, _, _)) if thread == leader => break,
                Ok(_) => {}
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => break,
                Err(error) => panic!("{error}"),
            }
        }
        let mut said = String::new();
        // The process is collected already.
        self.process.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        match is_killed {
            true => End::Killed,
            false => End::Other(said),
        }
    }
}

/// A thread that was killed meanwhile is no longer there.
fn go_on(thread: Pid, signal: Option<Signal>) {
    match ptrace::syscall(thread, signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("{error}"),
    }
}

/// The call at which a thread stopped, if it is one of those that matter.
fn call(leader: Pid, thread: Pid) -> Option<Call> {
    let info = ptrace::syscall_info(thread).ok()?;
    let is_entry = info.op == libc::PTRACE_SYSCALL_INFO_ENTRY;
    let registers = ptrace::getregs(thread).ok()?;
    let file = || path_of(leader, registers.rdi);
    Some(match (i64::try_from(registers.orig_rax).ok()?, is_entry) {
        (libc::SYS_pwrite64, true) => Call::Write(file()?),
        (libc::SYS_pwrite64, false) => Call::Written(file()?),
        (libc::SYS_fsync | libc::SYS_fdatasync, true) => Call::Sync(file()?),
        (libc::SYS_fsync | libc::SYS_fdatasync, false) => Call::Synced(file()?),
        (libc::SYS_sendto | libc::SYS_sendmsg, true) => Call::Send,
        (libc::SYS_write | libc::SYS_writev, true) if is_socket(&file()?) => Call::Send,
        (libc::SYS_rename | libc::SYS_renameat | libc::SYS_renameat2, true) => Call::Rename,
        (libc::SYS_unlink | libc::SYS_unlinkat, true) => Call::Remove,
        _ => return None,
    })
}

fn path_of(leader: Pid, descriptor: u64) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{leader}/fd/{descriptor}")).ok()
}

fn is_socket(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(b"socket:")
}

/// Whether a file is a segment of a journal.
pub(super) fn is_journal(path: &Path) -> bool {
    path.parent().and_then(Path::file_name) == Some(OsStr::new("journal"))
}

/// Makes the system carry out nothing of a call that a thread is about to enter.
fn skip(thread: Pid) {
    let mut registers = ptrace::getregs(thread).unwrap();
    registers.orig_rax = u64::MAX;
    ptrace::setregs(thread, registers).unwrap();
}

/// Gives a thread an error in answer to the call that it leaves.
fn fail(thread: Pid, error: Errno) {
    let mut registers = ptrace::getregs(thread).unwrap();
    registers.rax = i64::from(-(error as i32)).cast_unsigned();
    ptrace::setregs(thread, registers).unwrap();
}
