//! Help, colours, completion and pages of the manual.

use std::process::{Command, Stdio};

use super::program::{Done, Program};

const VERBS: [&[&str]; 53] = [
    &[],
    &["plan"],
    &["simulate"],
    &["run"],
    &["timeline"],
    &["replay"],
    &["audit"],
    &["inventory"],
    &["inventory", "list"],
    &["inventory", "host"],
    &["inventory", "graph"],
    &["inventory", "diff"],
    &["inventory", "check"],
    &["store"],
    &["store", "info"],
    &["store", "check"],
    &["store", "prune"],
    &["store", "copy"],
    &["config"],
    &["completion"],
    &["demo"],
    &["status"],
    &["jobs"],
    &["logs"],
    &["explain"],
    &["slots"],
    &["host"],
    &["history"],
    &["retry"],
    &["rerun"],
    &["events"],
    &["skip"],
    &["pause"],
    &["resume"],
    &["stop"],
    &["promote"],
    &["update"],
    &["freeze"],
    &["thaw"],
    &["mark"],
    &["hold"],
    &["release"],
    &["apply"],
    &["attach"],
    &["serve"],
    &["wait"],
    &["mark", "down"],
    &["mark", "up"],
    &["serve", "status"],
    &["serve", "stop"],
    &["serve", "unit"],
    &["note"],
    &["probe"],
];

#[test]
fn help_fits_a_terminal_and_shows_examples() {
    let program = Program::new();
    for verb in VERBS {
        for flag in ["-h", "--help"] {
            let done = program.run(&[verb, &[flag]].concat());
            assert_eq!(done.code, 0, "{verb:?}: {}", done.err);
            for line in done.out.lines() {
                assert!(line.chars().count() <= 80, "{verb:?} {flag}: {line}");
            }
            assert!(done.out.contains("Usage: pogo"), "{}", done.out);
            if verb.len() == 1 {
                let examples = done
                    .out
                    .split("Examples:\n")
                    .nth(1)
                    .unwrap_or_else(|| panic!("{verb:?} has none"));
                let start = format!("  pogo {}", verb[0]);
                assert_eq!(
                    examples.lines().filter(|line| line.starts_with(&start)).count(),
                    3,
                    "{verb:?}"
                );
            }
        }
    }
}

#[test]
fn options_of_run_stand_in_sections_with_their_defaults() {
    let help = Program::new().run(&["run", "--help"]).out;
    for section in [
        "Targets:",
        "Policy and inventory:",
        "Limits:",
        "Time limits and retries:",
        "Connection:",
        "Command:",
        "Output:",
    ] {
        assert!(help.lines().any(|line| line == section), "{section}\n{help}");
    }
    let flat = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for default in [
        "or 1h]",
        "or 10m]",
        "[default: 22]",
        "[default: balanced]",
        "or strict]",
        "[default: 5s]",
    ] {
        assert!(flat.contains(default), "{default}\n{help}");
    }
    // Most of what is there.
    let options = help.split("Options:\n").nth(1).unwrap();
    assert!(
        options.lines().take(3).any(|line| line.contains("--help")),
        "nothing stands outside of sections\n{options}"
    );
}

#[test]
fn the_version_names_the_commit_where_there_is_one() {
    let version = Program::new().run(&["--version"]).out;
    let rest = version.strip_prefix("pogo 0.1.0").unwrap().trim();
    let commit = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_commit = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(rest.is_empty() || commit.is_some_and(is_commit), "{version}");
}

#[test]
fn colours_are_where_they_are_asked_for() {
    let program = Program::new();
    let coloured = |words: &[&str], variable: Option<&str>| {
        let mut command = program.command(words);
        if let Some(name) = variable {
            command.env(name, "1");
        }
        let done = Done::of(command.output().unwrap());
        format!("{}{}", done.out, done.err).contains('\u{1b}')
    };
    for words in [&["run", "--help"][..], &["plan"]] {
        // Nothing here is a terminal.
        assert!(!coloured(words, None), "{words:?}");
        assert!(!coloured(&[words, &["--color", "auto"]].concat(), None), "{words:?}");
        assert!(!coloured(&[words, &["--color=never"]].concat(), None), "{words:?}");
        assert!(
            coloured(&[words, &["--color", "always"]].concat(), Some("NO_COLOR")),
            "{words:?}"
        );
    }
    let done = program.run(&["plan", "web1", "--color", "sometimes"]);
    assert!(
        done.code == 64 && done.err.contains("auto, always, never"),
        "{}",
        done.err
    );
}

#[test]
fn scripts_of_completion_are_read_by_their_shells() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish"] {
        for more in [&[][..], &["--dynamic"]] {
            let done = program.run(&[&["completion", shell], more].concat());
            assert!(done.code == 0 && done.out.contains("pogo"), "{shell}: {}", done.err);
            let path = program.write("script", &done.out);
            match Command::new(shell).arg("-n").arg(&path).stdin(Stdio::null()).output() {
                Ok(output) => assert!(output.status.success(), "{shell} {more:?}: {output:?}"),
                // What it would say of it is not known here.
                Err(_) => continue,
            }
        }
    }
    assert_eq!(program.run(&["completion", "csh"]).code, 64);
}

/// What a shell offers for the last of these words.
fn offered(program: &Program, words: &[&str]) -> Vec<String> {
    let line: Vec<&str> = [&["--", "pogo"], words].concat();
    let index = words.len().to_string();
    let mut command = program.command(&line);
    command.env("COMPLETE", "fish").env("_CLAP_COMPLETE_INDEX", index);
    let done = Done::of(command.output().unwrap());
    assert_eq!(done.code, 0, "{words:?}: {}", done.err);
    done.out
        .lines()
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect()
}

#[test]
fn hosts_and_tags_are_completed_from_the_sources_of_the_line() {
    let program = Program::with_policy("tag: {web: ['web[1-3]'], colo: {east: [web1]}}\n");
    program.write("hosts.txt", "db1\n");
    let with = |words: &[&'static str]| [&["plan", "-c", "policy.yaml"], words].concat();
    assert_eq!(offered(&program, &with(&["@w"])), ["@web"]);
    assert_eq!(offered(&program, &with(&["$colo."])), ["@colo.east"]);
    assert_eq!(offered(&program, &with(&["we"])), ["web1", "web2", "web3"]);
    assert_eq!(
        offered(&program, &with(&["-t", "web1,@c"])),
        ["web1,@colo", "web1,@colo.east"]
    );
    assert_eq!(offered(&program, &with(&["@web", "-x", "web2"])), ["web2"]);
    assert_eq!(offered(&program, &["run", "-i", "hosts.txt", "d"]), ["db1"]);
    assert!(offered(&program, &["plan", "-c", "nowhere.yaml", "we"]).is_empty());
    assert!(offered(&program, &["plan", "--max-p"]).contains(&"--max-parallel".to_owned()));
}

#[test]
fn types_of_sources_and_the_paths_behind_them_are_completed() {
    let program = Program::with_policy("tag: {web: ['web[1-3]']}\n");
    program.write("hosts.ini", "[db]\ndb1\n");
    assert_eq!(
        offered(&program, &["plan", "-i", "ansible"]),
        ["ansible:", "ansible-list:", "ansible-script:"]
    );
    assert_eq!(offered(&program, &["plan", "-i", "ansible:ho"]), ["ansible:hosts.ini"]);
    assert_eq!(offered(&program, &["inventory", "diff", "gend"]), ["genders:"]);
    assert_eq!(offered(&program, &["plan", "-i", "ho"]), ["hosts:", "hosts.ini"]);
    assert_eq!(offered(&program, &["plan", "-c", "pogo4:pol"]), ["pogo4:policy.yaml"]);
    assert!(offered(&program, &["plan", "-i", "ansbile:ho"]).is_empty());
    assert_eq!(offered(&program, &["plan", "-i", "ansible:hosts.ini", "@d"]), ["@db"]);
}

/// What bash offers for the last of these words, which it cuts as it does when somebody types: `line` is what was
/// typed.
fn bash_offers(program: &Program, line: &str, cut: &[&str]) -> Vec<String> {
    let script = program.run(&["completion", "bash", "--dynamic"]).out;
    program.write("script", &script);
    let run = "\
        source ./script; COMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n\
        _pogo_whole_words pogo \"${!#}\" '' 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut command = program.command(&[]);
    command = {
        let mut bash = Command::new("bash");
        let known = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        bash.envs(known).current_dir(program.directory.path());
        bash
    };
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_pogo"))
        .parent()
        .unwrap()
        .to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).args(["-c", run, "bash", line]).args(cut);
    let done = Done::of(command.output().unwrap());
    done.out.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_words_that_it_cuts() {
    let program = Program::with_policy("tag: {web: ['web[1-3]'], colo: {east: [web1]}}\n");
    program.write("hosts.ini", "[db]\ndb1\n");
    for (line, cut, wanted) in [
        (
            "pogo plan -i ansible:ho",
            &["pogo", "plan", "-i", "ansible", ":", "ho"][..],
            &["hosts.ini"][..],
        ),
        (
            "pogo plan -i ansible:",
            &["pogo", "plan", "-i", "ansible", ":", ""],
            &["hosts.ini", "policy.yaml", "script", "-", "."],
        ),
        (
            "pogo plan -c policy.yaml @we",
            &["pogo", "plan", "-c", "policy.yaml", "@", "we"],
            &["web"],
        ),
        (
            "pogo plan -c policy.yaml @we",
            &["pogo", "plan", "-c", "policy.yaml", "@we"],
            &["@web"],
        ),
        (
            "pogo plan -i ansible:hosts.ini d",
            &["pogo", "plan", "-i", "ansible", ":", "hosts.ini", "d"],
            &["db1"],
        ),
        (
            "pogo  plan  --order=li",
            &["pogo", "plan", "--order", "=", "li"],
            &["listed"],
        ),
    ] {
        let mut offered = bash_offers(&program, line, cut);
        offered.sort();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(offered, wanted, "{line}");
    }
}

#[test]
fn pages_of_the_manual_are_written_for_each_verb() {
    let program = Program::new();
    assert_eq!(program.run(&["man", "pages"]).code, 0);
    for page in ["pogo.1", "pogo-run.1", "pogo-inventory-list.1"] {
        let text = std::fs::read_to_string(program.directory.path().join("pages").join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    let text = std::fs::read_to_string(program.directory.path().join("pages/pogo-run.1")).unwrap();
    assert!(text.contains("max\\-parallel") && text.contains("Examples"), "{text}");
    program.write("file", "");
    let done = program.run(&["man", "file/pages"]);
    assert!(done.code == 64 && done.err.contains("file/pages"), "{}", done.err);
}

/// All commands without commands of their own, as help lists them.
pub(super) fn leaves(program: &Program, words: &[String]) -> Vec<Vec<String>> {
    let line: Vec<&str> = words.iter().map(String::as_str).chain(["-h"]).collect();
    let help = program.run(&line).out;
    let Some((_, listed)) = help.split_once("Commands:\n") else {
        return vec![words.to_vec()];
    };
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| {
        line.strip_prefix("  ")?
            .split(' ')
            .next()
            .filter(|name| !name.is_empty())
    });
    let own = [words.to_vec()].into_iter().filter(|words| words == &["serve"]);
    names
        .filter(|name| *name != "help")
        .flat_map(|name| leaves(program, &[words, &[name.to_owned()]].concat()))
        .chain(own)
        .collect()
}

/// What has no form for programs, and why.
const ONE_FORMAT: [(&str, &str); 11] = [
    (
        "apply",
        "shows a difference and asks; `config` and the API have what is in force",
    ),
    ("completion", "prints a script"),
    ("grants check", "reads a file, and its exit code is the answer"),
    ("replay", "is for eyes; `events --format jsonl` has the records"),
    ("serve", "serves"),
    ("serve step-down", "its exit code is the answer"),
    ("serve stop", "its exit code is the answer"),
    ("serve unit", "prints a unit of systemd"),
    ("timeline", "draws"),
    ("token create", "prints the token alone"),
    ("token revoke", "its exit code is the answer"),
];

#[test]
fn every_verb_is_quiet_and_talkative_and_has_a_form_for_programs() {
    let program = Program::new();
    let leaves = leaves(&program, &[]);
    assert!(leaves.len() > 50, "{leaves:?}");
    let mut lacking = vec![];
    for words in leaves {
        let name = words.join(" ");
        let line: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = program.run(&line).out;
        for flag in ["-q, --quiet", "-v, --verbose"] {
            assert!(help.contains(flag), "{name} lacks {flag}\n{help}");
        }
        let has_format = help.contains("--format <FORMAT>");
        if !has_format {
            lacking.push(name.clone());
        }
        if has_format {
            let is_stream = help.contains("- jsonl:");
            assert!(
                help.contains("- text:") && (is_stream || help.contains("- json:")),
                "{name}\n{help}"
            );
        }
    }
    lacking.sort();
    assert_eq!(lacking, ONE_FORMAT.map(|(verb, _)| verb));
}
