//! A job through a custom transport, [`Local`]; `tests/own_adapter.rs` holds it to the contract of transports.

use std::error::Error;
use std::sync::Arc;

use pogo_core::dispatcher::Dispatcher;
use pogo_core::fleet::Fleet;
use pogo_core::output::MemoryOutput;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_examples::Local;

#[allow(clippy::print_stdout, reason = "it is what this program is for")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    let job = JobSpec::new("$web".parse()?, RemoteCommand::shell("echo restarted $POGO_HOST"));
    let outputs = MemoryOutput::new();
    let (dispatcher, handle) = Dispatcher::builder(Arc::new(Local))
        .output(Arc::new(outputs.clone()))
        .build()
        .await?;
    let steer = async move {
        handle.configure(Arc::new(fleet), Arc::new(Policy::default())).await?;
        let job = handle.submit(job).await?;
        handle.wait(job).await
    };
    let (ended, steered) = futures::join!(dispatcher.run(), steer);
    ended?;
    let end = steered?;
    for host in outputs.hosts(end.job) {
        let output = outputs.output_of(end.job, &host).ok_or("it wrote something")?;
        for line in String::from_utf8_lossy(&output.stdout.to_bytes()).lines() {
            println!("{host}: {}", line.escape_debug());
        }
    }
    assert_eq!(end.tally.succeeded, 3);
    Ok(())
}
