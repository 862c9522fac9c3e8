//! Files that include others.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod folder_of_files;

use std::fs;
use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use pogo_inventory::PolicyFile;
use tempfile::TempDir;

use folder_of_files::folder_of_files;

struct Folder(TempDir);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        Self(folder_of_files(name, files))
    }

    fn read(&self, name: &str) -> (Fleet, Policy) {
        let (fleet, policy) = PolicyFile::read(self.0.path().join(name))
            .unwrap_or_else(|error| panic!("{error}"))
            .into_parts();
        (fleet.build().unwrap(), policy)
    }

    /// The first lines of all problems, relative to the folder.
    fn problems(&self, name: &str) -> Vec<String> {
        let error = PolicyFile::read(self.0.path().join(name)).unwrap_err();
        let folder = format!("{}/", self.0.path().display());
        let real = format!("{}/", fs::canonicalize(self.0.path()).unwrap().display());
        let first = |problem: &pogo_inventory::Diagnostic| {
            let first = problem.to_string().lines().next().unwrap_or_default().to_owned();
            first.replace(&folder, "").replace(&real, "")
        };
        error.diagnostics().iter().map(first).collect()
    }
}

#[test]
fn included_files_come_first_and_add_up() {
    let folder = Folder::new(
        "add-up",
        &[
            (
                "pogo.yaml",
                "include: [parts/hosts.yaml, parts/limits.yaml]\nsequence: [$db, $web]\ndefaults: { retries: 1 }\n",
            ),
            (
                "parts/hosts.yaml",
                "tag: { web: ['web[1-2]'], all: ['*'] }\ninclude: db.yaml\n",
            ),
            ("parts/db.yaml", "tag: { db: [db1] }\n"),
            (
                "parts/limits.yaml",
                "include: [hosts.yaml]\nconstraint: { $web: { max_parallel: 1 } }\n\
                 defaults: { retries: 5, settle: 3s }\n",
            ),
        ],
    );
    let (fleet, policy) = folder.read("pogo.yaml");
    let names: Vec<&str> = fleet.ids().map(|host| fleet.name(host).as_str()).collect();
    assert_eq!(names, ["db1", "web1", "web2"]);
    assert_eq!(fleet.members(fleet.tag(&"all".parse().unwrap()).unwrap()).len(), 3);
    assert_eq!((policy.sequences.len(), policy.constraints.len()), (1, 1));
    assert_eq!(policy.defaults.retries, Some(1));
    assert_eq!(policy.defaults.settle, Some(Duration::from_secs(3)));
    let origin = policy.constraints[0].origin.as_ref().unwrap();
    assert!(origin.to_string().ends_with("parts/limits.yaml:2:15"), "{origin}");
}

#[test]
fn problems_of_all_files_are_reported_with_their_files() {
    let folder = Folder::new(
        "problems",
        &[
            ("pogo.yaml", "include: [a.yaml, gone.yaml, .]\nsequence: $a\n"),
            ("a.yaml", "tags: {}\n"),
        ],
    );
    let expected = [
        "a.yaml:1:1: unknown key `tags` in the file",
        "pogo.yaml:1:19: cannot include `gone.yaml`: no such file",
        "pogo.yaml:1:30: cannot include `.`: is a directory; name a file in it",
        "pogo.yaml:2:11: expected a list of groups, found `$a`",
    ];
    assert_eq!(folder.problems("pogo.yaml"), expected);
}

#[test]
fn circles_are_refused() {
    let folder = Folder::new(
        "circle",
        &[("a.yaml", "include: [b.yaml]\n"), ("b.yaml", "include: [a.yaml]\n")],
    );
    assert_eq!(
        folder.problems("a.yaml"),
        ["b.yaml:1:11: `a.yaml` includes itself: a.yaml -> b.yaml -> a.yaml"]
    );
}

#[cfg(unix)]
#[test]
fn circles_of_links_are_refused() {
    let folder = Folder::new("links", &[("a.yaml", "include: [sub/a.yaml]\n")]);
    std::os::unix::fs::symlink(".", folder.0.path().join("sub")).unwrap();
    let found = folder.problems("a.yaml");
    assert_eq!(found, ["a.yaml:1:11: `sub/a.yaml` includes itself: a.yaml -> a.yaml"]);
}

#[test]
fn chains_of_includes_have_an_end() {
    let name = |number: usize| format!("f{number}.yaml");
    let files: Vec<(String, String)> = (0..40)
        .map(|number| (name(number), format!("include: {}\n", name(number + 1))))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let folder = Folder::new("chain", &files);
    assert_eq!(
        folder.problems("f0.yaml"),
        ["f16.yaml:1:10: includes nest more than 16 deep"]
    );
}

#[test]
fn a_text_without_a_file_includes_nothing() {
    let error = PolicyFile::parse("text", "include: [a.yaml]").unwrap_err();
    assert_eq!(
        error.diagnostics()[0].message,
        "a text without a file cannot include files"
    );
}
