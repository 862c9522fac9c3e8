//! `pogo inventory host`

use pogo_core::fleet::{HostName, HostRange, Selector};
use pogo_inventory::merge::{Gathered, SourceListing};
use serde::Serialize;

use super::gathered::{gather, settings};
use crate::cli::HostArgs;
use crate::exit::{CliError, Exit};
use crate::report::WithWarnings;
use crate::report::print_as;

/// A host with the origin of each tag and setting.
#[derive(Serialize)]
struct HostReport {
    name: HostName,
    /// Where sources list it.
    listed: Vec<String>,
    tags: Vec<TagOrigin>,
    settings: Vec<SettingOrigin>,
}

#[derive(Serialize)]
struct TagOrigin {
    tag: String,
    from: String,
}

#[derive(Serialize)]
struct SettingOrigin {
    setting: String,
    value: String,
    from: String,
    /// Whether it is this value that counts.
    counts: bool,
}

pub(super) fn host(args: &HostArgs) -> Result<Exit, CliError> {
    let gathered = gather(&args.common)?;
    let name: HostName = args.name.parse().map_err(CliError::usage)?;
    let wanted = Selector::Hosts(HostRange::single(&name));
    // Says which names are near.
    gathered.fleet.resolve(&wanted).map_err(CliError::usage)?;
    let report = report(&gathered, name);
    print_as(
        args.common.format,
        &WithWarnings::of(&report, &gathered),
        &report.text(),
    )?;
    Ok(Exit::Succeeded)
}

fn report(gathered: &Gathered, name: HostName) -> HostReport {
    let mut report = HostReport {
        name,
        listed: vec![],
        tags: vec![],
        settings: vec![],
    };
    let merged = &gathered.fleet;
    let effective = settings(merged.id(report.name.as_str()).and_then(|id| merged.connection(id)));
    for listing in &gathered.listings {
        report.add(listing, &effective);
    }
    report
}

impl HostReport {
    fn add(&mut self, listing: &SourceListing, effective: &[(String, String)]) {
        let Some(id) = listing.fleet.id(self.name.as_str()) else {
            return;
        };
        let listed = listing.origins.listed(id).map(|origin| origin.to_string());
        self.listed.push(listed.unwrap_or_else(|| listing.name.clone()));
        let known: Vec<TagOrigin> = listing
            .origins
            .tags(id)
            .into_iter()
            .map(|(tag, origin)| TagOrigin {
                tag: format!("${tag}"),
                from: origin.to_string(),
            })
            .collect();
        // A source without lines is at least a name.
        let others = listing
            .fleet
            .tags_of(id)
            .map(|tag| format!("${}", listing.fleet.tag_path(tag)));
        let others = others.filter(|tag| !known.iter().any(|known| known.tag == *tag));
        let others: Vec<TagOrigin> = others
            .map(|tag| TagOrigin {
                tag,
                from: listing.name.clone(),
            })
            .collect();
        self.tags.extend(known);
        self.tags.extend(others);
        for (setting, value) in settings(listing.fleet.connection(id)) {
            let origin = listing.origins.setting(id, &setting);
            let from = origin.map_or_else(|| listing.name.clone(), |origin| origin.to_string());
            let counts = effective
                .iter()
                .any(|(name, counts)| *name == setting && *counts == value);
            self.settings.push(SettingOrigin {
                setting,
                value,
                from,
                counts,
            });
        }
    }

    fn text(&self) -> String {
        let mut rows: Vec<(String, String)> = vec![];
        rows.extend(self.listed.iter().map(|from| ("listed".to_owned(), from.clone())));
        rows.extend(self.tags.iter().map(|tag| (tag.tag.clone(), tag.from.clone())));
        for setting in &self.settings {
            let left = format!("{} = {}", setting.setting, setting.value.escape_debug());
            let overruled = if setting.counts { "" } else { "  (overruled)" };
            rows.push((left, format!("{}{overruled}", setting.from)));
        }
        let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
        let lines = rows.iter().map(|(left, from)| format!("  {left:width$}  {from}\n"));
        format!("{}\n{}", self.name, lines.collect::<String>())
    }
}
