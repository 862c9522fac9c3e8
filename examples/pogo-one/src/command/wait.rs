//! `pogo wait`

use pogo_core::scheduler::{JobEnd, Tally};

use super::attach::named;
use crate::cli::{PlanFormat, Verbosity, WaitArgs};
use crate::exit::{CliError, Exit};
use crate::report;
use crate::service::{Place, client_error, connect};

pub(crate) fn wait(args: &WaitArgs) -> Result<Exit, CliError> {
    let place = Place::asked_by(&args.question.place)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let client = connect(&place).await?;
        let job = named(&client, args.job).await?;
        let end = client.wait(job).await.map_err(client_error)?;
        say(args.question.format, &end)?;
        Ok(Exit::of(end.status, end.tally))
    });
    runtime.shutdown_background();
    done
}

/// It is silent for a person, unless more is asked for.
fn say(format: PlanFormat, end: &JobEnd) -> Result<(), CliError> {
    let JobEnd { job, status, tally, .. } = *end;
    match format {
        PlanFormat::Json => report::print_json(end)?,
        PlanFormat::Text if Verbosity::chosen().verbose => {
            let Tally {
                succeeded,
                failed,
                in_doubt,
                skipped,
                ..
            } = tally;
            report::remark(&format!(
                "job {} is {status}: {succeeded} succeeded, {failed} failed, {in_doubt} in doubt, {skipped} skipped",
                job.number()
            ));
        }
        PlanFormat::Text => {}
    }
    Ok(())
}
