//! A transport of one's own: commands run as processes on this machine, with the host's name in their environment.

use std::error::Error;
use std::process;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Observer, OutputChunk, Reporter, Stream, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{Command, JobSpec};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{FailureKind, JobId, Outcome, Phase};

struct Local;

#[async_trait]
impl Transport for Local {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        report.phase(Phase::Command);
        let (program, words) = match &*attempt.command {
            Command::Shell(line) => ("sh", vec!["-c", line]),
            Command::Argv(argv) => ("env", argv.iter().map(String::as_str).collect()),
        };
        match process::Command::new(program)
            .args(words)
            .env("POGO_HOST", attempt.host.name.as_str())
            .output()
        {
            Ok(ended) => {
                report.output(Stream::Stdout, &ended.stdout);
                report.output(Stream::Stderr, &ended.stderr);
                match ended.status.code() {
                    Some(0) => Outcome::Succeeded,
                    Some(status) => Outcome::failed(
                        FailureKind::Command {
                            status: status.unsigned_abs(),
                        },
                        "",
                    ),
                    None => Outcome::in_doubt("it was ended by a signal"),
                }
            }
            Err(error) => Outcome::failed(FailureKind::Refused, error.to_string()),
        }
    }
}

struct Print;

impl Observer for Print {
    #[allow(clippy::print_stdout, reason = "it is what this program is for")]
    fn output(&self, chunk: &OutputChunk<'_>) {
        for line in String::from_utf8_lossy(chunk.bytes).lines() {
            println!("{}: {line}", chunk.host);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    let job = JobSpec::new("$web".parse()?, Command::shell("echo restarted $POGO_HOST"));
    futures::executor::block_on(async {
        let (dispatcher, handle) = Dispatcher::builder(Arc::new(Local))
            .observer(Arc::new(Print))
            .build()
            .await?;
        let steer = async move {
            handle.configure(Arc::new(fleet), Arc::new(Policy::default())).await?;
            handle.submit(JobId::new(1), job).await
        };
        let (ended, steered) = futures::join!(dispatcher.run(), steer);
        steered?;
        assert_eq!(ended?.job(JobId::new(1)).map(|job| job.tally().succeeded), Some(3));
        Ok(())
    })
}
