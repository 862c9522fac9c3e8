//! Random genders files, as `nodeattr` reads them and as pogo does. `POGO_SEED=… POGO_ROUNDS=…` gives others.
//!
//! The comparison is left out, loudly, where `nodeattr` is missing, unless POGO_REQUIRE_GENDERS=1.
#![cfg(feature = "genders")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod differential;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use differential::{Dice, KNOWN, RefusedBy, Rounds, Tally, Tool};
use pogo_inventory::{GendersFile, InventoryError};

/// Each node with its attributes, as parts of a tag: `colo`, or `colo.east` for a value.
type Nodes = BTreeMap<String, BTreeSet<String>>;

const NODES: [&str; 26] = [
    "w1",
    "w2",
    "w01",
    "W1",
    "db",
    "w[1-3]",
    "w[01-03]",
    "w[1,3-4]",
    "w[2]-ib",
    "w[8-10]",
    "w[08-10]",
    "w[3-1]",
    "w[1-02]",
    "w[]",
    "w[1",
    "w1]",
    "w[a-b]",
    "w[1-2]x[1-2]",
    "w[1-9/2]",
    "w.x",
    "[1-2]",
    "w*",
    "@web",
    "a!b",
    "a^b",
    "w:",
];
const ATTRIBUTES: [&str; 24] = [
    "a", "b", "c", "A", "all", "a-b", "web", "d=1", "d=2", "e=%n", "f=x%n-y", "g=%%", "h=%%n", "i=%%%n", "j=%x", "k=",
    "=l", "m=1.2", "n=1_2", "o=p=q", "r[1-2]", "s=[1-2]", "t:u", "v%n",
];

fn file(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..1 + dice.throw(4) {
        // Odd names and attributes are rare, or every file would be refused.
        let node = |dice: &mut Dice| match dice.throw(5) {
            0 => dice.one(&NODES),
            _ => dice.one(&NODES[..11]),
        };
        let attribute = |dice: &mut Dice| match dice.throw(4) {
            0 => dice.one(&ATTRIBUTES),
            _ => dice.one(&ATTRIBUTES[..15]),
        };
        let list = |dice: &mut Dice, item: &dyn Fn(&mut Dice) -> &'static str| {
            let items: Vec<_> = (0..1 + dice.throw(3)).map(|_| item(dice)).collect();
            let between = if dice.throw(15) == 0 { ",," } else { "," };
            items.join(between) + if dice.throw(20) == 0 { "," } else { "" }
        };
        text.push_str(dice.one(&["", "", "", "  ", "\t", "# "]));
        text.push_str(&list(dice, &node));
        if dice.throw(5) > 0 {
            text.push_str(dice.one(&[" ", "\t", "  \t"]));
            text.push_str(&list(dice, &attribute));
        }
        text.push_str(dice.one(&["", "", "", " ", " # rest", "#rest", " x", "\t\t"]));
        text.push_str(dice.one(&["\n", "\n", "\n", "\n\n"]));
    }
    text
}

fn ours(text: &str) -> Result<Nodes, InventoryError> {
    let fleet = GendersFile::parse("genders", text)?.fleet.build().unwrap();
    let mut nodes: Nodes = fleet
        .ids()
        .map(|host| (fleet.name(host).to_string(), BTreeSet::new()))
        .collect();
    for tag in fleet.tags() {
        for host in fleet.members(tag).iter() {
            let attributes = nodes.get_mut(fleet.name(*host).as_str()).unwrap();
            attributes.insert(fleet.tag_path(tag).to_string());
        }
    }
    Ok(nodes)
}

/// `None` without the tool.
fn theirs(path: &Path) -> Option<Result<Nodes, String>> {
    let nodeattr = |option: &str| Command::new("nodeattr").arg("-f").arg(path).arg(option).output();
    let Ok(output) = nodeattr("--expand") else {
        let required = std::env::var_os("POGO_REQUIRE_GENDERS").is_some_and(|value| value == "1");
        assert!(!required, "POGO_REQUIRE_GENDERS=1, but there is no nodeattr");
        eprintln!("LEFT OUT: nodeattr is missing (apt-get install genders)");
        return None;
    };
    if !output.status.success() {
        // What is wrong is only said when it is asked for.
        let why = nodeattr("-k").unwrap().stderr;
        let all = String::from_utf8([output.stderr, why].concat()).unwrap();
        return Some(Err(all));
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let segment = |text: &str| -> String { text.chars().map(|c| if fits(c) { c } else { '_' }).collect() };
    let mut nodes = Nodes::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut words = line.split_whitespace();
        let Some(node) = words.next() else { continue };
        let attributes = nodes.entry(node.to_owned()).or_default();
        for attribute in words.next().into_iter().flat_map(|list| list.split(',')) {
            let (name, value) = match attribute.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (attribute, None),
            };
            attributes.insert(segment(name));
            attributes.extend(value.map(|value| format!("{}.{}", segment(name), segment(value))));
        }
    }
    Some(Ok(nodes))
}

/// Whether the tool is there.
fn compare(path: &Path, text: &str, tally: &mut Tally) -> bool {
    fs::write(path, text).unwrap();
    let Some(theirs) = theirs(path) else {
        return false;
    };
    match (ours(text), theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(ours, theirs, "{text}");
            tally.agreed();
        }
        (Err(_), Err(_)) => tally.agreed(),
        (Err(ours), Ok(_)) => {
            let messages = ours.diagnostics().iter().map(|problem| problem.message.as_str());
            tally.differed(RefusedBy::Pogo, messages, text);
        }
        (Ok(_), Err(theirs)) => {
            let says = |line: &&str| line.starts_with("Line ") || line.contains("genders_getattr");
            let messages = theirs.lines().filter(says);
            tally.differed(RefusedBy::Tool, messages, text);
        }
    }
    true
}

#[test]
fn any_genders_file() {
    let folder = tempfile::tempdir().unwrap();
    let (rounds, mut tally) = (Rounds::new(400), Tally::new(Tool::Nodeattr));
    for (_, mut dice) in rounds.dice() {
        if !compare(&folder.path().join("genders"), &file(&mut dice), &mut tally) {
            return;
        }
    }
    tally.finish(50, rounds.count);
}

#[test]
fn what_is_known_to_differ_still_does() {
    let folder = tempfile::tempdir().unwrap();
    for known in KNOWN.iter().filter(|known| known.tool == Tool::Nodeattr) {
        let mut tally = Tally::new(Tool::Nodeattr);
        if !compare(&folder.path().join("genders"), known.input, &mut tally) {
            return;
        }
        tally.shows(known);
    }
}
