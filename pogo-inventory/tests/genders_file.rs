//! Genders files, held against `nodeattr` itself.
//!
//! The comparison is left out, loudly, where `nodeattr` is missing, unless POGO_REQUIRE_GENDERS=1.
#![cfg(feature = "genders")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use pogo_inventory::GendersFile;

const GENDERS: &str = "# the cluster
web[1-4]\tfrontend,colo=east
web[5-8]  frontend,colo=west # the rest
db1,db[08-10] backend,colo=east,master=%n
   spare1
web1 canary
";

#[test]
fn attributes_have_the_nodes_that_nodeattr_gives_them() {
    let fleet = GendersFile::parse("genders", GENDERS)
        .unwrap_or_else(|error| panic!("{error}"))
        .fleet
        .build()
        .unwrap();
    assert!(fleet.id("spare1").is_some());
    let path = std::env::temp_dir().join(format!("pogo-genders-{}", std::process::id()));
    fs::write(&path, GENDERS).unwrap();
    let mut compared = 0;
    for tag in fleet.tags() {
        let attribute = fleet.tag_path(tag).as_str().replace('.', "=");
        let Ok(output) = Command::new("nodeattr")
            .arg("-f")
            .arg(&path)
            .args(["-n", &attribute])
            .output()
        else {
            let required = std::env::var_os("POGO_REQUIRE_GENDERS").is_some_and(|value| value == "1");
            assert!(!required, "POGO_REQUIRE_GENDERS=1, but there is no nodeattr");
            eprintln!("LEFT OUT: nodeattr is missing (apt-get install genders)");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let theirs: BTreeSet<String> = text.split_whitespace().map(str::to_owned).collect();
        let ours: BTreeSet<String> = fleet
            .members(tag)
            .iter()
            .map(|host| fleet.name(*host).to_string())
            .collect();
        assert_eq!(ours, theirs, "{attribute}");
        compared += 1;
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(compared, 11);
}

#[test]
fn two_percent_signs_are_one_that_begins_nothing() {
    let fleet = GendersFile::parse("f", "w a=%%n,b=%%%n\n")
        .unwrap()
        .fleet
        .build()
        .unwrap();
    let tags: Vec<_> = fleet.tags().map(|tag| fleet.tag_path(tag).to_string()).collect();
    assert!(
        tags.contains(&"a._n".to_owned()) && tags.contains(&"b._w".to_owned()),
        "{tags:?}"
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let text = "web[1- x\nweb1 a,,b\nweb2 a b\nweb3 ip=1.2\nweb4 ip=1_2\nweb5 c\nweb[5-6] c=1\n@web d\nw$ e\na!b f\n";
    let error = GendersFile::parse("f", text).unwrap_err();
    let short = |problem: &pogo_inventory::Diagnostic| {
        let position = problem.position.unwrap();
        format!("{}:{} {}", position.line, position.column, problem.message)
    };
    let found: Vec<String> = error.diagnostics().iter().map(short).collect();
    let expected = [
        "1:4 this bracket is not closed; add a `]`",
        "2:8 an attribute is missing here",
        "3:8 this is one word too many",
        "5:6 `ip=1.2` and `ip=1_2` would both become the tag `ip.1_2`; rename one of them",
        "7:10 `web5` has the attribute `c` already",
        "9:2 `$` does not belong here; join selectors with `,` or `&`",
        "10:2 `!` does not belong here; join selectors with `,` or `&`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_short_text_cannot_name_nodes_without_end() {
    let text: String = (0..100_000).map(|line| format!("x{line}-[1-1000000]\n")).collect();
    // Some lines fit, then reading ends.
    let error = GendersFile::parse(
        "f",
        &text
            .replacen("1-1000000", "1-9", 2)
            .replacen("1-1000000]", "1-1000000] a,b,c", 1),
    )
    .unwrap_err();
    let first = &error.diagnostics()[0];
    assert!(
        first.message.starts_with("the nodes up to here have more than"),
        "{first}"
    );
    assert_eq!(error.diagnostics().len(), 1);
}

mod robustness {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ab1,=%n\\[\\]\n #\t\\-$]{0,60}") {
            if let Err(error) = GendersFile::parse("f", &text) {
                prop_assert!(error.diagnostics().iter().all(|problem| problem.position.is_some()));
            }
        }
    }
}
