//! Files that are not what they should be: every source gives a clear error within its limits.
#![cfg(all(
    feature = "policy-file",
    feature = "pogo4-file",
    feature = "ansible",
    feature = "clustershell",
    feature = "genders",
    feature = "ssh-config",
    feature = "csv",
    feature = "json",
    feature = "toml",
    unix
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{
    AnsibleInventory, ClusterShellGroups, GendersFile, InventoryError, Listing, Pogo4File, PolicyFile, SshConfig,
};
use proptest::prelude::*;

type Read = fn(&Path) -> Result<Listing, InventoryError>;

fn table(path: &Path, format: Format) -> Result<Listing, InventoryError> {
    TableFile::read(path, format, &Mapping::default())
}

/// Every source that reads a file, with a name for the file that it takes.
const SOURCES: [(&str, Read); 12] = [
    ("pogo.yaml", |path| PolicyFile::read(path)),
    ("pogo4.yaml", |path| Pogo4File::read(path)),
    ("hosts.ini", |path| AnsibleInventory::read(path)),
    ("hosts.yml", |path| AnsibleInventory::read(path)),
    ("groups.yaml", |path| ClusterShellGroups::read(path)),
    ("local.cfg", |path| ClusterShellGroups::read(path)),
    ("genders", |path| GendersFile::read(path)),
    ("config", |path| SshConfig::read(path)),
    ("hosts.csv", |path| table(path, Format::Csv)),
    ("hosts.json", |path| table(path, Format::Json)),
    ("hosts.jsonl", |path| table(path, Format::JsonLines)),
    ("hosts.toml", |path| table(path, Format::Toml)),
];

/// What each source says of a file with these bytes.
fn each(bytes: &[u8], mut judge: impl FnMut(&str, Result<Listing, InventoryError>)) {
    let folder = tempfile::tempdir().unwrap();
    for (name, read) in SOURCES {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        judge(name, read(&path));
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_where_they_stand() {
    each(b"ok\n  \xff\n", |name, read| {
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains(&format!("{name}:2:3: the byte 0xff is not UTF-8 text")),
            "{error}"
        );
    });
}

#[test]
fn a_file_that_is_too_large_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    for (name, read) in SOURCES {
        let path = folder.path().join(name);
        fs::File::create(&path).unwrap().set_len((64 << 20) + 1).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("{name}: is larger than 64 MiB, the most that is read")),
            "{error}"
        );
    }
}

#[test]
fn a_link_to_itself_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, read) in SOURCES {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, InventoryError::Unavailable(_)), "{error}");
    }
}

/// Each character looked at again for each word would take hours here.
#[test]
fn one_very_long_line_is_read_or_refused_with_a_short_message() {
    let words = "a ".repeat(50_000);
    let lines = [
        "x".repeat(2 << 20),
        words.clone(),
        format!("Host {words}"),
        format!("web1 {}", "b,".repeat(50_000)),
        format!("web1 {}", "ansible_user=b ".repeat(50_000)),
        format!("a: {}", "b,".repeat(50_000)),
    ];
    for line in lines {
        each(line.as_bytes(), |name, read| {
            if let Err(error) = read {
                let longest = error
                    .diagnostics()
                    .iter()
                    .map(|problem| problem.to_string().len())
                    .max();
                let shown = error.to_string().len();
                assert!(
                    shown < 100_000,
                    "{name}: {shown} bytes, the longest problem has {longest:?}"
                );
            }
        });
    }
}

#[test]
fn what_a_file_holds_does_not_steer_the_terminal() {
    for text in [
        "\u{1b}[2J,\u{7}\n",
        "\u{1b}]0;x: [\u{9b}31m\n",
        "web1 \u{1b}=\u{1b}[1m,\u{1b}\n",
        "[\u{1b}]\n\u{1b}c",
    ] {
        each(text.as_bytes(), |name, read| {
            if let Err(error) = read {
                let steers = |character: char| character.is_control() && character != '\n';
                assert!(!error.to_string().contains(steers), "{name}: {error:?}");
            }
        });
    }
}

#[test]
fn what_nests_too_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("a: [", "]"), ("- ", "")] {
        let text = open.repeat(100_000) + &close.repeat(100_000);
        each(text.as_bytes(), |name, read| {
            assert!(
                read.is_err() || matches!(name, "config" | "genders" | "hosts.csv" | "local.cfg"),
                "{name}"
            );
        });
    }
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let mut text = "l0: &l0 [a, b, c, d, e, f, g, h, i, j]\n".to_owned();
    for level in 1..=12 {
        let before = level - 1;
        let names = vec![format!("*l{before}"); 10].join(", ");
        text.push_str(&format!("l{level}: &l{level} [{names}]\n"));
    }
    each(text.as_bytes(), |name, read| {
        if name.ends_with("yaml") || name.ends_with("yml") {
            let error = read.unwrap_err().to_string();
            assert!(
                error.contains("aliases repeat more than 1000000 values up to here"),
                "{name}: {error}"
            );
        }
    });
}

#[test]
fn keys_that_are_there_twice_are_refused() {
    let texts = [
        ("pogo.yaml", "tag: { a: [x] }\ntag: { b: [y] }\n"),
        ("pogo4.yaml", "apps: { a: [x], a: [y] }\n"),
        ("hosts.yml", "web: { hosts: { a: } }\nweb: { hosts: { b: } }\n"),
        ("groups.yaml", "roles: { a: x, a: y }\n"),
        ("hosts.json", "[{\"name\": \"a\", \"name\": \"b\"}]"),
        ("hosts.jsonl", "{\"name\": \"a\", \"name\": \"b\"}\n"),
        ("hosts.toml", "[a]\ntags = []\n[a]\ntags = []\n"),
        ("hosts.csv", "name,name\na,b\n"),
        ("genders", "web1 a=1\nweb1 a=2\n"),
    ];
    for (wanted, text) in texts {
        each(text.as_bytes(), |name, read| {
            if name == wanted {
                let error = read.unwrap_err().to_string();
                let twice = ["twice", "two columns", "duplicate", "already"];
                assert!(twice.iter().any(|word| error.contains(word)), "{name}: {error}");
            }
        });
    }
}

/// Words and signs that some format gives a meaning to.
const WORDS: &[&str] = &[
    "web1",
    "web[1-3]",
    "[web]",
    "[a:children]",
    "[a:vars]",
    "ansible_host=",
    "ansible_port=x",
    "all",
    "Host",
    "Include",
    "Match",
    "Port",
    "HostName",
    "%h",
    "*",
    "!",
    "$a",
    "tag",
    "sequence",
    "apps",
    "hosts",
    "roles",
    "name",
    "tags",
    "-",
    ":",
    ": ",
    ",",
    "\n",
    "\n  ",
    "\t",
    " ",
    "\"",
    "'",
    "#",
    "{",
    "}",
    "[",
    "]",
    "&x",
    "*x",
    "=",
    "\\",
    "é",
    "\u{feff}",
    "\u{0}",
    "1",
    "null",
    "<<",
    "@a",
    "%n",
    "\r\n",
];

/// Words that mean something to one source or another, in any order.
fn words() -> impl Strategy<Value = String> {
    let known = prop::sample::select(WORDS);
    prop::collection::vec(known, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_a_source_panic_and_every_place_is_in_it(text in words()) {
        let lines = text.split('\n').count();
        each(text.as_bytes(), |_, read| {
            if let Err(error) = read {
                assert!(!error.diagnostics().is_empty());
                for position in error.diagnostics().iter().filter_map(|problem| problem.position) {
                    assert!((1..=lines + 1).contains(&(position.line as usize)), "{position:?} in {text:?}");
                }
            }
        });
    }
}
