//! What every verb begins with: the dispatcher of a store.

use pogo_api::{Condition, NamespaceClient};
use pogo_core::scheduler::{Answer, Command, JobId, Order};

use super::named;
use crate::cli::{JobArg, PlaceArgs};
use crate::exit::CliError;
use crate::report;
use crate::service::{Answering, Place, PlaceStore, client_error, connect, connect_to_ask};

/// A connection to the dispatcher of a namespace, or to what answers in its place.
pub(super) struct Session {
    pub(super) place: Place,
    pub(super) client: NamespaceClient,
    _answering: Answering,
}

/// Does something with the dispatcher of a namespace, which is started if there is none.
pub(super) fn with_session<T>(
    args: &PlaceArgs,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    with_place(Place::asked_by(args)?, work)
}

/// As [`with_session`], for questions about what is there: those about a store that can only be read are answered from
/// its files.
pub(super) fn asking<T>(
    args: &PlaceArgs,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    connected(Place::asked_by(args)?, async |place| connect_to_ask(place).await, work)
}

/// As [`with_session`] for who follows what comes, and [`asking`] for who does not: nothing more comes where nobody
/// dispatches.
pub(super) fn following<T>(
    args: &PlaceArgs,
    follow: bool,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    match follow {
        true => with_session(args, work),
        false => asking(args, work),
    }
}

/// Does something with the dispatcher of this namespace, which is started if there is none.
pub(super) fn with_place<T>(
    place: Place,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    connected(place, async |place| connect(place).await.map(Answering::from), work)
}

fn connected<T>(
    place: Place,
    connect: impl AsyncFnOnce(&Place) -> Result<Answering, CliError>,
    work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let answering = connect(&place).await?;
        say_standby(&place, &answering.client).await;
        let session = Session {
            place,
            client: answering.client.clone(),
            _answering: answering,
        };
        work(&session).await
    });
    runtime.shutdown_background();
    done
}

/// Says whose answers these are, where the server does not dispatch itself. Orders find the owner, or name it.
async fn say_standby(place: &Place, client: &NamespaceClient) {
    if matches!(place.store(), PlaceStore::Dir(_)) {
        return;
    }
    // Whatever is wrong with the server is said by what was asked for.
    if let Ok(Some(standby)) = client.standby().await {
        let behind = standby.behind_ms as f64 / 1_000.0;
        report::remark(&format!(
            "this is what a server knows that stands by, up to {behind:.1} s ago: {} dispatches",
            report::visible(&standby.owner)
        ));
    }
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
