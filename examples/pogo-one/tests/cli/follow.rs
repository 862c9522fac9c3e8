//! `run --watch-inventory`: sources that change while a job runs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use super::ssh::Site;

/// A job that ends when it is let go, and whose fleet may change meanwhile.
struct Job {
    site: Site,
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

fn hosts(count: usize) -> String {
    (1..=count).fold("name,tags\n".to_owned(), |text, n| text + &format!("spare{n},spare\n"))
}

impl Job {
    /// A job on one host, in a fleet with so many others.
    fn start(others: usize, stdin: Stdio) -> Self {
        let site = Site::new("tag: {web: [web1]}\n", &["web1"]);
        site.program.write("more.csv", &hosts(others));
        let go = site.program.directory.path().join("go");
        let wait = format!("until [ -e {} ]; do sleep 0.05; done", go.display());
        let watch = [
            "--watch-inventory",
            "--watch-interval",
            "10ms",
            "-i",
            "more.csv",
            "--timeout",
            "60s",
        ];
        let args = site.args("$web", &[&watch[..], &["--format", "jsonl", "--", &wait]].concat());
        let mut command = site
            .program
            .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let err = BufReader::new(child.stderr.take().unwrap());
        let mut job = Self { site, child, out, err };
        until(&mut job.out, "task_started");
        job
    }

    fn now(&self, others: usize) {
        // As editors do it: never half a file.
        let path = self.site.program.write("next.csv", &hosts(others));
        std::fs::rename(&path, path.with_file_name("more.csv")).unwrap();
    }

    /// Lets the job end. The rest of its events.
    fn end(mut self) -> String {
        self.site.program.write("go", "");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{rest}");
        rest
    }
}

/// Reads lines up to one that holds this; all of them.
fn until(lines: &mut impl BufRead, wanted: &str) -> String {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "{wanted} never came after {seen}"
        );
        seen.push_str(&line);
        if line.contains(wanted) {
            return seen;
        }
    }
}

#[test]
fn a_host_that_is_added_during_a_job_gets_known() {
    let mut job = Job::start(9, Stdio::null());
    job.now(10);
    let shown = until(&mut job.err, "the new fleet is taken");
    assert!(shown.contains("+ 1 host: spare10\n"), "{shown}");
    let events = until(&mut job.out, "namespace_configured");
    assert!(events.contains("spare[1-10]"), "{events}");
    assert!(job.end().contains("job_finished"));
}

#[test]
fn a_fleet_that_shrinks_too_much_is_not_taken_without_confirmation() {
    let mut job = Job::start(19, Stdio::null());
    job.now(4);
    let shown = until(&mut job.err, "the old one stays");
    assert!(shown.contains("- 15 hosts: spare[5-19]\n"), "{shown}");
    assert!(shown.contains("15 of 20 hosts would be gone"), "{shown}");
    // Small steps from what was refused are no way around the question.
    job.now(3);
    let shown = until(&mut job.err, "the old one stays");
    assert!(shown.contains("16 of 20 hosts would be gone"), "{shown}");
    assert!(!job.end().contains("namespace_configured"));
}

#[test]
fn a_fleet_that_shrinks_too_much_is_taken_when_its_number_is_typed() {
    let mut job = Job::start(19, Stdio::piped());
    let mut keyboard = job.child.stdin.take().unwrap();
    job.now(4);
    until(&mut job.err, "type 15 to take");
    keyboard.write_all(b"yes\n").unwrap();
    until(&mut job.err, "the old one stays");
    job.now(3);
    until(&mut job.err, "type 16 to take");
    keyboard.write_all(b"16\n").unwrap();
    until(&mut job.err, "the new fleet is taken");
    until(&mut job.out, "namespace_configured");
    job.end();
}

#[test]
fn a_source_that_breaks_leaves_the_fleet_as_it_is() {
    let mut job = Job::start(9, Stdio::null());
    job.site.program.write("more.csv", "name\n$\n");
    let shown = until(&mut job.err, "the old fleet stays");
    assert!(shown.contains("more.csv:2:1"), "{shown}");
    job.now(10);
    until(&mut job.err, "the new fleet is taken");
    job.end();
}
