//! Sources that are too much: within bounded memory and time, with a clear error.
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
    feature = "command",
    target_os = "linux"
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{
    AnsibleInventory, AnsibleScript, ClusterShellGroups, GendersFile, InventoryError, Listing, Pogo4File, PolicyFile,
    SshConfig,
};

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

fn source(wanted: &str) -> Read {
    SOURCES.iter().find(|(name, _)| *name == wanted).unwrap().1
}

/// What a source says of a text.
fn read(name: &str, text: &str) -> Result<Listing, InventoryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    source(name)(&path)
}

/// Prints the result of reading the file of this name; [`a_line_of_a_gigabyte_takes_little_memory`] starts it.
const CHILD: &str = "POGO_TEST_READS";

#[test]
#[ignore = "is a part of another test, in a process of its own"]
fn a_process_of_its_own() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let path = Path::new(&path);
    let error = source(path.file_name().unwrap().to_str().unwrap())(path).unwrap_err();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    fs::write(path.with_extension("said"), format!("{peak}\n{error}")).unwrap();
}

#[test]
fn a_line_of_a_gigabyte_takes_little_memory() {
    const MOST_KIB: u64 = 200 << 10;
    for (name, _) in SOURCES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        // It takes no room on the disk, and holds no line feed.
        File::create(&path).unwrap().set_len(1 << 30).unwrap();
        let done = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "a_process_of_its_own"])
            .env(CHILD, &path)
            .output()
            .unwrap();
        assert!(done.status.success(), "{name}: {done:?}");
        let said = fs::read_to_string(path.with_extension("said")).unwrap();
        let (peak, error) = said.split_once('\n').unwrap();
        assert!(
            error.ends_with(&format!("{name}: is larger than 64 MiB, the most that is read")),
            "{error}"
        );
        let peak: u64 = peak.parse().unwrap();
        assert!(peak < MOST_KIB, "{name} took {peak} KiB for a file of 1 GiB");
    }
}

fn script(line: &str) -> AnsibleScript {
    AnsibleScript::new("/bin/sh").arg("-c").arg(line)
}

#[test]
fn an_executable_inventory_that_never_ends_is_stopped() {
    let endless = script("while :; do sleep 1; done").timeout(Duration::from_millis(50));
    let error = endless.read().unwrap_err().to_string();
    assert_eq!(error, "/bin/sh: did not end within 50ms, and was stopped");
    // The call for one of the hosts as well.
    let line = r#"test "$0" = --list && echo '["web1"]' | sed 's/.*/{"web": &}/' || sleep 1000"#;
    let error = script(line).timeout(Duration::from_secs(1)).read().unwrap_err();
    assert_eq!(error.to_string(), "/bin/sh: did not end within 1s, and was stopped");
}

#[test]
fn an_executable_inventory_that_prints_for_ever_is_stopped() {
    let error = script("yes").read().unwrap_err().to_string();
    assert_eq!(error, "/bin/sh: printed more than 64 MiB, and was stopped");
}

/// The same host in two positions.
const AGREEING: [(&str, &str); 12] = [
    ("pogo.yaml", "tag: { a: [web1, web1], b: [\"web[1-1]\"] }\n"),
    (
        "pogo4.yaml",
        "apps: { a: [web1, web1] }\nenvs: { e: { x: [web1], y: [web1] } }\n",
    ),
    ("hosts.ini", "[a]\nweb1\nweb1\n[b]\nweb1\n"),
    ("hosts.yml", "a: { hosts: { web1: } }\nb: { hosts: { web1: } }\n"),
    ("groups.yaml", "roles: { a: \"web1,web1\", b: web1 }\n"),
    ("local.cfg", "a: web1,web1\nb: web1\n"),
    ("genders", "web1 a\nweb1 b\n"),
    ("config", "Host web1 web1\nHost web1\n"),
    ("hosts.csv", "name,tags\nweb1,a\nweb1,b\n"),
    ("hosts.json", "[\"web1\", {\"name\": \"web1\"}]"),
    ("hosts.jsonl", "\"web1\"\n\"web1\"\n"),
    ("hosts.toml", "[web1]\ntags = [\"a\"]\n[\"web[1-1]\"]\ntags = [\"b\"]\n"),
];

#[test]
fn a_host_that_is_named_twice_is_one_host() {
    for (name, text) in AGREEING {
        let fleet = read(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fleet.fleet.build().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn a_host_with_two_addresses_in_one_source_is_refused() {
    let texts = [
        (
            "pogo.yaml",
            "host:\n  web1: { address: a }\n  \"web[1-1]\": { address: b }\n",
        ),
        ("hosts.csv", "name,address\nweb1,a\nweb1,b\n"),
        (
            "hosts.json",
            "[{\"name\": \"web1\", \"address\": \"a\"},\n{\"name\": \"web1\", \"address\": \"b\"}]",
        ),
        (
            "hosts.jsonl",
            "{\"name\": \"web1\", \"address\": \"a\"}\n{\"name\": \"web1\", \"address\": \"b\"}\n",
        ),
        (
            "hosts.toml",
            "[web1]\naddress = \"a\"\n[\"web[1-1]\"]\naddress = \"b\"\n",
        ),
    ];
    for (name, text) in texts {
        let error = read(name, text).unwrap_err().to_string();
        let twice = "`web1` has two values for address: `a` and `b`";
        assert!(
            error.contains(twice) && error.contains("the first is in"),
            "{name}: {error}"
        );
    }
}

/// Ansible and OpenSSH have a rule for it, which is theirs to make.
#[test]
fn of_two_addresses_the_one_counts_that_would_count_for_the_tool_itself() {
    let texts = [
        ("hosts.ini", "[a]\nweb1 ansible_host=a\n[b]\nweb1 ansible_host=b\n", "b"),
        (
            "hosts.yml",
            "x: { hosts: { web1: { ansible_host: a } } }\ny: { hosts: { web1: { ansible_host: b } } }\n",
            "b",
        ),
        ("config", "Host web1\nHostName a\nHost web1\nHostName b\n", "a"),
    ];
    for (name, text, address) in texts {
        let fleet = read(name, text).unwrap().fleet.build().unwrap();
        let connection = fleet.connection(fleet.id("web1").unwrap()).unwrap();
        assert_eq!(connection.address.as_deref(), Some(address), "{name}");
    }
}
