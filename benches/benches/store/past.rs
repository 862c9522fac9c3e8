//! What a job of many hosts that each wrote a line has said: all of it, printed by the program.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_benches::{estate, estate_policy};
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
use pogo_core::output::Stream;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{NeverBegan, Outcome};

use super::figures::Figures;
use super::program::Program;
use super::stores::namespace;

/// Every host writes a line.
struct Writes;

#[async_trait]
impl Transport for Writes {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if let Err(refused) = report.begin(false).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        let line = format!("{} was restarted\n", attempt.host.name);
        report.output(Stream::Stdout, line.as_bytes()).await;
        Outcome::Succeeded
    }
}

/// Runs the job with the library, and prints it with the program.
pub(crate) async fn past(
    dir: &Path,
    program: &Program,
    hosts: usize,
    figures: &mut Figures,
) -> Result<(), Box<dyn Error>> {
    let store = dir.join("past");
    fill(&store, u32::try_from(hosts)?).await?;
    let store = store.to_str().ok_or("a directory that is not UTF-8")?;
    let dispatcher = program.serve(dir, store)?;
    let asked: [&[&str]; 4] = [
        &["attach", "1"],
        &["logs", "1"],
        &["logs", "1", "-b"],
        &["logs", "1", "-f"],
    ];
    for arguments in asked {
        let (mut walls, mut cpus) = (vec![], vec![]);
        for _ in 0..figures.rounds {
            let ended = program.run(dir, &[arguments, &["--store", store]].concat())?;
            walls.push(ended.wall);
            cpus.push(ended.cpu.total());
        }
        let label = format!(
            "`{}` of a job of {hosts} hosts that wrote a line each",
            arguments.join(" ")
        );
        figures.millis(&label, None, walls);
        figures.millis("  processor of the client", None, cpus);
    }
    let took = dispatcher.stop()?;
    figures.millis("  processor of the dispatcher, for all of these", None, [took.total()]);
    Ok(())
}

async fn fill(dir: &Path, hosts: u32) -> Result<(), Box<dyn Error>> {
    let namespace = namespace(dir);
    let builder = Dispatcher::builder(Arc::new(Writes)).journal(namespace.journal());
    let (dispatcher, handle) = builder.output(namespace.output()).build().await?;
    let steer = async move {
        let (fleet, policy) = (Arc::new(estate(hosts)), Arc::new(estate_policy()));
        handle.configure(fleet, policy).await?;
        let spec = JobSpec::new("*".parse()?, RemoteCommand::shell("true"));
        let job = handle.submit(spec).await?;
        handle.wait(job).await?;
        Ok::<_, Box<dyn Error>>(())
    };
    let (ended, steered) = futures::join!(dispatcher.run(), steer);
    ended?;
    steered
}
