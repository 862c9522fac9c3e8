//! Three machines as OPERATING.md has them: its lines are typed on machines that are new.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::kept_store::until;
use super::machine_space::{MachineFiles, MachineSpace, SYSTEMCTL};
use super::many_hosts::ManyHosts;
use super::network::Network;
use super::postgres_server::Postgres;
use super::program::Done;
use super::relay::relay_at;

const OPERATING: &str = include_str!("../../OPERATING.md");
const NAMES: [&str; 3] = ["pogo1", "pogo2", "pogo3"];
const HOSTS: usize = 40;
/// As many run at once as an operator lets run.
const LIMIT: usize = 8;
const POSTGRES: u16 = 5432;

/// The blocks of shell in a chapter.
fn blocks(chapter: &str) -> Vec<&'static str> {
    let (_, rest) = OPERATING.split_once(&format!("\n## {chapter}\n")).unwrap();
    let text = rest.split("\n## ").next().unwrap();
    let blocks = text.split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

fn made(command: &mut Command) {
    assert!(command.stdin(Stdio::null()).status().unwrap().success());
}

/// What all of these machines have in common.
struct Site {
    folder: PathBuf,
    hosts: ManyHosts,
    network: Network,
    /// Where the machines have SSH.
    port: u16,
    database: Postgres,
}

impl Site {
    /// Nothing of it has been set up yet.
    fn new(test: &str) -> Option<Self> {
        let (network, database) = Network::lay(test).zip(Postgres::start())?;
        let hosts = ManyHosts::at((HOSTS, LIMIT), &|host| network.host(host));
        let folder = hosts.file("machines");
        fs::create_dir(&folder).unwrap();
        for name in ["host_key", "operator_key"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-N", "", "-t", "ed25519", "-f"]);
            made(keygen.arg(folder.join(name)));
        }
        // A new server has neither the role nor the database that the lines make, and takes connections of its own
        // machine alone.
        database.as_superuser("DROP DATABASE pogo");
        database.as_superuser("DROP ROLE pogo");
        let rules = fs::read_to_string(database.access_rules()).unwrap();
        let local = rules.lines().filter(|line| !line.starts_with("host"));
        let local = local.map(|line| format!("{line}\n")).collect::<String>();
        fs::write(database.access_rules(), local).unwrap();
        let issued = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap();
        fs::write(folder.join("db.pem"), issued.cert.pem()).unwrap();
        database.encrypt(&issued.cert.pem(), &issued.signing_key.serialize_pem());
        relay_at((network.store(), POSTGRES), database.port());
        let free = TcpListener::bind((network.store(), 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        Some(Self {
            folder,
            hosts,
            network,
            port,
            database,
        })
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    fn address(&self, name: &str) -> Ipv4Addr {
        match NAMES.iter().position(|known| *known == name) {
            Some(number) => self.network.server(u8::try_from(number).unwrap()),
            None => self.network.store(),
        }
    }

    /// What every machine has: names of the others, and how SSH reaches those and the hosts.
    fn files(&self, name: &str) -> MachineFiles {
        let files = MachineFiles::new(self.folder.join(name));
        let mut known = String::from("127.0.0.1 localhost\n");
        for machine in NAMES.iter().chain(&["db"]) {
            known += &format!("{} {machine}\n", self.address(machine));
        }
        for host in 1..=HOSTS {
            known += &format!("{} web{host:02}\n", self.network.host(host));
        }
        files.write("/etc/hosts", &known);
        let (port, hosts) = (self.port, self.hosts.port());
        let ways = format!("Host pogo* db\n  Port {port}\nHost web*\n  Port {hosts}\n  User root\n");
        files.write("/etc/ssh/ssh_config", &ways);
        let server = format!(
            "Port {port}\nHostKey {0}/host_key\nPidFile none\nAuthorizedKeysFile {0}/operator_key.pub\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nLogLevel INFO\nListenAddress {1}\n\
             SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
            self.folder.display(),
            self.address(name),
        );
        files.write("/etc/ssh/sshd_config_of_machine", &server);
        files.write("/usr/local/bin/systemctl", SYSTEMCTL);
        files
    }

    /// A machine with SSH, in its own network where it has one.
    fn machine(&self, name: &str, files: &MachineFiles) -> Option<MachineSpace> {
        let sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config_of_machine"];
        let number = NAMES.iter().position(|known| *known == name);
        MachineSpace::begin(
            name,
            files.folder(),
            (&sshd, "Server listening"),
            |command| match number {
                Some(number) => self.network.on(u8::try_from(number).unwrap(), &command),
                None => command,
            },
        )
    }

    fn db(&self) -> Option<MachineSpace> {
        let files = self.files("db");
        files.write("/etc/ssl/certs/ssl-cert-snakeoil.pem", &self.read("db.pem"));
        let psql = format!("#!/bin/sh\nexec {} \"$@\"\n", self.database.psql_line());
        files.write("/usr/local/bin/psql", &psql);
        files.link("/etc/postgresql/test/main/pg_hba.conf", &self.database.access_rules());
        self.machine("db", &files)
    }

    /// Whoever sets it up.
    fn operator(&self) -> Option<MachineSpace> {
        let files = self.files("operator");
        files.write("/root/.ssh/id_ed25519", &self.read("operator_key"));
        let host_key = self.read("host_key.pub");
        let of_hosts = fs::read_to_string(self.hosts.file("host_key.pub")).unwrap();
        let (port, hosts) = (self.port, self.hosts.port());
        let known = format!("[pogo*]:{port},[db]:{port} {host_key}[web*]:{hosts} {of_hosts}");
        files.write("/root/.ssh/known_hosts", &known);
        let key = files.folder().join("root/.ssh/id_ed25519");
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        MachineSpace::begin(
            "operator",
            files.folder(),
            (&["sleep", "infinity"], "ready"),
            |command| command,
        )
    }

    /// The hosts take the key that the lines have made.
    fn authorize(&self, key: &str) {
        let path: &Path = &self.hosts.file("client_key.pub");
        let keys = fs::read_to_string(path).unwrap() + key;
        fs::write(path, keys).unwrap();
    }
}

/// A terminal at which the lines were typed.
struct Terminal {
    machine: MachineSpace,
    /// What is set there.
    set: String,
}

impl Terminal {
    fn types(&self, line: &str) -> Done {
        Done::of(self.machine.types(&format!("cd pogo; {}\n{line}", self.set)))
    }

    #[track_caller]
    fn must(&self, line: &str) -> String {
        let done = self.types(line);
        assert_eq!(done.code, 0, "{line}\n{}{}", done.out, done.err);
        done.out
    }

    /// The machine of the dispatcher that owns the namespace, and its epoch, by the line that shows it.
    fn owner(&self, line: &str) -> (String, u64) {
        let line = line.replace("store info ", "store info --format json ");
        let info: Value = serde_json::from_str(&self.must(&line)).unwrap();
        let namespace = &info["namespaces"][0];
        let machine = namespace["owner"]["machine"].as_str().unwrap().to_owned();
        (machine, namespace["epoch"].as_u64().unwrap())
    }

    /// Waits for the end of a job; where hosts in doubt hold it back, they are given up.
    fn finish(&self, job: &str) {
        loop {
            match self.types(&format!("pogo wait {job}")).code {
                0 | 1 => return,
                // What was in doubt may be known by then.
                2 => drop(self.types(&format!(
                    "pogo skip {job} --failed --in-doubt --force --reason 'the test goes on'"
                ))),
                other => panic!("`pogo wait` ends with {other}"),
            }
        }
    }
}

#[test]
fn the_lines_for_three_machines_set_them_up_and_a_job_outlives_its_dispatcher() {
    let test = "the_lines_for_three_machines_set_them_up_and_a_job_outlives_its_dispatcher";
    let chapter = blocks("Three machines");
    let (setup, trial) = (chapter[0], chapter[1]);
    assert!(setup.lines().count() <= 20, "{} lines", setup.lines().count());
    if !ManyHosts::are_possible(test) {
        return;
    }
    let Some(site) = Site::new(test) else {
        eprintln!("LEFT OUT: {test} needs PostgreSQL, and the right to make networks");
        return;
    };
    let machines = NAMES.map(|name| site.machine(name, &site.files(name)));
    let all = [site.db()].into_iter().chain(machines).collect::<Option<Vec<_>>>();
    let Some((_all, operator)) = all.zip(site.operator()) else {
        eprintln!("LEFT OUT: {test} needs the right to make machines: root, and overlays");
        return;
    };
    let done = Done::of(operator.types(setup));
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);

    let is_set = |line: &&str| line.starts_with("store=") || line.starts_with("export ");
    let terminal = Terminal {
        set: setup.lines().filter(is_set).collect::<Vec<_>>().join("\n"),
        machine: operator,
    };
    site.authorize(&terminal.must("cat ssh/id_ed25519.pub"));
    let [info, run, kill] = trial.lines().collect::<Vec<_>>()[..] else {
        panic!("{trial}");
    };
    // The job of the document, with a command that counts.
    let (run, _) = run.split_once(" -- ").unwrap();
    assert_eq!(run, format!("pogo run 'web[01-{HOSTS}]' -f {LIMIT}"));
    let command = site.hosts.file("command");
    let job = terminal.must(&format!("{run} -d -- sh {}", command.display()));
    until(|| site.hosts.ran().len() >= LIMIT);
    let (before, epoch) = terminal.owner(info);
    assert!(kill.starts_with("ssh root@pogo1 systemctl kill "), "{kill}");
    terminal.must(&kill.replace("pogo1 ", &format!("{before} ")));
    terminal.finish(job.trim());

    let (after, raised) = terminal.owner(info);
    assert!(after != before && raised > epoch, "{before} {epoch}, {after} {raised}");
    let status = terminal.must(&format!("pogo status {} --format json", job.trim()));
    let status: Value = serde_json::from_str(&status).unwrap();
    let count = |state: &str| status["tally"][state].as_u64().unwrap_or(0);
    assert_eq!((count("waiting"), count("running")), (0, 0), "{status}");
    let ran = site.hosts.ran();
    assert!(ran.values().all(|times| *times == 1), "{ran:?}");
    assert!(count("succeeded") as usize <= ran.len(), "{status}");
    assert!(site.hosts.most_at_once() <= LIMIT);
}
