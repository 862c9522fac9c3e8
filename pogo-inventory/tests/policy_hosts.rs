//! The `host` section, and patterns in tags.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod short_problems;

use pogo_core::fleet::{Connection, Fleet};
use pogo_inventory::PolicyFile;

use short_problems::short_problems;

fn fleet(text: &str) -> Fleet {
    let (fleet, _) = PolicyFile::parse("pogo.yaml", text)
        .unwrap_or_else(|error| panic!("{error}"))
        .into_parts();
    fleet.build().unwrap()
}

fn problem(text: &str) -> String {
    let error = PolicyFile::parse("pogo.yaml", text).unwrap_err();
    short_problems(&error).remove(0)
}

#[test]
fn a_host_says_how_it_is_reached() {
    let text = "
tag: { web: [web1, web2] }
host:
  web1: { address: 10.0.0.1, port: 2222 }
  'web[1-2]': { user: deploy, vars: { identity: ~/.ssh/deploy } }
  db1:
";
    let fleet = fleet(text);
    let connection = |name: &str| fleet.connection(fleet.id(name).unwrap()).cloned().unwrap_or_default();
    let expected = Connection::new().user("deploy").var("identity", "~/.ssh/deploy");
    assert_eq!(connection("web1"), expected.clone().address("10.0.0.1").port(2222));
    assert_eq!(connection("web2"), expected);
    assert_eq!(connection("db1"), Connection::default());
}

#[test]
fn patterns_in_tags_find_hosts_named_anywhere() {
    let fleet = fleet("tag: { web: ['web?', 'x*'], colo.na: [web1, web10, xa] }\nhost: { web2: }");
    let members = fleet.members(fleet.tag(&"web".parse().unwrap()).unwrap());
    let names: Vec<&str> = members.iter().map(|host| fleet.name(*host).as_str()).collect();
    assert_eq!(names, ["web1", "xa", "web2"]);
}

#[test]
fn contradictions_and_slips_are_reported() {
    for (text, expected) in [
        (
            "host:\n  web1: { port: 22 }\n  web[1-2]: { port: 23 }\n",
            "3:3 `web1` has two values for port: `22` and `23` (the first is in pogo.yaml:2:3; take one out)",
        ),
        (
            "host: { web1: { adress: x } }",
            "1:17 unknown key `adress` in a host (did you mean `address`?)",
        ),
        (
            "host: { web1: { port: ssh } }",
            "1:23 expected a port from 1 to 65535, found `ssh` (for example `port: 2222`)",
        ),
        (
            "host: { 'web[1-2]': { address: x } }",
            "1:9 2 hosts cannot share the address `x` (give each host an entry of its own)",
        ),
        (
            "host: { 'web*': { user: x } }",
            "1:9 `web*` is a pattern, but hosts are listed by name (write the names, or a range such as web[1-9])",
        ),
        (
            "host: [web1]",
            "1:7 expected a map from hosts to settings, found a list \
             (for example `host: { web1: { address: 10.0.0.1, port: 2222 } }`)",
        ),
    ] {
        assert_eq!(problem(text), expected);
    }
}
