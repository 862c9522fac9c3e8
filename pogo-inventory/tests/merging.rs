//! Several sources as one fleet.
#![cfg(all(feature = "csv", feature = "policy-file"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use futures::executor::block_on;
use pogo_core::fleet::Fleet;
use pogo_inventory::merge::{Gathered, MergeRules, Sources};
use pogo_inventory::{InventoryError, SourceSpec};
use tempfile::TempDir;

const POLICY: &str = "tag:\n  web: [web2, web1]\nhost:\n  web1: { address: 10.0.0.1, port: 22 }\n";
const TABLE: &str = "name,tags,address,port\nweb3,web,,\nweb1,canary,10.0.0.9,2222\n";

fn gather(files: &[(&str, &str)], rules: &[&str]) -> Result<Gathered, InventoryError> {
    let folder = TempDir::new().unwrap();
    let rules = rules
        .iter()
        .fold(MergeRules::default(), |rules, rule| rules.and(rule).unwrap());
    let mut sources = Sources::new().rules(rules);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let spec: SourceSpec = path.display().to_string().parse().unwrap();
        sources = sources.with(spec.open());
    }
    block_on(sources.gather())
}

fn reached(fleet: &Fleet, host: &str) -> (Option<String>, Option<u16>) {
    let connection = fleet.connection(fleet.id(host).unwrap()).cloned().unwrap_or_default();
    (connection.address, connection.port)
}

#[test]
fn hosts_and_tags_add_up_in_the_order_of_the_sources() {
    let gathered = gather(&[("a.yaml", POLICY), ("b.csv", TABLE)], &["first"]).unwrap();
    let fleet = &gathered.fleet;
    let names: Vec<&str> = fleet.ids().map(|id| fleet.name(id).as_str()).collect();
    assert_eq!(names, ["web2", "web1", "web3"]);
    assert_eq!(fleet.members(fleet.tag(&"web".parse().unwrap()).unwrap()).len(), 3);
    assert_eq!(fleet.members(fleet.tag(&"canary".parse().unwrap()).unwrap()).len(), 1);
}

#[test]
fn each_setting_has_its_rule() {
    let both = [("a.yaml", POLICY), ("b.csv", TABLE)];
    let gathered = gather(&both, &["first", "port=last"]).unwrap();
    assert_eq!(reached(&gathered.fleet, "web1"), (Some("10.0.0.1".into()), Some(2222)));
    let gathered = gather(&both, &["last"]).unwrap();
    assert_eq!(reached(&gathered.fleet, "web1"), (Some("10.0.0.9".into()), Some(2222)));
    let said: Vec<String> = gathered.conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2);
    assert!(
        said[0].starts_with("`web1` has two values for address: `10.0.0.1` (") && said[0].contains("b.csv:3:1"),
        "{}",
        said[0]
    );
}

#[test]
fn a_conflict_without_a_rule_shows_both_places() {
    let error = gather(&[("a.yaml", POLICY), ("b.csv", TABLE)], &["port=first"]).unwrap_err();
    let [problem] = error.diagnostics() else {
        panic!("{error}");
    };
    let text = problem.to_string();
    assert!(text.contains("a.yaml:4:3") && text.contains("b.csv:3:1"), "{text}");
    assert!(text.contains("web1,canary,10.0.0.9,2222"), "{text}");
}

#[test]
fn sources_that_say_the_same_do_not_disagree() {
    let gathered = gather(&[("a.yaml", POLICY), ("c.yaml", POLICY)], &[]).unwrap();
    assert!(gathered.conflicts.is_empty());
    assert_eq!(gathered.fleet, gathered.listings[0].fleet);
}

#[test]
fn all_problems_of_all_sources_are_reported_at_once() {
    let wrong = [("a.yaml", "tga: {}\n"), ("b.csv", "name\n$\n"), ("c.yaml", POLICY)];
    let error = gather(&wrong, &[]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("a.yaml:1:1") && text.contains("b.csv:2:1"), "{text}");
}

#[test]
fn what_is_no_source_or_no_rule_is_told_with_the_cure() {
    let wrong = |text: &str| text.parse::<SourceSpec>().unwrap_err().to_string();
    assert!(wrong("hosts").contains("TYPE:hosts"));
    assert!(wrong("ansble:hosts").contains("./ansble:"));
    assert!(wrong("csv:").contains("location"));
    for text in ["", "newest", "address=", "=first"] {
        assert!(MergeRules::default().and(text).is_err(), "{text}");
    }
}
