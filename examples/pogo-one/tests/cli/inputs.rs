//! `run` with input for its hosts: read once, before the job begins.

use std::io::Write;
use std::process::{Command, Stdio};

use super::program::Done;
use super::ssh::Site;

fn site() -> Site {
    Site::new("tag: {web: [web1, web2]}\nsequence: [web1, web2]\n", &["web1", "web2"])
}

/// Runs with this on standard input.
fn run_with(site: &Site, input: &[u8], more: &[&str]) -> Done {
    let args = site.args("$web", more);
    let mut command = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Done::of(child.wait_with_output().unwrap())
}

fn assert_both(done: &Done, line: &str) {
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for host in ["web1", "web2"] {
        assert!(done.out.contains(&format!("{host} | {line}\n")), "{}", done.out);
    }
}

#[test]
fn every_host_reads_all_of_a_pipe() {
    let site = site();
    for name in ["-", "/dev/stdin", "/proc/self/fd/0"] {
        assert_both(
            &run_with(&site, b"through a pipe", &["--stdin", name, "--", "cat"]),
            "through a pipe",
        );
    }
    let much = vec![b'x'; 3_000_000];
    assert_both(
        &run_with(&site, &much, &["--stdin", "-", "--", "wc -c | tr -d ' '"]),
        "3000000",
    );
    assert_both(&run_with(&site, b"", &["--stdin", "-", "--", "wc -c | tr -d ' '"]), "0");
}

#[test]
fn every_host_gets_all_of_a_file_that_comes_through_a_pipe() {
    let site = site();
    let sent = site.program.directory.path().join("sent");
    let (send, line) = (format!("-:{}", sent.display()), format!("cat '{}'", sent.display()));
    assert_both(
        &run_with(&site, b"sent along", &["--send", &send, "--", &line]),
        "sent along",
    );
    // One pipe for two uses is read once.
    let line = format!("cat - '{}'", sent.display());
    let both = run_with(
        &site,
        b"twice ",
        &["--stdin", "/dev/stdin", "--send", &send, "--", &line],
    );
    assert_both(&both, "twice twice ");
}

#[test]
fn every_host_reads_what_a_shell_substitutes_for_a_file() {
    let site = site();
    let args = site.args(
        "$web",
        &[
            "--stdin",
            "/dev/fd/9",
            "--send",
            "/dev/fd/8:sent",
            "--",
            "cat - sent; echo",
        ],
    );
    let inner = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let mut bash = Command::new("bash");
    bash.args(["-c", "exec 9< <(printf one,) 8< <(printf two); exec \"$0\" \"$@\""]);
    bash.arg(inner.get_program()).args(inner.get_args());
    bash.current_dir(site.program.directory.path())
        .env("HOME", site.program.directory.path())
        .env("POGO_STORE", "none")
        .env_remove("SSH_AUTH_SOCK");
    assert_both(&Done::of(bash.output().unwrap()), "one,two");
}

#[test]
fn every_host_gets_the_file_as_it_was_when_the_job_began() {
    let site = site();
    let file = site.program.write("input", "as it was");
    // Hosts of the test share its disk.
    let change = format!("cat; cat sent; echo; echo changed >'{0}'; rm -f '{0}'", file.display());
    for length in [0, 400_000] {
        let text = format!("{}as it was", "x".repeat(length));
        std::fs::write(&file, &text).unwrap();
        let done = run_with(&site, b"", &["--stdin", "input", "--send", "input:sent", "--", &change]);
        assert_both(&done, &format!("{text}{text}"));
    }
}

#[test]
fn the_ssh_program_is_given_the_same() {
    let site = site();
    let file = site.program.write("input", "as it was");
    let change = format!("cat; echo; echo changed >'{}'", file.display());
    let more = ["--transport", "ssh", "--ssh-config", "none", "--stdin"];
    assert_both(
        &run_with(&site, b"", &[&more[..], &["input", "--", &change]].concat()),
        "as it was",
    );
    assert_both(
        &run_with(&site, b"pipe", &[&more[..], &["-", "--", "cat"]].concat()),
        "pipe",
    );
}

#[test]
fn what_cannot_be_read_ends_the_job_before_it_begins() {
    let site = site();
    let directory = site.program.directory.path().join("directory");
    std::fs::create_dir(&directory).unwrap();
    for transport in ["builtin", "ssh"] {
        for (path, reason) in [
            ("nowhere", "No such file"),
            ("directory", "it is a directory"),
            ("/dev/zero", "it is a device"),
        ] {
            for option in ["--stdin", "--send"] {
                let done = run_with(&site, b"", &["--transport", transport, option, path, "--", "true"]);
                assert_eq!(done.code, 64, "{option} {path}: {}{}", done.out, done.err);
                assert!(done.err.contains(path) && done.err.contains(reason), "{}", done.err);
            }
        }
    }
    assert!(site.servers.hosts().all(|host| host.connections() == 0));
    let done = run_with(&site, b"", &["--send", "-", "--", "true"]);
    assert_eq!(done.code, 64);
    assert!(done.err.contains("-:/tmp/file"), "{}", done.err);
}
