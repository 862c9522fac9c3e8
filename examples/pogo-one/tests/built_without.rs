//! Sources that this build was made without are refused with the words to get them. Beside the other crates' tests the
//! program has every source, so that these are run by themselves:
//! `cargo test -p pogo-one --test built_without -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Stdio};

/// What the program says when it refuses these sources.
fn refusal(args: &[&str], sources: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sources.yaml"), sources).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pogo"))
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .args([&["plan", "-t", "*"], args].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
#[ignore = "the program must be built with its default features alone"]
fn a_web_service_is_refused_with_the_words_to_get_it() {
    for address in [
        "https://assets.example.com/hosts",
        "http:https://assets.example.com/hosts",
    ] {
        let said = refusal(&["-i", address], "");
        assert!(said.contains("built without sources of type `http`"), "{said}");
        assert!(
            said.contains("`cargo install --path examples/pogo-one --features full`"),
            "{said}"
        );
    }
}

#[test]
#[ignore = "the program must be built with its default features alone"]
fn the_line_of_a_file_of_sources_is_refused_with_the_words_to_get_it() {
    for (line, feature) in [
        (
            "{ type: http, location: \"https://assets\", headers: { A: { text: b } } }",
            "http",
        ),
        ("\"https://assets\"", "http"),
        ("{ type: database, location: \"sqlite:a.db\", query: SELECT }", "sqlite"),
        (
            "{ type: database, location: \"postgresql://db/a\", query: SELECT }",
            "postgres",
        ),
        (
            "{ type: database, location: \"mariadb://db/a\", query: SELECT }",
            "mysql",
        ),
    ] {
        let said = refusal(&["--sources", "sources.yaml"], &format!("sources:\n  - {line}\n"));
        assert!(said.contains("sources.yaml:2:"), "{said}");
        assert!(
            said.contains(&format!("build it with `--features {feature}`")),
            "{said}"
        );
    }
}

#[test]
#[ignore = "the program must be built with its default features alone"]
fn a_resolver_is_refused_with_the_words_to_get_it() {
    let file = "resolvers:\n  roles: { location: \"sqlite:a.db\", query: SELECT }\n";
    let said = refusal(&["--sources", "sources.yaml", "-t", "$roles(web)"], file);
    assert!(
        said.contains("built without databases; build it with `--features sqlite`"),
        "{said}"
    );
}

#[test]
#[ignore = "the program must be built with its default features alone"]
fn what_needs_no_feature_is_not_refused_for_one() {
    let said = refusal(&["-i", "nothing:of-the-kind"], "");
    assert!(
        said.contains("`nothing` is no type of source") && !said.contains("--features"),
        "{said}"
    );
}
