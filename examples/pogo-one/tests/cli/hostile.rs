//! Nothing that a host or an inventory says reaches the terminal raw.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::program::{Done, Program};
use super::ssh::Site;

/// Steers a terminal, turns the direction of reading, or is not seen.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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

/// What no control character is, and a name may hold.
const HIDDEN: &str = "\u{202e}\u{200b}\u{2066}\u{feff}\u{2060}\u{ad}";

#[test]
fn a_hostile_inventory_is_shown_escaped_by_every_command() {
    let program = Program::new();
    let name = |word: &str| format!("{word}{HIDDEN}");
    let (one, two, three) = (name("web1"), name("web2"), name("web3"));
    let hosts = format!("name,tags,address\n{one},web,\"{one}\x1b[2J\"\n{two},web,h\n{three},web.a,h\n");
    fs::write(program.directory.path().join(name("hosts.csv")), &hosts).unwrap();
    program.write("hosts.csv", &hosts);
    program.write("other.csv", &format!("name\n{one}\n{}\n", name("new")));
    let policy = format!("sequence: [\"{one}\", \"{two}\"]\nconstraint:\n  $web: {{ max_parallel: 1 }}\n");
    program.write("policy.yaml", &policy);
    let job = ["-c", "policy.yaml", "-i", "hosts.csv", "-t", "*"];
    let run = |words: &[&str]| {
        let done = program.run(words);
        assert_nothing_raw(&done, &words.join(" "));
        done
    };
    let shown = "web1\\u{202e}\\u{200b}\\u{2066}\\u{feff}\\u{2060}\\u{ad}";
    for words in [
        &["plan"][..],
        &["simulate", "--fail", &one],
        &["simulate", "--what-if", "--runs", "3"],
    ] {
        let done = run(&[words, &job].concat());
        assert!(done.code <= 2, "{words:?}: {}", done.err);
        assert!(done.out.contains(shown), "{words:?}: {}", done.out);
    }
    let plan = run(&[&["plan", "--format", "json"][..], &job].concat());
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    assert!(plan.to_string().contains(&one));
    let log = run(&[&["simulate", "--format", "jsonl"][..], &job].concat());
    assert!(log.events().iter().any(|event| event["host"] == one.as_str()));
    program.write(&name("log"), &log.out);
    for words in [&["timeline"][..], &["replay", "--speed", "max"], &["audit"]] {
        assert_eq!(run(&[words, &[&name("log")]].concat()).code, 0);
    }
    for words in [
        &["inventory", "list"][..],
        &["inventory", "graph"],
        &["inventory", "check"],
    ] {
        for format in ["text", "json"] {
            run(&[words, &["-i", "hosts.csv", "--format", format]].concat());
        }
    }
    assert!(run(&["inventory", "list", "-i", "hosts.csv"]).out.contains(shown));
    assert!(run(&["inventory", "host", &one, "-i", "hosts.csv"]).out.contains(shown));
    assert_eq!(run(&["inventory", "diff", "hosts.csv", "other.csv"]).code, 1);
    // What is wrong is said of names, paths and arguments too.
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
        let done = run(words);
        assert_eq!(done.code, 64, "{words:?}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_hostile_host_is_shown_escaped() {
    let name = format!("web1{HIDDEN}");
    let site = Site::new("", &[&name]);
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
    assert!(
        done.out
            .contains("web1\\u{202e}\\u{200b}\\u{2066}\\u{feff}\\u{2060}\\u{ad} | x\\u{1b}]0;t\\u{7}\n"),
        "{}",
        done.out
    );
    assert!(done.out.contains("é") && done.out.contains("日") == all.contains('日'));

    // A hook's name, a directory's, and an event log's lines.
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
