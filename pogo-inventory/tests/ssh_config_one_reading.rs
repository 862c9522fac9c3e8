//! The list of hosts, the settings of a host, and `ssh -G` read a file in the same way. Two readings of ours once
//! differed in each of these.
#![cfg(all(feature = "ssh-config", unix))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Stdio};

use pogo_inventory::SshConfig;
use pogo_ssh_config::{ClientConfig, HostQuery};

/// Address, port and user of the host `a`, if the file is taken.
type Reached = Option<(String, u16, Option<String>)>;

fn as_hosts(path: &Path) -> Reached {
    let fleet = SshConfig::read(path).ok()?.fleet.build().unwrap();
    let a = fleet.connection(fleet.id("a")?).cloned().unwrap_or_default();
    let address = a.address.unwrap_or_else(|| "a".to_owned());
    Some((address, a.port.unwrap_or(22), a.user))
}

fn as_settings(path: &Path) -> Reached {
    let config = ClientConfig::of_file(path).ok()?;
    let a = config.settings(&HostQuery::new("a")).ok()?;
    Some((a.host_name, a.port.unwrap_or(22), a.user))
}

/// Whether OpenSSH takes the file; `None` where it is not installed.
fn openssh_takes(path: &Path) -> Option<bool> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").arg("-F").arg(path).args(["--", "a"]);
    let status = ssh
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let required = std::env::var_os("POGO_REQUIRE_SSHD").is_some();
    assert!(status.is_ok() || !required, "the program `ssh` is not installed");
    status.ok().map(|status| status.success())
}

/// Each with whether it is taken.
const FILES: [(&str, bool); 14] = [
    // A quote is closed on lines that the list of hosts has no use for, too.
    ("Host a\n LocalCommand echo \"x\n", false),
    // So are their values checked.
    ("Host a\n ConnectTimeout soon\n", false),
    ("Host a\n StrictHostKeyChecking maybe\n", false),
    ("Host a\n User u\n Port ssh\n", true),
    // A jump is what stands on the line: tokens are no port.
    ("Host a\n ProxyJump j@%n:%p\n", false),
    ("Host a\n ProxyJump gate # why\n", true),
    // Conditions are words of another kind than arguments.
    ("Host a\n User u\nMatch host = a\n Port 7\n", true),
    ("Host a\n User u\nMatch originalhost=\"a\"\n Port 7\n", true),
    ("Host a\nMatch localnetwork nonsense\n Port 7\n", false),
    ("Host a\n\"Port\" 7\n", true),
    // `IgnoreUnknown` counts where it applies, and the first of several.
    ("Host b\n IgnoreUnknown Foo\nHost a\n Foo x\n", false),
    ("IgnoreUnknown Bar\nIgnoreUnknown Foo\nHost a\n Foo x\n", false),
    // Brackets in the name of an included file are a pattern, which may name none.
    ("Include FOLDER/part[1]\nHost a\n Port 7\n", true),
    ("Include FOLDER/part[12]\nHost a\n Port 7\n", true),
];

#[test]
fn the_list_of_hosts_and_the_settings_of_a_host_are_one_reading() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("part2"), "User two\n").unwrap();
    let mut differing = Vec::new();
    for (text, is_taken) in FILES {
        let path = folder.path().join("config");
        std::fs::write(&path, text.replace("FOLDER", &folder.path().display().to_string())).unwrap();
        let (hosts, settings) = (as_hosts(&path), as_settings(&path));
        assert_eq!(settings.is_some(), is_taken, "{text}");
        assert_eq!(openssh_takes(&path).unwrap_or(is_taken), is_taken, "ssh -G: {text}");
        if hosts != settings {
            differing.push((text, hosts, settings));
        }
    }
    assert_eq!(differing, []);
}

/// OpenSSH takes the quotes as a part of the name, which no host has.
#[test]
fn a_quoted_jump_is_no_host_in_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, "Host a\n ProxyJump \"gate\"\n").unwrap();
    assert_eq!((as_hosts(&path), as_settings(&path)), (None, None));
}
