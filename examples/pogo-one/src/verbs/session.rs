//! What every verb begins with: the dispatcher of a store.

use pogo_api::{Condition, NamespaceClient};
use pogo_core::scheduler::{Answer, Command, JobId, Order};

use super::named;
use crate::cli::{JobArg, PlaceArgs};
use crate::exit::CliError;
use crate::service::{Place, client_error, connect};

/// A connection to the dispatcher of a namespace.
pub(super) struct Session {
    pub(super) place: Place,
    pub(super) client: NamespaceClient,
}

/// Does something with the dispatcher of a namespace, which is started if there is none.
pub(super) fn with_session<T>(
    args: &PlaceArgs,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    with_place(Place::asked_by(args)?, work)
}

/// Does something with the dispatcher of this namespace, which is started if there is none.
pub(super) fn with_place<T>(
    place: Place,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let client = connect(&place).await?;
        work(&Session { place, client }).await
    });
    runtime.shutdown_background();
    done
}

impl Session {
    /// The job that was named.
    pub(super) async fn job(&self, job: JobArg) -> Result<JobId, CliError> {
        named(&self.client, job).await
    }

    /// Gives an order.
    pub(super) async fn order(&self, order: Order, reason: Option<&str>) -> Result<Answer, CliError> {
        self.order_if(Condition::new(), order, reason).await
    }

    /// Gives an order, if that is how things are.
    pub(super) async fn order_if(
        &self,
        condition: Condition,
        order: Order,
        reason: Option<&str>,
    ) -> Result<Answer, CliError> {
        let command = match reason {
            Some(reason) => order.because(reason),
            None => Command::new(order),
        };
        self.client.execute_if(condition, command).await.map_err(client_error)
    }
}
