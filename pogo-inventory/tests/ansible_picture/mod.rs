//! What Ansible and pogo read from the same inventory, to be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pogo_core::fleet::{Connection, Fleet};
use pogo_inventory::{AnsibleHosts, AnsibleInventory, AnsibleScript, SourceError};
use serde_json::Value;

/// Files of one inventory, the first of which is the inventory itself.
pub(crate) type Files<'f> = &'f [(&'f str, &'f str)];

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: Files<'_>) -> Self {
        let path = std::env::temp_dir().join(format!("pogo-ansible-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        fs::write(path.join("ansible.cfg"), "[defaults]\n").unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What both sides have to agree on: hosts with their settings, groups with their members.
#[derive(Debug, PartialEq, Default)]
struct Picture {
    hosts: BTreeMap<String, Connection>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

fn ours(read: Result<AnsibleHosts, SourceError>) -> Picture {
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
    let output = Command::new("ansible-inventory")
        .args(["--list", "-i"])
        .arg(path)
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1")
        .env("ANSIBLE_CONFIG", path.with_file_name("ansible.cfg"))
        .current_dir(path.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut picture = Picture::default();
    let mut hosts = BTreeSet::new();
    for name in list.as_object().unwrap().keys().filter(|name| *name != "_meta") {
        let members = members(&list, name);
        hosts.extend(members.iter().cloned());
        if !matches!(name.as_str(), "all" | "ungrouped") && !members.is_empty() {
            picture.groups.insert(name.clone(), members);
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
    let names = |key: &str| -> Vec<String> {
        let names = list[group][key].as_array().cloned().unwrap_or_default();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let below = names("children").into_iter().flat_map(|child| members(list, &child));
    names("hosts").into_iter().chain(below).collect()
}

/// The settings as Ansible's own SSH connection takes them from the variables: the later name wins.
fn connection(host: &str, vars: &Value) -> Connection {
    let text = |name: &str| match &vars[name] {
        Value::Null => None,
        Value::String(text) => Some(text.replace("{{ inventory_hostname }}", host)),
        other => Some(other.to_string()),
    };
    let one = |plain: &str, ssh: &str| text(ssh).or_else(|| text(plain));
    let key = one("ansible_private_key_file", "ansible_ssh_private_key_file");
    Connection {
        address: one("ansible_host", "ansible_ssh_host").filter(|address| address != host),
        port: one("ansible_port", "ansible_ssh_port").map(|port| port.parse().unwrap()),
        user: one("ansible_user", "ansible_ssh_user"),
        vars: key.into_iter().map(|key| ("identity".to_owned(), key)).collect(),
    }
}

fn is_there() -> bool {
    let found = Command::new("ansible-inventory")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert!(
            std::env::var_os("POGO_REQUIRE_ANSIBLE").is_none_or(|value| value != "1"),
            "POGO_REQUIRE_ANSIBLE=1, but there is no ansible-inventory"
        );
        eprintln!("LEFT OUT: ansible-inventory is missing (apt-get install ansible-core)");
    }
    found
}

#[track_caller]
pub(crate) fn agrees(name: &str, files: Files<'_>) {
    if !is_there() {
        return;
    }
    let folder = Folder::new(name, files);
    let path = folder.0.join(files[0].0);
    assert_eq!(ours(AnsibleInventory::read(&path)), theirs(&path), "{name}");
}

/// The same for a shell script.
#[cfg(unix)]
#[track_caller]
pub(crate) fn agrees_as_script(name: &str, script: &str) {
    if !is_there() {
        return;
    }
    let folder = Folder::new(name, &[("source", &format!("#!/bin/sh\n{script}\n"))]);
    let path = folder.0.join("hosts");
    // Written by another process: a file that this one had open for writing might not be executable yet.
    let mut install = Command::new("install");
    install.args(["-m", "755"]).arg(folder.0.join("source")).arg(&path);
    assert!(install.status().unwrap().success());
    assert_eq!(ours(AnsibleScript::new(&path).read()), theirs(&path), "{name}");
}

/// The same of a folder of inventories, which are all of the files.
#[track_caller]
pub(crate) fn agrees_as_folder(name: &str, files: Files<'_>) {
    if !is_there() {
        return;
    }
    let inner: Vec<(String, &str)> = files
        .iter()
        .map(|(file, text)| (format!("inv/{file}"), *text))
        .collect();
    let inner: Vec<(&str, &str)> = inner.iter().map(|(file, text)| (file.as_str(), *text)).collect();
    let folder = Folder::new(name, &inner);
    let path = folder.0.join("inv");
    assert_eq!(ours(AnsibleInventory::read(&path)), theirs(&path), "{name}");
}
