//! A job through a transport of one's own: [`Local`] is that transport, and `tests/own_adapter.rs` proves that it is one.

use std::error::Error;
use std::sync::Arc;

use pogo_core::dispatcher::{Dispatcher, Observer, OutputChunk};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{Command, JobSpec};
use pogo_core::policy::Policy;
use pogo_examples::Local;

struct Print;

impl Observer for Print {
    #[allow(clippy::print_stdout, reason = "it is what this program is for")]
    fn output(&self, chunk: &OutputChunk<'_>) {
        for line in String::from_utf8_lossy(chunk.bytes).lines() {
            println!("{}: {line}", chunk.host);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    let job = JobSpec::new("$web".parse()?, Command::shell("echo restarted $POGO_HOST"));
    let (dispatcher, handle) = Dispatcher::builder(Arc::new(Local))
        .observer(Arc::new(Print))
        .build()
        .await?;
    let steer = async move {
        handle.configure(Arc::new(fleet), Arc::new(Policy::default())).await?;
        let job = handle.submit(job).await?;
        handle.wait(job).await
    };
    let (ended, steered) = futures::join!(dispatcher.run(), steer);
    ended?;
    assert_eq!(steered?.tally.succeeded, 3);
    Ok(())
}
