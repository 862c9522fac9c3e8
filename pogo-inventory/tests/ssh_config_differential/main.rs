//! Configurations of OpenSSH's client against what `ssh -G` says of each host.
#![cfg(all(feature = "ssh-config", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../differential/mod.rs"]
mod differential;
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use pogo_core::fleet::Connection;
use pogo_inventory::SshConfig;

const CONFIGS: [&str; 16] = [
    "Host a b\n  HostName %h.example.com\n  Port 2222\nHost *\n  User deploy\n",
    "User first\nHost a b !b\n User second\n Port 7\nHost b\n Port=8\nhost *\n\tport = 9\n",
    "Host a*\n IdentityFile ~/.ssh/one\n ProxyJump gate.example.com\nHost ab a? ac !ab\n Port 99\n \
     IdentityFile ~/.ssh/two\n",
    "Host \"a\" 'b' c # d\n HostName \"10.0.0.1\" # address\n User \"with space\"\n",
    "Host inner\n ProxyJump none\nHost outer\n HostKeyAlias key.example.com\nHost *\n ProxyJump j1,j2\n",
    "Include FOLDER/inc/*.conf\nHost web1 web2\n Port 1\nHost db1\n Include FOLDER/inc/nested\n User late\n",
    "Host web*\n Include FOLDER/inc/nested\n Port 5\nHost web1 db1\n Port 6\n",
    "Match all\n Port 3\nHost a\n Port 4\n User x\nMatch all\n User y\nHost b.example.com\n",
    "Match originalhost a,c*\n Port 3\nHost a b.example.com cd\n User x\n",
    "Host a\n HostName b.example.com\nMatch host b.example.com\n Port 7\nMatch host a\n Port 8\nHost b.example.com\n \
     User z\nHost *\n User y\n",
    "Match !originalhost a\n User y\nHost a\n User x\nHost b.example.com\n Port 1\n",
    "Host a b c\n HostName %h.example.com\n User q\nMatch host *.example.com,!b.example.com originalhost a,b\n Port 4\n\
     Match !host c.example.com\n ProxyJump j\n",
    "Match host web* exec false\n Port 9\nHost web1 db1\n User u\nMatch HOST db1 all\n",
    "Match originalhost web1\n Include FOLDER/inc/nested\n Port 5\nHost web1 web2\n User v\n",
    "Host B b\n HostKeyAlias Key\nMatch originalhost *,!b\n User u\nMatch host B\n Port 7\nMatch !all\n Port 9\n",
    "Match host *.example.com\n HostName 10.0.0.1\n Include FOLDER/inc/nested\n User u\nHost b.example.com\n",
];

#[test]
fn every_host_is_reached_as_openssh_would() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let included = folder.path().join("inc");
    fs::create_dir(&included).unwrap();
    fs::write(included.join("10.conf"), "Host web1\n User ten\n").unwrap();
    fs::write(included.join("20.conf"), "User twenty\nHost web2\n Port 20\n").unwrap();
    fs::write(included.join("nested"), "HostName nested\nHost web2 db1\n Port 30\n").unwrap();
    let mut compared = 0;
    for config in CONFIGS {
        let path = folder.path().join("config");
        fs::write(&path, config.replace("FOLDER", &folder.path().display().to_string())).unwrap();
        let read = SshConfig::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let fleet = read.fleet.build().unwrap();
        for host in fleet.ids() {
            let name = fleet.name(host).as_str();
            let ours = fleet.connection(host).cloned().unwrap_or_default();
            assert_alike(config, name, &ours, &openssh(&path, name).unwrap());
            compared += 1;
        }
    }
    assert_eq!(compared, 35, "hosts of all configurations");
}

fn installed() -> bool {
    let probe = Command::new("ssh").arg("-V").stderr(Stdio::null()).status();
    let installed = probe.is_ok_and(|status| status.success());
    let required = std::env::var_os("POGO_REQUIRE_SSHD").is_some();
    assert!(installed || !required, "the program `ssh` is not installed");
    installed
}

/// What `ssh -G` prints, or why it refuses the file: lines of a word and a value; of several for one word the first.
fn openssh(config: &Path, host: &str) -> Result<BTreeMap<String, String>, String> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").arg("-F").arg(config).arg("--").arg(host);
    let printed = ssh.stdin(Stdio::null()).output().unwrap();
    if !printed.status.success() {
        return Err(String::from_utf8(printed.stderr).unwrap());
    }
    let mut values = BTreeMap::new();
    for line in String::from_utf8(printed.stdout).unwrap().lines() {
        if let Some((word, value)) = line.split_once(' ') {
            values.entry(word.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    Ok(values)
}

fn assert_alike(config: &str, host: &str, ours: &Connection, theirs: &BTreeMap<String, String>) {
    let differences = differences(host, ours, theirs);
    assert!(differences.is_empty(), "{differences:?} of {host} in\n{config}");
}

/// Both values of each setting of a host that differs.
fn differences(
    host: &str,
    ours: &Connection,
    theirs: &BTreeMap<String, String>,
) -> Vec<(Option<String>, Option<String>)> {
    let their = |name: &str| theirs.get(name).cloned();
    // OpenSSH writes addresses small.
    let address = ours.address.as_deref().unwrap_or(host).to_ascii_lowercase();
    let (user, key) = (
        ours.user.clone().or_else(local_user),
        ours.vars.get("identity").cloned(),
    );
    [
        (Some(address), their("hostname")),
        (Some(ours.port.unwrap_or(22).to_string()), their("port")),
        (user, their("user")),
        (ours.vars.get("proxy_jump").cloned(), their("proxyjump")),
        (ours.vars.get("host_key_alias").cloned(), their("hostkeyalias")),
        (key, their("identityfile").filter(|key| !is_no_choice(key))),
    ]
    .into_iter()
    .filter(|(ours, theirs)| ours != theirs)
    .collect()
}

/// The user of whoever connects, where no other is set.
fn local_user() -> Option<String> {
    static USER: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let empty = tempfile::NamedTempFile::new().unwrap();
        openssh(empty.path(), "any").unwrap().remove("user")
    };
    USER.get_or_init(ask).clone()
}

/// The first of the key files that OpenSSH tries unasked, or none at all.
fn is_no_choice(key: &str) -> bool {
    key == "~/.ssh/id_rsa" || key.eq_ignore_ascii_case("none")
}
