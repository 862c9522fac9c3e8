//! A dispatcher that does nothing but answer questions, from what a store has that cannot be written to.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::pending;
use pogo_api::{Client, NamespaceClient};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock, Dispatcher, Reporter, SystemClock, Transport};
use pogo_core::scheduler::Outcome;
use pogo_store::Namespace;
use pogo_web::unix::{Access, ServeOptions, Socket};
use pogo_web::{PeerAccounts, RouterState, ServedNamespace, router};

use super::Place;
use super::client_error::client_error;
use super::place::PlaceStore;
use super::program_name::program_name;
use super::role::Serving;
use super::stopped_journal::StoppedJournal;
use crate::cli::new_name;
use crate::exit::CliError;
use crate::report;
use crate::store::{OnlyReadable, no_namespace, open_to_read, refused, unreadable};

/// What answers, within this process, as long as this is kept.
pub(crate) struct StoppedDispatcher {
    _serving: Serving,
    /// Has its socket.
    _directory: OwnDirectory,
}

/// A client of what a store has, if this process can do no more than read it.
pub(super) async fn answer_from_files(
    place: &Place,
    why: &OnlyReadable,
) -> Result<(NamespaceClient, StoppedDispatcher), CliError> {
    let namespace = namespace(place)?;
    let journal = StoppedJournal::read(namespace.journal()).await?;
    report::remark(&format!("{why}: this is what its files say, and nothing goes on here"));
    let builder = Dispatcher::builder(Arc::new(NoTransport)).journal(Arc::new(journal));
    let built = builder.clock(Arc::new(ShownClock)).build().await;
    let (dispatcher, handle) = built.map_err(CliError::broken)?;
    tokio::spawn(dispatcher.run());
    let served = ServedNamespace::new(handle)
        .output(namespace.output())
        .journal(namespace.journal())
        .history(Arc::new(namespace));
    let directory = OwnDirectory::new()?;
    let path = directory.0.join("socket");
    let socket = Socket::bind(&path, Access::Personal).map_err(CliError::broken)?;
    let state = RouterState::builder(Arc::new(PeerAccounts::personal()))
        .server(program_name())
        .namespace(place.namespace().clone(), served)
        .build();
    let serving =
        Serving::spawn(|stopped| pogo_web::unix::serve(socket, router(state), ServeOptions::new(), stopped.wait()));
    let client = Client::unix(path).namespace(place.namespace().as_str());
    let answering = StoppedDispatcher {
        _serving: serving,
        _directory: directory,
    };
    Ok((client.map_err(client_error)?, answering))
}

/// A directory of this process, gone with it.
struct OwnDirectory(PathBuf);

impl OwnDirectory {
    fn new() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("pogo-{}", new_name()));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| {
            CliError::broken(format!(
                "{}: {error}; name a directory that can be written to with TMPDIR",
                path.display()
            ))
        })?;
        Ok(Self(path))
    }
}

impl Drop for OwnDirectory {
    fn drop(&mut self) {
        // Whatever cleans up the directory of temporary files does it otherwise.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn namespace(place: &Place) -> Result<Namespace, CliError> {
    let PlaceStore::Dir(path) = place.store() else {
        return Err(CliError::broken(format!("{} is no directory", place.store())));
    };
    let store = open_to_read(path)?;
    let name = place.namespace().as_str();
    let known = store.namespaces().map_err(unreadable)?;
    if !known.iter().any(|known| known == name) {
        return Err(no_namespace(name, &path.display().to_string(), &known));
    }
    let namespace = store.namespace(name).map_err(refused)?;
    check_readable(&namespace.path().join("journal")).map_err(|error| unreadable(error.into()))?;
    Ok(namespace)
}

/// That its user keeps others away from what is in it is found before any of it is read.
fn check_readable(directory: &Path) -> std::io::Result<()> {
    let of = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| std::io::Error::new(error.kind(), format!("{path}: {error}"))
    };
    for entry in std::fs::read_dir(directory).map_err(of(directory))? {
        let path = entry.map_err(of(directory))?.path();
        std::fs::File::open(&path).map_err(of(&path))?;
    }
    Ok(())
}

/// No attempt is ever started.
struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    /// Those of SSH, by which cures are named.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission().with_fences()
    }

    async fn run(&self, _: Attempt, _: Reporter) -> Outcome {
        pending().await
    }
}

/// Tells the time, by which people read how long ago something was. Nothing falls due by it.
struct ShownClock;

#[async_trait]
impl Clock for ShownClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep_until(&self, _: Timestamp) {
        pending().await
    }
}
