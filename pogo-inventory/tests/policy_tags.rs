//! Every accepted form of the `tag` section, and which hosts it gives which tags.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_core::fleet::Fleet;
use pogo_inventory::PolicyFile;

fn fleet(text: &str) -> Fleet {
    let (fleet, _) = PolicyFile::parse("pogo.yaml", text)
        .unwrap_or_else(|error| panic!("{error}"))
        .into_parts();
    fleet.build().unwrap()
}

/// Each tag with its members, `tag=host,host`.
fn tags(text: &str) -> Vec<String> {
    let fleet = fleet(text);
    let members = |tag| -> Vec<String> {
        let hosts = fleet.members(tag).iter();
        hosts.map(|host| fleet.name(*host).to_string()).collect()
    };
    fleet
        .tags()
        .map(|tag| format!("{}={}", fleet.tag_path(tag), members(tag).join(",")))
        .collect()
}

#[test]
fn a_tag_lists_hosts_and_ranges() {
    assert_eq!(
        tags("tag:\n  web: [web1, 'web[3-4].{a,b}']\n"),
        ["web=web1,web3.a,web4.a,web3.b,web4.b"]
    );
    assert_eq!(tags("tag: { web: 'web[1-2],db1' }"), ["web=web1,web2,db1"]);
    assert_eq!(tags("tag: { web: web1 }"), ["web=web1"]);
}

#[test]
fn tags_nest_by_maps_and_by_dots() {
    let expected = ["colo=h1,h2", "colo.na=h1", "colo.sea=h2"];
    assert_eq!(tags("tag:\n  colo:\n    na: [h1]\n    sea: [h2]\n"), expected);
    assert_eq!(tags("tag: { colo.na: [h1], colo.sea: [h2] }"), expected);
    assert_eq!(tags("tag: { colo: [na: [h1], sea: [h2]] }"), expected);
}

#[test]
fn a_tag_may_have_hosts_and_children() {
    assert_eq!(
        tags("tag:\n  colo:\n    - h9\n    - east: [h1]\n      west: [h2]\n"),
        ["colo=h9,h1,h2", "colo.east=h1", "colo.west=h2"]
    );
}

#[test]
fn lists_are_repeated_by_aliases() {
    assert_eq!(
        tags("tag:\n  east: &east [h1]\n  west: &west [h2]\n  all: [*east, *west, h3]\n"),
        ["all=h1,h2,h3", "east=h1", "west=h2"]
    );
}

#[test]
fn a_tag_may_have_nobody() {
    assert_eq!(tags("tag: { a: , b: [], c: {} }"), ["a=", "b=", "c="]);
}

#[test]
fn names_that_look_like_numbers_or_truth_values_are_names() {
    assert_eq!(
        tags("tag: { 2024: [08, 1e3, yes, 10.0.0.1], no: [0x10] }"),
        ["2024=08,1e3,yes,10.0.0.1", "no=0x10"]
    );
}

#[test]
fn the_order_of_hosts_is_that_of_the_file() {
    let fleet = fleet("tag: { z: [h3, h1], a: [h2, h1] }");
    let names: Vec<&str> = fleet.ids().map(|host| fleet.name(host).as_str()).collect();
    assert_eq!(names, ["h3", "h1", "h2"]);
}
