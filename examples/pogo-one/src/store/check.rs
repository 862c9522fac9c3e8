//! `pogo store check`

use serde_json::{Value, json};

use super::kept::open_remote;
use super::opened::{namespaces, open_to_look, wait, wait_for};
use super::remote_check;
use crate::cli::{StoreChoice, StoreInfoArgs};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) fn check(args: &StoreInfoArgs) -> Result<Exit, CliError> {
    if let Some(StoreChoice::At(address)) = &args.at.store {
        return wait_for(async {
            let store = open_remote(address).await?;
            remote_check::check(&*store, address, (args.namespace.as_deref(), args.at.format)).await
        });
    }
    let store = open_to_look(args.at.store.as_ref())?;
    let mut damage = vec![];
    for (_, namespace) in namespaces(&store, args.namespace.as_deref())? {
        damage.extend(wait(async { namespace.check().await })?);
    }
    let text = match damage.is_empty() {
        true => format!("{}: nothing is damaged\n", store.path().display()),
        false => damage.iter().map(|it| format!("{it}\n")).collect(),
    };
    let rows: Vec<Value> = damage
        .iter()
        .map(|it| json!({ "file": it.file.display().to_string(), "message": it.message, "cure": it.cure }))
        .collect();
    print_as(args.at.format, &json!({ "damage": rows }), &text)?;
    Ok(match damage.is_empty() {
        true => Exit::Succeeded,
        false => Exit::Failed,
    })
}
