//! Memory of SSH connections: ten thousand held at once, and ten rounds over ten thousand hosts.
//!
//! The servers are loopback fleets in processes of their own, so that what is counted here is the client's alone.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table, and one that cannot be set up has failed"
)]

mod servers;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::mpsc;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, stream};
use peak_alloc::PeakAlloc;
use pogo_benches::row;
use pogo_core::dispatcher::{Attempt, Observer, OutputChunk, Report, ReportSink, ReporterSide, Transport};
use pogo_core::fleet::Host;
use pogo_core::output::OutputSource;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, JobId, Outcome, Phase};
use pogo_ssh::loopback::Fault;
use pogo_ssh::{Agent, SshTransport};
use servers::{Servers, serve};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const ROUNDS: usize = 10;
const AT_ONCE: usize = 1_000;

struct Blind;

impl Observer for Blind {
    fn output(&self, _chunk: &OutputChunk<'_>) {}
}

/// Permits every attempt, and passes on the phases that they enter.
struct Phases(mpsc::UnboundedSender<Phase>);

impl ReportSink for Phases {
    fn report(&self, _attempt: AttemptId, report: Report) {
        match report {
            Report::Phase(phase) => _ = self.0.unbounded_send(phase),
            Report::Begin(request) => request.answer(Ok(())),
            _ => {}
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serving, first, last] = arguments.as_slice()
        && serving == "serve"
    {
        return serve((first.parse()?, last.parse()?), Fault::FailWith(0)).await;
    }
    let count = arguments.iter().find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let mut servers = Servers::start(count).await?;
    let transport = SshTransport::builder()
        .user("pogo")
        .agent(Agent::Off)
        .no_identities()
        .known_hosts(servers.known_hosts())
        .max_handshakes(64)
        .connect_timeout(Duration::from_secs(60))
        .build()?;
    let hosts = servers.hosts();
    // What is set up once, however many hosts there are: one visit to each server pays for it.
    visit(&transport, &hosts[..1]).await;

    servers.order("hang").await?;
    let held = hold(&transport, &hosts).await;
    println!("{}", row("", &["heap", "resident"].map(str::to_owned)));
    println!("{}", row("a held connection, in kB (to hold: 80)", &held));
    servers.order("heal").await?;

    println!(
        "\n{}",
        row("", &["heap", "peak heap", "resident", "seconds"].map(str::to_owned))
    );
    for round in 1..=ROUNDS {
        HEAP.reset_peak_usage();
        let begin = Instant::now();
        visit(&transport, &hosts).await;
        let took = begin.elapsed().as_secs_f64();
        let columns = [
            megabytes(HEAP.current_usage()),
            megabytes(HEAP.peak_usage()),
            megabytes(resident()),
        ];
        let label = format!("round {round}: {count} hosts, in MB");
        println!(
            "{}",
            row(&label, &[columns.as_slice(), &[format!("{took:.0}")]].concat())
        );
    }
    servers.stop().await?;
    Ok(())
}

/// Runs a command that never ends on every host, all at once; what each connection takes, on the heap and resident.
async fn hold(transport: &SshTransport, hosts: &[Host]) -> [String; 2] {
    let (heap, memory) = (HEAP.current_usage(), resident());
    let (phases, mut seen) = mpsc::unbounded();
    let mut attempts: FuturesUnordered<_> = hosts.iter().map(|host| run(transport, host, phases.clone())).collect();
    let mut begun = 0;
    while begun < hosts.len() {
        tokio::select! {
            phase = seen.select_next_some() => begun += usize::from(phase == Phase::Command),
            ended = attempts.select_next_some() => panic!("an attempt that was to be held has ended: {ended:?}"),
        }
    }
    let each =
        |before: usize, now: usize| format!("{:.1}", now.saturating_sub(before) as f64 / 1e3 / hosts.len() as f64);
    [each(heap, HEAP.current_usage()), each(memory, resident())]
}

/// Runs a command on every host, over new connections.
async fn visit(transport: &SshTransport, hosts: &[Host]) {
    let (phases, _seen) = mpsc::unbounded();
    let attempts = stream::iter(hosts).map(|host| run(transport, host, phases.clone()));
    let mut attempts = attempts.buffer_unordered(AT_ONCE);
    while let Some(outcome) = attempts.next().await {
        assert_eq!(outcome, Outcome::Succeeded);
    }
}

async fn run(transport: &SshTransport, host: &Host, phases: mpsc::UnboundedSender<Phase>) -> Outcome {
    let command = RemoteCommand::shell("true");
    let (job, id) = (JobId::new(1), AttemptId::new(1));
    let attempt = Attempt::new(job, id, host.clone(), command, Duration::from_secs(3_600));
    let source = OutputSource::new(job, host.name.clone(), id);
    let (reporter, _side) = ReporterSide::open(source, Arc::new(Phases(phases)), Arc::new(Blind));
    transport.run(attempt, reporter).await
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

fn resident() -> usize {
    let pages = fs::read_to_string(PathBuf::from("/proc/self/statm")).unwrap_or_default();
    let pages = pages
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or_default() * 4_096
}
