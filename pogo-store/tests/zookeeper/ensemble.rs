//! Three servers of ZooKeeper on loopback, in a folder of their own, that end with the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use pogo_store::zookeeper::ZookeeperAddress;
use tempfile::TempDir;

/// Of the user `pogo`.
pub(crate) const PASSWORD: &str = "t0p-s3cret";
/// Who may do everything, by the scheme `digest`.
pub(crate) const SUPERUSER: &str = "super:t0p";
const SUPERUSER_DIGEST: &str = "super:gOPTHWpPVlJqdjxn8fCSAxcoB50=";
const CLASSES: &str = "/usr/share/java/zookeeper.jar";
/// What Debian's package does not name, and a server needs for TLS.
const MORE_CLASSES: &str = ":/usr/share/java/netty-codec.jar:/usr/share/java/netty-resolver.jar";
const SERVERS: usize = 3;

/// Ends the server when nobody holds its standard input any more, so that none stays of a test that died, or of those
/// that share one. Says its number first.
const SERVER: &str = r#""$@" >"$LOG" 2>&1 & echo $!; read -r _; kill -KILL $!; wait"#;

struct Server {
    process: Child,
    pid: u32,
}

pub(crate) struct Ensemble {
    /// By their numbers; those that run.
    servers: BTreeMap<usize, Server>,
    folder: TempDir,
    ports: Vec<u16>,
}

/// What a server says that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Leader,
    Follower,
}

impl Ensemble {
    /// `None` where ZooKeeper is not installed, unless it has to be.
    pub(crate) fn start() -> Option<Self> {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// The same in a folder, in which disks may be mounted for the servers: `0`, `1` and `2`.
    pub(crate) fn start_in(folder: TempDir) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let ports = free_ports(3 * SERVERS);
        let mut ensemble = Self {
            servers: BTreeMap::new(),
            folder,
            ports,
        };
        for number in 0..SERVERS {
            ensemble.configure(number);
            ensemble.start_server(number);
        }
        ensemble.wait_until_ready();
        Some(ensemble)
    }

    /// A single server that takes connections by TLS alone, of clients with a certificate of the authority in
    /// `ca.pem`; its own, with its key, is `server.pem`. `None` where ZooKeeper is not installed.
    #[allow(dead_code, reason = "others have no use for it")]
    pub(crate) fn start_secure(certificates: &Path) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let mut ensemble = Self {
            servers: BTreeMap::new(),
            folder: tempfile::tempdir().unwrap(),
            ports: free_ports(1),
        };
        let data = ensemble.folder.path().join("0");
        fs::create_dir(&data).unwrap();
        let certificates = certificates.display();
        let settings = format!(
            "tickTime=200\nmaxSessionTimeout=300000\ndataDir={}\nsecureClientPort={}\n\
             secureClientPortAddress=127.0.0.1\nadmin.enableServer=false\n\
             serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory\n\
             ssl.keyStore.location={certificates}/server.pem\nssl.trustStore.location={certificates}/ca.pem\n",
            data.display(),
            ensemble.ports[0]
        );
        fs::write(data.join("zoo.cfg"), settings).unwrap();
        ensemble.start_server(0);
        ensemble.wait_until_connected();
        Some(ensemble)
    }

    /// A single server whose users log in by SASL: those of this configuration of JAAS.
    #[allow(dead_code, reason = "others have no use for it")]
    pub(crate) fn start_with_jaas(jaas: &str) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let mut ensemble = Self {
            servers: BTreeMap::new(),
            folder: tempfile::tempdir().unwrap(),
            ports: free_ports(1),
        };
        let data = ensemble.folder.path().join("0");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("jaas.conf"), jaas).unwrap();
        let settings = format!(
            "tickTime=200\nmaxSessionTimeout=300000\ndataDir={}\nclientPort={}\nclientPortAddress=127.0.0.1\n\
             admin.enableServer=false\nauthProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n",
            data.display(),
            ensemble.ports[0]
        );
        fs::write(data.join("zoo.cfg"), settings).unwrap();
        ensemble.start_server(0);
        ensemble.wait_until_connected();
        Some(ensemble)
    }

    /// Waits until the only server takes connections.
    fn wait_until_connected(&mut self) {
        while TcpStream::connect(("127.0.0.1", self.ports[0])).is_err() {
            let log = self.folder.path().join("0").join("log");
            let server = self.servers.get_mut(&0).unwrap();
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none(), "{}", fs::read_to_string(log).unwrap());
            pause();
        }
    }

    /// One for all tests of this process that do it no harm.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Ensemble>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    fn configure(&self, number: usize) {
        let data = self.folder.path().join(number.to_string());
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("myid"), number.to_string()).unwrap();
        let [clients, quorum, election] = [0, 1, 2].map(|part| self.ports[part * SERVERS..][..SERVERS].to_vec());
        let servers: String = (0..SERVERS)
            .map(|other| format!("server.{other}=127.0.0.1:{}:{}\n", quorum[other], election[other]))
            .collect();
        let tick = std::env::var("POGO_TICK").unwrap_or_else(|_| "200".to_owned());
        let settings = format!(
            "tickTime={tick}\ninitLimit=50\nsyncLimit=10\nmaxSessionTimeout=300000\ndataDir={}\nclientPort={}\n\
             clientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n{servers}",
            data.display(),
            clients[number]
        );
        fs::write(data.join("zoo.cfg"), settings).unwrap();
    }

    /// Starts a server, once more where it was killed.
    pub(crate) fn start_server(&mut self, number: usize) {
        let data = self.folder.path().join(number.to_string());
        let mut process = Command::new("sh")
            .args([
                "-c",
                SERVER,
                "sh",
                "java",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
            ])
            .args(["-XX:-UsePerfData", "-Dzookeeper.forceSync=no"])
            .arg(format!(
                "-Dzookeeper.DigestAuthenticationProvider.superDigest={SUPERUSER_DIGEST}"
            ))
            .args(login_configuration(&data))
            .args(["-cp", &format!("{CLASSES}{MORE_CLASSES}")])
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(data.join("zoo.cfg"))
            .env("LOG", data.join("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        let pid = pid.trim().parse().unwrap();
        self.servers.insert(number, Server { process, pid });
    }

    /// Waits until all servers that run have one leader. One that was paused takes itself for it a while longer.
    pub(crate) fn wait_until_ready(&mut self) {
        loop {
            for (number, server) in &mut self.servers {
                let log = self.folder.path().join(number.to_string()).join("log");
                let ended = server.process.try_wait().unwrap();
                assert!(ended.is_none(), "{}", fs::read_to_string(log).unwrap());
            }
            let modes: Vec<_> = self.servers.keys().filter_map(|number| self.mode(*number)).collect();
            let leaders = modes.iter().filter(|mode| **mode == Mode::Leader).count();
            if modes.len() == self.servers.len() && leaders == 1 {
                return;
            }
            pause();
        }
    }

    /// What a server does; `None` where it serves nobody.
    pub(crate) fn mode(&self, number: usize) -> Option<Mode> {
        let said = ask(self.ports[number]).ok()?;
        let mode = said.lines().find_map(|line| line.strip_prefix("Mode: "))?;
        match mode {
            "leader" => Some(Mode::Leader),
            "follower" => Some(Mode::Follower),
            _ => None,
        }
    }

    /// The number of the leader.
    pub(crate) fn leader(&self) -> usize {
        let leader = self
            .servers
            .keys()
            .find(|number| self.mode(**number) == Some(Mode::Leader));
        *leader.unwrap()
    }

    /// Ends a server at once.
    pub(crate) fn kill(&mut self, number: usize) {
        let mut server = self.servers.remove(&number).unwrap();
        drop(server.process.stdin.take());
        server.process.wait().unwrap();
    }

    /// Starts a server once more as one that has nothing, which gets all of it from the others.
    #[allow(dead_code, reason = "others have no use for it")]
    pub(crate) fn replace(&mut self, number: usize) {
        self.kill(number);
        fs::remove_dir_all(self.folder.path().join(number.to_string()).join("version-2")).unwrap();
        self.start_server(number);
        self.wait_until_ready();
    }

    /// Ends all servers at once.
    #[allow(dead_code, reason = "others have no use for it")]
    pub(crate) fn kill_all(&mut self) {
        (0..SERVERS).for_each(|number| self.kill(number));
    }

    /// Starts all servers once more.
    #[allow(dead_code, reason = "others have no use for it")]
    pub(crate) fn start_all(&mut self) {
        (0..SERVERS).for_each(|number| self.start_server(number));
        self.wait_until_ready();
    }

    /// Stops a server, or lets it go on.
    pub(crate) fn signal(&self, number: usize, signal: &str) {
        let pid = self.servers[&number].pid.to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub(crate) fn ports(&self) -> &[u16] {
        &self.ports[..SERVERS.min(self.ports.len())]
    }

    fn hosts(&self) -> String {
        let hosts: Vec<String> = self.ports().iter().map(|port| format!("127.0.0.1:{port}")).collect();
        hosts.join(",")
    }

    /// The servers, and no path.
    pub(crate) fn root(&self) -> String {
        self.hosts()
    }

    /// A store by the user of stores.
    pub(crate) fn address(&self, path: &str, session_timeout: f64) -> ZookeeperAddress {
        let hosts = self.hosts();
        let address = format!("zookeeper://pogo:{PASSWORD}@{hosts}/{path}?session_timeout={session_timeout}");
        address.parse().unwrap()
    }
}

impl Drop for Ensemble {
    fn drop(&mut self) {
        for mut server in std::mem::take(&mut self.servers).into_values() {
            drop(server.process.stdin.take());
            let _ = server.process.wait();
        }
    }
}

/// Whether there is ZooKeeper; it has to be where the environment says so.
fn is_installed() -> bool {
    let is_there = Path::new(CLASSES).exists() && Command::new("java").arg("-version").output().is_ok();
    let required = std::env::var_os("POGO_REQUIRE_ZOOKEEPER").is_some();
    assert!(is_there || !required, "ZooKeeper is not installed");
    is_there
}

/// The configuration of JAAS, where a server has one.
fn login_configuration(data: &Path) -> Option<String> {
    let file = data.join("jaas.conf");
    file.exists()
        .then(|| format!("-Djava.security.auth.login.config={}", file.display()))
}

/// A path that no other test has.
pub(crate) fn path() -> String {
    static NUMBERS: AtomicU32 = AtomicU32::new(0);
    format!("pogo-{}", NUMBERS.fetch_add(1, Ordering::Relaxed))
}

/// What a server says of itself.
fn ask(port: u16) -> std::io::Result<String> {
    let patience = Some(Duration::from_secs(2));
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(patience)?;
    stream.write_all(b"srvr")?;
    stream.shutdown(Shutdown::Write)?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

/// Before something is asked again.
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// They are all held until each is known.
fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap().port())
        .collect()
}
