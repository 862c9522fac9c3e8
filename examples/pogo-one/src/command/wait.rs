//! `pogo wait`

use super::attach::named;
use crate::cli::WaitArgs;
use crate::exit::{CliError, Exit};
use crate::service::{Place, client_error, connect};

pub(crate) fn wait(args: &WaitArgs) -> Result<Exit, CliError> {
    let place = Place::asked_by(&args.place)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let client = connect(&place).await?;
        let job = named(&client, args.job).await?;
        let end = client.wait(job).await.map_err(client_error)?;
        Ok(Exit::of(end.status, end.tally))
    });
    runtime.shutdown_background();
    done
}
