//! Where the dispatcher of a namespace is.

use std::io;
use std::path::{Path, PathBuf};

use pogo_api::wire::NamespaceName;
use pogo_store::{Store, StoreError};

use crate::cli::{PlaceArgs, StoreChoice};
use crate::exit::CliError;
use crate::store::default_dir;

/// A namespace of a store.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    store: PathBuf,
    namespace: NamespaceName,
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
    pub(crate) fn of(store: Option<&StoreChoice>, namespace: Option<&str>) -> Result<Option<Self>, CliError> {
        let store = match store {
            Some(StoreChoice::None) => return Ok(None),
            Some(StoreChoice::Dir(path)) => std::path::absolute(path).map_err(CliError::usage)?,
            None => default_dir()?,
        };
        let namespace = namespace.unwrap_or(Self::NAMESPACE);
        let namespace = namespace.parse().map_err(CliError::usage)?;
        Ok(Some(Self { store, namespace }))
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

    /// The directory of the store.
    pub(crate) fn store(&self) -> &Path {
        &self.store
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

    /// What jobs read that came through pipes.
    pub(super) fn inputs(&self) -> PathBuf {
        self.directory().join("inputs")
    }

    /// Whether a dispatcher ever had it.
    pub(super) fn was_owned(&self) -> bool {
        self.directory().join("owner").exists()
    }

    fn directory(&self) -> PathBuf {
        self.store.join("ns").join(self.namespace.to_string())
    }

    /// Makes the store, if it is not there, and checks that it can be used.
    pub(super) fn open(&self) -> Result<Store, CliError> {
        Store::open(&self.store).map_err(|error| match &error {
            StoreError::Io(io) if is_of_the_place(io) => CliError::usage(format!(
                "{error}; name another directory with --store, or keep nothing with --store none"
            )),
            _ => crate::store::refused(error),
        })
    }
}
