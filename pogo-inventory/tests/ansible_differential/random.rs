//! Random inventories, as Ansible reads them and as pogo does. Each test prints the seed that gives it again:
//! `POGO_SEED=… POGO_ROUNDS=…`.

use crate::picture::{compare, oracle};

/// Numbers that are the same for one seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.throw(of.len())]
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Compares so many inventories; at least a share of `agreeing` per cent must be read alike or refused by both, for a
/// difference that is known tests nothing else.
fn rounds(kind: &str, agreeing: u64, inventory: impl Fn(&mut Dice) -> Vec<(String, String)>) {
    if !oracle::is_there() {
        return;
    }
    let (seed, rounds) = (setting("POGO_SEED", 20_261_128), setting("POGO_ROUNDS", 40));
    eprintln!("POGO_SEED={seed} POGO_ROUNDS={rounds}");
    let mut agreed = 0;
    for round in 0..rounds {
        let mut dice = Dice(seed.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        dice.throw(1);
        let files = inventory(&mut dice);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        agreed += u64::from(compare(&format!("{kind}-{seed}-{round}"), &files));
    }
    assert!(agreed * 100 >= rounds * agreeing, "{agreed} of {rounds} agreed");
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
