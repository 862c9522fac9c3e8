//! Each source knows which line says what.
#![cfg(all(
    feature = "ansible",
    feature = "clustershell",
    feature = "csv",
    feature = "genders",
    feature = "policy-file",
    feature = "pogo4-file"
))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use futures::executor::block_on;
use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{AnsibleInventory, ClusterShellGroups, GendersFile, Inventory, Listing, Pogo4File, PolicyFile};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What a source says of a host, with the lines that say so.
    fn origins_of(&self, source: &dyn Inventory, host: &str) -> Vec<String> {
        let listing = block_on(source.load()).unwrap();
        let short = |text: String| text.replace(&format!("{}/", self.0.path().display()), "");
        let lines = origins_of(&listing, host);
        lines.into_iter().map(short).collect()
    }
}

fn origins_of(Listing { fleet, origins, .. }: &Listing, host: &str) -> Vec<String> {
    let fleet = fleet.clone().build().unwrap();
    let id = fleet.id(host).unwrap();
    let mut lines = vec![format!("listed {}", origins.listed(id).unwrap())];
    lines.extend(
        origins
            .tags(id)
            .into_iter()
            .map(|(tag, origin)| format!("{tag} {origin}")),
    );
    for setting in ["address", "port", "user", "identity"] {
        let origin = origins.setting(id, setting);
        lines.extend(origin.map(|origin| format!("{setting} {origin}")));
    }
    lines
}

#[test]
fn policy_files_know_their_lines_and_those_of_files_they_include() {
    let folder = Folder::new();
    folder.write("more.yaml", "host:\n  web2: { port: 2222 }\n");
    let path = folder.write(
        "p.yaml",
        "include: more.yaml\ntag:\n  web: [\"web[1-3]\", db1]\n  all: [\"web*\"]\n",
    );
    let said = folder.origins_of(&PolicyFile::new(&path), "web2");
    let lines = [
        "listed more.yaml:2:3",
        "web p.yaml:3:9",
        "all p.yaml:4:9",
        "port more.yaml:2:3",
    ];
    assert_eq!(said, lines);
    let listing = block_on(PolicyFile::new(&path).load()).unwrap();
    assert_eq!(listing.files.len(), 2);
    assert!(listing.policy.is_some());
}

#[test]
fn tables_know_the_rows() {
    let folder = Folder::new();
    let path = folder.write(
        "h.csv",
        "name,tags,address\nweb1,web,10.0.0.1\nweb2,web colo.east,10.0.0.2\n",
    );
    let table = TableFile::new(path, Format::Csv, Mapping::default());
    let lines = [
        "listed h.csv:3:1",
        "web h.csv:3:1",
        "colo.east h.csv:3:1",
        "address h.csv:3:1",
    ];
    assert_eq!(folder.origins_of(&table, "web2"), lines);
}

#[test]
fn ansible_inventories_know_the_line_in_each_group_and_the_file_of_each_variable() {
    let folder = Folder::new();
    folder.write("group_vars/web.yml", "ansible_user: deploy\n");
    let path = folder.write(
        "hosts.ini",
        "[web]\nweb[1:3] ansible_port=2222\n[canary]\nweb2\n[prod:children]\nweb\n",
    );
    let lines = [
        "listed hosts.ini:2:1",
        "web hosts.ini:2:1",
        "prod.web hosts.ini:2:1",
        "canary hosts.ini:4:1",
        "port hosts.ini:2:10",
        "user group_vars/web.yml:1:15",
    ];
    assert_eq!(folder.origins_of(&AnsibleInventory::new(&path), "web2"), lines);
    let files = block_on(AnsibleInventory::new(&path).load()).unwrap().files;
    let read = |name: &str| files.iter().any(|file| file == &folder.0.path().join(Path::new(name)));
    // A folder that is not there may come.
    assert!(read("hosts.ini") && read("group_vars") && read("group_vars/web.yml") && read("host_vars"));
}

#[test]
fn group_files_know_their_lines() {
    let folder = Folder::new();
    let genders = folder.write("genders", "web[1-3]\tweb,colo=east\nweb2\tcanary\n");
    let lines = [
        "listed genders:1:1",
        "web genders:1:10",
        "colo.east genders:1:14",
        "canary genders:2:6",
    ];
    assert_eq!(folder.origins_of(&GendersFile::new(genders), "web2"), lines);
    let groups = folder.write("groups.yaml", "roles:\n  web: 'web[1-3]'\n  all: '@web'\n");
    let lines = [
        "listed groups.yaml:2:3",
        "roles.web groups.yaml:2:3",
        "roles.all groups.yaml:3:3",
    ];
    assert_eq!(folder.origins_of(&ClusterShellGroups::new(groups), "web2"), lines);
    let pogo4 = folder.write("p4.yaml", "apps:\n  web: [web1]\nenvs:\n  coast: { east: [web1] }\n");
    let lines = ["listed p4.yaml:2:9", "web p4.yaml:2:9", "coast.east p4.yaml:4:19"];
    assert_eq!(folder.origins_of(&Pogo4File::new(pogo4), "web1"), lines);
}
