//! A job with the store against the same job with `--store none`.

use std::error::Error;
use std::fs;
use std::path::Path;

use super::answers::answers;
use super::figures::{Figures, Pairs};
use super::program::{Cpu, Program};
use super::servers::Servers;

type Failure = Box<dyn Error>;

/// How many hosts are visited at once, of which the first is the one that decides.
const PARALLEL: [usize; 2] = [100, 16];

/// Where a job runs.
pub(crate) struct Job<'a> {
    dir: &'a Path,
    program: &'a Program,
    arguments: Vec<String>,
}

/// What a job took.
pub(crate) struct Took {
    pub(crate) cpu: Cpu,
    pub(crate) wall: f64,
}

/// Runs jobs in pairs; the last store is asked about its job then.
pub(crate) async fn clients(dir: &Path, program: &Program, hosts: usize, figures: &mut Figures) -> Result<(), Failure> {
    let servers = Servers::start(hosts).await?;
    for parallel in PARALLEL {
        let policy = dir.join(format!("policy-{parallel}.yaml"));
        fs::write(&policy, policy_of(&servers, parallel))?;
        let job = Job::new((dir, program), &policy, &servers);
        let store = dir.join("store");
        let (mut cpu, mut wall) = (Pairs::default(), Pairs::default());
        for _ in 0..figures.rounds {
            if store.exists() {
                fs::remove_dir_all(&store)?;
            }
            let (none, kept) = (
                job.without_store()?,
                job.with_store(store.to_str().ok_or("a directory that is not UTF-8")?)?,
            );
            cpu.push(none.cpu.total() / hosts as f64, kept.cpu.total() / hosts as f64);
            wall.push(none.wall, kept.wall);
        }
        let label = format!("{hosts} hosts, {parallel} at once: processor with a store, against none");
        figures.ratio(&label, Some(1.15), &cpu);
        figures.millis("  of which each host takes without a store", None, cpu.plain());
        figures.ratio("  time, end to end", None, &wall);
        let bytes = bytes_in(&store)? as f64 / hosts as f64;
        figures.values(("  bytes on disk for each host", None), [bytes], 0);
    }
    answers(dir, program, hosts, figures)?;
    servers.stop().await?;
    Ok(())
}

/// Hosts, how they are reached, and how many at once.
pub(crate) fn policy_of(servers: &Servers, parallel: usize) -> String {
    let hosts = servers.hosts();
    let mut policy = format!(
        "tag: {{ web: [\"web[1-{}]\"] }}\nconstraint: {{ $web: {{ max_parallel: {parallel} }} }}\n\
         retire_after: 1s\nhost:\n",
        hosts.len()
    );
    for host in hosts {
        let connection = serde_json::to_string(&host.connection).expect("plain data");
        // JSON is YAML too.
        policy += &format!("  {}: {connection}\n", host.name);
    }
    policy
}

impl<'a> Job<'a> {
    pub(crate) fn new((dir, program): (&'a Path, &'a Program), policy: &Path, servers: &Servers) -> Self {
        let text = |path: &Path| path.display().to_string();
        let mut arguments: Vec<String> = ["run", "-y", "-t", "*", "--ssh-config", "none", "--no-agent"]
            .map(str::to_owned)
            .into();
        arguments.extend(["-c".to_owned(), text(policy)]);
        for file in servers.known_hosts() {
            arguments.extend(["--known-hosts".to_owned(), text(&file)]);
        }
        Self {
            dir,
            program,
            arguments,
        }
    }

    fn run(&self, store: &str) -> Result<Took, Failure> {
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        arguments.extend(["--store", store, "--", "true"]);
        let ended = self.program.run(self.dir, &arguments)?;
        Ok(Took {
            cpu: ended.cpu,
            wall: ended.wall,
        })
    }

    pub(crate) fn without_store(&self) -> Result<Took, Failure> {
        self.run("none")
    }

    /// The client and the dispatcher together, of which the start and the end count as well.
    pub(crate) fn with_store(&self, store: &str) -> Result<Took, Failure> {
        let dispatcher = self.program.serve(self.dir, store)?;
        let mut took = self.run(store)?;
        took.cpu = took.cpu + dispatcher.stop()?;
        Ok(took)
    }
}

/// What the files below a directory take.
fn bytes_in(dir: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += match about.is_dir() {
            true => bytes_in(&entry.path())?,
            // Space that is kept for a full disk is not taken by a job.
            false if entry.file_name() == "reserve" => 0,
            false => about.len(),
        };
    }
    Ok(bytes)
}
