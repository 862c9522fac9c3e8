//! A PostgreSQL server on loopback, in a folder of its own, that ends with the test.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use pogo_store::postgres::PostgresAddress;
use tempfile::TempDir;

/// Whom the server runs as when the test is root's, which PostgreSQL refuses.
const USER: &str = "postgres";
/// Of the role `pogo`, over TCP.
pub(crate) const PASSWORD: &str = "t0p-s3cret";

pub(crate) struct Postgres {
    server: Child,
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// `None` where PostgreSQL is not installed, unless it has to be.
    pub(crate) fn start() -> Option<Self> {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// The same, with all of its files in this folder.
    pub(crate) fn start_in(folder: TempDir) -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("POGO_REQUIRE_POSTGRES").is_some();
            assert!(!required, "PostgreSQL is not installed");
            return None;
        };
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        make_cluster(&programs, &folder.path().join("data"));
        let port = free_port();
        let server = launch(&programs, folder.path(), port);
        let postgres = Self {
            server,
            programs,
            folder,
            port,
        };
        // Not a superuser: a role that owns a database of its own, and nothing else.
        postgres.as_superuser(&format!("CREATE ROLE pogo LOGIN PASSWORD '{PASSWORD}'"));
        postgres.as_superuser("CREATE DATABASE pogo OWNER pogo");
        Some(postgres)
    }

    /// One for all tests of this process that do it no harm.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A store of its own, by the role of stores, over a socket.
    pub(crate) fn address(&self, schema: &str) -> PostgresAddress {
        let folder = self.folder.path().display();
        let url = format!(
            "postgres://pogo@localhost:{}/pogo?host={folder}&schema={schema}",
            self.port
        );
        url.parse().unwrap()
    }

    /// What `psql` prints for a script of the role of stores.
    pub(crate) fn run(&self, script: &str) -> String {
        self.psql(("pogo", "pogo"), script)
    }

    /// What `psql` prints for a script of the superuser.
    pub(crate) fn as_superuser(&self, script: &str) -> String {
        self.psql(("postgres", "postgres"), script)
    }

    fn psql(&self, (user, database): (&str, &str), script: &str) -> String {
        let mut psql = self.program("psql", (user, database));
        let done = psql
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", script])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a script that may fail, for which `psql` says why.
    pub(crate) fn tries(&self, script: &str) -> Result<(), String> {
        let mut psql = self.session();
        let done = psql.args(["-v", "ON_ERROR_STOP=1", "-c", script]).output().unwrap();
        match done.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8(done.stderr).unwrap()),
        }
    }

    /// A line of shell that runs `psql` as the superuser, with the words that follow.
    pub(crate) fn psql_line(&self) -> String {
        let (program, folder) = (self.programs.join("psql"), self.folder.path());
        let (program, folder) = (program.display(), folder.display());
        format!("{program} -X -h {folder} -p {} -U postgres -d postgres", self.port)
    }

    /// The file that says who may connect from where, which the server reads when it loads its configuration.
    pub(crate) fn access_rules(&self) -> PathBuf {
        self.folder.path().join("data/pg_hba.conf")
    }

    /// Takes connections by TLS as well, with this certificate and its key in PEM.
    pub(crate) fn encrypt(&self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.folder.path().join("data").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = other_user() {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        self.as_superuser("ALTER SYSTEM SET ssl = on");
        self.as_superuser("SELECT pg_reload_conf()");
        while self.as_superuser("SHOW ssl").trim() != "on" {}
    }

    /// A session of the role of stores.
    pub(crate) fn session(&self) -> Command {
        let mut psql = self.program("psql", ("pogo", "pogo"));
        psql.args(["-X", "-q"]);
        psql
    }

    /// A dump of a schema.
    pub(crate) fn dump(&self, schema: &str) -> String {
        let done = self
            .program("pg_dump", ("pogo", "pogo"))
            .args(["-n", schema])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Loads a dump in place of the schema.
    pub(crate) fn load(&self, schema: &str, dump: &str) {
        let mut psql = self.program("psql", ("pogo", "pogo"));
        let mut loading = psql
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let script = format!("DROP SCHEMA {schema} CASCADE;\n{dump}");
        loading.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(loading.wait().unwrap().success());
    }

    fn program(&self, name: &str, (user, database): (&str, &str)) -> Command {
        let mut command = command(&self.programs, name);
        command
            .args(["-U", user, "-d", database, "-p", &self.port.to_string()])
            .arg("-h")
            .arg(self.folder.path());
        command
    }

    /// Ends the server at once, as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.signal("-QUIT");
        // It is started once more.
        let _ = self.server.stdin.as_mut().unwrap().write_all(b"\n");
        self.wait();
    }

    /// Waits until it answers, and starts it where it has ended by itself.
    pub(crate) fn wait_or_start(&mut self) {
        let lives = self.folder.path().join("data/postmaster.pid");
        while self.tries("SELECT").is_err() {
            if !lives.exists() {
                let _ = self.server.stdin.as_mut().unwrap().write_all(b"\n");
                self.wait();
                self.start_again();
            }
        }
    }

    /// Starts it once more, as a standby of a primary that is gone.
    pub(crate) fn restart_as_standby(&mut self) {
        self.kill();
        self.start_as_standby();
    }

    fn start_as_standby(&mut self) {
        let signal = self.folder.path().join("data/standby.signal");
        fs::write(&signal, "").unwrap();
        if let Some((user, group)) = other_user() {
            chown(&signal, Some(user), Some(group)).unwrap();
        }
        self.start_again();
    }

    /// Restarts it, and keeps what it has now as a standby has that gets nothing more.
    pub(crate) fn keep_lagging_standby(&mut self) {
        self.kill();
        self.copy_files("data", "lagging");
        self.start_again();
    }

    /// Ends it for ever, and promotes that standby in its place, at the same address.
    pub(crate) fn promote_lagging_standby(&mut self) {
        self.kill();
        fs::remove_dir_all(self.folder.path().join("data")).unwrap();
        self.copy_files("lagging", "data");
        self.start_as_standby();
        self.as_superuser("SELECT pg_promote()");
    }

    /// A streaming replica of it, at a port of its own.
    pub(crate) fn standby(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let mut backup = command(&self.programs, "pg_basebackup");
        backup.args([
            "-U",
            "postgres",
            "-p",
            &self.port.to_string(),
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "-h",
        ]);
        let done = backup
            .arg(self.folder.path())
            .arg("-D")
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let port = free_port();
        Self {
            server: launch(&self.programs, folder.path(), port),
            programs: self.programs.clone(),
            folder,
            port,
        }
    }

    fn copy_files(&self, from: &str, to: &str) {
        let [from, to] = [from, to].map(|name| self.folder.path().join(name));
        assert!(
            Command::new("cp")
                .arg("-a")
                .args([from, to])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Starts it once more.
    pub(crate) fn start_again(&mut self) {
        self.server = launch(&self.programs, self.folder.path(), self.port);
    }

    /// Signals the server, which ends its own children.
    fn signal(&self, signal: &str) {
        let file = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let pid = file.lines().next().unwrap();
        assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
    }

    fn wait(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends the server when nobody holds its standard input any more, and removes its folder, so that neither stays of a
/// test that died, or of those that share one. After a line on its standard input the folder stays.
const SERVER: &str = r#"folder=$1; shift; "$@" & read -r _; last=$?; kill -INT $! 2>/dev/null; wait
[ "$last" = 0 ] || rm -rf "$folder""#;

/// A server that takes connections.
fn launch(programs: &Path, folder: &Path, port: u16) -> Child {
    let mut server = command(Path::new("/bin"), "sh")
        .args(["-c", SERVER, "sh"])
        .arg(folder)
        .arg(programs.join("postgres"))
        .stdin(Stdio::piped())
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-p", &port.to_string()])
        .args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=200",
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("ready to accept ") {
        let before = said.len();
        if log.read_line(&mut said).unwrap() == 0 {
            let _ = server.wait();
            panic!("{said}");
        }
        assert!(said.len() > before);
    }
    // It must not wait for somebody to read what it logs.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    server
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
        .args(["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"])
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
