//! Configurations of OpenSSH's client: what is read of them, and what is refused.
#![cfg(feature = "ssh-config")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use pogo_core::fleet::{Connection, Fleet};
use pogo_core::inventory::Inventory;
use pogo_inventory::SshConfig;
use tempfile::TempDir;

/// A folder with these files, the first of them the one to read.
struct Files(TempDir, PathBuf);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let first = folder.path().join(files[0].0);
        Self(folder, first)
    }

    fn fleet(&self) -> Fleet {
        let read = SshConfig::read(&self.1).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.warnings, []);
        read.fleet.build().unwrap()
    }

    /// First lines and hints, relative to the folder.
    fn problems(&self) -> Vec<String> {
        let error = SshConfig::read(&self.1).unwrap_err();
        error.diagnostics().iter().map(|problem| self.line(problem)).collect()
    }

    fn line(&self, problem: &pogo_inventory::Diagnostic) -> String {
        let text = problem.to_string();
        let first = text.lines().next().unwrap_or_default();
        let first = first.replace(&format!("{}/", self.0.path().display()), "");
        match &problem.hint {
            Some(hint) => format!("{first} ({hint})"),
            None => first,
        }
    }
}

fn names(fleet: &Fleet) -> Vec<&str> {
    fleet.ids().map(|host| fleet.name(host).as_str()).collect()
}

fn connection(fleet: &Fleet, host: &str) -> Connection {
    let id = fleet.id(host).unwrap_or_else(|| panic!("no host {host}"));
    fleet.connection(id).cloned().unwrap_or_default()
}

#[test]
fn names_are_hosts_and_patterns_are_defaults() {
    let fleet = Files::new(&[(
        "config",
        "Host web1 web2 web* !web9\n Port 2222\nHost *\n User deploy\n Port 22\nHost web9\n HostName 10.0.0.9\n",
    )])
    .fleet();
    assert_eq!(names(&fleet), ["web1", "web2", "web9"]);
    let web1 = connection(&fleet, "web1");
    assert_eq!((web1.port, web1.user.as_deref()), (Some(2222), Some("deploy")));
    let web9 = connection(&fleet, "web9");
    assert_eq!((web9.port, web9.address.as_deref()), (Some(22), Some("10.0.0.9")));
}

#[test]
fn the_first_value_counts_wherever_it_stands() {
    let fleet = Files::new(&[("config", "User first\nHost a\n User second\n Port 1\nHost a\n Port 2\n")]).fleet();
    let a = connection(&fleet, "a");
    assert_eq!((a.user.as_deref(), a.port), (Some("first"), Some(1)));
}

#[test]
fn includes_count_where_they_stand() {
    let files = Files::new(&[
        (
            "config",
            "Host web*\n  Include conf.d/* \"more/with space\"\n  Port 3\nHost db1\n",
        ),
        ("conf.d/10-a", "User inner\nHost web1 db1\n  Port 1\n"),
        ("conf.d/20-b", "Host web2\n  Port 2\n"),
        ("conf.d/.hidden", "Host hidden\n"),
        ("more/with space", "HostKeyAlias key\n"),
    ]);
    let fleet = files.fleet();
    assert_eq!(names(&fleet), ["web1", "web2", "db1"]);
    let ports = ["web1", "web2", "db1"].map(|host| connection(&fleet, host).port);
    assert_eq!(
        ports,
        [Some(1), Some(2), None],
        "what is included in `web*` is not for db1"
    );
    let web1 = connection(&fleet, "web1");
    assert_eq!(web1.user.as_deref(), Some("inner"));
    assert_eq!(web1.vars["host_key_alias"], "key");
}

#[test]
fn tokens_are_filled_in() {
    let fleet = Files::new(&[(
        "config",
        "Host a\n HostName %h.example.com\n User u\n Port 7\n IdentityFile %d/.ssh/%r@%n:%p-%h%%\n ProxyJump j@%n:22\n",
    )])
    .fleet();
    let a = connection(&fleet, "a");
    assert_eq!(a.address.as_deref(), Some("a.example.com"));
    assert_eq!(a.vars["identity"], "~/.ssh/u@a:7-a.example.com%");
    assert_eq!(a.vars["proxy_jump"], "j@a:22");
}

#[test]
fn a_jump_can_be_switched_off() {
    let fleet = Files::new(&[(
        "config",
        "Host inner\n ProxyJump none\nHost *\n ProxyJump gate\nHost outer\n",
    )])
    .fleet();
    assert!(connection(&fleet, "inner").vars.is_empty());
    assert_eq!(connection(&fleet, "outer").vars["proxy_jump"], "gate");
}

#[test]
fn what_is_not_taken_over_is_warned_of_without_its_secrets() {
    let files = Files::new(&[(
        "config",
        "Host a\n ProxyCommand nc -X hunter2 %h\n ProxyJump gate\n IdentityFile k1\n IdentityFile k2\nInclude gone\n",
    )]);
    let read = SshConfig::read(&files.1).unwrap();
    let warnings: Vec<String> = read.warnings.iter().map(|warning| files.line(warning)).collect();
    assert_eq!(
        warnings,
        [
            "config:2:2: `ProxyCommand` is not taken over (name hosts to go through with `ProxyJump`)",
            "config:6:9: there is no file `gone`",
            "config:5:15: a second key file for `a` is not taken over (the transport tries its own keys behind the \
             first)",
        ]
    );
    let fleet = read.fleet.build().unwrap();
    let vars = connection(&fleet, "a").vars;
    assert_eq!(
        vars.keys().collect::<Vec<_>>(),
        ["identity"],
        "a command that comes first hides the jump"
    );
}

#[test]
fn a_match_does_not_refuse_the_file_and_what_is_left_out_is_said_once() {
    let text = "Host a\nMatch exec \"true\"\n User x\n Port 7\nMatch host a user me\n ServerAliveInterval 5\n\
        Match all\n Port 2\n";
    let files = Files::new(&[("config", text)]);
    let read = SshConfig::read(&files.1).unwrap();
    let warnings: Vec<String> = read.warnings.iter().map(|warning| files.line(warning)).collect();
    assert_eq!(
        warnings,
        [
            "config:2:1: the settings of this `Match` are not taken over: whether `exec` holds is not known before \
             somebody connects (name the hosts with `Host`, or leave it to the transport, which reads OpenSSH's \
             configuration itself)"
        ]
    );
    let fleet = read.fleet.build().unwrap();
    assert_eq!(
        (connection(&fleet, "a").port, connection(&fleet, "a").user),
        (Some(2), None)
    );
    let fleet = Files::new(&[("config", "Host a\n User x\nMatch all\n Port 2\nHost b\n")]).fleet();
    assert_eq!(connection(&fleet, "b").port, Some(2));
}

#[test]
fn what_is_included_under_an_unknown_match_is_said_to_be_left_out() {
    let files = Files::new(&[
        ("config", "Match tagged x\n Include more\nHost a\n"),
        ("more", "User x\nHost b\n Port 5\n"),
    ]);
    let read = SshConfig::read(&files.1).unwrap();
    assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
    let fleet = read.fleet.build().unwrap();
    assert_eq!(names(&fleet), ["a"]);
}

#[test]
fn a_second_reading_of_the_file_is_warned_of_though_it_sets_nothing() {
    let files = Files::new(&[("config", "Match final\nMatch host b\n User x\nHost a\n HostName b\n")]);
    let read = SshConfig::read(&files.1).unwrap();
    assert!(read.warnings[0].message.contains("whether `final` holds"));
}

#[test]
fn a_jump_without_a_host_is_refused() {
    for jump in ["j,", "@j", "u@", "j,,k"] {
        let problems = Files::new(&[("config", &format!("Host a\n ProxyJump {jump}\n"))]).problems();
        let cure = "write `[user@]host[:port]`, several with a comma between two";
        assert_eq!(
            problems,
            [format!("config:2:12: proxyjump: `{jump}` is no jump; {cure}")]
        );
    }
}

#[test]
fn conditions_that_openssh_does_not_know_are_refused() {
    for (line, expected) in [
        ("Match", "config:1:1: match: it has no value"),
        ("Match hots a", "config:1:7: match: OpenSSH knows no condition `hots`"),
        (
            "Match host",
            "config:1:7: match: the condition `host` needs something to compare with",
        ),
        (
            "Match all host a",
            "config:1:7: match: `all` stands alone, or after canonical or final",
        ),
        (
            "Match host a user b all",
            "config:1:21: match: `all` stands alone, or after canonical or final",
        ),
    ] {
        let problems = Files::new(&[("config", &format!("{line}\n User x\nHost a\n"))]).problems();
        assert_eq!(problems, [expected]);
    }
}

#[test]
fn every_mistake_is_found_at_once_with_its_place() {
    let text = "Hostt a\nHost\nHost a(b\n Port 0\n Port 22\n User\n User a b\n HostName \"x\n HostName %x\n \
        HostName ''\n IdentityFile ${HOME}/k\nInclude ~no-such-user/x\nInclude %d/x\n";
    let problems = Files::new(&[("config", text)]).problems();
    let firsts: Vec<&str> = problems.iter().map(|line| line.split(" (").next().unwrap()).collect();
    assert_eq!(
        firsts,
        [
            "config:1:1: hostt: no keyword that is known",
            "config:2:1: host: it has no value",
            "config:3:6: `(` cannot be part of the host name `a(b`",
            "config:4:7: port: `0` is not a port, a number from 1 to 65535",
            "config:6:2: user: it has no value",
            "config:7:9: user: `b` is one argument too many",
            "config:8:2: hostname: a quote is opened and never closed",
            "config:9:11: the token `%x` is not supported here",
            "config:10:11: hostname: its value is missing",
            "config:11:15: variables of the environment are not supported",
            "config:12:9: include: `~no-such-user/x`: there is no user `no-such-user`",
            "config:13:9: include: tokens and variables in `%d/x` are not supported; write the file's name",
        ]
    );
    assert!(problems[0].ends_with("(did you mean `host`?)"), "{}", problems[0]);
}

#[test]
fn words_may_be_passed_over_on_purpose() {
    Files::new(&[(
        "config",
        "IgnoreUnknown use*,Other\nHost a\n UseKeychain yes\n other x\n ForwardAgent no\n",
    )])
    .fleet();
}

#[cfg(unix)]
#[test]
fn files_that_include_each_other_end_in_an_error() {
    let files = Files::new(&[("config", "Include config\nInclude config\n")]);
    assert_eq!(
        files.problems(),
        ["config:1:9: include: files include each other more than 16 levels deep (does a file include itself?)"]
    );
    // A link that leads back to the folder it is in.
    let files = Files::new(&[("config", "Include sub/config\n")]);
    std::os::unix::fs::symlink(files.0.path(), files.0.path().join("sub")).unwrap();
    let problems = files.problems();
    assert!(
        problems[0].contains("files include each other more than 16 levels deep"),
        "{problems:?}"
    );
    // No circle, but each file includes the next ten times.
    let names: Vec<String> = (0..8).map(|level| format!("f{level}")).collect();
    let texts: Vec<String> = (1..=8).map(|next| format!("Include f{next}\n").repeat(10)).collect();
    let listed: Vec<(&str, &str)> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let mut listed = listed;
    listed.push(("f8", "Host a\n"));
    let problems = Files::new(&listed).problems();
    assert!(
        problems[0].contains("more than 1000 files are included"),
        "{problems:?}"
    );
}

#[test]
fn patterns_without_bound_are_refused() {
    let hosts: String = (0..20_000).map(|host| format!("Host h{host}\n")).collect();
    let wild: String = (0..20_000).map(|at| format!("Host *{at}\n Port 1\n")).collect();
    let problems = Files::new(&[("config", &(hosts + &wild))]).problems();
    assert_eq!(
        problems,
        ["config: 40000 lines and 20000 hosts are too many to compare"]
    );
}

#[test]
fn unreadable_files_are_named() {
    let error = SshConfig::read("/no/such/config").unwrap_err();
    assert!(
        error.to_string().starts_with("/no/such/config: no such file"),
        "{error}"
    );
    let files = Files::new(&[("config", "Include .\n")]);
    let problems = files.problems();
    assert!(problems[0].contains("is a directory"), "{problems:?}");
    let files = Files::new(&[("config", "")]);
    fs::write(&files.1, b"Host a\nUser \xff\n").unwrap();
    assert_eq!(
        files.problems(),
        ["config:2:6: the byte 0xff is not UTF-8 text (save the file as UTF-8)"]
    );
    let source = SshConfig::new("/no/such/config");
    assert_eq!(source.name(), "/no/such/config");
    assert!(futures::executor::block_on(source.load()).is_err());
}
