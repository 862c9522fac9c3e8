//! A namespace as it is, to try something on a copy of it.

use futures::StreamExt;
use pogo_core::scheduler::Scheduler;
use pogo_core::stream::{Follower, StreamRequest};

use super::{Place, client_error, connect_to_ask};
use crate::exit::CliError;

/// A copy of a namespace as it is now, if somebody ever dispatched in it.
pub(crate) fn namespace_now(place: &Place) -> Result<Option<Scheduler>, CliError> {
    if !place.was_owned() {
        return Ok(None);
    }
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let copied = runtime.block_on(async {
        let asked = connect_to_ask(place).await?;
        let mut updates = asked.client.subscribe(StreamRequest::new());
        let mut copy = Follower::new();
        // The first is a snapshot, of all that has happened before.
        while copy.scheduler().is_none() {
            let update = updates.next().await.transpose().map_err(client_error)?;
            let update = update.ok_or_else(|| CliError::broken("the stream of the namespace ended before it began"))?;
            copy.apply(&update).map_err(CliError::broken)?;
        }
        Ok(copy.scheduler().cloned())
    });
    // The stream goes on, and nobody reads it.
    runtime.shutdown_background();
    copied
}
