//! The store that a command is about, and its namespaces.

use std::path::{Path, PathBuf};

use pogo_core::journal::JournalError;
use pogo_store::{Namespace, Store, StoreError};

use super::{OnlyReadable, default_dir};
use crate::cli::{StoreAt, StoreChoice};
use crate::exit::CliError;

/// The store that is named, or that of this user, to change what is in it. Nothing is created.
pub(super) fn open(at: &StoreAt) -> Result<Store, CliError> {
    let path = directory(at.store.as_ref())?;
    match OnlyReadable::of(&path) {
        Some(why) => Err(why.refusal()),
        None => Store::open_existing(path).map_err(refused),
    }
}

/// As [`open`], to read it.
pub(crate) fn open_to_look(store: Option<&StoreChoice>) -> Result<Store, CliError> {
    let path = directory(store)?;
    match OnlyReadable::of(&path) {
        Some(_) => open_to_read(&path),
        None => Store::open_existing(path).map_err(refused),
    }
}

/// Opens a store of which nothing is to be written.
pub(crate) fn open_to_read(path: &Path) -> Result<Store, CliError> {
    Store::open_read_only(path).map_err(unreadable)
}

/// That another user keeps this one away is no defect.
pub(crate) fn unreadable(error: StoreError) -> CliError {
    match error {
        StoreError::Io(io) if io.kind() == std::io::ErrorKind::PermissionDenied => {
            CliError::NotAllowed(format!("{io}; ask its user, or run this as that user"))
        }
        error => refused(error),
    }
}

fn directory(store: Option<&StoreChoice>) -> Result<PathBuf, CliError> {
    match store {
        Some(StoreChoice::Dir(path)) => std::path::absolute(path).map_err(CliError::usage),
        // That jobs are not kept now removes no store.
        Some(StoreChoice::None) | None => default_dir(),
        Some(StoreChoice::At(address)) => Err(CliError::usage(format!(
            "this is about stores in directories, and {address} is none; name one with --store DIR"
        ))),
        Some(StoreChoice::Server(url)) => Err(CliError::usage(format!(
            "{url} is a server, and this is about a store that is at hand: name one with --store DIR"
        ))),
        Some(StoreChoice::Invalid(message)) => Err(CliError::usage(message)),
    }
}

/// The refusal of a namespace that a store does not have.
pub(crate) fn no_namespace(name: &str, store: &str, known: &[String]) -> CliError {
    let has = match known.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has {}", known.join(", ")),
    };
    CliError::usage(format!("there is no namespace `{name}` in {store}; {has}"))
}

/// The namespace that is named, or all that the store has.
pub(super) fn namespaces(store: &Store, only: Option<&str>) -> Result<Vec<(String, Namespace)>, CliError> {
    let known = store.namespaces().map_err(refused)?;
    if let Some(name) = only
        && !known.iter().any(|known| known == name)
    {
        return Err(no_namespace(name, &store.path().display().to_string(), &known));
    }
    let taken = known.into_iter().filter(|name| only.is_none_or(|only| only == name));
    let opened = taken.map(|name| Ok((name.clone(), store.namespace(&name)?)));
    opened.collect::<Result<_, StoreError>>().map_err(refused)
}

/// Whether the user or the disk can help.
pub(crate) fn refused(error: StoreError) -> CliError {
    match error {
        StoreError::Io(_) | StoreError::Damaged { .. } => CliError::broken(error),
        StoreError::Journal(JournalError::Held { owner, since, .. }) => CliError::usage(format!(
            "somebody owns the store: {owner}, since {}; stop that process, or wait for its end",
            since.utc()
        )),
        StoreError::Journal(_) => CliError::broken(error),
        _ => CliError::usage(error),
    }
}

/// Waits for the store, which works on threads of its own.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, CliError> {
    wait_for(async { work.await.map_err(refused) })
}

/// Waits for a store of whichever kind.
pub(crate) fn wait_for<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(CliError::broken)?.block_on(work)
}
