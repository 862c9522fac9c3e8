//! Nothing that a host or an inventory says reaches the terminal raw.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::program::{Done, Program};
use super::ssh::Site;

/// Steers a terminal, turns the direction of reading, or is not seen.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{ad}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[track_caller]
fn assert_nothing_raw(done: &Done, of: &str) {
    for text in [&done.out, &done.err] {
        if let Some(at) = text.find(is_hidden) {
            let from = (0..=at.saturating_sub(40))
                .rev()
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            panic!("{of}: {:?}", &text[from..]);
        }
    }
}

/// What no control character is, and the name of a file or an argument may hold.
const HIDDEN: &str = "\u{202e}\u{200b}\u{2066}\u{feff}\u{2060}\u{ad}";

#[test]
fn a_hostile_inventory_is_refused_and_shown_escaped_by_every_command() {
    let program = Program::new();
    let name = |word: &str| format!("{word}{HIDDEN}");
    let one = name("web1");
    let hosts = format!("name,tags,address\n{one},web,\"{one}\x1b[2J\"\nweb2,web,h\nweb3,web.a,h\n");
    fs::write(program.directory.path().join(name("hosts.csv")), &hosts).unwrap();
    program.write("hosts.csv", &hosts);
    let run = |words: &[&str]| {
        let done = program.run(words);
        assert_nothing_raw(&done, &words.join(" "));
        done
    };
    let path = name("hosts.csv");
    for words in [
        &["plan", "-t", "*"][..],
        &["simulate", "-t", "*"],
        &["run", "-t", "*"],
        &["inventory", "list"],
        &["inventory", "graph"],
        &["inventory", "check"],
        &["inventory", "check", "--format", "json"],
        &["inventory", "host", &one],
    ] {
        let location = format!("csv:{path}");
        for source in ["hosts.csv", &location] {
            let command: &[&str] = if words.first() == Some(&"run") {
                &["--", "true"]
            } else {
                &[]
            };
            let done = run(&[words, &["-i", source], command].concat());
            assert_eq!(done.code, 64, "{words:?}: {}{}", done.out, done.err);
            assert!(
                done.err.contains("202e") || done.out.contains("202e"),
                "{words:?}: {}{}",
                done.out,
                done.err
            );
        }
    }
}

#[test]
fn hostile_names_paths_and_arguments_are_shown_escaped() {
    let program = Program::new();
    let name = |word: &str| format!("{word}{HIDDEN}");
    let one = name("web1");
    let hosts = format!("name,tags,address\n{one},web,\"{one}\x1b[2J\"\nweb2,web,h\nweb3,web.a,h\n");
    program.write("hosts.csv", &hosts);
    for words in [
        &["plan", "-i", "hosts.csv", "-t", &name("web9")][..],
        &["plan", "-c", &name("nowhere"), "-t", "*"],
        &["inventory", "host", &name("web9"), "-i", "hosts.csv"],
        &["inventory", "check", "-i", &name("nowhere.csv")],
        &["timeline", &name("nowhere")],
        &["audit", "hosts.csv"],
        &["plan", &name("--what")],
        &["run", "-t", "*", "--stdin", &name("nowhere"), "--", "true"],
    ] {
        let done = program.run(words);
        assert_nothing_raw(&done, &words.join(" "));
        assert_eq!(done.code, 64, "{words:?}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_hostile_host_is_shown_escaped() {
    let site = Site::new("", &["web1"]);
    let all: String = (0u32..=0x206f)
        .chain([0xfeff, 0x1f469, 0x200d])
        .filter_map(char::from_u32)
        .collect();
    site.program.write("all", &all);
    let run = |more: &[&str]| {
        let args = site.args("*", more);
        site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let done = run(&[
        "--stdin",
        "all",
        "--",
        "cat; printf '\\233x\\377\\n'; printf 'x\\033]0;t\\007' >&2",
    ]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_nothing_raw(&done, "output");
    assert!(done.err.contains("web1 | x\\u{1b}]0;t\\u{7}\n"), "{}", done.err);
    assert!(done.out.contains("é") && done.out.contains("日") == all.contains('日'));
}

#[test]
fn hostile_names_of_hooks_and_directories_are_shown_escaped() {
    let site = Site::new("", &["web1"]);
    let run = |more: &[&str]| {
        let args = site.args("*", more);
        site.program.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let hooks = site.program.directory.path().join("pre.d");
    fs::create_dir(&hooks).unwrap();
    let hook = hooks.join(format!("10{HIDDEN}\x1b[2J\u{9b}"));
    fs::write(&hook, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = hooks.display().to_string();
    for format in ["text", "jsonl"] {
        let done = run(&["--pre-hooks", &hooks, "--format", format, "--", "true"]);
        assert_eq!(done.code, 1, "{}{}", done.out, done.err);
        assert_nothing_raw(&done, "a hook's name");
        assert!(
            done.out
                .contains(if format == "text" { "10\\u{202e}" } else { "10\\u202e" }),
            "{}",
            done.out
        );
        let done = run(&[
            "--cwd",
            &format!("/no{HIDDEN}\x1b[2J"),
            "--format",
            format,
            "--",
            "true",
        ]);
        assert_nothing_raw(&done, "a directory's name");
        assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    }
}
