//! Random node sets, as ClusterShell evaluates them and as pogo does. `POGO_SEED=… POGO_ROUNDS=…` gives others.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use pogo_inventory::{ClusterShellGroups, InventoryError};
use serde_json::Value;

use crate::Folder;
use crate::differential::{Dice, KNOWN, RefusedBy, Rounds, Tally, Tool};

const PARTS: [&str; 24] = [
    "a",
    "w1",
    "[1-3]",
    "[01-03]",
    "[1,3-4]",
    "[1-9/2]",
    "-ib",
    ",",
    "!",
    "&",
    "^",
    ",",
    "@roles:web",
    "@rack:r1",
    "@roles:*",
    "@rack:*",
    "@none",
    "w*",
    " ",
    "[",
    "]",
    "[3-1]",
    "[1-02]",
    "[]",
];

const GROUPS: &str =
    "roles: { web: 'w[1-12]', db: 'db[1-2],@web', all: '@web,@db,x[1-3]' }\nrack: { r1: 'w[1-2]', r2: 'w3' }\n";

#[test]
fn any_node_set() {
    let rounds = Rounds::new(2_000);
    let mut dice = Dice::new(rounds.seed);
    let texts: Vec<String> = (0..rounds.count)
        .map(|_| (0..1 + dice.throw(6)).map(|_| dice.one(&PARTS)).collect())
        .collect();
    if let Some(tallies) = compare("random", &texts) {
        let mut tallies = tallies.into_iter();
        let first = tallies.next().unwrap();
        tallies.fold(first, Tally::and).finish(50, rounds.count);
    }
}

#[test]
fn what_is_known_to_differ_still_does() {
    let known: Vec<_> = KNOWN.iter().filter(|known| known.tool == Tool::Nodeset).collect();
    let texts: Vec<String> = known.iter().map(|known| known.input.to_owned()).collect();
    for (tally, known) in compare("known", &texts).into_iter().flatten().zip(known) {
        tally.shows(known);
    }
}

/// What each text comes to; `None` without ClusterShell.
fn compare(name: &str, texts: &[String]) -> Option<Vec<Tally>> {
    let folder = Folder::new(name);
    std::fs::write(folder.0.join("groups.d/a.yaml"), GROUPS).unwrap();
    let answers = answers(&python()?, &folder.0, texts);
    let compare = |(text, theirs): (&String, Result<_, String>)| {
        let mut tally = Tally::new(Tool::Nodeset);
        match (evaluated(text), theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours, theirs, "{text}");
                tally.agreed();
            }
            (Err(_), Err(_)) => tally.agreed(),
            (Err(ours), Ok(_)) => {
                let messages = ours.diagnostics().iter().map(|problem| problem.message.as_str());
                tally.differed(RefusedBy::Pogo, messages, text);
            }
            (Ok(_), Err(theirs)) => tally.differed(RefusedBy::Tool, [theirs.as_str()], text),
        }
        tally
    };
    Some(texts.iter().zip(answers).map(compare).collect())
}

fn evaluated(text: &str) -> Result<BTreeSet<String>, InventoryError> {
    let file = format!("{GROUPS}own: {{ it: {} }}\n", serde_json::to_string(text).unwrap());
    let fleet = ClusterShellGroups::parse("f", &file)?;
    let fleet = fleet.fleet.build().unwrap();
    let tag = fleet.tag(&"own.it".parse().unwrap()).unwrap();
    Ok(fleet
        .members(tag)
        .iter()
        .map(|host| fleet.name(*host).to_string())
        .collect())
}

/// What ClusterShell says of each text.
fn answers(python: &str, config: &Path, texts: &[String]) -> Vec<Result<BTreeSet<String>, String>> {
    let mut child = Command::new(python)
        .args(["-c", include_str!("oracle.py")])
        .arg(config.join("groups.conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut questions, answers) = (
        child.stdin.take().unwrap(),
        BufReader::new(child.stdout.take().unwrap()),
    );
    let mut answers = answers.lines();
    let mut all = Vec::new();
    for text in texts {
        writeln!(questions, "{}", serde_json::to_string(text).unwrap()).unwrap();
        let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        all.push(match answer["nodes"].as_array() {
            Some(nodes) => Ok(nodes.iter().map(|node| node.as_str().unwrap().to_owned()).collect()),
            None => Err(answer["error"].to_string()),
        });
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
    all
}

/// The interpreter of `nodeset`.
fn python() -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path)
        .map(|folder| folder.join("nodeset"))
        .find(|program| program.is_file());
    let Some(program) = program else {
        assert!(
            std::env::var_os("POGO_REQUIRE_CLUSTERSHELL").is_none_or(|value| value != "1"),
            "POGO_REQUIRE_CLUSTERSHELL=1, but there is no nodeset"
        );
        eprintln!("LEFT OUT: nodeset is missing (apt-get install clustershell)");
        return None;
    };
    let text = std::fs::read_to_string(program).unwrap();
    text.lines()
        .next()?
        .strip_prefix("#!")
        .map(|line| line.trim().to_owned())
}
