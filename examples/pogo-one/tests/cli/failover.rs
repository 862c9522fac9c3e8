//! Dispatchers of a store in PostgreSQL, of which one takes over from another.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use super::cluster::Cluster;
use super::kept_store::until;
use super::postgres_server::{PASSWORD, Postgres};
use super::program::Done;
use super::takeovers::{HOSTS, LIMIT, kill_owner, pause_owner, takeover_times};

#[test]
fn when_the_owner_is_killed_the_other_takes_over_and_no_host_runs_twice() {
    let test = "when_the_owner_is_killed_the_other_takes_over_and_no_host_runs_twice";
    if let Some(cluster) = Cluster::new(test, HOSTS, LIMIT) {
        // Nobody on this machine reads the password off a command line.
        kill_owner(&cluster, || {
            assert!(command_lines().iter().all(|line| !line.contains(PASSWORD)))
        });
    }
}

#[test]
#[ignore = "takes minutes: figures of benches/README.md"]
fn takeover_times_of_ten_thousand_hosts() {
    if let Some(cluster) = Cluster::new("takeover_times_of_ten_thousand_hosts", 10_000, LIMIT) {
        takeover_times(&cluster);
    }
}

#[test]
fn an_owner_that_was_paused_past_a_takeover_starts_nothing_more_and_says_why_it_ends() {
    let test = "an_owner_that_was_paused_past_a_takeover_starts_nothing_more_and_says_why_it_ends";
    if let Some(cluster) = Cluster::new(test, HOSTS, LIMIT) {
        pause_owner(&cluster);
    }
}

#[test]
fn whoever_stands_by_sends_clients_to_the_owner_and_takes_over_when_it_steps_down() {
    let test = "whoever_stands_by_sends_clients_to_the_owner_and_takes_over_when_it_steps_down";
    let Some(cluster) = Cluster::new(test, 2, 2) else {
        return;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut a = cluster.serve("a", &["--listen", &port.to_string()]);
    a.says("serves default");
    let alone = cluster.verb("a", &["serve", "step-down"]);
    alone.assert_refused(&["nobody waits to take over default"]);
    let job = cluster.submit("a");
    assert_eq!(cluster.verb("a", &["wait", &job]).code, 0);
    let mut watcher = cluster.serve("c", &["--standby-only"]);
    watcher.says("stands by");
    // It holds the owner back from what it does not read, and is nobody who takes over.
    let follows = format!("(process {})", watcher.pid());
    until(|| {
        cluster
            .verb("a", &["store", "info", "--format", "json"])
            .out
            .contains(&follows)
    });
    let alone = cluster.verb("a", &["serve", "step-down"]);
    alone.assert_refused(&["nobody waits to take over default"]);
    let mut b = cluster.serve("b", &[]);
    b.says("stands by");
    let owner = format!("(process {}, http://{port})", a.pid());
    for machine in ["b", "c"] {
        // What is asked is answered by anybody, who says whose it is; orders are the owner's.
        let answered = cluster.verb(machine, &["explain", &job]);
        assert_eq!(answered.code, 0, "{}{}", answered.out, answered.err);
        assert!(
            answered.err.contains("stands by") && answered.err.contains(&owner),
            "{}",
            answered.err
        );
        let refused = cluster.verb(machine, &["freeze", "h1", "--reason", "x"]);
        assert_eq!(refused.code, 69, "{}", refused.err);
        assert!(refused.err.contains(&owner), "{}", refused.err);
        let jobs = cluster.verb(machine, &["jobs"]);
        assert!(jobs.code == 0 && jobs.out.contains("2/2"), "{}{}", jobs.out, jobs.err);
        let elsewhere = cluster.verb(machine, &["serve", "step-down"]);
        elsewhere.assert_refused(&["no dispatcher of this machine has default", &owner]);
    }
    // A machine without a dispatcher starts none beside the owner.
    let refused = cluster.verb("d", &["jobs"]);
    assert_eq!(refused.code, 69, "{}", refused.err);
    assert!(refused.err.contains(&owner), "{}", refused.err);
    let status = cluster.verb("a", &["serve", "status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["process"], a.pid());
    until(|| {
        cluster
            .verb("a", &["serve", "status"])
            .out
            .contains(&format!("(process {})", b.pid()))
    });
    let handed = cluster.verb("a", &["serve", "step-down"]);
    assert_eq!(handed.code, 0, "{}{}", handed.out, handed.err);
    assert!(handed.out.contains(&format!("(process {})", b.pid())), "{}", handed.out);
    b.says("serves default");
    a.says("stands by");
    assert_eq!(cluster.verb("b", &["status"]).code, 0);
    // And back, as often as wanted; who only watches has taken nothing.
    b.signal(Signal::TERM);
    assert_eq!(b.end(), Some(0));
    until(|| a.log().matches("serves default").count() == 2);
    assert!(!watcher.log().contains("serves default"));
    watcher.signal(Signal::TERM);
    assert_eq!(watcher.end(), Some(0), "{}", watcher.log());
}

#[test]
fn a_dispatcher_that_is_about_to_take_over_ends_when_it_is_asked_to() {
    let test = "a_dispatcher_that_is_about_to_take_over_ends_when_it_is_asked_to";
    let Some(cluster) = Cluster::new(test, 1, 1) else {
        return;
    };
    let server = Postgres::shared().unwrap();
    let schema = cluster.schema();
    // Whoever takes over waits for this.
    let mut session = server.session();
    let mut holder = session.stdin(Stdio::piped()).spawn().unwrap();
    let lock = format!("BEGIN; LOCK TABLE {schema}.namespaces IN ACCESS EXCLUSIVE MODE;\n");
    holder.stdin.as_mut().unwrap().write_all(lock.as_bytes()).unwrap();
    let locks = |granted: bool| {
        let of = format!("relation = '{schema}.namespaces'::regclass AND granted = {granted}");
        let is_exclusive = if granted {
            " AND mode = 'AccessExclusiveLock'"
        } else {
            ""
        };
        server
            .run(&format!("SELECT count(*) FROM pg_locks WHERE {of}{is_exclusive}"))
            .trim()
            != "0"
    };
    until(|| locks(true));
    let mut a = cluster.serve("a", &[]);
    until(|| locks(false));
    a.signal(Signal::TERM);
    assert_eq!(a.end(), Some(0), "{}", a.log());
    assert!(
        a.log().contains("ends by SIGTERM, before it has taken over"),
        "{}",
        a.log()
    );
    drop(holder.stdin.take());
    holder.wait().unwrap();
}

#[test]
fn a_store_in_a_database_is_used_as_any_other() {
    let test = "a_store_in_a_database_is_used_as_any_other";
    let Some(cluster) = Cluster::new(test, 3, 3) else {
        return;
    };
    // The first who needs a dispatcher starts one in the background.
    let job = cluster.submit("a");
    let waited = cluster.verb("a", &["wait", &job]);
    assert_eq!(waited.code, 0, "{}", waited.err);
    assert!(command_lines().iter().all(|line| !line.contains(PASSWORD)));
    let logs = cluster.verb("a", &["logs", &job]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    let audited = cluster.verb("a", &["audit", &job]);
    assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
    for verb in ["info", "check"] {
        let done = cluster.verb("b", &["store", verb]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(!done.out.contains(PASSWORD), "{}", done.out);
    }
    let info = cluster.verb("b", &["store", "info", "--format", "json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    let namespace = &info["namespaces"][0];
    assert_eq!(namespace["owner"]["owns"], true, "{info}");
    assert!(namespace["clock_skew_ms"].as_i64().unwrap().abs() < 5_000, "{info}");
    assert!(namespace["records"]["newest"].is_number(), "{info}");
    assert_eq!(namespace["format"]["written"], 1, "{info}");
    assert_eq!(namespace["format"]["read"][0]["newest"], 1, "{info}");
    let settings = cluster.verb("a", &["config"]);
    assert!(!settings.out.contains(PASSWORD), "{}", settings.out);
    let typed = cluster.verb("a", &["jobs", "--store", &cluster.address()]);
    typed.assert_refused(&["can read a password of a command line"]);
    assert!(!typed.err.contains(PASSWORD), "{}", typed.err);
    let stopped = cluster.verb("a", &["serve", "stop"]);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
}

/// One of the machines has a newer version, which writes what this one does not read.
#[test]
fn a_dispatcher_that_is_too_old_for_a_store_says_so_and_leaves_it_to_its_owner() {
    let test = "a_dispatcher_that_is_too_old_for_a_store_says_so_and_leaves_it_to_its_owner";
    let Some(cluster) = Cluster::new(test, 2, 2) else {
        return;
    };
    let mut a = cluster.serve("a", &[]);
    a.says("serves default");
    let mut b = cluster.serve("b", &[]);
    b.says("stands by");
    // Whoever stands by says so before it says in the store which format it reads.
    let info = || cluster.verb("c", &["store", "info"]).out;
    until(|| info().contains("  format     1; all 2 who are there read up to 1\n"));
    let server = Postgres::shared().unwrap();
    server.run(&format!("UPDATE {}.namespaces SET format = 2", cluster.schema()));
    // The one that waits, and one that comes.
    let mut c = cluster.serve("c", &[]);
    for machine in [&mut b, &mut c] {
        assert_eq!(machine.end(), Some(64), "{}", machine.log());
        machine.says("the records are written in format 2, and this version of pogo reads up to format 1");
    }
    let job = cluster.submit("a");
    assert_eq!(cluster.verb("a", &["wait", &job]).code, 0);
    a.signal(Signal::TERM);
    assert_eq!(a.end(), Some(0), "{}", a.log());
}

#[test]
fn a_store_moves_from_a_directory_to_a_database_and_back() {
    let test = "a_store_moves_from_a_directory_to_a_database_and_back";
    let Some(cluster) = Cluster::new(test, 3, 3) else {
        return;
    };
    // A store of one machine, as most begin, whose job reads what came through a pipe and what was sent.
    let directory = cluster.many.file("store");
    assert_eq!(cluster.many.verb(&["apply", "-c", "policy.yaml", "-y"]).code, 0);
    let sent = directory.join("sent/default/a1/deploy.new");
    fs::create_dir_all(sent.parent().unwrap()).unwrap();
    fs::write(&sent, "sent").unwrap();
    fs::write(sent.with_file_name(".owner"), "alice").unwrap();
    let much = cluster.many.file("much");
    fs::write(&much, "x".repeat(400_000)).unwrap();
    let along = format!("{}:{}", sent.display(), cluster.many.file("on-host").display());
    let mut run = cluster.many.run(&["--stdin", "-", "--send", &along, "-f", "1"]);
    let ran = Done::of(run.stdin(fs::File::open(&much).unwrap()).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(cluster.many.verb(&["serve", "stop"]).code, 0);
    let inputs = files_below(&directory, &["ns/default/inputs", "sent"]);
    assert_eq!(inputs.len(), 3, "{inputs:?}");
    let copied = cluster.verb(
        "a",
        &[
            "store",
            "copy",
            "--store",
            directory.to_str().unwrap(),
            &cluster.typed(),
        ],
    );
    assert_eq!(copied.code, 0, "{}", copied.err);
    assert!(copied.out.contains("3 files that jobs read"), "{}", copied.out);
    assert!(copied.out.contains("each was read again"), "{}", copied.out);
    let local = fs::read_dir(cluster.many.file("a/pogo-remote")).unwrap();
    let local: Vec<PathBuf> = local.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(local.len(), 1);
    assert_eq!(files_below(&local[0], &["ns/default/inputs", "sent"]), inputs);
    // Nothing is read from where it was.
    let gone = cluster.many.file("gone");
    fs::rename(&directory, &gone).unwrap();
    // Whoever goes on with it accepts that it is a copy, once.
    let refused = cluster.verb("a", &["jobs"]);
    assert!(
        refused.code != 0 && refused.err.contains("its journal is a copy"),
        "{}",
        refused.err
    );
    let mut a = cluster.serve("a", &["--accept-restore", "moved"]);
    a.says("serves default");
    let logs = cluster.verb("a", &["logs", "1"]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    let resumed = cluster.verb("a", &["rerun", "1"]);
    assert_eq!(resumed.code, 0, "{}{}", resumed.out, resumed.err);
    let waited = cluster.verb("a", &["wait", "last"]);
    assert_eq!(
        waited.code,
        0,
        "{}{}",
        waited.out,
        cluster.verb("a", &["status", "last"]).out
    );
    let held = cluster.verb("a", &["store", "copy", "back"]);
    held.assert_refused(&["is owned by"]);
    a.signal(Signal::TERM);
    assert_eq!(a.end(), Some(0));
    let back = cluster.verb("a", &["store", "copy", "back"]);
    assert_eq!(back.code, 0, "{}", back.err);
    let checked = cluster.many.verb(&["store", "check", "--store", "back"]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    let info = cluster.many.verb(&["store", "info", "--store", "back"]);
    assert!(info.out.contains("a copy of postgres://"), "{}", info.out);
    assert!(info.out.contains("inputs     1 file, "), "{}", info.out);
    assert!(info.out.contains("sent       1 file, "), "{}", info.out);
    let back = cluster.many.file("back");
    assert_eq!(files_below(&back, &["ns/default/inputs", "sent"]), inputs);
}

/// The files below these directories of a folder, with what is in each.
fn files_below(folder: &Path, directories: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut open: Vec<PathBuf> = directories.iter().map(|name| folder.join(name)).collect();
    let mut files = BTreeMap::new();
    while let Some(path) = open.pop() {
        match path.is_dir() {
            true => open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path())),
            false => _ = files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()),
        }
    }
    files
}

/// The command lines of all processes.
fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let lines = processes.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}
