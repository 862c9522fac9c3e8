//! `pogo store check` of a store that several machines have.

use serde_json::{Value, json};

use super::kept::RemoteStore;
use super::remote_opened::namespaces;
use crate::cli::{PlanFormat, StoreAddress};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) async fn check(
    store: &dyn RemoteStore,
    address: &StoreAddress,
    (only, format): (Option<&str>, PlanFormat),
) -> Result<Exit, CliError> {
    let (mut text, mut rows) = (String::new(), Vec::<Value>::new());
    for (name, namespace) in namespaces(store, address, only).await? {
        for damage in namespace.check().await? {
            let (location, message, cure) = (damage.location, damage.message, damage.cure);
            text.push_str(&format!("{location} of {name}: {message}; {cure}\n"));
            rows.push(json!({ "namespace": name, "table": location, "message": message, "cure": cure }));
        }
    }
    let is_whole = rows.is_empty();
    if is_whole {
        text = format!("{address}: nothing is damaged\n");
    }
    print_as(format, &json!({ "damage": rows }), &text)?;
    Ok(match is_whole {
        true => Exit::Succeeded,
        false => Exit::Failed,
    })
}
