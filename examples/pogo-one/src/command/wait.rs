//! `pogo wait`

use pogo_api::ClientError;

use super::attach::named;
use crate::cli::WaitArgs;
use crate::exit::{CliError, Exit};
use crate::service::{Place, client_error, connect};

pub(crate) fn wait(args: &WaitArgs) -> Result<Exit, CliError> {
    let place = Place::kept(&args.place)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let mut client = connect(&place).await?;
        let job = named(&client, args.job).await?;
        loop {
            match client.wait(job).await {
                Ok(end) => return Ok(Exit::of(end.status, end.tally)),
                // A dispatcher that was killed is started again; the job goes on.
                Err(ClientError::ContactLost { .. } | ClientError::Unreachable { .. }) => {
                    client = connect(&place).await?
                }
                Err(error) => return Err(client_error(error)),
            }
        }
    });
    runtime.shutdown_background();
    done
}
