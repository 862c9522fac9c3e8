//! ^C in the middle of a rollout.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::program::Done;
use super::ssh::Site;

const POLICY: &str = "tag: {web: ['web[1-3]']}\nconstraint: {$web: {max_parallel: 1}}\n";

/// A rollout of which the first host runs until the test lets it go on, or nobody does.
fn begin(site: &Site) -> (Child, BufReader<std::process::ChildStdout>) {
    let gate = site.program.directory.path().join("gate");
    let line = format!(
        "echo here; while [ ! -e '{}' ]; do sleep 0.1; done; echo on",
        gate.display()
    );
    let args = site.args("$web", &["--", &line]);
    let mut command = site
        .program
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "web1 | here\n");
    (child, out)
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
}

/// Waits until the program has said so.
fn wait_for(err: &mut impl BufRead, wanted: &str) -> String {
    let mut said = String::new();
    while !said.contains(wanted) {
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended with: {said}");
    }
    said
}

#[test]
fn the_first_stops_starting_and_waits_for_what_runs() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let (mut child, mut out) = begin(&site);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    interrupt(&child);
    wait_for(&mut err, "starting no more");
    site.program.write("gate", "");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).unwrap();
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.code, 2);
    assert!(rest.contains("succeeded       1  web1"), "{rest}");
    assert!(rest.contains("not run         2  web[2-3]"), "{rest}");
    assert!(rest.contains("stopped: interrupted"), "{rest}");
}

#[test]
fn the_second_ends_what_runs() {
    let site = Site::new(POLICY, &["web1", "web2", "web3"]);
    let (mut child, mut out) = begin(&site);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    interrupt(&child);
    wait_for(&mut err, "starting no more");
    interrupt(&child);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).unwrap();
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.code, 2);
    assert!(rest.contains("web1: ended by signal TERM"), "{rest}");
    assert!(rest.contains("not run         2  web[2-3]"), "{rest}");
    // The runtime outlives the servers.
    drop(site.servers);
    drop(site.runtime);
}
