//! Hundreds of hosts behind one OpenSSH server: each is an address of loopback, with a lock of its own, and counts how
//! often its command ran.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::kept_store::StoreOfTest;
use super::program::{Done, Program};

const SSHD: &str = "/usr/sbin/sshd";

/// Counts its host, and how many run at this moment; then lasts a moment. Whoever was killed is known by its process,
/// which is gone.
const COMMAND: &str = r#"#!/bin/sh
born() {
  pogo_born=
  [ -r "/proc/$1/stat" ] && read -r pogo_born <"/proc/$1/stat" || return 0
  set -- ${pogo_born##*\) }
  pogo_born=${20}
}
cd "$(dirname "$0")" || exit 9
echo "$POGO_HOST" >>ran
born $$
echo "$$ $pogo_born" >"running/$POGO_HOST"
count=0
for file in running/*; do
  read -r pid began <"$file" || continue
  born "$pid"
  [ "$pogo_born" != "$began" ] || count=$((count + 1))
done 2>/dev/null
echo "$count" >>counts
echo "first of $POGO_HOST"
sleep 0.1
echo "last of $POGO_HOST"
rm -f "running/$POGO_HOST"
"#;

/// A server, a program, and a store of its own, whose dispatcher ends with this.
pub(super) struct ManyHosts {
    server: Child,
    port: u16,
    pub(super) program: Program,
    _store: StoreOfTest,
    pub(super) hosts: Vec<String>,
}

impl ManyHosts {
    /// The part of all hosts that may run at once.
    pub(super) const PART: usize = 8;

    /// Whether OpenSSH's server is there. Where it is not, says which test is left out; with `POGO_REQUIRE_SSHD=1` that
    /// is a failure.
    pub(super) fn are_possible(test: &str) -> bool {
        let there = Path::new(SSHD).exists();
        if !there {
            let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
            assert!(!required, "{test} needs {SSHD}, and POGO_REQUIRE_SSHD is set");
            eprintln!("LEFT OUT: {test} needs {SSHD} (package openssh-server)");
        }
        there
    }

    /// So many hosts, of which so many may run or be down at once.
    pub(super) fn new(hosts: usize, limit: usize) -> Self {
        let part = |number: usize| u8::try_from(number).unwrap();
        let address = |host: usize| Ipv4Addr::new(127, 0, part(host / 250 + 1), part(host % 250 + 1));
        Self::at((hosts, limit), &address)
    }

    /// Hosts at these addresses, by their numbers.
    pub(super) fn at((hosts, limit): (usize, usize), address: &dyn Fn(usize) -> Ipv4Addr) -> Self {
        let program = Program::new();
        let directory = program.directory.path();
        for name in ["host_key", "client_key"] {
            generate_key(directory, name);
        }
        let addresses: Vec<Ipv4Addr> = (1..=hosts).map(address).collect();
        let (server, port) = start(directory, &homes(directory, &addresses));
        let host_key = fs::read_to_string(directory.join("host_key.pub")).unwrap();
        let first = address(1).octets()[0];
        program.write("known_hosts", &format!("[{first}.*]:{port} {host_key}"));
        program.write("command", COMMAND);
        // What hosts write of attempts, which outlives them, is put away with the rest.
        for name in ["running", "home"] {
            fs::create_dir_all(directory.join(name)).unwrap();
        }
        let mut policy =
            format!("tag: {{all: ['h[1-{hosts}]']}}\nconstraint: {{$all: {{max_parallel: {limit}}}}}\nhost:\n");
        for host in 1..=hosts {
            writeln!(policy, "  h{host}: {{ address: {}, port: {port} }}", address(host)).unwrap();
        }
        program.write("policy.yaml", &policy);
        let store = StoreOfTest(directory.join("store"));
        let hosts = (1..=hosts).map(|host| format!("h{host}")).collect();
        Self {
            server,
            port,
            program,
            _store: store,
            hosts,
        }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.program.directory.path().join(name)
    }

    pub(super) fn namespace(&self) -> PathBuf {
        self.file("store/ns/default")
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program.command(args);
        command.env("POGO_STORE", self.file("store"));
        command
    }

    pub(super) fn verb(&self, args: &[&str]) -> Done {
        Done::of(self.command(args).output().unwrap())
    }

    /// Where the server listens, at each address.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// `run` of the command that counts, on all hosts.
    pub(super) fn run(&self, more: &[&str]) -> Command {
        self.run_command(more, &["sh", self.file("command").to_str().unwrap()])
    }

    /// `run` of a command, on all hosts.
    pub(super) fn run_command(&self, more: &[&str], words: &[&str]) -> Command {
        let (key, known) = (self.file("client_key"), self.file("known_hosts"));
        let mut command = self.command(&["run", "@all", "-c", "policy.yaml", "--ssh-config", "none"]);
        command.arg("--identity").arg(key).arg("--known-hosts").arg(known);
        // However busy this machine is, its server answers.
        command
            .args(["--connect-timeout", "10m", "--user", &user()])
            .args(more)
            .arg("--")
            .args(words);
        command
    }

    /// How often each host ran the command.
    pub(super) fn ran(&self) -> BTreeMap<String, usize> {
        let text = fs::read_to_string(self.file("ran")).unwrap_or_default();
        let mut hosts = BTreeMap::new();
        for line in text.lines() {
            *hosts.entry(line.to_owned()).or_default() += 1;
        }
        hosts
    }

    /// The most that ran at once.
    pub(super) fn most_at_once(&self) -> usize {
        let text = fs::read_to_string(self.file("counts")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).max().unwrap_or(0)
    }
}

impl Drop for ManyHosts {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The account that runs the tests.
pub(super) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn generate_key(directory: &Path, name: &str) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-t", "ed25519", "-C", "made for a test", "-f"]);
    let made = command.arg(directory.join(name)).stdin(Stdio::null()).status().unwrap();
    assert!(made.success());
}

/// Lines of the server's configuration by which each host has a home of its own. On loopback they all have one, in
/// which hosts are known to differ by their addresses.
fn homes(directory: &Path, addresses: &[Ipv4Addr]) -> String {
    let home = directory.join("home");
    if addresses.iter().all(Ipv4Addr::is_loopback) {
        return format!("SetEnv HOME={}\n", home.display());
    }
    let mut lines = String::new();
    for address in addresses {
        let home = home.join(address.to_string());
        fs::create_dir_all(&home).unwrap();
        writeln!(lines, "Match LocalAddress {address}\n  SetEnv HOME={}", home.display()).unwrap();
    }
    lines
}

fn start(directory: &Path, homes: &str) -> (Child, u16) {
    if rustix::process::geteuid().is_root() {
        // Where the packaged service has never run.
        let _ = fs::create_dir_all("/run/sshd");
    }
    // Somebody else may take the port between finding it free and listening on it.
    for _ in 0..5 {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        if let Some(server) = start_at(directory, (port, homes)) {
            return (server, port);
        }
    }
    panic!("sshd does not start");
}

fn start_at(directory: &Path, (port, homes): (u16, &str)) -> Option<Child> {
    let at = directory.display();
    let text = format!(
        "Port {port}\nListenAddress 0.0.0.0\nHostKey {at}/host_key\n\
         PidFile none\nAuthorizedKeysFile {at}/client_key.pub\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nMaxStartups 1000\nLogLevel ERROR\n\
         {homes}"
    );
    let file = directory.join("sshd_config");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(SSHD);
    command.args(["-D", "-e", "-o", "LogLevel=INFO", "-f"]).arg(&file);
    let mut server = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut lines = log.by_ref().map_while(Result::ok);
    if lines.any(|line| line.contains("Server listening")) {
        // It goes on writing; a full pipe would stop it.
        std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
        return Some(server);
    }
    let _ = server.wait();
    None
}
