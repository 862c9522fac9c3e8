//! ClusterShell's group files, held against `nodeset` itself.
//!
//! The comparison is left out, loudly, where `nodeset` is missing, unless POGO_REQUIRE_CLUSTERSHELL=1.
#![cfg(feature = "clustershell")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../differential/mod.rs"]
mod differential;
mod random;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pogo_inventory::{ClusterShellGroups, Inventory};

const GROUPS: &str = r"
roles:
  adm: example0
  web: ['w[1-3]', '@adm']
  both: '@web!w2,@rack:r[1-2]'
  padded: n[08-12],n[001-003]
  stepped: s[1-20/3]
  racks: r[1-2]n[1-3]-ib
  spaced: 'a1 a2'
  odd: 'x[1-5]^x[4-8]'
  chain: 'y[1-9]!y[2-3]&y[1-5],z'
  nothing: 'w1!w1'
rack:
  r1: x1
  r2: x[2,4,6-8]
  all-of-it: '@r[1-2],@roles:adm'
";

const FLAT: &str = "# comment\nadm: example0\noss: example4 example5\nio: example[4-6]\nall-of-it:@io,@adm\n\
    wide: x[01-12],y\ntwice: a[1-3]\ntwice: b1,a2\nless: example[1-9]!@oss  \n";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pogo-clustershell-{name}-{}", std::process::id()));
        fs::create_dir_all(path.join("groups.d")).unwrap();
        let main = format!("[Main]\ndefault: roles\nautodir: {}\n", path.join("groups.d").display());
        fs::write(path.join("groups.conf"), main).unwrap();
        fs::write(path.join("groups.d/a.yaml"), GROUPS).unwrap();
        // The source of flat files as ClusterShell's own groups.conf defines it.
        let flat = "[local]\nmap: sed -n 's/^$GROUP:\\(.*\\)/\\1/p' $CFGDIR/groups.d/local.cfg\n\
                    list: sed -n 's/^\\([0-9A-Za-z_-]*\\):.*/\\1/p' $CFGDIR/groups.d/local.cfg\n";
        let main = fs::read_to_string(path.join("groups.conf")).unwrap();
        fs::write(path.join("groups.conf"), main + flat).unwrap();
        fs::write(path.join("groups.d/local.cfg"), FLAT).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn nodeset(config: &Path, expression: &str) -> Option<BTreeSet<String>> {
    let run = Command::new("nodeset")
        .args(["-e", "-S", "\n", expression])
        .env("CLUSTERSHELL_CFGDIR", config)
        .output();
    let Ok(output) = run else {
        assert!(
            std::env::var_os("POGO_REQUIRE_CLUSTERSHELL").is_none_or(|value| value != "1"),
            "POGO_REQUIRE_CLUSTERSHELL=1, but there is no nodeset"
        );
        eprintln!("LEFT OUT: nodeset is missing (apt-get install clustershell)");
        return None;
    };
    assert!(
        output.status.success(),
        "{expression}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn groups_have_the_members_that_nodeset_gives_them() {
    assert_eq!(agreed("yaml", "groups.d/a.yaml"), 13);
}

#[test]
fn flat_files_have_the_members_that_nodeset_gives_them() {
    assert_eq!(agreed("flat", "groups.d/local.cfg"), 7);
}

/// How many groups of the file have the same members for both.
fn agreed(name: &str, file: &str) -> usize {
    let folder = Folder::new(name);
    let fleet = ClusterShellGroups::read(folder.0.join(file)).unwrap_or_else(|error| panic!("{error}"));
    let fleet = fleet.fleet.build().unwrap();
    let groups = fleet.tags().filter(|tag| fleet.children(*tag).is_empty());
    let mut compared = 0;
    for tag in groups {
        let reference = format!("@{}", fleet.tag_path(tag).as_str().replace('.', ":"));
        let ours: BTreeSet<String> = fleet
            .members(tag)
            .iter()
            .map(|host| fleet.name(*host).to_string())
            .collect();
        if let Some(theirs) = nodeset(&folder.0, &reference) {
            assert_eq!(ours, theirs, "{reference}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let text = "roles:\n  web: 'w[1-'\n  a: '@b'\n  b: 'x,@a'\n  c: '@gone:x'\n  d.e: x\n  f: {}\n  g: '$x'\nrack: 5\n";
    let error = ClusterShellGroups::parse("f", text).unwrap_err();
    let short = |problem: &pogo_inventory::Diagnostic| {
        let position = problem.position.unwrap();
        format!("{}:{} {}", position.line, position.column, problem.message)
    };
    let found: Vec<String> = error.diagnostics().iter().map(short).collect();
    let expected = [
        "2:10 this bracket is not closed; add a `]`",
        "3:7 in `@roles:b`: the group `@roles:a` contains itself",
        "4:9 in `@roles:a`: the group `@roles:b` contains itself",
        "5:7 there is no group `@gone:x` here",
        "7:6 expected a node set, found a map",
        "8:3 `$` cannot be part of the host name `$x`",
        "9:7 expected a map from groups to node sets, found `5`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn dots_become_underscores_and_are_warned_of() {
    let folder = Folder::new("dots");
    fs::write(folder.0.join("dots.yaml"), "roles: { web.east: 'w[1-2]' }\n").unwrap();
    let listing = futures::executor::block_on(ClusterShellGroups::new(folder.0.join("dots.yaml")).load()).unwrap();
    assert_eq!(
        listing.warnings[0].message,
        "the group `roles:web.east` becomes the tag `roles.web_east`"
    );
    let fleet = listing.fleet.build().unwrap();
    assert_eq!(
        fleet
            .members(fleet.tag(&"roles.web_east".parse().unwrap()).unwrap())
            .len(),
        2
    );
    let error = ClusterShellGroups::parse("f", "roles: { a.b: x, a_b: y }\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`roles:a.b` and this group would both become the tag `roles.a_b`"),
        "{error}"
    );
}

#[test]
fn a_folder_of_groups_is_read_as_one() {
    let folder = Folder::new("folder");
    fs::write(
        folder.0.join("groups.d/b.yaml"),
        "site: { all: 'x[1-5],y', few: '@local:io!example4', wild: 'x[2-9]&x*', every: '@rack:*,@*' }\n",
    )
    .unwrap();
    let listing = futures::executor::block_on(ClusterShellGroups::new(folder.0.join("groups.d")).load()).unwrap();
    assert_eq!(listing.files.len(), 4, "the folder and its three files");
    let fleet = listing.fleet.build().unwrap();
    for tag in ["site.all", "site.few", "site.wild", "site.every"] {
        let members = fleet.members(fleet.tag(&tag.parse().unwrap()).unwrap());
        let ours: BTreeSet<String> = members.iter().map(|host| fleet.name(*host).to_string()).collect();
        if let Some(theirs) = nodeset(&folder.0, &format!("@{}", tag.replace('.', ":"))) {
            assert_eq!(ours, theirs, "{tag}");
        }
    }
    let error = ClusterShellGroups::parse("f", "a: { x: 'y!z' }\nb: { c: '@a:*' }\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`@a:*` would mix up the operators of its groups; give `a` a group `all`"),
        "{error}"
    );
    fs::write(folder.0.join("groups.d/c.yaml"), "rack: { r9: x }\n").unwrap();
    let error = ClusterShellGroups::read(folder.0.join("groups.d"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("c.yaml:1:1: another file of the folder has the source `rack` too"),
        "{error}"
    );
    let error = ClusterShellGroups::read(folder.0.join("empty"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no such file"), "{error}");
}

#[test]
fn an_empty_file_is_no_inventory() {
    let error = ClusterShellGroups::parse("f", "# nothing\n").unwrap_err();
    assert!(error.to_string().starts_with("f:1:1: the file says nothing"), "{error}");
}

#[test]
fn short_texts_cannot_name_nodes_without_end() {
    for text in [
        "a: { b: 'x[1-1000001]' }".to_owned(),
        "a: { b: 'x[1-1000]y[1-1001]' }".to_owned(),
        format!("a: {{ b: '{}' }}", "x[1-9]y".repeat(20)),
    ] {
        let error = ClusterShellGroups::parse("f", &text).unwrap_err().to_string();
        assert!(error.contains("more than 1000000 nodes"), "{error}");
    }
}

#[test]
fn mistakes_in_flat_files_are_shown_where_they_are() {
    let lines = |name: &str, text: &str| -> Vec<String> {
        let error = ClusterShellGroups::parse(name, text).unwrap_err();
        let first = |problem: &pogo_inventory::Diagnostic| problem.to_string().lines().next().unwrap().to_owned();
        error.diagnostics().iter().map(first).collect()
    };
    assert_eq!(
        lines("local.cfg", "web: w[1-\nno colon\n indented: a\nx: @gone\n"),
        [
            "local.cfg:1:7: this bracket is not closed; add a `]`",
            "local.cfg:2:1: expected `group: nodes`",
            "local.cfg:3:1: expected `group: nodes`",
            "local.cfg:4:4: this source has no group `@local:gone` here",
        ]
    );
    assert_eq!(lines("groups", "# nothing\n"), ["groups:1:1: the file says nothing"]);
    let main = lines("/etc/clustershell/groups.conf", "[Main]\ndefault: local\n");
    assert_eq!(
        main,
        ["/etc/clustershell/groups.conf:1:1: this says where groups come from, and holds none"]
    );
}
