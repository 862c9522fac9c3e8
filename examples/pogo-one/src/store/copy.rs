//! `pogo store copy`

use std::path::Path;

use pogo_store::{Copied, Store};
use serde_json::json;

use super::info::counted;
use super::kept::{local_dir, open_remote, refuse_exposed};
use super::opened::{open_to_look, refused, wait, wait_for};
use super::prune::now;
use super::size::size;
use crate::cli::{CopyArgs, StoreAddress, StoreChoice};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) fn copy(args: &CopyArgs) -> Result<Exit, CliError> {
    let (from, to) = match &*args.from_to {
        [to] => (args.at.store.as_ref(), to),
        [from, to] => (Some(from), to),
        _ => return Err(CliError::usage("name the copy, and before it the store that is copied")),
    };
    let (from, to, copied) = match (from, to) {
        (_, StoreChoice::Invalid(message)) => return Err(CliError::usage(message)),
        (Some(StoreChoice::Server(url)), _) | (_, StoreChoice::Server(url)) => {
            return Err(CliError::usage(format!(
                "{url} is a server, whose store is copied where it is"
            )));
        }
        (_, StoreChoice::None) => return Err(CliError::usage("`none` is no store that could be written")),
        (Some(StoreChoice::At(from)), to) => from_address(from, to)?,
        (from, StoreChoice::At(to)) => to_address(&open_to_look(from)?, to)?,
        (from, StoreChoice::Dir(to)) => {
            let store = open_to_look(from)?;
            let copied = wait(store.copy(to, now()))?;
            (store.path().display().to_string(), to.display().to_string(), copied)
        }
    };
    let what = match (copied.records, copied.inputs) {
        (0, _) => format!("{} files", copied.files),
        (records, 0) => format!("{records} records"),
        (records, inputs) => format!("{records} records and {} that jobs read", counted(inputs, "file")),
    };
    let text = format!(
        "copied {} of {from} to {to}: {what}, {}; each was read again\n",
        copied.namespaces.join(", "),
        size(copied.bytes)
    );
    let value = json!({
        "from": from,
        "to": to,
        "namespaces": copied.namespaces,
        "files": copied.files,
        "records": copied.records,
        "inputs": copied.inputs,
        "bytes": copied.bytes,
    });
    print_as(args.at.format, &value, &text)?;
    Ok(Exit::Succeeded)
}

/// The store that was copied, the copy, and what that was.
type Done = (String, String, Copied);

#[cfg_attr(
    not(any(feature = "postgres", feature = "zookeeper")),
    allow(unused, reason = "there is no address then")
)]
fn from_address(from: &StoreAddress, to: &StoreChoice) -> Result<Done, CliError> {
    let (text, now) = (from.to_string(), now());
    wait_for(async {
        let source = open_remote(from).await?;
        let source = source.to_copy(&local_dir(from)?, now).await?;
        let (to, copied) = match to {
            StoreChoice::At(to) => {
                refuse_exposed(to)?;
                let target = open_remote(to).await?;
                (to.to_string(), target.copy_from(source, &local_dir(to)?, now).await?)
            }
            StoreChoice::Dir(to) => {
                let copied = source.to_directory(to, now).await.map_err(refused)?;
                (path(to), copied)
            }
            StoreChoice::None | StoreChoice::Server(_) | StoreChoice::Invalid(_) => {
                return Err(CliError::usage("that is no store"));
            }
        };
        Ok((text, to, copied))
    })
}

fn to_address(from: &Store, to: &StoreAddress) -> Result<Done, CliError> {
    wait_for(async {
        let target = open_remote(to).await?;
        let source = from.to_copy().await.map_err(refused)?;
        let copied = target.copy_from(source, &local_dir(to)?, now()).await?;
        Ok((path(from.path()), to.to_string(), copied))
    })
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
