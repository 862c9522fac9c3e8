//! No source is left out of the conformance suite.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// The texts of all Rust files in a folder.
fn texts(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_source_is_held_to_the_contract_of_inventories() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut tests) = (Vec::new(), Vec::new());
    texts(&root.join("src"), &mut sources);
    texts(&root.join("tests"), &mut tests);
    tests.retain(|test| test.contains("conformance::inventory("));
    // Lines of documentation begin otherwise.
    let lines = sources.iter().flat_map(|text| text.lines());
    let adapters: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("impl Inventory for ")?.split([' ', '<']).next())
        .collect();
    assert!(adapters.len() >= 11, "{adapters:?}");
    for adapter in adapters {
        let made = format!("{adapter}::new(");
        let held = tests.iter().any(|test| test.contains(&made));
        assert!(held, "`{adapter}` is in no test that calls the conformance suite");
    }
}
