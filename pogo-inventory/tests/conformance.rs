//! Every source keeps the contract of `Inventory`.
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
    unix
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::inventory::Inventory;
use pogo_core::testing::conformance::{self, InventoryFixture};
use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{
    AnsibleInventory, AnsibleList, AnsibleScript, ClusterShellGroups, CommandSource, GendersFile, HostList, Pogo4File,
    PolicyFile, SshConfig,
};

/// Holds a source of one file to the contract: a good text with web1 and web2, one with web3 besides, and one without
/// sense.
fn file(name: &str, [good, changed, senseless]: [&str; 3], source: fn(&Path) -> Arc<dyn Inventory>) {
    let folder = tempfile::tempdir().unwrap();
    let place = |inner: &str| -> PathBuf {
        let inner = folder.path().join(inner);
        fs::create_dir_all(&inner).unwrap();
        inner.join(name)
    };
    let (path, broken, gone) = (place("good"), place("broken"), place("empty"));
    fs::write(&broken, senseless).unwrap();
    let report = futures::executor::block_on(conformance::inventory(async || {
        fs::write(&path, good).unwrap();
        let (changing, changed) = (path.clone(), changed.to_owned());
        InventoryFixture::new(source(&path))
            .hosts(["web1", "web2"])
            .unavailable(source(&gone))
            .invalid(source(&broken))
            .change(move || fs::write(&changing, &changed).unwrap())
    }));
    report.assert_passed();
    report.assert_skipped(&["no_secret_is_shown"]);
}

fn table(path: &Path) -> Arc<dyn Inventory> {
    let format = Format::of(path).unwrap();
    Arc::new(TableFile::new(path, format, Mapping::default()))
}

#[test]
fn policy_files() {
    let texts = ["tag: { web: ['web[1-2]'] }", "tag: { web: ['web[1-3]'] }", "tag: ["];
    file("pogo.yaml", texts, |path| Arc::new(PolicyFile::new(path)));
    let texts = ["apps: { web: ['web[1-2]'] }", "apps: { web: ['web[1-3]'] }", "apps: ["];
    file("pogo.yaml", texts, |path| Arc::new(Pogo4File::new(path)));
}

#[test]
fn inventories_of_ansible() {
    let texts = ["[web]\nweb[1:2]\n", "[web]\nweb[1:3]\n", "[web]\nweb[1:\n"];
    file("hosts.ini", texts, |path| Arc::new(AnsibleInventory::new(path)));
    let texts = [
        "web: { hosts: { 'web[1:2]': } }",
        "web: { hosts: { 'web[1:3]': } }",
        "web: [",
    ];
    file("hosts.yml", texts, |path| Arc::new(AnsibleInventory::new(path)));
    let texts = [
        r#"{"_meta": {"hostvars": {}}, "web": {"hosts": ["web1", "web2"]}}"#,
        r#"{"_meta": {"hostvars": {}}, "web": {"hosts": ["web1", "web2", "web3"]}}"#,
        r#"{"web": {"hosts": ["web1"]}}"#,
    ];
    file("hosts.json", texts, |path| Arc::new(AnsibleList::new(path)));
}

#[test]
fn files_of_other_tools() {
    let texts = [
        "roles: { web: 'web[1-2]' }",
        "roles: { web: 'web[1-3]' }",
        "roles: { web: 'web[1-' }",
    ];
    file("groups.yaml", texts, |path| Arc::new(ClusterShellGroups::new(path)));
    let texts = ["web: web[1-2]\n", "web: web[1-3]\n", "web\n"];
    file("local.cfg", texts, |path| Arc::new(ClusterShellGroups::new(path)));
    let texts = ["web[1-2] a\n", "web[1-3] a\n", "web[1- a\n"];
    file("genders", texts, |path| Arc::new(GendersFile::new(path)));
    let texts = ["web[1-2]\n", "web[1-3]\n", "web[1-\n"];
    file("hosts.txt", texts, |path| Arc::new(HostList::new(path)));
    let texts = ["Host web1 web2\n", "Host web1 web2 web3\n", "Hostt web1\n"];
    file("config", texts, |path| Arc::new(SshConfig::new(path)));
}

#[test]
fn tables() {
    file(
        "hosts.csv",
        ["name\nweb[1-2]\n", "name\nweb[1-3]\n", "nom\nweb1\n"],
        table,
    );
    file("hosts.json", ["[\"web[1-2]\"]", "[\"web[1-3]\"]", "[\"web1\""], table);
    file(
        "hosts.jsonl",
        ["\"web1\"\n\"web2\"\n", "\"web[1-3]\"\n", "\"web1\n"],
        table,
    );
    file(
        "hosts.toml",
        ["[web1]\n[web2]\n", "[web1]\n[web2]\n[web3]\n", "[web1\n"],
        table,
    );
}

#[test]
fn programs() {
    let shell = |script: &str| -> Arc<dyn Inventory> {
        Arc::new(
            CommandSource::new("/bin/sh", Mapping::default())
                .arg("-c")
                .arg(script)
                .arg("hunter2"),
        )
    };
    let report = futures::executor::block_on(conformance::inventory(async || {
        InventoryFixture::new(shell("echo '[\"web[1-2]\"]'"))
            .hosts(["web1", "web2"])
            .unavailable(shell("exit 1"))
            .invalid(shell("echo '['"))
            .secret("hunter2")
    }));
    report.assert_passed();
    report.assert_skipped(&["a_change_is_seen_by_the_next_load"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn databases() {
    use pogo_inventory::{Database, DatabaseSource};

    let source = |query: &str, path: &str| -> Arc<dyn Inventory> {
        Arc::new(DatabaseSource::new(
            Database::new(path),
            query,
            DatabaseSource::mapping(),
        ))
    };
    let good = "SELECT 'web1' AS host, 'web' AS tag UNION SELECT 'web2', 'web'";
    let report = futures::executor::block_on(conformance::inventory(async || {
        InventoryFixture::new(source(good, "sqlite::memory:"))
            .hosts(["web1", "web2"])
            .unavailable(source(good, "sqlite:/no/such.db"))
            .invalid(source("SELECT", "sqlite::memory:"))
    }));
    report.assert_passed();
    report.assert_skipped(&["a_change_is_seen_by_the_next_load", "no_secret_is_shown"]);
}

#[test]
fn executable_inventories_of_ansible() {
    let script = |line: &str| Arc::new(AnsibleScript::new("/bin/sh").arg("-c").arg(format!("{line} # hunter2")));
    let report = futures::executor::block_on(conformance::inventory(async || {
        InventoryFixture::new(script(r#"echo '{"web": ["web1", "web2"], "_meta": {"hostvars": {}}}'"#))
            .hosts(["web1", "web2"])
            .unavailable(script("exit 3"))
            .invalid(script("echo '['"))
            .secret("hunter2")
    }));
    report.assert_passed();
    report.assert_skipped(&["a_change_is_seen_by_the_next_load"]);
}
