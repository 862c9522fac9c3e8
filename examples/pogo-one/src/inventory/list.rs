//! `pogo inventory list`

use std::collections::BTreeMap;

use pogo_core::fleet::{Fleet, HostId, HostName};
use serde::Serialize;

use super::gathered::{gather, settings};
use crate::cli::ListArgs;
use crate::exit::{CliError, Exit};
use crate::report::print_as;

/// A host of the list.
#[derive(Serialize)]
struct HostRow<'f> {
    name: &'f HostName,
    tags: Vec<&'f str>,
    settings: BTreeMap<String, String>,
}

pub(super) fn list(args: &ListArgs) -> Result<Exit, CliError> {
    let gathered = gather(&args.common)?;
    let fleet = &*gathered.fleet;
    let hosts = match &args.targets {
        Some(targets) => fleet.resolve(targets).map_err(CliError::usage)?,
        None => fleet.ids().collect(),
    };
    let mut tags = tags(fleet);
    let row = |host: HostId| HostRow {
        name: fleet.name(host),
        tags: tags.get_mut(host.index()).map(std::mem::take).unwrap_or_default(),
        settings: settings(fleet.connection(host)).into_iter().collect(),
    };
    let rows: Vec<HostRow<'_>> = hosts.into_iter().map(row).collect();
    let width = rows
        .iter()
        .map(|row| row.name.as_str().chars().count())
        .max()
        .unwrap_or(0);
    let text: String = rows.iter().map(|row| row.line(width)).collect();
    print_as(args.common.format, &rows, &text)?;
    Ok(Exit::Succeeded)
}

impl HostRow<'_> {
    fn line(&self, width: usize) -> String {
        let tags = self.tags.iter().map(|tag| format!("${tag}"));
        let settings = self.settings.iter();
        let settings = settings.map(|(name, value)| format!("{name}={}", value.escape_debug()));
        let words: Vec<String> = tags.chain(settings).collect();
        format!("{:width$}  {}", self.name, words.join(" "))
            .trim_end()
            .to_owned()
            + "\n"
    }
}

/// The tags of each host: looking at each tag once is faster than at each host.
fn tags(fleet: &Fleet) -> Vec<Vec<&str>> {
    let mut tags = vec![Vec::new(); fleet.len()];
    for tag in fleet.tags() {
        for host in fleet.carriers(tag) {
            if let Some(tags) = tags.get_mut(host.index()) {
                tags.push(fleet.tag_path(tag).as_str());
            }
        }
    }
    tags
}
