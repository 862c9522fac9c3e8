//! Secret variables: the command knows them, and nothing shows them.

use super::program::{Done, Program};
use super::ssh::Site;

const SECRET: &str = "hush-it's \"q84711zw\" $x";
/// A part that no quoting changes.
const PART: &str = "q84711zw";

fn site() -> Site {
    Site::new("tag: {web: [web1, web2]}\n", &["web1", "web2"])
}

fn run_with(site: &Site, more: &[&str]) -> Done {
    let args = site.args("@web", more);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Done::of(site.program.command(&args).env("DB_TOKEN", SECRET).output().unwrap())
}

#[test]
fn the_command_knows_a_secret_variable_and_nothing_shows_it() {
    let site = site();
    // The hosts of the test are this machine: one list of processes is that of both ends.
    let line = format!(
        "test \"$DB_TOKEN\" = '{}' || exit 9; ps -eww -o args=; cat",
        SECRET.replace('\'', "'\\''")
    );
    let script = site.program.write("check", &format!("#!/bin/sh\n{line}\n"));
    let script = script.display().to_string();
    let input = site.program.write("input", "what it reads\n");
    for transport in ["builtin", "ssh"] {
        for format in ["text", "jsonl"] {
            let log = site.program.directory.path().join("events");
            let more = [
                "--transport",
                transport,
                "--format",
                format,
                "--events",
                "events",
                "--ssh-config",
                "none",
                "--secret-env",
                "DB_TOKEN",
                "--stdin",
                input.to_str().unwrap(),
                "--",
                "/bin/sh",
                &script,
            ];
            let done = run_with(&site, &more);
            assert_eq!(done.code, 0, "{transport}: {}{}", done.out, done.err);
            assert!(done.out.contains("what it reads"), "{transport}: {}", done.out);
            let log = std::fs::read_to_string(log).unwrap();
            assert!(log.contains("DB_TOKEN"), "{log}");
            for text in [&done.out, &done.err, &log] {
                let shown: Vec<&str> = text.lines().filter(|line| line.contains(PART)).collect();
                assert!(shown.is_empty(), "{transport}: {shown:?}");
            }
        }
    }
}

#[test]
fn failures_do_not_show_a_secret_either() {
    let site = site();
    for more in [
        &["--", "exit 3"][..],
        &["--timeout", "1", "--", "sleep 30"],
        &["--pre-hooks", "/bin", "--", "true"],
    ] {
        let done = run_with(&site, &[&["--secret-env", "DB_TOKEN"], more].concat());
        assert_ne!(done.code, 0, "{more:?}");
        assert!(
            !done.out.contains(PART) && !done.err.contains(PART),
            "{}{}",
            done.out,
            done.err
        );
    }
}

#[test]
fn a_secret_that_cannot_be_given_ends_the_job_before_it_begins() {
    let site = site();
    for (more, wanted) in [
        (
            &["--secret-env", "NOT_SET", "--", "true"][..],
            "the variable is not set here",
        ),
        (
            &["--secret-env", "DB_TOKEN=zz9zz", "--", "true"],
            "takes the name alone",
        ),
        (
            &["--secret-env", "DB-TOKEN", "--", "true"],
            "cannot be an environment variable",
        ),
        (&["--secret-env", "POGO_X", "--", "true"], "pogo's own"),
        (
            &["--secret-env", "DB_TOKEN", "--env", "DB_TOKEN=x", "--", "true"],
            "openly",
        ),
        (
            &["--secret-env", "DB_TOKEN", "--resumable", "--", "true"],
            "cannot be used with",
        ),
    ] {
        let done = run_with(&site, more);
        assert_eq!(done.code, 64, "{more:?}: {}{}", done.out, done.err);
        assert!(done.err.contains(wanted), "{more:?}: {}", done.err);
        assert!(!done.err.contains("zz9zz"), "{more:?}: {}", done.err);
    }
    assert!(site.servers.hosts().all(|host| host.connections() == 0));
}

#[test]
fn an_open_variable_with_the_name_of_a_secret_is_warned_of() {
    let site = site();
    for (name, warned) in [
        ("PASSWORD", true),
        ("db_password", true),
        ("GITHUB_TOKEN", true),
        ("API_KEY", true),
        ("CLIENT_SECRET", true),
        ("KEYBOARD", false),
        ("MONKEY", false),
        ("LANG", false),
        ("COMPASS", false),
    ] {
        let done = run_with(&site, &["--env", &format!("{name}=x"), "--", "true"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(
            done.err.contains(&format!("--secret-env {name}")),
            warned,
            "{name}: {}",
            done.err
        );
    }
}

#[test]
fn a_script_runs_on_the_hosts_with_its_arguments() {
    let site = site();
    site.program
        .write("it's a script", "#!/bin/sh\necho \"$# $1 [$2] $DB_TOKEN\" | tr 4 x\n");
    let done = run_with(
        &site,
        &[
            "--script",
            "it's a script",
            "--secret-env",
            "DB_TOKEN",
            "--",
            "one",
            "two  'words'",
        ],
    );
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("web1 | 2 one [two  'words'] hush"), "{}", done.out);
    let done = run_with(&site, &["--script", "it's a script"]);
    assert!(
        done.code == 0 && done.out.contains("web2 | 0  []"),
        "{}{}",
        done.out,
        done.err
    );
    for (script, wanted) in [
        ("nowhere", "cannot read nowhere"),
        (".", "it is a directory"),
        ("-", "has no name"),
        ("x/", "is a directory"),
    ] {
        let done = run_with(&site, &["--script", script, "--", "x"]);
        assert!(done.code == 64 && done.err.contains(wanted), "{script}: {}", done.err);
    }
    let done = run_with(&site, &["--script", "it's a script", "--transport", "ssh"]);
    assert!(done.code == 64 && done.err.contains("--transport ssh"), "{}", done.err);
    let done = Program::new().run(&["run", "web1", "--script", "x", "--dry-run"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}
