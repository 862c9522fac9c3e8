//! `pogo store prune` of a store that several machines have.

use pogo_store::Retention;
use serde_json::{Value, json};

use super::kept::{RemoteStore, RemovedParts};
use super::remote_opened::namespaces;
use super::size::size;
use crate::cli::{PruneArgs, StoreAddress};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) async fn prune(store: &dyn RemoteStore, address: &StoreAddress, args: &PruneArgs) -> Result<Exit, CliError> {
    if !args.job.is_empty() || args.max_size.is_some() {
        return Err(CliError::usage(format!(
            "{address} removes whole days and jobs by their age: give --older-than or --events-older-than"
        )));
    }
    let mut keep = Retention::new();
    if let Some(age) = args.older_than {
        keep = keep.age(age);
    }
    if let Some(age) = args.events_older_than {
        keep = keep.events(age);
    }
    let mut all = vec![];
    for (name, namespace) in namespaces(store, address, args.namespace.as_deref()).await? {
        all.push((name, namespace.prune(keep).await?));
    }
    let rows: Vec<Value> = all
        .iter()
        .map(|(name, removed)| json!({ "namespace": name, "parts": removed.names, "bytes": removed.bytes }))
        .collect();
    let text: String = all.iter().map(|(name, removed)| text(name, removed)).collect();
    print_as(args.at.format, &json!({ "removed": rows }), &text)?;
    Ok(Exit::Succeeded)
}

fn text(namespace: &str, removed: &RemovedParts) -> String {
    let names = removed.names.join(", ");
    match (names.is_empty(), removed.bytes) {
        (true, _) => format!("{namespace}: there was nothing to remove\n"),
        (false, Some(bytes)) => format!("{namespace}: removed {names} ({})\n", size(bytes)),
        (false, None) => format!("{namespace}: removed the output of {names}\n"),
    }
}
