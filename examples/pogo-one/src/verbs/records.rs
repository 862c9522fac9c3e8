//! The records of a job.

use pogo_core::fleet::HostName;
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::session::{Session, asking};
use crate::cli::{JobArg, PlaceArgs};
use crate::exit::CliError;
use crate::log::Log;
use crate::service::client_error;

/// What happened to a job, as a log that begins with the hosts and rules in force.
pub(crate) fn job_log(place: &PlaceArgs, job: JobArg) -> Result<Log, CliError> {
    asking(place, async |session| {
        let job = session.job(job).await?;
        let configuration = session.client.configuration().await.map_err(client_error)?;
        let mut records = vec![];
        let keep = |record| {
            records.push(record);
            Ok(())
        };
        session.each_record(job, None, keep).await?;
        let name = format!("job {}", job.number());
        if records.is_empty() {
            return Err(CliError::usage(format!("{name}: its records are not kept any more")));
        }
        let fleet = configuration.fleet.unwrap_or_default();
        let records = pogo_core::history::job_log(records, &fleet, &configuration.policy);
        Ok(Log::of_job(name, records))
    })
}

impl Session {
    /// Passes on the records of a job that there are now, in order: those of a host alone if one is named. Says where
    /// they end.
    pub(super) async fn each_record(
        &self,
        job: JobId,
        host: Option<&HostName>,
        mut each: impl FnMut(Record) -> Result<(), CliError>,
    ) -> Result<Option<Seq>, CliError> {
        let mut query = JobEventsQuery::of(job);
        query.host = host.cloned();
        let mut end = None;
        loop {
            let part = self.client.job_events(&query).await.map_err(client_error)?;
            for (seq, record) in part.records {
                end = Some(seq);
                each(record)?;
            }
            match part.next {
                Some(next) => query = query.after(next),
                None => return Ok(end),
            }
        }
    }
}
