//! An OpenSSH server of the test's own: own configuration, own keys, a free port on loopback, the current user.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_ssh::{Agent, SshTransport, SshTransportBuilder};
use tempfile::TempDir;

const ANY: &str = "0.0.0.0";
const SSHD: &str = "/usr/sbin/sshd";

/// Whether OpenSSH's server is there. Where it is not, says which test is left out; with `POGO_REQUIRE_SSHD=1` that
/// is a failure.
pub(crate) fn is_there(test: &str) -> bool {
    let there = Path::new(SSHD).exists();
    if !there {
        let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
        assert!(!required, "{test} needs {SSHD}, and POGO_REQUIRE_SSHD is set");
        eprintln!("LEFT OUT: {test} needs {SSHD} (package openssh-server)");
    }
    there
}

/// Whether this login shell is installed; a machine that requires all fails without it.
pub(crate) fn has_shell(path: &str, test: &str) -> bool {
    let there = Path::new(path).exists();
    if !there {
        let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
        assert!(!required, "{test} needs {path}, and POGO_REQUIRE_SSHD is set");
        eprintln!("LEFT OUT: {test} needs {path}");
    }
    there
}

/// A running server; ends when dropped.
pub(crate) struct OpenSsh {
    server: Child,
    log: Log,
    address: String,
    elsewhere: Vec<String>,
    configuration: String,
    pub(crate) port: u16,
    pub(crate) directory: TempDir,
}

impl OpenSsh {
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// It plays a host at each address of loopback, each with a lock of its own.
    pub(crate) fn start_many() -> Self {
        Self::start_at(ANY, &[""; 0], "")
    }

    /// With further lines in its configuration, which come before its own.
    pub(crate) fn start_with(configuration: &str) -> Self {
        Self::start_at("127.0.0.1", &[""; 0], configuration)
    }

    /// At this address, by a command that runs other commands somewhere else.
    pub(crate) fn start_at(address: &str, elsewhere: &[impl AsRef<str>], configuration: &str) -> Self {
        if rustix::process::geteuid().is_root() {
            // Where the packaged service has never run.
            let _ = fs::create_dir_all("/run/sshd");
        }
        let directory = tempfile::tempdir().unwrap();
        for name in ["host_ed25519", "client_ed25519"] {
            generate_key(directory.path(), name, "ed25519");
        }
        fs::copy(
            directory.path().join("client_ed25519.pub"),
            directory.path().join("authorized_keys"),
        )
        .unwrap();
        let elsewhere: Vec<String> = elsewhere.iter().map(|word| word.as_ref().to_owned()).collect();
        // Somebody else may take the port between finding it free and listening on it.
        for _ in 0..5 {
            let port = free_port();
            if let Some((server, log)) = launch(directory.path(), (address, port), &elsewhere, configuration) {
                let server = Self {
                    server,
                    log,
                    address: address.to_owned(),
                    elsewhere,
                    configuration: configuration.to_owned(),
                    port,
                    directory,
                };
                server.write_known_hosts(&["host_ed25519"]);
                return server;
            }
        }
        panic!("sshd does not start");
    }

    /// Waits until as many have logged in; more must not.
    #[track_caller]
    pub(crate) fn assert_logins(&self, wanted: usize) {
        let count = |log: &Vec<String>| log.iter().filter(|line| line.contains("Accepted ")).count();
        let (log, grown) = &*self.log;
        let patience = Duration::from_secs(20);
        let (log, _) = grown
            .wait_timeout_while(log.lock().unwrap(), patience, |log| count(log) < wanted)
            .unwrap();
        assert_eq!(count(&log), wanted);
    }

    /// The keys that were offered to it so far, over all connections, once so many have ended without a login. Needs
    /// `LogLevel DEBUG1`.
    pub(crate) fn offered(&self, refused: usize) -> Vec<String> {
        let count = |log: &Vec<String>| log.iter().filter(|line| tells_a_refusal(line)).count();
        let (log, grown) = &*self.log;
        let (log, late) = grown
            .wait_timeout_while(log.lock().unwrap(), Duration::from_secs(20), |log| count(log) < refused)
            .unwrap();
        assert!(!late.timed_out(), "{log:#?}");
        let offers = log
            .iter()
            .filter(|line| line.contains("userauth_pubkey: publickey test"));
        let words = offers.map(|line| line.split_whitespace().filter(|word| *word != "[preauth]"));
        words
            .map(|words| words.skip_while(|word| !word.starts_with("pkalg")).skip(1))
            .map(|words| words.collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// How many connections have ended without a login so far.
    pub(crate) fn refused(&self) -> usize {
        let log = self.log.0.lock().unwrap();
        log.iter().filter(|line| tells_a_refusal(line)).count()
    }

    /// Waits until this many lines of its log hold this.
    pub(crate) fn assert_logged(&self, part: &str, wanted: usize) {
        let count = |log: &Vec<String>| log.iter().filter(|line| line.contains(part)).count();
        let (log, grown) = &*self.log;
        let patience = Duration::from_secs(20);
        let (log, _) = grown
            .wait_timeout_while(log.lock().unwrap(), patience, |log| count(log) < wanted)
            .unwrap();
        assert!(count(&log) >= wanted, "{log:?}");
    }

    /// All that it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.0.lock().unwrap().join("\n")
    }

    /// Ends the processes that serve its connections.
    pub(crate) fn cut_connections(&self) {
        end_children(self.server.id());
    }

    /// Waits until this is logged once more than now.
    pub(crate) async fn logged(&self, what: &'static str) {
        let log = Arc::clone(&self.log);
        let wait = move || {
            let count = |log: &Vec<String>| log.iter().filter(|line| line.contains(what)).count();
            let (log, grown) = &*log;
            let log = log.lock().unwrap();
            let before = count(&log);
            let (log, _) = grown
                .wait_timeout_while(log, Duration::from_secs(60), |log| count(log) == before)
                .unwrap();
            assert!(count(&log) > before, "nothing of {what}");
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
    }

    /// Goes away: it ends with all that serves its connections.
    pub(crate) fn stop(&mut self) {
        let serving = children(self.server.id());
        let _ = self.server.kill();
        let _ = self.server.wait();
        serving.into_iter().for_each(kill);
    }

    /// Comes back, at the same address.
    pub(crate) fn start_again(&mut self) {
        let at = (self.address.as_str(), self.port);
        let launched = launch(self.directory.path(), at, &self.elsewhere, &self.configuration);
        let (server, log) = launched.expect("sshd does not come back");
        (self.server, self.log) = (server, log);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The server's address in known_hosts files.
    pub(crate) fn listed(&self) -> String {
        match self.address.as_str() {
            ANY => format!("[127.*]:{}", self.port),
            address => format!("[{address}]:{}", self.port),
        }
    }

    /// Makes these keys the known ones.
    pub(crate) fn write_known_hosts(&self, keys: &[&str]) {
        let lines: String = keys
            .iter()
            .map(|key| format!("{} {}", self.listed(), self.public_key(key)))
            .collect();
        fs::write(self.path("known_hosts"), lines).unwrap();
    }

    pub(crate) fn public_key(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap()
    }

    pub(crate) fn transport(&self) -> SshTransportBuilder {
        SshTransport::builder()
            .user(current_user())
            .agent(Agent::Off)
            .identity(self.path("client_ed25519"))
            .known_hosts([self.path("known_hosts")])
            .lock_directory(self.path("locks").display().to_string())
            .detached_directory(self.path("kept").display().to_string())
    }

    pub(crate) fn connection(&self) -> Connection {
        match self.address.as_str() {
            ANY => self.connection_at("127.0.0.1"),
            address => self.connection_at(address),
        }
    }

    /// The host that it plays at this address.
    pub(crate) fn connection_at(&self, address: &str) -> Connection {
        Connection::new().address(address).port(self.port)
    }
}

impl Drop for OpenSsh {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What a server has written, and a sign that there is more.
type Log = Arc<(Mutex<Vec<String>>, Condvar)>;

fn free_port() -> u16 {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    free.local_addr().unwrap().port()
}

fn launch(
    directory: &Path,
    (address, port): (&str, u16),
    elsewhere: &[String],
    configuration: &str,
) -> Option<(Child, Log)> {
    let file = directory.join("sshd_config");
    let at = directory.display();
    let text = format!(
        "{configuration}\nPort {port}\nListenAddress {address}\nHostKey {at}/host_ed25519\nPidFile none\n\
         AuthorizedKeysFile {at}/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
         PermitRootLogin yes\nMaxStartups 200\n"
    );
    fs::write(&file, text).unwrap();
    let words = [elsewhere, &[SSHD.to_owned()]].concat();
    let mut server = Command::new(&words[0])
        .args(&words[1..])
        .arg("-D")
        .arg("-e")
        .arg("-f")
        .arg(&file)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let listens = log
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line.contains("Server listening"));
    // It goes on writing; a full pipe would stop it.
    let kept = Log::default();
    let keeping = Arc::clone(&kept);
    std::thread::spawn(move || {
        log.map_while(Result::ok).for_each(|line| {
            keeping.0.lock().unwrap().push(line);
            keeping.1.notify_all();
        });
    });
    if listens {
        return Some((server, kept));
    }
    let _ = server.wait();
    None
}

/// One such line for each connection that ends without a login.
fn tells_a_refusal(line: &str) -> bool {
    line.contains(" authenticating user ") && line.contains("[preauth]")
}

/// Signs a user's public key with the key of an authority; the certificate lies beside it.
pub(crate) fn sign_key(directory: &Path, authority: &str, name: &str, principal: &str) {
    let signed = Command::new("ssh-keygen")
        .args(["-q", "-s", authority, "-I", name, "-n", principal])
        .arg(format!("{name}.pub"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(signed.success());
}

/// Ends the children of a process.
pub(crate) fn end_children(process: u32) {
    children(process).into_iter().for_each(kill);
}

/// Those of all its threads.
pub(crate) fn children(process: u32) -> Vec<rustix::process::Pid> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    // A thread may end meanwhile.
    let children = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).ok());
    let children: String = children.collect::<Vec<_>>().join(" ");
    let children = children.split_whitespace().map(|child| child.parse().unwrap());
    children.filter_map(rustix::process::Pid::from_raw).collect()
}

fn kill(process: rustix::process::Pid) {
    // It may have ended by itself meanwhile.
    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
}

pub(crate) fn generate_key(directory: &Path, name: &str, kind: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-t", kind, "-C", "made for a test", "-f"])
        .arg(directory.join(name))
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
}

fn current_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
