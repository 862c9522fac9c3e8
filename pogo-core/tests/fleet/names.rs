//! Names, tags and selectors as people and messages see them.

use std::collections::BTreeSet;

use pogo_core::fleet::{Fleet, HostName, Selector, TagPath};

fn name(name: &str) -> HostName {
    name.parse().unwrap()
}

fn tag(path: &str) -> TagPath {
    path.parse().unwrap()
}

#[test]
fn names_and_tags_are_quoted_where_programmers_look() {
    assert_eq!(format!("{:?}", name("web1")), "\"web1\"");
    assert_eq!(format!("{:?}", tag("colo.east")), "\"colo.east\"");
}

#[test]
fn a_tag_is_found_by_its_text_and_knows_its_last_segment() {
    let tags = BTreeSet::from([tag("colo.east"), tag("web")]);
    assert!(tags.contains("colo.east") && tags.contains("web") && !tags.contains("colo"));
    assert_eq!(tag("colo.east").last(), "east");
    assert_eq!(tag("web").last(), "web");
}

#[test]
fn a_selector_of_listed_hosts_reads_as_they_do() {
    let names = [name("a"), name("b")];
    assert_eq!(Selector::hosts(&names[..1]).to_string(), "a");
    assert_eq!(Selector::hosts(&names), "a,b".parse().unwrap());
}

#[test]
fn the_originals_spelling_of_resolvers_needs_a_name_and_an_argument() {
    let read = Selector::parse_original;
    assert_eq!(read("$rolesdb mysql").unwrap(), "$rolesdb(mysql)".parse().unwrap());
    for odd in ["$ mysql", "$roles/db mysql", "$roles,db mysql"] {
        assert!(!matches!(read(odd), Ok(Selector::External { .. })), "{odd}");
    }
    assert_eq!(read("$web ,$db").unwrap(), "$web,$db".parse().unwrap());
}

#[test]
fn hosts_that_are_not_listed_are_taken_as_they_stand_and_patterns_are_not() {
    let fleet = Fleet::builder()
        .unlisted(&"web[1-2],db*".parse().unwrap())
        .build()
        .unwrap();
    let names: Vec<&str> = fleet.ids().map(|host| fleet.name(host).as_str()).collect();
    assert_eq!(names, ["web1", "web2"]);
}

#[test]
fn a_name_is_suggested_when_a_third_of_it_differs_and_no_more() {
    let fleet = Fleet::builder().hosts("abcdef").build().unwrap();
    let said = |target: &str| fleet.resolve(&target.parse().unwrap()).unwrap_err().to_string();
    assert!(said("abcdxy").contains("abcdef"), "{}", said("abcdxy"));
    assert!(!said("abcxyz").contains("abcdef"), "{}", said("abcxyz"));
}
