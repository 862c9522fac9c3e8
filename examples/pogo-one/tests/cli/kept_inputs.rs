//! What jobs that are kept read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use super::kept_store::{Kept, until};
use super::program::Done;

#[test]
fn what_comes_through_a_pipe_is_kept_with_the_job_whatever_its_size() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let much: String = (0..60_000).map(|line| format!("line {line:06}\n")).collect();
    kept.site.program.write("much", &much);
    let (input, file) = (kept.file("much"), kept.file("sent"));
    for (more, line) in [
        (
            vec!["--stdin".to_owned(), "-".to_owned()],
            "sha256sum | cut -c1-64".to_owned(),
        ),
        (
            vec!["--send".to_owned(), format!("-:{}", file.display())],
            format!("sha256sum '{}' | cut -c1-64", file.display()),
        ),
    ] {
        let more: Vec<&str> = more
            .iter()
            .map(String::as_str)
            .chain(["-f", "1", "--", &line])
            .collect();
        let mut command = kept.run_command("@web", &more);
        let done = Done::of(command.stdin(fs::File::open(&input).unwrap()).output().unwrap());
        assert_eq!(done.code, 0, "{}", done.err);
        let sum = std::process::Command::new("sha256sum").arg(&input).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
        assert_eq!(done.out.matches(&sum).count(), 2, "{}", done.out);
    }
    let inputs = kept.namespace().join("inputs");
    let names = || fs::read_dir(&inputs).unwrap().count();
    assert_eq!(names(), 2, "one for each job");
    for entry in fs::read_dir(&inputs).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let info = kept.verb(&["store", "info", "--store", kept.file("store").to_str().unwrap()]);
    assert!(info.out.contains("inputs     2 files, "), "{}{}", info.out, info.err);
    // Nothing stays of a job that is refused.
    let mut command = kept.run_command("nowhere", &["--stdin", "-", "--", "cat"]);
    let done = Done::of(command.stdin(fs::File::open(&input).unwrap()).output().unwrap());
    assert_eq!((done.code, names()), (64, 2), "{}", done.err);
}

#[test]
fn a_copy_of_a_store_has_what_its_jobs_read() {
    let kept = Kept::new("tag: {web: [web1, web2]}\n", &["web1", "web2"]);
    let much: String = (0..60_000).map(|line| format!("line {line:06}\n")).collect();
    kept.site.program.write("much", &much);
    let go = kept.file("go");
    assert_eq!(kept.verb(&["apply", "-c", "policy.yaml", "-y"]).code, 0);
    // What was sent to a server is beside the namespaces, under a name of its sender's.
    let sent = kept.file("store/sent/default/a1/deploy.new");
    fs::create_dir_all(sent.parent().unwrap()).unwrap();
    fs::write(&sent, "sent along\n").unwrap();
    fs::write(sent.with_file_name(".owner"), "alice").unwrap();
    let (along, on_host) = (sent.display(), kept.file("on-host"));
    let along = format!("{along}:{}", on_host.display());
    let line = format!(
        "[ -e '{}' ] && sha256sum | cut -c1-64 && cat '{}'",
        go.display(),
        on_host.display()
    );
    let mut command = kept.run_command("@web", &["--stdin", "-", "--send", &along, "-f", "1", "--", &line]);
    let failed = Done::of(
        command
            .stdin(fs::File::open(kept.file("much")).unwrap())
            .output()
            .unwrap(),
    );
    assert_eq!(failed.code, 1, "{}", failed.err);
    kept.kill_dispatcher();
    let (store, copy) = (kept.file("store"), kept.file("copy"));
    let (from, to) = (store.to_str().unwrap(), copy.to_str().unwrap());
    // Whoever was killed has the lock until the system has closed its files.
    until(|| {
        let copied = kept.verb(&["store", "copy", from, to]);
        assert!(
            copied.code == 0 || copied.err.contains("somebody owns the store"),
            "{}",
            copied.err
        );
        copied.code == 0
    });
    let info = kept.verb(&["store", "info", "--store", to]);
    assert!(info.out.contains("inputs     1 file, "), "{}{}", info.out, info.err);
    assert!(info.out.contains("sent       1 file, "), "{}{}", info.out, info.err);
    let _ = fs::remove_file(&on_host);
    // The store that it was made of is gone, and its place is taken.
    fs::remove_dir_all(&store).unwrap();
    kept.go();
    let mut serving = kept
        .command(&["serve", "--store", to, "--accept-restore", "the disk is gone"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| copy.join("ns/default/socket").exists());
    let retried = kept.verb(&["retry", "1", "--failed", "--store", to]);
    let resumed = kept.verb(&["resume", "1", "--store", to]);
    let waited = kept.verb(&["wait", "last", "--store", to]);
    let said = format!("{}{}{}{}", retried.out, retried.err, resumed.err, waited.err);
    assert_eq!(waited.code, 0, "{said}");
    let logs = kept.verb(&["logs", "last", "--store", to]);
    let sum = std::process::Command::new("sha256sum")
        .arg(kept.file("much"))
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    assert_eq!(logs.out.matches(&sum).count(), 2, "{said}{}{}", logs.out, logs.err);
    assert_eq!(
        logs.out.matches("sent along").count(),
        2,
        "{said}{}{}",
        logs.out,
        logs.err
    );
    serving.kill().unwrap();
    serving.wait().unwrap();
}

/// A source of hosts with so many that no job is about.
fn more(kept: &Kept, count: usize) {
    let lines: String = (1..=count).map(|number| format!("spare{number},spare\n")).collect();
    let path = kept.site.program.write("next.csv", &format!("name,tags\n{lines}"));
    // As editors do it: never half a file.
    fs::rename(&path, path.with_file_name("more.csv")).unwrap();
}

/// How many hosts the namespace has.
fn known(kept: &Kept) -> usize {
    let configuration = kept.site.runtime.block_on(kept.client().configuration()).unwrap();
    configuration.fleet.map_or(0, |fleet| fleet.len())
}

#[test]
fn sources_that_change_while_a_job_is_followed_change_its_namespace() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    more(&kept, 9);
    let line = kept.waits();
    let watch = [
        "--watch-inventory",
        "--watch-interval",
        "10ms",
        "-i",
        "more.csv",
        "--",
        &line,
    ];
    let mut command = kept.run_command("@web", &watch);
    let client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| kept.ran().len() == 1);
    assert_eq!(known(&kept), 10);
    more(&kept, 10);
    until(|| known(&kept) == 11);
    // A dispatcher that takes over knows what is in force, and calls it otherwise.
    kept.kill_dispatcher();
    until(|| kept.site.runtime.block_on(kept.client().status()).is_ok());
    more(&kept, 11);
    until(|| known(&kept) == 12);
    kept.go();
    let done = Done::of(client.wait_with_output().unwrap());
    assert!(
        done.err.contains("+ 1 host: spare10\n") && done.err.contains("the new fleet is taken"),
        "{}",
        done.err
    );
    let refused = kept.run("@web", &["--watch-inventory", "-d", "--", "true"]);
    refused.assert_refused(&["leave out -d"]);
}

#[test]
fn new_host_keys_are_summed_up_in_one_line() {
    let kept = Kept::new("tag: {web: ['web[1-3]']}\n", &["web1", "web2", "web3"]);
    kept.site.program.write("empty", "");
    let done = kept.run("@web", &["--known-hosts", "empty", "--", "true"]);
    assert_eq!(done.code, 1, "{}", done.out);
    let line = "3 host keys not known and refused; --host-keys accept-new accepts new ones: web[1-3]\n";
    assert!(done.err.starts_with(line), "{}", done.err);
    assert_eq!(
        done.out.matches("host key not trusted: web[1-3]").count(),
        1,
        "{}",
        done.out
    );
    let accept = ["--known-hosts", "empty", "--host-keys", "accept-new", "--", "true"];
    let done = kept.run("@web", &accept);
    assert_eq!(done.code, 0, "{}", done.err);
    let line = "3 new host keys accepted and recorded (--host-keys accept-new): web[1-3]\n";
    assert_eq!(
        (done.err.as_str(), done.out.contains("[new host key")),
        (line, false),
        "{}",
        done.out
    );
}
