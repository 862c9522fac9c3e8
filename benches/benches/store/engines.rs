//! A job with its store on servers, and in a directory, against the same job without any.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::clients::{Job, policy_of};
use super::figures::{Figures, Pairs};
use super::program::Program;
use super::servers::Servers;

type Failure = Box<dyn Error>;

/// How many hosts are visited at once.
const PARALLEL: usize = 100;
/// Of the processor, against none: what a directory may take, and what a store on servers may.
const GOALS: [f64; 2] = [1.15, 1.3];

/// Figures of one store.
struct Engine<'a> {
    /// With `{}` for the number of the round: each job has a store of its own.
    address: &'a str,
    cpu: Pairs,
    wall: Pairs,
    records: Vec<f64>,
    commits: Vec<f64>,
}

/// Runs the job without a store and with each of these in turn, in every round.
pub(crate) async fn engines(
    (dir, program): (&Path, &Program),
    (hosts, addresses): (usize, &[&str]),
    figures: &mut Figures,
) -> Result<(), Failure> {
    if addresses.is_empty() {
        return Err("which stores? benches/engines.sh starts servers and names them".into());
    }
    let servers = Servers::start(hosts).await?;
    let policy = dir.join("policy.yaml");
    fs::write(&policy, policy_of(&servers, PARALLEL))?;
    let job = Job::new((dir, program), &policy, &servers);
    let directory = format!("{}/store-{{}}", dir.display());
    let mut engines: Vec<Engine<'_>> = [directory.as_str()]
        .iter()
        .chain(addresses)
        .map(|each| Engine::new(each))
        .collect();
    for round in 1..=figures.rounds {
        let none = job.without_store()?;
        for engine in &mut engines {
            let store = engine.address.replace("{}", &round.to_string());
            let on_servers = store.contains("://");
            if on_servers {
                program.run(dir, &["store", "migrate", &store])?;
            }
            let kept = job.with_store(&store)?;
            engine
                .cpu
                .push(none.cpu.total() / hosts as f64, kept.cpu.total() / hosts as f64);
            engine.wall.push(none.wall, kept.wall);
            if on_servers {
                let (records, commits) = written(dir, program, &store)?;
                engine.records.push(records / kept.wall);
                engine.commits.push(commits / kept.wall);
            }
            println!(
                "round {round}: {} took {:.2} s, {:.2} without",
                engine.name(),
                kept.wall,
                none.wall
            );
        }
    }
    for (engine, goal) in engines
        .iter()
        .zip([GOALS[0]].into_iter().chain([GOALS[1]].into_iter().cycle()))
    {
        engine.print(goal, hosts, figures);
    }
    servers.stop().await?;
    Ok(())
}

impl<'a> Engine<'a> {
    fn new(address: &'a str) -> Self {
        Self {
            address,
            cpu: Pairs::default(),
            wall: Pairs::default(),
            records: vec![],
            commits: vec![],
        }
    }

    fn name(&self) -> &str {
        self.address.split_once("://").map_or("directory", |(scheme, _)| scheme)
    }

    fn print(&self, goal: f64, hosts: usize, figures: &mut Figures) {
        let label = format!(
            "{}, {hosts} hosts, {PARALLEL} at once: processor against none",
            self.name()
        );
        figures.ratio(&label, Some(goal), &self.cpu);
        figures.millis("  of which each host takes without a store", None, self.cpu.plain());
        figures.ratio("  time, end to end", None, &self.wall);
        figures.values(("  records a second", None), self.records.iter().copied(), 0);
        figures.values(("  commits a second", None), self.commits.iter().copied(), 0);
    }
}

/// How many records a store has, in how many commits.
fn written(dir: &Path, program: &Program, store: &str) -> Result<(f64, f64), Failure> {
    program.run(dir, &["store", "info", store, "--format", "json"])?;
    let said: Value = serde_json::from_str(&fs::read_to_string(dir.join("said"))?)?;
    let namespace = &said["namespaces"][0];
    let number = |pointer: &str| -> Result<f64, Failure> {
        let value = namespace.pointer(pointer).and_then(Value::as_f64);
        value.ok_or_else(|| format!("no {pointer} in what `store info` says of {store}").into())
    };
    let commits = number("/parts/commits/count")? + number("/parts/history/count").unwrap_or_default();
    Ok((number("/records/end")?, commits))
}
