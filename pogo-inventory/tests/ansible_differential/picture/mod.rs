//! What Ansible and pogo read from the same inventory, to be compared.

pub(crate) mod oracle;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use pogo_core::fleet::{Connection, Fleet, HostRange};
use pogo_inventory::{AnsibleInventory, AnsibleScript, Diagnostic, InventoryError, Listing};
use serde_json::Value;

use crate::differential::{RefusedBy, Tally};
use crate::folder_of_files::folder_of_files;

/// Files of one inventory, the first of which is the inventory itself.
pub(crate) type Files<'f> = &'f [(&'f str, &'f str)];

/// What both sides have to agree on: hosts with their settings, groups with their members.
#[derive(Debug, PartialEq, Default)]
struct Picture {
    hosts: BTreeMap<String, Connection>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

fn ours(read: Result<Listing, InventoryError>) -> Picture {
    let read = read.unwrap_or_else(|error| panic!("{error}"));
    let fleet: Fleet = read.fleet.build().unwrap();
    let name = |host| fleet.name(host).to_string();
    let connection = |host| fleet.connection(host).cloned().unwrap_or_default();
    let outermost = fleet.tags().filter(|tag| !fleet.tag_path(*tag).as_str().contains('.'));
    // Ansible lists no groups without hosts.
    let outermost = outermost.filter(|tag| !fleet.members(*tag).is_empty());
    Picture {
        hosts: fleet.ids().map(|host| (name(host), connection(host))).collect(),
        groups: outermost
            .map(|tag| {
                let members = fleet.members(tag).iter().map(|host| name(*host)).collect();
                (fleet.tag_path(tag).to_string(), members)
            })
            .collect(),
    }
}

fn theirs(path: &Path) -> Picture {
    picture(&oracle::list(path).unwrap_or_else(|error| panic!("{error}")))
}

fn picture(list: &Value) -> Picture {
    let mut picture = Picture::default();
    let mut hosts = BTreeSet::new();
    for name in list.as_object().unwrap().keys().filter(|name| *name != "_meta") {
        let members = members(list, name);
        hosts.extend(members.iter().cloned());
        if !matches!(name.as_str(), "all" | "ungrouped") && !members.is_empty() {
            // What separates the parts of a tag.
            picture.groups.insert(name.replace('.', "_"), members);
        }
    }
    for host in hosts {
        let connection = connection(&host, &list["_meta"]["hostvars"][&host]);
        picture.hosts.insert(host, connection);
    }
    picture
}

/// The hosts of a group and of all groups within it.
fn members(list: &Value, group: &str) -> BTreeSet<String> {
    let below = names(&list[group]["children"]);
    let below = below.iter().flat_map(|child| members(list, child));
    names(&list[group]["hosts"]).into_iter().chain(below).collect()
}

fn names(list: &Value) -> Vec<String> {
    let names = list.as_array().cloned().unwrap_or_default();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The settings as Ansible's own SSH connection takes them from the variables: the later name wins.
fn connection(host: &str, vars: &Value) -> Connection {
    let text = |name: &str| match &vars[name] {
        Value::Null => None,
        Value::String(text) => Some(text.replace("{{ inventory_hostname }}", host)),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        other => Some(other.to_string()),
    };
    let one = |plain: &str, ssh: &str| text(ssh).or_else(|| text(plain));
    let key = one("ansible_private_key_file", "ansible_ssh_private_key_file");
    let mut connection = Connection::new();
    connection.address = one("ansible_host", "ansible_ssh_host").filter(|address| address != host);
    connection.port = one("ansible_port", "ansible_ssh_port").and_then(|port| port.trim().parse().ok());
    connection.user = one("ansible_user", "ansible_ssh_user");
    connection.vars = key.into_iter().map(|key| ("identity".to_owned(), key)).collect();
    connection
}

/// Reads an inventory on both sides. They agree on what it says or on refusing it, or differ as is known.
#[track_caller]
pub(crate) fn compare(name: &str, files: Files<'_>, tally: &mut Tally) {
    let folder = folder_of_files(name, files);
    let path = folder.path().join(files[0].0);
    let input = format!("{name}: {files:#?}");
    match (AnsibleInventory::read(&path), oracle::list(&path)) {
        (Ok(read), Ok(list)) => {
            let mut theirs = picture(&list);
            let left_out = left_out(&read.warnings);
            theirs.hosts.retain(|host, _| !left_out.hosts.contains(host));
            theirs
                .groups
                .values_mut()
                .for_each(|members| members.retain(|host| !left_out.hosts.contains(host)));
            theirs.groups.retain(|_, members| !members.is_empty());
            let mut ours = ours(Ok(read));
            let hidden = names(&list["ungrouped"]["children"]);
            for host in &hidden {
                ours.hosts.remove(host);
                theirs.hosts.remove(host);
            }
            assert_eq!(ours, theirs, "{input}");
            if !hidden.is_empty() {
                tally.differed(RefusedBy::Tool, ["the list shows a group in place of a host"], &input);
            } else if left_out.why.is_empty() {
                tally.agreed();
            } else {
                tally.differed(RefusedBy::Pogo, left_out.why.iter().map(String::as_str), &input);
            }
        }
        (Err(_), Err(_)) => tally.agreed(),
        (Err(ours), Ok(_)) => {
            let messages = ours.diagnostics().iter().map(|problem| problem.message.as_str());
            tally.differed(RefusedBy::Pogo, messages, &input);
        }
        (Ok(_), Err(theirs)) => tally.differed(RefusedBy::Tool, [theirs.as_str()], &input),
    }
}

/// The hosts that warnings say are left out, and why.
#[derive(Default)]
struct LeftOut {
    hosts: BTreeSet<String>,
    why: Vec<String>,
}

fn left_out(warnings: &[Diagnostic]) -> LeftOut {
    let mut left_out = LeftOut::default();
    for warning in warnings
        .iter()
        .filter_map(|warning| warning.message.strip_prefix("left out: "))
    {
        let (names, why) = warning.split_once(", for ").unwrap();
        left_out.why.push(why.to_owned());
        for range in ranges(names) {
            left_out.hosts.extend(range.parse::<HostRange>().unwrap().expand());
        }
    }
    left_out
}

/// The parts of a folded list; commas within brackets separate numbers.
fn ranges(list: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let between = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth == 0
    };
    list.split(between).map(str::to_owned).collect()
}

#[track_caller]
pub(crate) fn agrees(name: &str, files: Files<'_>) {
    if !oracle::is_there() {
        return;
    }
    let folder = folder_of_files(name, files);
    let path = folder.path().join(files[0].0);
    assert_eq!(ours(AnsibleInventory::read(&path)), theirs(&path), "{name}");
}

/// The same for a shell script.
#[cfg(unix)]
#[track_caller]
pub(crate) fn agrees_as_script(name: &str, script: &str) {
    if !oracle::is_there() {
        return;
    }
    let folder = folder_of_files(name, &[("source", &format!("#!/bin/sh\n{script}\n"))]);
    let path = folder.path().join("hosts");
    // Written by another process: a file that this one had open for writing might not be executable yet.
    let mut install = Command::new("install");
    install.args(["-m", "755"]).arg(folder.path().join("source")).arg(&path);
    assert!(install.status().unwrap().success());
    assert_eq!(ours(AnsibleScript::new(&path).read()), theirs(&path), "{name}");
}

/// The same of a folder of inventories, which are all of the files.
#[track_caller]
pub(crate) fn agrees_as_folder(name: &str, files: Files<'_>) {
    if !oracle::is_there() {
        return;
    }
    let inner: Vec<(String, &str)> = files
        .iter()
        .map(|(file, text)| (format!("inv/{file}"), *text))
        .collect();
    let inner: Vec<(&str, &str)> = inner.iter().map(|(file, text)| (file.as_str(), *text)).collect();
    let folder = folder_of_files(name, &inner);
    let path = folder.path().join("inv");
    assert_eq!(ours(AnsibleInventory::read(&path)), theirs(&path), "{name}");
}
