//! Programs that print hosts.
#![cfg(all(feature = "command", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use pogo_core::inventory::Inventory;
use pogo_inventory::table::{Format, Mapping};
use pogo_inventory::{CommandSource, InventoryError};

fn shell(script: &str) -> CommandSource {
    CommandSource::new("/bin/sh", Mapping::default()).arg("-c").arg(script)
}

fn error(source: &CommandSource) -> InventoryError {
    source.read().unwrap_err()
}

#[test]
fn what_a_program_prints_becomes_a_fleet() {
    let fleet = shell(r#"echo '[{"name": "web[1-3]", "tags": ["web"]}]'"#)
        .read()
        .unwrap();
    assert_eq!(fleet.fleet.len(), 3);
    let lines = shell(r#"echo '"a"'; echo '"b"'"#).format(Format::JsonLines);
    assert_eq!(lines.read().unwrap().fleet.len(), 2);
    let loaded = futures::executor::block_on(lines.load()).unwrap().fleet;
    assert_eq!(loaded.len(), 2);
}

#[test]
fn a_program_that_fails_is_shown_with_its_complaint() {
    let found = error(&shell("echo '[]'; echo no such database >&2; exit 3"));
    assert!(matches!(found, InventoryError::Unavailable(_)));
    assert_eq!(found.to_string(), "/bin/sh: failed (exit status: 3):\nno such database");
    let silent = error(&shell("exit 1")).to_string();
    assert_eq!(silent, "/bin/sh: failed (exit status: 1), and said nothing");
    let killed = error(&shell("kill -9 $$")).to_string();
    assert_eq!(killed, "/bin/sh: failed (signal: 9 (SIGKILL)), and said nothing");
}

#[test]
fn a_complaint_cannot_steer_the_terminal_or_fill_it() {
    let found = error(&shell(
        "printf '\\033[31mred' >&2; head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1",
    ))
    .to_string();
    assert!(found.len() < 3_000 && !found.contains('\u{1b}'), "{}", found.len());
}

#[test]
fn programs_that_cannot_be_run_are_named() {
    let missing = CommandSource::new("/no/such/program", Mapping::default());
    assert_eq!(error(&missing).to_string(), "/no/such/program: no such program");
    let folder = CommandSource::new("/etc", Mapping::default());
    assert_eq!(error(&folder).to_string(), "/etc: may not be run; is it executable?");
}

#[test]
fn a_program_that_never_ends_is_stopped() {
    let limit = Duration::from_millis(50);
    let expected = "/bin/sh: did not end within 50ms, and was stopped";
    assert_eq!(
        error(&shell("while :; do sleep 1; done").timeout(limit)).to_string(),
        expected
    );
    // Its children hold the pipes open although it has ended.
    assert_eq!(
        error(&shell("sleep 1000 & echo '[]'").timeout(limit)).to_string(),
        expected
    );
}

#[test]
fn a_program_that_prints_for_ever_is_stopped() {
    let found = error(&shell("yes")).to_string();
    assert_eq!(found, "/bin/sh: printed more than 64 MiB, and was stopped");
}

#[test]
fn nonsense_is_shown_where_it_stands() {
    let found = error(&shell("echo '[{\"host\": \"a\"}]'")).to_string();
    assert!(
        found.starts_with("/bin/sh:1:2: this host has no field `name` with its name"),
        "{found}"
    );
    let found = error(&shell("printf '\\377'")).to_string();
    assert_eq!(found, "/bin/sh: printed bytes that are not UTF-8 text");
    assert!(
        error(&shell("true"))
            .to_string()
            .starts_with("/bin/sh:1:1: broken JSON: ")
    );
}

#[test]
fn arguments_are_never_shown() {
    let source = CommandSource::new("/bin/sh", Mapping::default())
        .arg("-c")
        .arg("exit 1")
        .arg("hunter2");
    assert!(!error(&source).to_string().contains("hunter2"));
    assert!(!source.name().contains("hunter2") && !format!("{source:?}").contains("hunter2"));
}
