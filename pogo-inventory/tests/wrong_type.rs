//! Files that are read as something else than they are: each type with the content of each other.
#![cfg(all(
    feature = "policy-file",
    feature = "pogo4-file",
    feature = "ansible",
    feature = "clustershell",
    feature = "genders",
    feature = "ssh-config",
    feature = "csv",
    feature = "json",
    feature = "toml",
    unix
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod one_of_each;

use std::fs;

use one_of_each::{EACH, read};

/// What one type's text says in another as well.
const BOTH: [(&str, &str); 1] = [
    // Words of `key=value` behind a host are its variables.
    ("ansible", "genders"),
];

#[test]
fn a_file_of_the_wrong_type_gets_a_guess() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (kind, _, _) in EACH {
        for (content, name, text) in EACH.iter().filter(|(content, _, _)| *content != kind) {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let cure = match *content {
                "policy" => format!("`-c {}`", path.display()),
                content => format!("`-i {content}:{}`", path.display()),
            };
            match read(kind, &path) {
                Ok(_) if BOTH.contains(&(kind, content)) => {}
                Ok(listing) => wrong.push(format!(
                    "{content} ({name}) is taken for {kind}: {} hosts",
                    listing.fleet.len()
                )),
                Err(error) if error.to_string().contains(&cure) => {}
                Err(error) => wrong.push(format!("{content} ({name}) as {kind}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} pairs:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_right_type_gets_no_guess() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name, text) in EACH {
        let path = folder.path().join(name);
        fs::write(&path, text.replacen("web1", "web[1-", 1)).unwrap();
        if let Err(error) = read(kind, &path) {
            assert!(!error.to_string().contains("is this "), "{kind}: {error}");
        }
    }
}

#[test]
fn what_is_no_source_at_all_gets_a_guess() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name, text, guess) in [
        (
            "json",
            "out.json",
            r#"{"ips": {"sensitive": false, "type": "string", "value": "10.0.0.1"}}"#,
            "an output of Terraform",
        ),
        (
            "json",
            "state.json",
            r#"{"format_version": "1.0", "terraform_version": "1.9", "values": {}}"#,
            "an output of Terraform",
        ),
        ("policy", "sources.yaml", "sources: [hosts.csv]\n", "`--sources "),
        ("csv", "list.sh", "#!/bin/sh\necho\n", "`-i command:"),
        ("policy", "inv.yml", "all:\n  hosts: { web1: }\n", "unknown key `all`"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let found = read(kind, &path).unwrap_err().to_string();
        assert!(found.contains(guess) && found.contains("is this "), "{found}");
    }
}

#[test]
fn an_inventory_of_ansible_is_known_by_its_variables_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "localhost ansible_connection=local\n",
        "web1\nweb2 ansible_host=10.0.0.2\n",
        "# all of them\n[all:vars]\nport=1\n",
        "[web:vars]\nport=1\n[web:children]\na\n",
        "[web]\nweb1\n",
    ] {
        let path = folder.path().join("hosts.ini");
        fs::write(&path, text).unwrap();
        let error = read("policy", &path).err().map(|error| error.to_string());
        let cure = format!("is this an Ansible inventory? `-i ansible:{}`", path.display());
        assert!(
            error.as_ref().is_some_and(|error| error.contains(&cure)),
            "{text}: {error:?}"
        );
    }
}
