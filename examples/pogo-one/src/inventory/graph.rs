//! `pogo inventory graph`

use pogo_core::fleet::{Fleet, TagId};
use serde::Serialize;

use super::gathered::gather;
use crate::cli::GraphArgs;
use crate::exit::{CliError, Exit};
use crate::report::WithWarnings;
use crate::report::print_as;

/// A group, and the groups within it.
#[derive(Serialize)]
struct GroupNode {
    /// The last part of the tag.
    name: String,
    /// Its selector.
    selector: String,
    hosts: usize,
    groups: Vec<GroupNode>,
}

pub(super) fn graph(args: &GraphArgs) -> Result<Exit, CliError> {
    let gathered = gather(args)?;
    let root = all(&gathered.fleet);
    let mut text = format!("all hosts ({})\n", root.hosts);
    branches(&root.groups, "", &mut text);
    print_as(args.format, &WithWarnings::of(&root, &gathered), &text)?;
    Ok(Exit::Succeeded)
}

fn all(fleet: &Fleet) -> GroupNode {
    let tops = fleet.tags().filter(|&tag| !fleet.tag_path(tag).as_str().contains('.'));
    GroupNode {
        name: "all hosts".to_owned(),
        selector: "*".to_owned(),
        hosts: fleet.len(),
        groups: tops.map(|tag| group(fleet, tag)).collect(),
    }
}

fn group(fleet: &Fleet, tag: TagId) -> GroupNode {
    let path = fleet.tag_path(tag).as_str();
    GroupNode {
        name: path.rsplit('.').next().unwrap_or(path).to_owned(),
        selector: format!("${path}"),
        hosts: fleet.members(tag).len(),
        groups: fleet.children(tag).iter().map(|&child| group(fleet, child)).collect(),
    }
}

fn branches(groups: &[GroupNode], indentation: &str, text: &mut String) {
    for (left, group) in (0..groups.len()).rev().zip(groups) {
        let (fork, line) = if left > 0 {
            ("├── ", "│   ")
        } else {
            ("└── ", "    ")
        };
        text.push_str(&format!("{indentation}{fork}{} ({})\n", group.name, group.hosts));
        branches(&group.groups, &format!("{indentation}{line}"), text);
    }
}
