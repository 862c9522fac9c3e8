//! `namespace:` in policy files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use futures::executor::block_on;
use pogo_inventory::{Inventory, InventoryError, Listing, PolicyFile};

const FILE: &str = "\
tag: { site: [bastion] }
defaults: { retries: 1, settle: 5s }
namespace:
  shop:
    tag: { web: ['shop[1-3]'] }
    constraint: { $web: { max_parallel: 1 } }
    defaults: { retries: 3 }
  search:
    tag: { index: [search1] }
    sequence: [$index, $site]
";

fn read(text: &str, namespace: Option<&str>) -> Result<Listing, InventoryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.yaml");
    std::fs::write(&path, text).unwrap();
    let file = PolicyFile::new(path);
    let file = match namespace {
        Some(name) => file.namespace(name),
        None => file,
    };
    block_on(file.load())
}

#[test]
fn a_namespace_is_what_holds_for_all_and_what_is_its_own() {
    let shop = read(FILE, Some("shop")).unwrap();
    let (fleet, policy) = (shop.fleet.build().unwrap(), shop.policy.unwrap());
    assert_eq!(fleet.len(), 4);
    assert_eq!((policy.constraints.len(), policy.sequences.len()), (1, 0));
    assert_eq!(policy.defaults.retries, Some(3));
    assert!(policy.defaults.settle.is_some());
    let search = read(FILE, Some("search")).unwrap();
    let policy = search.policy.unwrap();
    assert_eq!((policy.constraints.len(), policy.sequences.len()), (0, 1));
    assert_eq!(policy.defaults.retries, Some(1));
}

#[test]
fn a_namespace_must_be_chosen_if_there_are_any_and_must_be_there() {
    let said = |text, namespace| read(text, namespace).unwrap_err().to_string();
    let none = said(FILE, None);
    assert!(none.contains("p.yaml:8:3: ") && none.contains("-n search"), "{none}");
    let near = said(FILE, Some("shpo"));
    assert!(near.contains("did you mean `shop`"), "{near}");
    let flat = said("tag: { web: [web1] }\n", Some("shop"));
    assert!(flat.contains("has no namespaces"), "{flat}");
}

#[test]
fn namespaces_do_not_nest() {
    let nested = "namespace: { a: { namespace: { b: {} } } }\n";
    let said = read(nested, Some("a")).unwrap_err().to_string();
    assert!(said.contains("p.yaml:1:19"), "{said}");
}

#[test]
fn namespaces_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.yaml");
    std::fs::write(&path, FILE).unwrap();
    assert_eq!(PolicyFile::namespaces(&path).unwrap(), ["search", "shop"]);
}
