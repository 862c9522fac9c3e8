//! Random node sets, as ClusterShell evaluates them and as pogo does. `POGO_SEED=… POGO_ROUNDS=…` gives others.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use pogo_inventory::ClusterShellGroups;
use serde_json::Value;

use crate::Folder;

/// Where pogo is known to differ, each with the reason: part of our message.
const REFUSED_HERE: [(&str, &str); 6] = [
    (
        "would mix up the operators",
        "ClusterShell joins all groups to one expression",
    ),
    (
        "has no group",
        "ClusterShell takes a group that is not there for an empty one",
    ),
    ("there is no source", "the same"),
    (
        "contains itself",
        "ClusterShell takes the wildcards of a source without a group `all` for names then",
    ),
    ("is not a range of numbers", "ClusterShell reads [-1-2] as -1 to 2"),
    (
        "cannot be part of the host name",
        "names of nodes must fit into selectors",
    ),
];

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

struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const GROUPS: &str =
    "roles: { web: 'w[1-12]', db: 'db[1-2],@web', all: '@web,@db,x[1-3]' }\nrack: { r1: 'w[1-2]', r2: 'w3' }\n";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn any_node_set() {
    let folder = Folder::new("random");
    std::fs::write(folder.0.join("groups.d/a.yaml"), GROUPS).unwrap();
    let Some(python) = python() else {
        return;
    };
    let (seed, rounds) = (setting("POGO_SEED", 20_261_128), setting("POGO_ROUNDS", 2_000));
    eprintln!("POGO_SEED={seed} POGO_ROUNDS={rounds}");
    let mut dice = Dice(seed);
    let texts: Vec<String> = (0..rounds)
        .map(|_| (0..1 + dice.throw(6)).map(|_| PARTS[dice.throw(PARTS.len())]).collect())
        .collect();
    let mut agreed = 0;
    for (text, theirs) in texts.iter().zip(answers(&python, &folder.0, &texts)) {
        match (evaluated(text), theirs) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
            (Err(_), Err(_)) => {}
            (Err(ours), Ok(_)) => {
                assert!(
                    REFUSED_HERE.iter().any(|(known, _)| ours.contains(known)),
                    "{text}: {ours}"
                );
                continue;
            }
            (Ok(ours), Err(theirs)) => panic!("{text}: {theirs}; pogo reads {ours:?}"),
        }
        agreed += 1;
    }
    assert!(agreed * 2 > rounds, "{agreed} of {rounds} agreed");
}

fn evaluated(text: &str) -> Result<BTreeSet<String>, String> {
    let file = format!("{GROUPS}own: {{ it: {} }}\n", serde_json::to_string(text).unwrap());
    let fleet = ClusterShellGroups::parse("f", &file).map_err(|error| error.to_string())?;
    let fleet = fleet.build().unwrap();
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
