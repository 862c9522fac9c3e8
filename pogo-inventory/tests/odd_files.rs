//! Files that are no files, and texts with a mark in front: the same rule for every source.
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

mod one_of_each;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use one_of_each::{EACH, read};
use pogo_inventory::InventoryError;

fn pipe(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Whether the error says that this is a pipe. Who waits for one never comes here.
fn refuses(error: &InventoryError, path: &Path) {
    let found = error.to_string();
    assert!(
        found.contains(&format!("{}: is a pipe, not a file", path.display())),
        "{found}"
    );
}

#[test]
fn a_pipe_or_a_device_is_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name, _) in EACH {
        let path = pipe(folder.path(), &format!("{kind}-pipe-{name}"));
        refuses(&read(kind, &path).unwrap_err(), &path);
        let link = folder.path().join(format!("{kind}-device-{name}"));
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let found = read(kind, &link).unwrap_err().to_string();
        assert!(found.contains("is a device, not a file"), "{found}");
    }
    let socket = folder.path().join("socket.csv");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(read("csv", &socket).unwrap_err().to_string().contains("is a socket"));
}

#[test]
fn a_pipe_among_other_files_is_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let within = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| {
        fs::create_dir_all(within(name).parent().unwrap()).unwrap();
        fs::write(within(name), text).unwrap();
    };
    write("inv/hosts", "[web]\nweb1\n");
    let beside = pipe(folder.path(), "inv/more");
    refuses(&read("ansible", &within("inv")).unwrap_err(), &beside);

    for place in ["host_vars/web1", "group_vars/web.yml"] {
        let inventory = format!("{}/hosts", place.replace('/', "-"));
        write(&inventory, "[web]\nweb1\n");
        let vars = pipe(within(&inventory).parent().unwrap(), place);
        refuses(&read("ansible", &within(&inventory)).unwrap_err(), &vars);
    }
    // In a folder of variables it is passed over, as by Ansible, and that is said.
    write("vars/hosts", "[web]\nweb1\n");
    pipe(&within("vars"), "host_vars/web1/pipe");
    let read_all = read("ansible", &within("vars/hosts")).unwrap();
    assert!(
        read_all.warnings[0]
            .to_string()
            .contains("host_vars/web1/pipe: is passed over"),
        "{:?}",
        read_all.warnings
    );

    let included = pipe(folder.path(), "conf.d/pipe");
    write("config", "Include conf.d/*\nHost web1\n");
    refuses(&read("ssh-config", &within("config")).unwrap_err(), &included);
    let included = pipe(folder.path(), "limits.yaml");
    write("pogo.yaml", "include: [limits.yaml]\ntag: { web: [web1] }\n");
    refuses(&read("policy", &within("pogo.yaml")).unwrap_err(), &included);
}

#[cfg(all(feature = "http", feature = "sqlite"))]
#[test]
fn pipes_beside_services_are_never_waited_for() {
    use pogo_inventory::table::Mapping;
    use pogo_inventory::{Database, DatabaseSource, HttpSource};

    let folder = tempfile::tempdir().unwrap();
    let path = pipe(folder.path(), "pipe");
    let source = HttpSource::new("http://127.0.0.1:1", Mapping::default()).retries(0, std::time::Duration::ZERO);
    refuses(&source.clone().header_from_file("a", &path).read().unwrap_err(), &path);
    let down = source.copy(&path).read().unwrap_err();
    assert!(matches!(down, InventoryError::Unavailable(_)), "{down}");
    let database = Database::new(format!("sqlite:{}", path.display()));
    let found = DatabaseSource::new(database, "SELECT 1", DatabaseSource::mapping())
        .read()
        .unwrap_err();
    assert!(found.to_string().contains("is a pipe, not a file"), "{found}");
}

#[test]
fn a_mark_in_front_of_a_text_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name, text) in EACH {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let plain = read(kind, &path).unwrap_or_else(|error| panic!("{error}"));
        fs::write(&path, format!("\u{feff}{text}")).unwrap();
        let marked = read(kind, &path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(plain.fleet, marked.fleet, "{name}");
        assert_eq!(plain.fleet.len(), 2, "{name}");
        // In another encoding it is refused by name.
        let wide: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        fs::write(&path, wide).unwrap();
        assert!(read(kind, &path).unwrap_err().to_string().contains("is UTF-16 text"));
    }
}

#[test]
fn an_address_with_a_prefix_length_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name, text, place) in [
        (
            "policy",
            "pogo.yaml",
            "host:\n  web1: { address: 10.0.0.1/24 }\n",
            "2:3",
        ),
        ("ansible", "hosts.ini", "[web]\nweb1 ansible_host=10.0.0.1/24\n", "2:6"),
        (
            "ansible",
            "hosts.yml",
            "all: { hosts: { web1: { ansible_host: 10.0.0.1/24 } } }\n",
            "1:39",
        ),
        ("ssh-config", "config", "Host web1\n  HostName 10.0.0.1/24\n", "2:12"),
        ("csv", "hosts.csv", "name,address\nweb1,10.0.0.1/24\n", "2:1"),
        (
            "json",
            "hosts.json",
            "[{\"name\": \"web1\", \"address\": \"10.0.0.1/24\"}]",
            "1:11",
        ),
        ("toml", "hosts.toml", "[web1]\naddress = \"10.0.0.1/24\"\n", "1:2"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let found = read(kind, &path).unwrap_err().to_string();
        let expected = format!("{name}:{place}: `10.0.0.1/24` is a network");
        assert!(found.contains(&expected), "{expected} is not in {found}");
    }
}

#[test]
fn what_shows_nothing_is_refused_with_its_place_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    for hidden in ['\u{200b}', '\u{202e}', '\u{3164}', '\u{feff}'] {
        for (kind, name, text) in EACH {
            let path = folder.path().join(name);
            fs::write(&path, text.replace("web1", &format!("we{hidden}b1"))).unwrap();
            let found = read(kind, &path).unwrap_err();
            assert!(!found.to_string().contains(hidden), "{kind}: {found}");
            assert!(
                found.diagnostics().iter().all(|problem| problem.position.is_some()),
                "{kind}: {found}"
            );
        }
    }
}
