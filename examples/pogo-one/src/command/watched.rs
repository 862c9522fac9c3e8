//! `--watch-inventory` for a job that is kept: its namespace follows the sources while somebody follows the job.

use std::sync::Arc;

use pogo_api::{ClientError, Condition, NamespaceClient, Revision};
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use pogo_core::scheduler::Order;
use tokio::sync::Mutex;

use super::follow::{NotTaken, TakesFleet};
use crate::cli::RunArgs;
use crate::exit::CliError;
use crate::service::{NewConfiguration, is_changed};

/// Refuses to watch sources for a job that nobody here follows, or whose hosts only a dispatcher finds out.
pub(super) fn refuse_unwatchable(args: &RunArgs) -> Result<(), CliError> {
    if !args.follow.watch_inventory {
        return Ok(());
    }
    if args.detach {
        return Err(CliError::usage(
            "--watch-inventory watches as long as this program follows the job; leave out -d, or give the \
             change with `pogo apply` when there is one",
        ));
    }
    match args.job.sources.resolvers()? {
        None => Ok(()),
        Some(_) => Err(CliError::usage(
            "--watch-inventory with resolvers of tags is for jobs that this program dispatches itself; add \
             --store none",
        )),
    }
}

/// A namespace whose hosts follow the sources that this job was submitted with.
pub(super) struct WatchedNamespace {
    client: NamespaceClient,
    /// What was in force when it was last changed here.
    last: Mutex<(Revision, NewConfiguration)>,
}

impl WatchedNamespace {
    /// A namespace in which this is in force.
    pub(super) fn new(client: NamespaceClient, last: (Revision, NewConfiguration)) -> Self {
        let last = Mutex::new(last);
        Self { client, last }
    }

    /// The revision of what was last given from here, if that is still in force: a dispatcher that has taken over
    /// calls it otherwise.
    async fn renewed(&self, last: &NewConfiguration) -> Result<Option<Revision>, ClientError> {
        let (known, revision) = self.client.configuration_revision().await?;
        let is_same = known.fleet.as_ref() == Some(&last.fleet) && known.policy == last.policy;
        Ok(is_same.then_some(revision))
    }
}

impl TakesFleet for WatchedNamespace {
    async fn take(&self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<(), NotTaken> {
        let later = |error: ClientError| NotTaken::Later(format!("the new fleet is not taken: {error}"));
        let mut last = self.last.lock().await;
        let give = async |revision: Revision| {
            let (fleet, policy) = (Arc::clone(&fleet), Arc::clone(&policy));
            let order = Order::Configure { fleet, policy }.because("--watch-inventory");
            self.client.execute_if(Condition::new().revision(revision), order).await
        };
        let mut given = give(last.0.clone()).await;
        if given.as_ref().is_err_and(is_changed) {
            match self.renewed(&last.1).await.map_err(later)? {
                Some(revision) => given = give(revision).await,
                None => {
                    let said = "somebody else has changed hosts or rules of this namespace, and those stay: \
                                `pogo apply` shows the difference";
                    return Err(NotTaken::Refused(said.to_owned()));
                }
            }
        }
        match given {
            Ok(_) => {}
            Err(ClientError::Refused(problem)) => {
                return Err(NotTaken::Refused(format!("the new fleet is refused: {problem}")));
            }
            Err(error) => return Err(later(error)),
        }
        let revision = self.client.configuration_revision().await.map_err(later)?.1;
        *last = (revision, NewConfiguration { fleet, policy });
        Ok(())
    }
}
