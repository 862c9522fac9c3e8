//! Random configurations, as `ssh -G` reads them and as pogo does. `POGO_SEED=… POGO_ROUNDS=…` gives others.

use std::fs;
use std::path::Path;

use pogo_inventory::{Listing, SshConfig};

use crate::differential::{Dice, KNOWN, RefusedBy, Rounds, Tally, Tool};
use crate::{differences, installed, openssh};

const NAMES: [&str; 14] = [
    "a",
    "b",
    "ab",
    "a.example.com",
    "B",
    "a*",
    "*",
    "?",
    "*.example.com",
    "!a",
    "!b*",
    "\"a\"",
    "'b'",
    "10.0.0.1",
];
const LISTS: [&str; 8] = ["a", "b,ab", "a*", "*", "*,!b", "*.example.com", "!a", "B,10.*"];
const ADDRESSES: [&str; 13] = [
    "b",
    "%h",
    "%h.example.com",
    "10.0.0.1",
    "::1",
    "ADDR.example.com",
    "\"x y\"",
    "x/24",
    "u@x",
    "%n.x",
    "100%%",
    "''",
    "x y",
];
const PORTS: [&str; 8] = ["22", "2222", "022", "\"7\"", "0", "65536", "ssh", "7 # seven"];
const USERS: [&str; 8] = ["u", "U.v", "\"u v\"", "u%%", "u#v", "u v", "\"\"", "'it'"];
const KEYS: [&str; 7] = ["~/.ssh/one", "/two", "none", "\"/th ree\"", "/four/", "NONE", "/x\\ y"];
/// Without tokens, which `ssh -G` prints as they are.
const JUMPS: [&str; 9] = ["j", "j1,j2", "u@j:23", "none", "J.gate", "j1,u@j2", "j,", "@j", "None"];
const ALIASES: [&str; 4] = ["key", "Key.example.com", "\"k\"", "%h"];

/// A line with one setting; the rarer, the odder.
fn setting(dice: &mut Dice) -> String {
    let value = |dice: &mut Dice, of: &[&'static str], plain: usize| match dice.throw(12) {
        0 => dice.one(of),
        _ => dice.one(&of[..plain]),
    };
    let (keyword, value) = match dice.throw(24) {
        0..=5 => ("HostName", value(dice, &ADDRESSES, 6)),
        6..=9 => ("Port", value(dice, &PORTS, 4)),
        10..=13 => ("User", value(dice, &USERS, 3)),
        14..=16 => ("IdentityFile", value(dice, &KEYS, 4)),
        17..=19 => ("ProxyJump", value(dice, &JUMPS, 4)),
        20 => ("ProxyCommand", dice.one(&["none", "nc %h %p"])),
        21 => ("HostKeyAlias", value(dice, &ALIASES, 3)),
        22 => ("ServerAliveInterval", "5"),
        _ => match dice.throw(6) {
            0 => ("Hostnam", "b"),
            1 => ("Port", ""),
            _ => ("IgnoreUnknown", "Hostn*"),
        },
    };
    let keyword = match dice.throw(6) {
        0 => keyword.to_ascii_lowercase(),
        1 => keyword.to_ascii_uppercase(),
        _ => keyword.to_owned(),
    };
    let between = dice.one(&[" ", " ", "=", " = ", "\t"]);
    format!("{}{keyword}{between}{value}", dice.one(&[" ", "\t", ""]))
}

fn condition(dice: &mut Dice) -> String {
    let list = dice.one(&LISTS);
    let not = dice.one(&["", "", "!"]);
    match dice.throw(12) {
        0 => "all".to_owned(),
        1..=4 => format!("{not}host {list}"),
        5..=8 => format!("{not}originalhost {list}"),
        9 => format!("{not}exec false"),
        10 => format!("{not}user nobody,{list}"),
        _ => dice.one(&["final", "!all", "canonical", "host", "hots a"]).to_owned(),
    }
}

fn config(dice: &mut Dice) -> String {
    // Every configuration has hosts to ask for.
    let hosts = "Host a b ab B a.example.com 10.0.0.1".to_owned();
    let first = dice.throw(2) == 0;
    let mut lines: Vec<String> = first.then(|| hosts.clone()).into_iter().collect();
    for _ in 0..3 + dice.throw(9) {
        lines.push(match dice.throw(9) {
            0 | 1 => {
                let names: Vec<_> = (0..1 + dice.throw(3)).map(|_| dice.one(&NAMES)).collect();
                format!("Host {}", names.join(" "))
            }
            2 | 3 => {
                let conditions: Vec<_> = (0..1 + dice.throw(2)).map(|_| condition(dice)).collect();
                format!("Match {}", conditions.join(" "))
            }
            4 if dice.throw(3) == 0 => "Include FOLDER/more*".to_owned(),
            _ => setting(dice),
        });
    }
    if !first {
        lines.push(hosts);
    }
    lines.join(dice.one(&["\n", "\n", "\n", "\n\n", "\r\n", "\n# x\n"])) + "\n"
}

fn compare(folder: &Path, text: &str, more: &str, tally: &mut Tally) {
    let path = folder.join("config");
    fs::write(&path, text.replace("FOLDER", &folder.display().to_string())).unwrap();
    fs::write(folder.join("more"), more).unwrap();
    let input = format!("{text}more:\n{more}");
    match (SshConfig::read(&path), openssh(&path, "a")) {
        (Ok(read), Ok(_)) => compare_hosts(&path, read, &input, tally),
        (Err(_), Err(_)) => tally.agreed(),
        (Err(ours), Ok(_)) => {
            let messages = ours.diagnostics().iter().map(|problem| problem.message.as_str());
            tally.differed(RefusedBy::Pogo, messages, &input);
        }
        (Ok(_), Err(theirs)) => tally.differed(RefusedBy::Tool, theirs.lines().take(1), &input),
    }
}

/// Where a host differs, a warning has said what is left out.
fn compare_hosts(path: &Path, read: Listing, input: &str, tally: &mut Tally) {
    let left_out = |message: &&str| message.contains("not taken over: whether");
    let messages: Vec<&str> = read.warnings.iter().map(|warning| warning.message.as_str()).collect();
    let messages: Vec<&str> = messages.into_iter().filter(left_out).collect();
    let fleet = read.fleet.build().unwrap();
    let mut all_alike = true;
    for host in fleet.ids() {
        let (name, ours) = (
            fleet.name(host).as_str(),
            fleet.connection(host).cloned().unwrap_or_default(),
        );
        let found = differences(name, &ours, &openssh(path, name).unwrap());
        assert!(
            found.is_empty() || !messages.is_empty(),
            "{found:?} of {name} in\n{input}"
        );
        all_alike &= found.is_empty();
    }
    if all_alike {
        tally.agreed();
    } else {
        tally.differed(RefusedBy::Pogo, messages, input);
    }
}

#[test]
fn any_configuration() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (rounds, mut tally) = (Rounds::new(100), Tally::new(Tool::Ssh));
    for (_, mut dice) in rounds.dice() {
        let text = config(&mut dice);
        let more: Vec<String> = (0..dice.throw(3)).map(|_| setting(&mut dice)).collect();
        compare(folder.path(), &text, &(more.join("\n") + "\n"), &mut tally);
    }
    tally.finish(50, rounds.count);
}

#[test]
fn what_is_known_to_differ_still_does() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for known in KNOWN.iter().filter(|known| known.tool == Tool::Ssh) {
        let mut tally = Tally::new(Tool::Ssh);
        compare(folder.path(), known.input, "", &mut tally);
        tally.shows(known);
    }
}
