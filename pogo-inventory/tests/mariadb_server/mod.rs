//! A MariaDB server on loopback, in a folder of its own, that ends with the test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct MariaDb {
    server: Child,
    folder: TempDir,
    port: u16,
}

impl MariaDb {
    /// `None` where MariaDB is not installed, unless it has to be.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let data = format!("--datadir={}", folder.path().join("data").display());
        let made = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                &data,
            ])
            .args(user())
            .stdin(Stdio::null())
            .output();
        let Ok(made) = made else {
            let required = std::env::var_os("POGO_REQUIRE_MARIADB").is_some();
            assert!(!required, "MariaDB is not installed");
            return None;
        };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Somebody else may take the port between finding it free and listening on it.
        let start = |_: String| launch(folder.path(), &data);
        let started = start(String::new()).or_else(start).or_else(start);
        let (server, port) = started.unwrap();
        Some(Self { server, folder, port })
    }

    /// The address for this user, by way of the network.
    pub(crate) fn url_of(&self, user: &str) -> String {
        format!("mysql://{user}@127.0.0.1:{}/assets", self.port)
    }

    /// What `mariadb` prints for a script of the administrator.
    pub(crate) fn run(&self, script: &str) -> String {
        let done = Command::new("mariadb")
            .args([
                "--no-defaults",
                "--batch",
                "--skip-column-names",
                "-uroot",
                "-e",
                script,
            ])
            .arg(format!("--socket={}", self.folder.path().join("socket").display()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Root has to say that it means it.
fn user() -> Option<&'static str> {
    let printed = Command::new("id").arg("-u").output().unwrap().stdout;
    (printed == b"0\n").then_some("--user=root")
}

/// A server on a port that is free, or the log of one that ended at once.
fn launch(folder: &Path, data: &str) -> Result<(Child, u16), String> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new("mariadbd")
        .args(["--no-defaults", "--bind-address=127.0.0.1", data])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .args(user())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("ready for connections") {
        if log.read_line(&mut said).unwrap() == 0 {
            let _ = server.wait();
            return Err(said);
        }
    }
    // It must not wait for somebody to read what it logs.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok((server, port))
}
