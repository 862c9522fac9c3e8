//! A namespace in PostgreSQL or ZooKeeper, machines that may dispatch in it, and hosts behind OpenSSH that count.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::executor::block_on;
use pogo_core::journal::{ContentLoader, Journal, Seq};
use pogo_core::scheduler::{JobId, Record};
use pogo_store::postgres::{PostgresAddress, PostgresStore};
#[cfg(feature = "zookeeper")]
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::kept_store::{log_to, until};
use super::many_hosts::ManyHosts;
use super::network::Network;
use super::postgres_server::{PASSWORD, Postgres};
use super::program::Done;
use super::relay::relay;
#[cfg(feature = "zookeeper")]
use super::zookeeper_ensemble::{Ensemble, path};

/// How long an owner in ZooKeeper may be silent, in seconds.
#[cfg(feature = "zookeeper")]
const SESSION_TIMEOUT: f64 = 2.0;

/// The store, its hosts, and what machines say; their dispatchers end with it.
pub(super) struct Cluster {
    pub(super) many: ManyHosts,
    engine: Engine,
    /// What the machines are connected by, where each has a network of its own, and the ports at which they reach the
    /// store there.
    network: Option<(Network, Vec<u16>)>,
    /// What the environment of each machine has beside the address.
    variables: Vec<(String, String)>,
}

/// Where the store is.
enum Engine {
    Postgres {
        port: u16,
        schema: String,
    },
    #[cfg(feature = "zookeeper")]
    Zookeeper(Box<ZookeeperAddress>),
}

/// A dispatcher on a machine of its own: another process, with another folder for what is local.
pub(super) struct Machine<'a> {
    cluster: &'a Cluster,
    pub(super) name: &'static str,
    process: Child,
}

/// The address of a store of its own, which is made in a session that no busy machine ends.
#[cfg(feature = "zookeeper")]
fn made_in(ensemble: &Ensemble) -> ZookeeperAddress {
    let path = path();
    block_on(ZookeeperStore::migrate(&ensemble.address(&path, 60.0))).unwrap();
    ensemble.address(&path, SESSION_TIMEOUT)
}

impl Cluster {
    /// So many hosts, of which so many may run at once. `None` where PostgreSQL or OpenSSH is missing, unless it has to
    /// be there.
    pub(super) fn new(test: &str, hosts: usize, limit: usize) -> Option<Self> {
        if !ManyHosts::are_possible(test) {
            return None;
        }
        let Some(server) = Postgres::shared() else {
            eprintln!("LEFT OUT: {test} needs PostgreSQL (package postgresql)");
            return None;
        };
        static NUMBERS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("cluster{}", NUMBERS.fetch_add(1, Ordering::Relaxed));
        let cluster = Self {
            many: ManyHosts::new(hosts, limit),
            engine: Engine::Postgres {
                port: server.port(),
                schema,
            },
            network: None,
            variables: vec![],
        };
        block_on(PostgresStore::migrate(&cluster.parsed())).unwrap();
        Some(cluster)
    }

    /// A cluster in this server, with machines `a`, `b` and `c` in networks of their own.
    pub(super) fn of_machines(network: Network, server: &Postgres, (hosts, limit): (usize, usize)) -> Self {
        static NUMBERS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("machines{}", NUMBERS.fetch_add(1, Ordering::Relaxed));
        let port = relay(network.store(), server.port());
        let many = ManyHosts::at((hosts, limit), &|host| network.host(host));
        let cluster = Self {
            many,
            engine: Engine::Postgres {
                port: server.port(),
                schema,
            },
            network: Some((network, vec![port])),
            variables: vec![],
        };
        block_on(PostgresStore::migrate(&cluster.parsed())).unwrap();
        cluster
    }

    /// A cluster in ZooKeeper, with machines in networks of their own.
    #[cfg(feature = "zookeeper")]
    pub(super) fn of_machines_in_zookeeper(
        network: Network,
        ensemble: &Ensemble,
        (hosts, limit): (usize, usize),
    ) -> Self {
        let address = made_in(ensemble);
        let ports = ensemble.ports().iter().map(|port| relay(network.store(), *port));
        let ports = ports.collect();
        Self {
            many: ManyHosts::at((hosts, limit), &|host| network.host(host)),
            engine: Engine::Zookeeper(Box::new(address)),
            network: Some((network, ports)),
            variables: vec![],
        }
    }

    /// A cluster in ZooKeeper, all of it on this machine.
    #[cfg(feature = "zookeeper")]
    pub(super) fn in_zookeeper(test: &str, hosts: usize, limit: usize) -> Option<Self> {
        if !ManyHosts::are_possible(test) {
            return None;
        }
        let Some(ensemble) = Ensemble::shared() else {
            eprintln!("LEFT OUT: {test} needs ZooKeeper (package zookeeper)");
            return None;
        };
        let address = made_in(ensemble);
        Some(Self {
            many: ManyHosts::new(hosts, limit),
            engine: Engine::Zookeeper(Box::new(address)),
            network: None,
            variables: vec![],
        })
    }

    /// Keeps the output of hosts at this location, which is used with these variables.
    #[cfg(feature = "object-store")]
    pub(super) fn with_output(self, location: &str, variables: Vec<(String, String)>) -> Self {
        let address = format!("{}&output={location}", self.address());
        Self {
            engine: Engine::Zookeeper(Box::new(address.parse().unwrap())),
            variables,
            ..self
        }
    }

    /// The address, with the password in it.
    pub(super) fn address(&self) -> String {
        match &self.engine {
            Engine::Postgres { port, schema } => {
                format!("postgres://pogo:{PASSWORD}@localhost:{port}/pogo?schema={schema}")
            }
            #[cfg(feature = "zookeeper")]
            Engine::Zookeeper(address) => address.expose(),
        }
    }

    /// The address without the password, which a command line may have.
    pub(super) fn typed(&self) -> String {
        let address = self.address();
        // Between the name and the host.
        let (login, rest) = address.split_once('@').unwrap();
        let (name, password) = login.rsplit_once(':').unwrap();
        let file = self.many.program.write("password", password);
        let address = format!("{name}@{rest}");
        format!("{address}&password_file={}", file.display())
    }

    /// The schema in the database that all tests share.
    pub(super) fn schema(&self) -> &str {
        match &self.engine {
            Engine::Postgres { schema, .. } => schema,
            #[cfg(feature = "zookeeper")]
            Engine::Zookeeper(_) => "",
        }
    }

    pub(super) fn parsed(&self) -> PostgresAddress {
        self.address().parse().unwrap()
    }

    /// The address as machines have it, whose networks are their own.
    fn address_there(&self, (network, ports): &(Network, Vec<u16>)) -> String {
        let address = self.address();
        let (login, rest) = address.split_once('@').unwrap();
        let (_, rest) = rest.split_once('/').unwrap();
        let store = network.store();
        let servers: Vec<String> = ports.iter().map(|port| format!("{store}:{port}")).collect();
        format!("{login}@{}/{rest}", servers.join(","))
    }

    pub(super) fn network(&self) -> &Network {
        &self.network.as_ref().unwrap().0
    }

    /// A command of this program as it is on a machine.
    pub(super) fn on(&self, machine: &str, mut command: Command) -> Command {
        command.env("XDG_STATE_HOME", self.many.file(machine));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        match &self.network {
            Some(network) => {
                command.env("POGO_STORE", self.address_there(network));
                network.0.on(machine_number(machine), &command)
            }
            None => {
                command.env("POGO_STORE", self.address());
                command
            }
        }
    }

    pub(super) fn verb(&self, machine: &str, args: &[&str]) -> Done {
        let command = self.many.command(args);
        Done::of(self.on(machine, command).output().unwrap())
    }

    /// A job of the command that counts, on all hosts; its number.
    pub(super) fn submit(&self, machine: &str) -> String {
        let command = self.many.run(&["-d"]);
        let done = Done::of(self.on(machine, command).output().unwrap());
        assert_eq!(done.code, 0, "{}", done.err);
        done.out.trim().to_owned()
    }

    pub(super) fn serve(&self, name: &'static str, more: &[&str]) -> Machine<'_> {
        self.serve_with(name, more, |command| command)
    }

    /// Starts a server, whose command is changed before it is run on the machine.
    pub(super) fn serve_with(
        &self,
        name: &'static str,
        more: &[impl AsRef<str>],
        change: impl FnOnce(Command) -> Command,
    ) -> Machine<'_> {
        let mut command = self.many.command(&["serve"]);
        command.args(more.iter().map(AsRef::as_ref));
        let mut command = self.on(name, change(command));
        let process = command
            .stdout(Stdio::null())
            .stderr(log_to(&self.many.file(&format!("{name}.log"))));
        Machine {
            cluster: self,
            name,
            process: process.spawn().unwrap(),
        }
    }

    /// All that the journal has.
    pub(super) fn records(&self) -> Vec<Record> {
        let journal: Arc<dyn Journal> = match &self.engine {
            Engine::Postgres { .. } => {
                let store = block_on(PostgresStore::open(&self.parsed())).unwrap();
                store.namespace("default").unwrap().journal()
            }
            #[cfg(feature = "zookeeper")]
            Engine::Zookeeper(address) => {
                let store = block_on(ZookeeperStore::open(address)).unwrap();
                store.namespace("default").unwrap().journal()
            }
        };
        block_on(async {
            let (mut at, mut all) = (Seq(0), vec![]);
            loop {
                let mut page = journal.read(at).await.unwrap();
                ContentLoader::new().load(&*journal, &mut page.records).await.unwrap();
                if page.records.is_empty() {
                    return all;
                }
                all.append(&mut page.records);
                at = page.next;
            }
        })
    }

    /// Waits for the end of a job; where it needs a person, because hosts in doubt fill its limit, they are given up.
    pub(super) fn finish(&self, machine: &str, job: &str) {
        loop {
            let waited = self.verb(machine, &["wait", job]);
            match waited.code {
                0 | 1 => return,
                2 => {
                    let why = ["--force", "--reason", "the test goes on"];
                    self.verb(machine, &[&["skip", job, "--failed", "--in-doubt"], &why[..]].concat());
                }
                other => panic!("{other}: {}", waited.err),
            }
        }
    }

    /// Every host ran once, or is known not to have; and all who keep account of it agree.
    pub(super) fn check(&self) -> Vec<String> {
        let (ran, records) = (self.many.ran(), self.records());
        let job = JobId::new(1);
        let mut doubtful = vec![];
        for host in &self.many.hosts {
            let times = ran.get(host).copied().unwrap_or(0);
            assert!(times <= 1, "{host} ran {times} times");
            let of_host =
                |record: &&Record| record.event.job() == Some(job) && super::ended::host(record) == Some(host);
            let end = records.iter().rev().filter(of_host).find_map(super::ended::end);
            let end = end.unwrap_or_else(|| panic!("{host} is forgotten"));
            assert!(!end.starts_with("succeeded") || times == 1, "{host} did not run");
            if end != "succeeded" {
                doubtful.push(format!("{host}: {end}, ran {times}"));
            }
        }
        let audited = pogo_audit::audit(&records);
        assert!(audited.is_ok(), "{audited:?}");
        doubtful
    }
}

/// Machines are called by letters.
pub(super) fn machine_number(name: &str) -> u8 {
    name.as_bytes()[0] - b'a'
}

impl Machine<'_> {
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.cluster.many.file(&format!("{}.log", self.name))).unwrap_or_default()
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(super) fn says(&mut self, text: &str) {
        until(|| self.log().contains(text) || self.process.try_wait().unwrap().is_some());
        assert!(self.log().contains(text), "{text:?} is not in: {}", self.log());
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Waits for its end; the exit code.
    pub(super) fn end(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        // One that is stopped dies of this alone.
        let pid = Pid::from_child(&self.process);
        if test_kill_process(pid).is_ok() {
            let _ = kill_process(pid, Signal::KILL);
        }
        let _ = self.process.wait();
    }
}
