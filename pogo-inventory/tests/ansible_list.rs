//! What `ansible-inventory --list` prints, and the way to it from inventories that are refused.
#![cfg(feature = "ansible")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;

use pogo_inventory::{AnsibleInventory, AnsibleList};

const PRINTED: &str = r#"{
    "_meta": {
        "hostvars": {
            "db1": {"ansible_connection": "local"},
            "web1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "rack": {"__ansible_vault": "x"}}
        }
    },
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["web"]},
    "ungrouped": {"hosts": ["db1"]},
    "web": {"hosts": ["web1"]}
}"#;

#[test]
fn groups_hosts_and_settings_are_taken_over() {
    let read = AnsibleList::parse("hosts.json", PRINTED).unwrap();
    assert!(read.warnings[0].message.contains("`db1` is not reached by SSH"));
    let fleet = read.fleet.build().unwrap();
    let web1 = fleet.id("web1").unwrap();
    let connection = fleet.connection(web1).unwrap();
    assert_eq!(
        (connection.address.as_deref(), connection.port),
        (Some("10.0.0.1"), Some(2222))
    );
    let tags: Vec<String> = fleet.tags_of(web1).map(|tag| fleet.tag_path(tag).to_string()).collect();
    assert!(
        tags.contains(&"prod.web".to_owned()) && tags.contains(&"web".to_owned()),
        "{tags:?}"
    );
    assert_eq!(fleet.len(), 2);
}

#[test]
fn what_it_does_not_print_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        "{\"web\": {\"hosts\": [\"web1\"]}}",
        "{\"_meta\": {}, \"web\": {\"hosts\": [\"web1\"]}}",
        "{\"_meta\": {\"hostvars\": []}}",
        "all:\n  children:\n    web:\n      hosts:\n        web1: {}\n",
        "@all:\n  |--@ungrouped:\n",
    ] {
        let found = AnsibleList::parse("hosts.json", text).unwrap_err().to_string();
        assert!(found.starts_with("hosts.json:"), "{text}: {found}");
    }
}

#[test]
fn every_inventory_that_is_refused_names_the_way_through_ansible() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("template.ini", "web1 ansible_host={{ lookup('dig', 'web1') }}\n"),
        ("plugin.yml", "plugin: amazon.aws.aws_ec2\n"),
        ("range.ini", "web[1:\n"),
        ("port.yml", "all: { hosts: { web1: { ansible_port: many } } }\n"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let found = AnsibleInventory::read(&path).unwrap_err().to_string();
        let way = format!(
            "`ansible-inventory -i {} --list > FILE`, and the source `ansible-list:FILE`",
            path.display()
        );
        assert!(found.contains(&way), "{found}");
    }
}
