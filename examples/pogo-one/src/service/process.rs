//! What makes a process independent of the terminal and the login that started it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, setsid, umask};
use rustix::stdio::{dup2_stdin, dup2_stdout};

/// Leaves the terminal, the directory and everything else that was inherited but the three standard streams. Called
/// before anything is opened.
pub(super) fn detach() -> io::Result<()> {
    // Already the leader of a group is who a shell started with job control: it has a session to itself then.
    let _ = setsid();
    close_inherited();
    std::env::set_current_dir("/")?;
    umask(Mode::RWXG | Mode::RWXO);
    dup2_stdin(File::open("/dev/null")?)?;
    Ok(())
}

/// This program, also where `/proc` does not say which it is: then as whoever started it called it.
pub(crate) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe().or_else(|error| {
        let called = std::env::args_os().next().map(PathBuf::from).ok_or(error)?;
        if called.components().count() > 1 {
            return std::path::absolute(called);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut found = std::env::split_paths(&path).map(|directory| directory.join(&called));
        let not_found = || io::Error::new(io::ErrorKind::NotFound, format!("{} is not on PATH", called.display()));
        found.find(|program| program.is_file()).ok_or_else(not_found)
    })
}

/// Closes standard output, on which whoever started this process waits.
pub(super) fn leave_starter() -> io::Result<()> {
    Ok(dup2_stdout(File::options().write(true).open("/dev/null")?)?)
}

/// Allows as many open files as this process may have: a connection to each host is one.
pub(super) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // With fewer, fewer hosts are connected to at once.
    let _ = setrlimit(Resource::Nofile, most);
}

/// Closes what a shell or a program left open for whatever it starts, such as the lock of a cron job, which would be
/// held as long as this lives.
fn close_inherited() {
    let Ok(entries) = fs::read_dir(Path::new("/proc/self/fd")) else {
        return;
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let open: Vec<i32> = names
        .filter_map(|name| name.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The one that lists them is closed by now.
        let _ = nix::unistd::close(fd);
    }
}
