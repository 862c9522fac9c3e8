//! Three machines with a dispatcher each, a job over hosts that count, and a client that follows it on all of them.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use pogo_core::scheduler::{Event, JobEventKind, JobId, Record, TaskEventKind};
use rustix::process::Signal;
use serde_json::Value;

use super::cluster::{Cluster, Machine, machine_number};
use super::kept_store::{log_to, until};
use super::program::Done;

const PORT: u16 = 7646;
pub(super) const NAMES: [&str; 3] = ["a", "b", "c"];

/// A cluster of machines, and what a client needs to ask them.
pub(super) struct ThreeMachines {
    pub(super) cluster: Cluster,
    token: String,
}

/// Whoever follows a job: `pogo events -f`.
pub(super) struct Client<'a> {
    process: Child,
    machines: &'a ThreeMachines,
}

impl ThreeMachines {
    pub(super) fn new(cluster: Cluster) -> Self {
        let addresses = NAMES.map(|name| cluster.network().server(machine_number(name)).to_string());
        let issued = rcgen::generate_simple_self_signed(addresses).unwrap();
        let program = &cluster.many.program;
        program.write("server.key", &issued.signing_key.serialize_pem());
        program.write("server.pem", &issued.cert.pem());
        let may = [
            "--may",
            "view",
            "--may",
            "view output",
            "--may",
            "run",
            "--may",
            "steer all",
        ];
        let made = cluster.verb("a", &[&["token", "create", "--as", "tester"], &may[..]].concat());
        assert_eq!(made.code, 0, "{}", made.err);
        let machines = Self {
            token: made.out.trim().to_owned(),
            cluster,
        };
        // They are kept on each machine, and an operator copies them.
        let tokens = machines.tokens("a").unwrap();
        for other in &NAMES[1..] {
            let remote = machines.cluster.many.file(other).join("pogo-remote");
            let folder = remote.join(tokens.parent().unwrap().file_name().unwrap());
            fs::create_dir_all(&folder).unwrap();
            fs::copy(&tokens, folder.join("tokens.json")).unwrap();
        }
        machines
    }

    fn tokens(&self, name: &str) -> Option<PathBuf> {
        let mut folders = fs::read_dir(self.cluster.many.file(name).join("pogo-remote")).ok()?;
        folders.find_map(|folder| Some(folder.ok()?.path().join("tokens.json")).filter(|file| file.exists()))
    }

    fn url(&self, name: &str) -> String {
        format!("https://{}:{PORT}", self.cluster.network().server(machine_number(name)))
    }

    fn serve(&self, name: &'static str) -> Machine<'_> {
        let port = self.port(name);
        self.cluster.serve(name, &port.each_ref().map(String::as_str))
    }

    /// A dispatcher with more words.
    pub(super) fn serve_more(&self, name: &'static str, more: &[&str]) -> Machine<'_> {
        let port = self.port(name);
        let port = port.each_ref().map(String::as_str);
        self.cluster.serve(name, &[&port[..], more].concat())
    }

    /// What a machine listens on.
    fn port(&self, name: &str) -> [String; 6] {
        let address = format!("{}:{PORT}", self.cluster.network().server(machine_number(name)));
        let [certificate, key] =
            ["server.pem", "server.key"].map(|name| self.cluster.many.file(name).display().to_string());
        let flags = ["--listen", "--tls-cert", "--tls-key"].map(str::to_owned);
        let [listen, tls_cert, tls_key] = flags;
        [listen, address, tls_cert, certificate, tls_key, key]
    }

    /// Starts a server by a clock that is wrong by this.
    pub(super) fn serve_by_clock(&self, name: &'static str, off: &str) -> Machine<'_> {
        self.cluster.serve_with(name, &self.port(name), |command| {
            let mut clocked = self.cluster.many.program.shell("exec \"$0\" \"$@\"");
            clocked
                .args(["faketime", "-f", off])
                .arg(command.get_program())
                .args(command.get_args());
            clocked
        })
    }

    /// A dispatcher on each machine, the first of which owns the namespace.
    pub(super) fn serve_all(&self) -> [Machine<'_>; 3] {
        let mut owner = self.serve("a");
        owner.says("serves default");
        let others = ["b", "c"].map(|name| {
            let mut other = self.serve(name);
            other.says("stands by");
            other
        });
        let [b, c] = others;
        [owner, b, c]
    }

    /// A command of somebody who knows the list of servers, and has no store.
    pub(super) fn client(&self, args: &[&str]) -> Command {
        let servers = NAMES.map(|name| self.url(name)).join(",");
        let mut command = self.cluster.many.command(args);
        command
            .env_remove("POGO_STORE")
            .env("POGO_SERVER", servers)
            .env("POGO_TOKEN", &self.token)
            .env("POGO_SERVER_CA", self.cluster.many.file("server.pem"));
        command
    }

    pub(super) fn ask(&self, args: &[&str]) -> Done {
        Done::of(self.client(args).output().unwrap())
    }

    /// Follows a job to its end, and waits until it has begun to.
    pub(super) fn follow(&self, job: &str) -> Client<'_> {
        let mut command = self.client(&["events", job, "-f", "--format", "jsonl"]);
        let out = log_to(&self.cluster.many.file("events.jsonl"));
        let process = command
            .stdout(out)
            .stderr(log_to(&self.cluster.many.file("events.log")));
        let mut client = Client {
            process: process.stdin(Stdio::null()).spawn().unwrap(),
            machines: self,
        };
        until(|| !client.lines().is_empty() || client.process.try_wait().unwrap().is_some());
        client
    }

    /// Waits for the end of a job as a client does; where hosts in doubt fill its limit, they are given up.
    pub(super) fn finish(&self, job: &str) {
        loop {
            let waited = self.ask(&["wait", job]);
            match waited.code {
                0 | 1 => return,
                2 => {
                    let skip = [
                        "skip",
                        job,
                        "--failed",
                        "--in-doubt",
                        "--force",
                        "--reason",
                        "the test goes on",
                    ];
                    self.ask(&skip);
                }
                other => panic!("{other}: {}", waited.err),
            }
        }
    }

    /// What must hold after every fault, whatever it was.
    pub(super) fn check(&self, limit: usize) {
        let left = self.cluster.check();
        eprintln!("not known to have succeeded: {left:?}");
        assert!(self.cluster.many.most_at_once() <= limit);
        self.check_permissions();
    }

    /// Whatever has run was permitted to, by a record that was durable before. How many hosts that are.
    pub(super) fn check_permissions(&self) -> usize {
        let ran = self.cluster.many.ran();
        let records = self.cluster.records();
        let permitted: Vec<&str> = records.iter().filter_map(permitted).collect();
        for host in ran.keys() {
            assert!(permitted.contains(&host.as_str()), "{host} ran without a permission");
        }
        ran.len()
    }
}

/// The host that was permitted to begin, where a record says that.
pub(super) fn permitted(record: &Record) -> Option<&str> {
    match &record.event {
        Event::Task(task) if matches!(task.kind, TaskEventKind::Permitted { .. }) => Some(task.host.as_str()),
        _ => None,
    }
}

impl Client<'_> {
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.machines.cluster.many.file(name)).unwrap_or_default()
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.read("events.jsonl");
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits for its end: it has shown every record of the job once, in order, and a line for each takeover.
    pub(super) fn check(mut self, takeovers: usize) {
        let status = self.process.wait().unwrap();
        let said = self.read("events.log");
        assert!(status.success(), "{said}");
        let job = JobId::new(1);
        let records = self.machines.cluster.records();
        let mut of_job: Vec<&Record> = records.iter().filter(|record| is_of(record, job)).collect();
        let is_end = |record: &&Record| matches!(record.event.job_kind(), Some(JobEventKind::Finished { .. }));
        let end = of_job.iter().rposition(is_end).unwrap();
        of_job.truncate(end + 1);
        let expected: Vec<Value> = of_job
            .iter()
            .map(|record| serde_json::to_value(record).unwrap())
            .collect();
        let lines = self.lines();
        let differs = lines.iter().zip(&expected).position(|(line, record)| line != record);
        assert_eq!(differs.map(|at| (&lines[at], &expected[at])), None);
        assert_eq!(lines.len(), expected.len(), "{said}");
        assert_eq!(said.matches(" took over").count(), takeovers, "{said}");
        if takeovers > 0 {
            assert!(said.contains("in doubt"), "{said}");
            eprintln!("{}", said.trim());
        }
    }
}

fn is_of(record: &Record, job: JobId) -> bool {
    match &record.event {
        Event::Namespace(event) => event.job() == Some(job),
        event => event.job() == Some(job),
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Which of them took over, once one has.
pub(super) fn successor<'m, 'c>(machines: &'m mut [Machine<'c>]) -> &'m mut Machine<'c> {
    let found = || {
        machines
            .iter()
            .position(|machine| machine.log().contains("serves default"))
    };
    until(|| found().is_some());
    let at = found().unwrap();
    &mut machines[at]
}

/// Waits until a former owner has ended, and said that it was taken over.
pub(super) fn ends_fenced(machine: &mut Machine<'_>) {
    assert_eq!(machine.end(), Some(70), "{}", machine.log());
    machine.says("has taken over default");
}

pub(super) fn kill(machine: &mut Machine<'_>) {
    machine.signal(Signal::KILL);
    machine.end();
}
