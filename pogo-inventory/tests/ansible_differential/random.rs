//! Random inventories, as Ansible reads them and as pogo does. Each test prints the seed that gives it again:
//! `POGO_SEED=… POGO_ROUNDS=…`.

use crate::differential::{Dice, KNOWN, Rounds, Tally, Tool};
use crate::picture::{compare, oracle};

/// Compares so many inventories; at least a share of `agreeing` per cent must be read alike or refused by both, for a
/// difference that is known tests nothing else.
fn rounds(kind: &str, agreeing: u64, inventory: impl Fn(&mut Dice) -> Vec<(String, String)>) {
    if !oracle::is_there() {
        return;
    }
    let (rounds, mut tally) = (Rounds::new(40), Tally::new(Tool::AnsibleInventory));
    for (round, mut dice) in rounds.dice() {
        let files = inventory(&mut dice);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        compare(&format!("{kind}-{}-{round}", rounds.seed), &files, &mut tally);
    }
    tally.finish(agreeing, rounds.count);
}

#[test]
fn what_is_known_to_differ_still_does() {
    if !oracle::is_there() {
        return;
    }
    let of_ansible = KNOWN.iter().filter(|known| known.tool == Tool::AnsibleInventory);
    for (number, known) in of_ansible.enumerate() {
        let mut tally = Tally::new(Tool::AnsibleInventory);
        let form = if known.input.contains("hosts:") {
            "hosts.yml"
        } else {
            "hosts"
        };
        let (inventory, vars) = known
            .input
            .split_once("group_vars/a.yml:\n")
            .unwrap_or((known.input, ""));
        let files = [(form, inventory), ("group_vars/a.yml", vars)];
        compare(&format!("known-{number}"), &files, &mut tally);
        tally.shows(known);
    }
}

const NAMES: [&str; 12] = [
    "h1",
    "h2",
    "h3",
    "web",
    "db",
    "h[1:3]",
    "h[01:03:2]",
    "h4:22",
    "h1:23",
    "10.0.0.1",
    "::1",
    "[::1]:24",
];
const GROUPS: [&str; 8] = ["web", "db", "all", "ungrouped", "a-b", "a.b", "top", "h1"];
const VARS: [&str; 8] = [
    "ansible_user",
    "ansible_port",
    "ansible_host",
    "ansible_ssh_user",
    "ansible_ssh_port",
    "ansible_private_key_file",
    "ansible_group_priority",
    "other",
];
/// As they stand behind the `=` of an INI file.
const LITERALS: [&str; 30] = [
    "22",
    "022",
    "0x16",
    "0o26",
    "0b10110",
    "2_2",
    "1.50",
    "1e3",
    "None",
    "True",
    "yes",
    "deploy",
    "'deploy'",
    "\"de ploy\"",
    "'a' 'b'",
    "r'a\\n'",
    "\\x41",
    "'\\x41'",
    "10.0.0.1",
    "[1,2]",
    "{'a':1}",
    "(22)",
    "1,2",
    "-5",
    "+5",
    "-",
    "22#x",
    "...",
    "''",
    "10j",
];
/// As they stand behind the `:` of a YAML file.
const SCALARS: [&str; 33] = [
    "22",
    "022",
    "0x16",
    "0o26",
    "0b10110",
    "2_2",
    "22:22",
    "1.50",
    "1e3",
    "1.0e+3",
    ".5",
    "yes",
    "No",
    "on",
    "y",
    "true",
    "~",
    "null",
    "",
    "deploy",
    "'022'",
    "\"yes\"",
    "10.0.0.1",
    "2024-01-02",
    "[1, 2]",
    "{a: 1}",
    "!odd x",
    "{a: 1, a: 2}",
    "!!str 022",
    "-5",
    "+5",
    "!unsafe 'x'",
    "|\n        deploy",
];

fn ini_vars(dice: &mut Dice, between: &str) -> String {
    let mut text = String::new();
    for _ in 0..dice.throw(4) {
        let value = dice.one(&LITERALS);
        // On a line of a host, words are split as by a shell.
        let value = if between == " " && dice.throw(2) == 0 {
            format!("\"{}\"", value.replace(['"', '\\'], ""))
        } else {
            value.to_owned()
        };
        text.push_str(&format!("{between}{}={value}", dice.one(&VARS)));
    }
    text
}

fn ini(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..2 + dice.throw(6) {
        let group = dice.one(&GROUPS);
        match dice.throw(6) {
            0 => text.push_str(&format!("[{group}:vars]{}\n", ini_vars(dice, "\n"))),
            1 => {
                text.push_str(&format!("[{group}:children]\n"));
                for _ in 0..dice.throw(3) {
                    text.push_str(&format!("{}\n", dice.one(&GROUPS)));
                }
            }
            _ => {
                text.push_str(&format!("[{group}]\n"));
                for _ in 0..dice.throw(4) {
                    text.push_str(&format!("{}{}\n", dice.one(&NAMES), ini_vars(dice, " ")));
                }
            }
        }
    }
    text
}

fn yaml_vars(dice: &mut Dice, indentation: &str) -> String {
    let mut text = String::new();
    let mut names = VARS.to_vec();
    for _ in 0..dice.throw(4) {
        let name = names.remove(dice.throw(names.len()));
        text.push_str(&format!("{indentation}{name}: {}\n", dice.one(&SCALARS)));
    }
    text
}

fn yaml(dice: &mut Dice) -> String {
    let (mut text, mut groups) = (String::new(), GROUPS.to_vec());
    for _ in 0..1 + dice.throw(4) {
        let group = groups.remove(dice.throw(groups.len()));
        text.push_str(&format!("{group}:\n  hosts:\n"));
        let mut names = NAMES.to_vec();
        for _ in 0..dice.throw(4) {
            let name = names.remove(dice.throw(names.len()));
            text.push_str(&format!("    '{name}':\n{}", yaml_vars(dice, "      ")));
        }
        text.push_str(&format!("  vars:\n{}", yaml_vars(dice, "    ")));
        if dice.throw(3) == 0 {
            text.push_str(&format!("  children:\n    {}:\n", dice.one(&GROUPS)));
        }
    }
    text
}

#[test]
fn any_ini_file() {
    rounds("ini", 30, |dice| vec![("hosts".to_owned(), ini(dice))]);
}

#[test]
fn any_yaml_file() {
    rounds("yaml", 30, |dice| vec![("hosts.yml".to_owned(), yaml(dice))]);
}

#[test]
fn any_files_of_variables() {
    rounds("files", 30, |dice| {
        let mut files = vec![(
            "hosts".to_owned(),
            "[web]\nh1\nh2\n[db]\nh2\nh3\n[top:children]\nweb\n".to_owned(),
        )];
        for name in [
            "group_vars/web.yml",
            "group_vars/all",
            "group_vars/top/a.yml",
            "host_vars/h2.yaml",
            "host_vars/h1.json",
        ] {
            let text = yaml_vars(dice, "");
            if dice.throw(2) == 0 && !name.ends_with("json") {
                files.push((name.to_owned(), format!("---\n{text}")));
            }
        }
        files
    });
}
