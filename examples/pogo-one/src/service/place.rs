//! Where the dispatcher of a namespace is.

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pogo_api::wire::NamespaceName;
use pogo_store::{Store, StoreError};

use super::ServerAddress;
use crate::cli::{PlaceArgs, StoreAddress, StoreChoice};
use crate::exit::CliError;
use crate::store::{KeptNamespace, OnlyReadable, RemoteNamespace, default_dir, local_dir, open_remote, refuse_exposed};

/// A namespace of a store, and what this machine has for it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    store: PlaceStore,
    /// Has a folder for each namespace: the socket, the log of the dispatcher, and what only this machine needs.
    local: PathBuf,
    namespace: NamespaceName,
}

/// Where a store is. Displays as people name it, without secrets.
#[derive(Debug, Clone)]
pub(crate) enum PlaceStore {
    /// In a directory of this machine, which has what is local too.
    Dir(PathBuf),
    /// Where several machines reach it.
    At(StoreAddress),
    /// Where a server has it, which this program only asks.
    Server(ServerAddress),
}

impl fmt::Display for PlaceStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(path) => path.display().fmt(f),
            Self::At(address) => address.fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// Whether another directory would do.
fn is_of_the_place(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    matches!(
        error.kind(),
        ReadOnlyFilesystem | PermissionDenied | NotADirectory | StorageFull
    )
}

impl Place {
    /// The name of a namespace where none is given.
    pub(crate) const NAMESPACE: &str = "default";

    /// The namespace that is named, in the store that is named or that of this user; `None` where nothing is to be
    /// kept.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "zookeeper")),
        allow(unreachable_code, reason = "there is no address then")
    )]
    pub(crate) fn of(store: Option<&StoreChoice>, namespace: Option<&str>) -> Result<Option<Self>, CliError> {
        let (store, local) = match store {
            Some(StoreChoice::None) => return Ok(None),
            Some(StoreChoice::Invalid(message)) => return Err(CliError::usage(message)),
            Some(StoreChoice::At(address)) => {
                refuse_exposed(address)?;
                (PlaceStore::At(address.clone()), local_dir(address)?)
            }
            Some(StoreChoice::Dir(path)) => in_directory(std::path::absolute(path).map_err(CliError::usage)?),
            Some(StoreChoice::Server(url)) => of_server(ServerAddress::Url(url.clone()))?,
            None => in_directory(default_dir()?),
        };
        let namespace = namespace.unwrap_or(Self::NAMESPACE);
        let namespace = namespace.parse().map_err(CliError::usage)?;
        Ok(Some(Self {
            store,
            local,
            namespace,
        }))
    }

    /// As [`of`](Self::of), of a verb that asks whoever has the namespace: where no store is named, the service that
    /// this machine has for everybody, if this account may ask it.
    pub(crate) fn asked(store: Option<&StoreChoice>, namespace: Option<&str>) -> Result<Option<Self>, CliError> {
        let shared = ServerAddress::of_this_machine().filter(|_| store.is_none());
        let Some(shared) = shared else {
            return Self::of(store, namespace);
        };
        let (store, local) = of_server(shared)?;
        let namespace = namespace.unwrap_or(Self::NAMESPACE);
        let namespace = namespace.parse().map_err(CliError::usage)?;
        Ok(Some(Self {
            store,
            local,
            namespace,
        }))
    }

    /// As [`asked`](Self::asked), of a verb that is about jobs that are kept.
    pub(crate) fn asked_by(args: &PlaceArgs) -> Result<Self, CliError> {
        let place = Self::asked(args.store.as_ref(), args.namespace.as_deref())?;
        place.map_or_else(|| Self::kept(args), Ok)
    }

    /// The server that has it, if this program only asks it.
    pub(crate) fn server(&self) -> Option<&ServerAddress> {
        match &self.store {
            PlaceStore::Server(server) => Some(server),
            PlaceStore::Dir(_) | PlaceStore::At(_) => None,
        }
    }

    /// As [`of`](Self::of), of a verb that is about what a store keeps.
    pub(crate) fn kept(args: &PlaceArgs) -> Result<Self, CliError> {
        let place = Self::of(args.store.as_ref(), args.namespace.as_deref())?;
        place.ok_or_else(|| {
            CliError::usage(
                "this is about jobs of a store: name one with --store DIR, or leave out `none` (in POGO_STORE too) for \
                 your own",
            )
        })
    }

    /// Where the store is.
    pub(crate) fn store(&self) -> &PlaceStore {
        &self.store
    }

    /// The directory of this machine that has what is local, the tokens too: that of the store, if it has one.
    pub(crate) fn local(&self) -> &Path {
        &self.local
    }

    pub(crate) fn namespace(&self) -> &NamespaceName {
        &self.namespace
    }

    /// What the dispatcher listens on.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory().join("socket")
    }

    /// What the dispatcher says of itself.
    pub(crate) fn log(&self) -> PathBuf {
        self.directory().join("dispatcher.log")
    }

    /// What is sent for jobs from elsewhere.
    pub(super) fn sent(&self) -> PathBuf {
        sent_dir(self.local(), self.namespace.as_str())
    }

    /// What jobs read that came through pipes.
    pub(super) fn inputs(&self) -> PathBuf {
        inputs_dir(&self.directory())
    }

    /// Whether a dispatcher ever had it, as far as this machine knows.
    pub(super) fn was_owned(&self) -> bool {
        match self.store {
            PlaceStore::Dir(_) => self.directory().join("owner").exists(),
            PlaceStore::At(_) => self.log().exists(),
            PlaceStore::Server(_) => true,
        }
    }

    /// Why nothing can be written to the store, if so.
    pub(super) fn only_readable(&self) -> Option<OnlyReadable> {
        match &self.store {
            PlaceStore::Dir(path) => OnlyReadable::of(path),
            PlaceStore::At(_) | PlaceStore::Server(_) => None,
        }
    }

    /// What is local of the namespace.
    pub(super) fn directory(&self) -> PathBuf {
        self.local.join("ns").join(self.namespace.to_string())
    }

    /// Makes what is local, if it is not there: a store in a directory, or the folder of one that is elsewhere.
    pub(crate) fn prepare(&self) -> Result<(), CliError> {
        match &self.store {
            PlaceStore::Dir(path) => open_directory(path).map(drop),
            PlaceStore::At(_) => {
                let directory = self.directory();
                let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
                made.map_err(|error| CliError::usage(format!("{}: {error}", directory.display())))
            }
            PlaceStore::Server(server) => Err(only_asked(server)),
        }
    }

    /// Opens the namespace; what is in a directory is made, if it is not there.
    pub(crate) async fn open(&self) -> Result<Box<dyn KeptNamespace>, CliError> {
        self.prepare()?;
        let name = self.namespace.as_str();
        Ok(match &self.store {
            PlaceStore::Dir(path) => {
                let namespace = open_directory(path)?.namespace(name);
                Box::new(namespace.map_err(crate::store::refused)?)
            }
            PlaceStore::At(address) => open_remote(address).await?.namespace(name)?,
            PlaceStore::Server(server) => return Err(only_asked(server)),
        })
    }

    /// As [`open`](Self::open), of a store that several machines have; `None` if it is in a directory.
    pub(crate) async fn open_remote(&self) -> Result<Option<Box<dyn RemoteNamespace>>, CliError> {
        match &self.store {
            PlaceStore::Dir(_) | PlaceStore::Server(_) => Ok(None),
            PlaceStore::At(address) => {
                let store = open_remote(address).await?;
                store.namespace(self.namespace.as_str()).map(Some)
            }
        }
    }
}

/// Where what jobs read is kept, of a namespace in this directory.
pub(crate) fn inputs_dir(namespace: &Path) -> PathBuf {
    namespace.join("inputs")
}

/// Where files are kept that were sent for jobs of a namespace: a directory for each, in which it has its own name.
pub(crate) fn sent_dir(store: &Path, namespace: &str) -> PathBuf {
    store.join("sent").join(namespace)
}

/// What is local of a server: nothing but a folder that is never made.
fn of_server(server: ServerAddress) -> Result<(PlaceStore, PathBuf), CliError> {
    let local = default_dir()?.with_file_name("pogo-server");
    Ok((PlaceStore::Server(server), local))
}

/// The refusal of what is done where a store is, and not from afar.
pub(crate) fn only_asked(server: &ServerAddress) -> CliError {
    CliError::usage(format!(
        "{server} is a server, and this is about a store that is at hand: name one with --store DIR, or ask whoever \
         runs the server"
    ))
}

fn in_directory(path: PathBuf) -> (PlaceStore, PathBuf) {
    (PlaceStore::Dir(path.clone()), path)
}

/// Makes the store, if it is not there, and checks that it can be used.
fn open_directory(path: &Path) -> Result<Store, CliError> {
    if let Some(why) = OnlyReadable::of(path) {
        return Err(why.refusal());
    }
    Store::open(path).map_err(|error| match &error {
        StoreError::Io(io) if is_of_the_place(io) => CliError::usage(format!("{error}; {ELSEWHERE}")),
        StoreError::NetworkFilesystem { .. } => CliError::usage(format!("{error}: {ELSEWHERE}")),
        _ => crate::store::refused(error),
    })
}

/// What to do where there can be no store.
const ELSEWHERE: &str =
    "name another directory with --store or POGO_STORE, or let `pogo run --store none` keep nothing";
