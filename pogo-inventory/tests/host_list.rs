//! Plain lists of hosts.
#![cfg(feature = "host-list")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_core::fleet::Fleet;
use pogo_inventory::{HostList, SourceSpec};
use proptest::prelude::*;

fn fleet(text: &str) -> Fleet {
    let read = HostList::parse("hosts.txt", text).unwrap_or_else(|error| panic!("{error}"));
    read.fleet.build().unwrap()
}

fn problems(text: &str) -> Vec<String> {
    let error = HostList::parse("hosts.txt", text).unwrap_err();
    let first = |problem: &pogo_inventory::Diagnostic| problem.to_string().lines().next().unwrap().to_owned();
    error.diagnostics().iter().map(first).collect()
}

#[test]
fn names_ranges_users_and_ports_are_read() {
    let text = "# front\nweb[01-02].example.com, web03  # two words\r\n\n  root@db1:2222\n[::1]:24\n::2\n\
        root@10.0.0.1\nweb03\n";
    let fleet = fleet(text);
    let shown: Vec<String> = fleet
        .ids()
        .map(|host| {
            let connection = fleet.connection(host).cloned().unwrap_or_default();
            format!("{} {:?} {:?}", fleet.name(host), connection.user, connection.port)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "web01.example.com None None",
            "web02.example.com None None",
            "web03 None None",
            "db1 Some(\"root\") Some(2222)",
            "::1 None Some(24)",
            "::2 None None",
            "10.0.0.1 Some(\"root\") None",
        ]
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    assert_eq!(
        problems("web1\n web2:ssh\n@web3\nweb4:0\nweb[3-1]\nweb*\n"),
        [
            "hosts.txt:2:2: `ssh` is not a port",
            "hosts.txt:3:1: the user before `@` is missing in `@web3`",
            "hosts.txt:4:1: `0` is not a port",
            "hosts.txt:5:5: `3-1` runs backwards; write the smaller number first",
            "hosts.txt:6:1: `web*` is a pattern, but hosts are listed by name",
        ]
    );
    assert_eq!(problems("# nobody\n"), ["hosts.txt:1:1: the list names no host"]);
}

#[test]
fn a_name_tells_what_it_is() {
    let kind = |text: &str| text.parse::<SourceSpec>().unwrap().to_string();
    assert_eq!(
        ["etc/hosts.txt", "-", "hosts:web"].map(kind),
        ["hosts:etc/hosts.txt", "hosts:-", "hosts:web"]
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a1@:,#\\[\\]\\- \n\t*$\u{202e}]{0,40}") {
        if let Err(error) = HostList::parse("f", &text) {
            prop_assert!(error.diagnostics().iter().all(|problem| problem.position.is_some()));
        }
    }
}
