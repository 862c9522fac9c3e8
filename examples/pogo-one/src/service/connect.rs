//! The way to the dispatcher of a namespace.

use std::sync::Once;
use std::time::Duration;

use pogo_api::wire::About;
use pogo_api::{Client, ClientError, NamespaceClient};

use super::client_error::client_error;
use super::launch::{Started, launch};
use super::program_name::program_name;
use super::stopped_dispatcher::{StoppedDispatcher, answer_from_files};
use super::{Place, ServerAddress};
use crate::exit::CliError;
use crate::report;

/// How long a dispatcher may be about to end, or about to listen, before that is an error.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a dispatcher that was there is waited for before another one is started in its place.
const RECONNECT: Duration = Duration::from_secs(2);

/// The client of the namespace's dispatcher, which is started if there is none, and whenever it is gone.
pub(crate) async fn connect(place: &Place) -> Result<NamespaceClient, CliError> {
    if place.server().is_some() {
        return watching(place);
    }
    warn_of_shared();
    start(place).await?;
    let again = place.clone();
    let client = client(place)?.started_by(move || {
        let place = again.clone();
        async move {
            report::remark("the dispatcher is gone; it is started again");
            start(&place).await.map_err(|error| error.to_string())
        }
    });
    client.namespace(place.namespace().as_str()).map_err(client_error)
}

/// What answers questions.
pub(crate) struct Answering {
    pub(crate) client: NamespaceClient,
    /// Within this process, where there is no dispatcher and can be none.
    _stopped: Option<StoppedDispatcher>,
}

impl From<NamespaceClient> for Answering {
    fn from(client: NamespaceClient) -> Self {
        Self { client, _stopped: None }
    }
}

/// As [`connect`], for questions about what is there: those about a store that can only be read are answered from its
/// files.
pub(crate) async fn connect_to_ask(place: &Place) -> Result<Answering, CliError> {
    let Some(why) = place.only_readable() else {
        return connect(place).await.map(Answering::from);
    };
    // Whoever dispatches it may be reached all the same.
    if let Some(client) = find(place).await? {
        return Ok(client.into());
    }
    let (client, stopped) = answer_from_files(place, &why).await?;
    Ok(Answering {
        client,
        _stopped: Some(stopped),
    })
}

/// The client of a dispatcher that was lost, which is started again; a server is not.
pub(crate) async fn connect_again(place: &Place, lost: ClientError) -> Result<NamespaceClient, CliError> {
    match place.server() {
        Some(_) => Err(client_error(lost)),
        None => connect(place).await,
    }
}

/// Starts the namespace's dispatcher, if there is none.
async fn start(place: &Place) -> Result<(), CliError> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(20);
    loop {
        if find(place).await?.is_some() {
            return Ok(());
        }
        let starting = place.clone();
        let started = tokio::task::spawn_blocking(move || launch(&starting));
        match started.await.map_err(CliError::broken)?? {
            // One that has just been started is looked for once more, as any other.
            Started::Ready => continue,
            Started::Elsewhere(owner) => {
                return Err(CliError::Unreachable(format!(
                    "{owner} dispatches {} of {}; ask there, or wait for its end",
                    place.namespace(),
                    place.store()
                )));
            }
            Started::Refused(message) => return Err(CliError::Usage(message)),
            Started::Broken(message) => return Err(CliError::Broken(message)),
            Started::Held(owner) if tokio::time::Instant::now() >= until => {
                return Err(CliError::Unreachable(format!(
                    "{owner} has the namespace {} of {} and does not answer; wait for its end, or end that process",
                    place.namespace(),
                    place.store()
                )));
            }
            // It is about to listen, or about to end.
            Started::Held(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// The client of whoever serves the namespace.
fn client(place: &Place) -> Result<Client, CliError> {
    match place.server() {
        Some(server) => server.client(),
        None => Ok(Client::unix(place.socket()).reconnect_for(RECONNECT)),
    }
}

/// Says that others of this machine act under limits of their own.
fn warn_of_shared() {
    static WARNED: Once = Once::new();
    let Some(socket) = ServerAddress::shared() else {
        return;
    };
    WARNED.call_once(|| {
        report::remark(&format!(
            "this machine has a service for several people, on {}: its limits and those of this store do not count \
             each other's hosts; leave out --store to use it",
            socket.display()
        ));
    });
}

/// Who serves the namespace, if anybody does.
pub(crate) async fn about(place: &Place) -> Result<Option<About>, CliError> {
    let client = client(place)?.reconnect_for(Duration::ZERO);
    match client.about().await {
        Ok(about) => Ok(Some(about)),
        // There is none, or it has just ended.
        Err(ClientError::Unreachable { .. } | ClientError::ContactLost { .. }) if place.server().is_none() => Ok(None),
        Err(error) => match client_error(error) {
            // The socket of whoever was there last is closed to this account, as the store is for writing.
            CliError::NotAllowed(_) if place.only_readable().is_some() => Ok(None),
            error => Err(error),
        },
    }
}

/// The client of the namespace's dispatcher, if one runs. It starts no other.
pub(crate) async fn find(place: &Place) -> Result<Option<NamespaceClient>, CliError> {
    let Some(about) = about(place).await? else {
        return Ok(None);
    };
    let own = program_name();
    if about.server != own {
        report::remark(&format!(
            "the dispatcher of this store is {}, and this is {own}: it goes on until nothing is left to do; `pogo \
             serve stop` ends it before",
            about.server
        ));
    }
    watching(place).map(Some)
}

/// A client that starts no dispatcher: for whoever has something to say or to give when there is another one.
pub(super) fn watching(place: &Place) -> Result<NamespaceClient, CliError> {
    let namespace = client(place)?.namespace(place.namespace().as_str());
    namespace.map_err(client_error)
}
