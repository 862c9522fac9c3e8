//! The store at an address that a command is about, and its namespaces.

use super::kept::{RemoteNamespace, RemoteStore};
use crate::cli::StoreAddress;
use crate::exit::CliError;

/// The namespace that is named, or all that the store has.
pub(super) async fn namespaces(
    store: &dyn RemoteStore,
    address: &StoreAddress,
    only: Option<&str>,
) -> Result<Vec<(String, Box<dyn RemoteNamespace>)>, CliError> {
    let known = store.namespaces().await?;
    if let Some(name) = only
        && !known.iter().any(|known| known == name)
    {
        return Err(super::opened::no_namespace(name, &address.to_string(), &known));
    }
    let taken = known.into_iter().filter(|name| only.is_none_or(|only| only == name));
    taken.map(|name| Ok((name.clone(), store.namespace(&name)?))).collect()
}
