//! A PostgreSQL server on loopback, in a folder of its own, that ends with the test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Whom the server runs as when the test is root's, which PostgreSQL refuses.
const USER: &str = "postgres";

pub(crate) struct Postgres {
    server: Child,
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// `None` where PostgreSQL is not installed, unless it has to be.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("POGO_REQUIRE_POSTGRES").is_some();
            assert!(!required, "PostgreSQL is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        make_cluster(&programs, &data);
        // Somebody else may take the port between finding it free and listening on it.
        let start = |_: String| launch(&programs, folder.path());
        let started = start(String::new()).or_else(start).or_else(start);
        let (server, port) = started.unwrap();
        Some(Self {
            server,
            programs,
            folder,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://pogo@localhost:{}/postgres?host={folder}", self.port)
    }

    /// The address for somebody who needs a password.
    pub(crate) fn url_of(&self, user: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/postgres", self.port)
    }

    /// What `psql` prints for a script.
    pub(crate) fn run(&self, script: &str) -> String {
        let done = command(&self.programs, "psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "pogo",
                "-d",
                "postgres",
                "-c",
                script,
            ])
            .arg("-h")
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string()])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The server ends its own children on its signal; no other process is signalled.
        let pid = self.server.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let _ = self.server.wait();
    }
}

/// A server on a port that is free, or the log of one that ended at once.
fn launch(programs: &Path, folder: &Path) -> Result<(Child, u16), String> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = command(programs, "postgres")
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("ready to accept connections") {
        if log.read_line(&mut said).unwrap() == 0 {
            let _ = server.wait();
            return Err(said);
        }
    }
    // It must not wait for somebody to read what it logs.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok((server, port))
}

/// The newest version's programs, which Debian does not put into the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// Makes the files of a server without anything in it.
fn make_cluster(programs: &Path, data: &Path) {
    let made = command(programs, "initdb")
        .args(["--username=pogo", "--auth-local=trust", "--auth-host=scram-sha-256"])
        .args(["--no-sync", "--encoding=UTF8", "-D"])
        .arg(data)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn command(programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join(name));
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// User and group to run as, when we are root.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let printed = Command::new("id").args(arguments).output().ok()?.stdout;
        String::from_utf8(printed).ok()?.trim().parse().ok()
    };
    (id(&["-u"])? == 0).then(|| Some((id(&["-u", USER])?, id(&["-g", USER])?)))?
}
