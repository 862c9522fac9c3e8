//! The gate of a session under every shell: the lock, the record, the word to go.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use pogo_core::scheduler::{Phase, RestoreId};

use super::gate_host::{Host, LOCKED, attempt, await_mark, under_every_shell};
use super::stderr_of;
use crate::config::GateOptions;
use crate::exec::feed::GO;
use crate::exec::mark::{Mark, Ready};
use crate::exec::session::Session;

#[test]
fn what_is_told_to_go_runs_under_the_lock_and_its_end_is_written_down() {
    under_every_shell(|host| {
        let (marks, output) = host.run(17, "cat; exit 3", &format!("{GO}input\n"));
        assert_eq!(output.status.code(), Some(3), "{}: {output:?}", host.shell);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "input\n", "{}", host.shell);
        let wanted = [Mark::Ready(LOCKED), Mark::Phase(Phase::Command), Mark::Ended(3)];
        assert_eq!(marks[1..], wanted, "{}", host.shell);
        for file in [".lock", ".default.0"] {
            let words = host.words(file);
            assert_eq!(words[..5], ["1", "default.0", "17", "2", "17"], "{}", host.shell);
            assert_eq!(words[7], "group", "{}", host.shell);
            assert_eq!(words[10..], ["ended", "command", "ended", "3"], "{}", host.shell);
        }
    });
}

#[test]
fn what_is_not_told_to_go_runs_nothing_under_any_shell() {
    under_every_shell(|host| {
        for input in ["", "never\n", "g", "no\ngo\n"] {
            let (marks, output) = host.run(17, "echo ran", input);
            assert_eq!(
                (output.stdout, output.status.code()),
                (vec![], Some(0)),
                "{}",
                host.shell
            );
            assert_eq!(
                marks[1..],
                [Mark::Ready(LOCKED), Mark::Never("late".to_owned())],
                "{}",
                host.shell
            );
        }
        // The number was not used up.
        let (marks, _) = host.run(17, "true", GO);
        assert_eq!(marks.last(), Some(&Mark::Ended(0)), "{}", host.shell);
    });
}

#[test]
fn a_word_that_comes_late_begins_nothing_and_the_lock_is_free_by_then() {
    under_every_shell(|host| {
        let patience = Duration::from_secs(1);
        let hasty = Host {
            gate: GateOptions {
                patience,
                ..host.gate.clone()
            },
            ..*host
        };
        let session = hasty.session(17, "echo ran");
        let mut child = hasty.spawn(&session);
        let input = child.stdin.take().unwrap();
        // It ends by itself, while nobody says anything.
        let output = child.wait_with_output().unwrap();
        drop(input);
        let (_, marks) = stderr_of(&session, &output);
        assert_eq!(output.stdout, b"", "{}", host.shell);
        assert_eq!(marks.last(), Some(&Mark::Never("late".to_owned())), "{}", host.shell);
    });
}

#[test]
fn a_host_that_slept_while_it_waited_begins_nothing() {
    under_every_shell(|host| {
        let hasty = Host {
            gate: GateOptions {
                patience: Duration::from_secs(1),
                ..host.gate.clone()
            },
            ..*host
        };
        let session = hasty.session(17, "echo ran");
        let mut child = hasty.spawn(&session);
        await_mark(&mut child, "ready");
        let group = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process_group(group, rustix::process::Signal::STOP).unwrap();
        let uptime = || -> f64 {
            let text = fs::read_to_string("/proc/uptime").unwrap();
            text.split(' ').next().unwrap().parse().unwrap()
        };
        let wakes = uptime() + 2.5;
        while uptime() < wakes {
            std::thread::yield_now();
            std::thread::sleep(Duration::from_millis(20));
        }
        // The word is there before it wakes, and in time by its own timer.
        child.stdin.take().unwrap().write_all(GO.as_bytes()).unwrap();
        rustix::process::kill_process_group(group, rustix::process::Signal::CONT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"", "{}", host.shell);
    });
}

#[test]
fn one_command_runs_on_a_host_at_a_time_and_the_next_is_told_whose() {
    under_every_shell(|host| {
        let session = host.session(17, "echo up; read -r line");
        let mut child = host.spawn(&session);
        let mut input = child.stdin.take().unwrap();
        input.write_all(GO.as_bytes()).unwrap();
        await_mark(&mut child, "phase");
        let (marks, output) = host.run(18, "echo ran", GO);
        assert_eq!(output.stdout, b"", "{}", host.shell);
        let [_, Mark::Busy(who)] = &marks[..] else {
            panic!("{}: {marks:?}", host.shell);
        };
        assert!(
            who.starts_with("17 ") && who.ends_with(" default.0"),
            "{}: {who}",
            host.shell
        );
        drop(input);
        child.wait().unwrap();
        let (marks, _) = host.run(18, "true", GO);
        assert_eq!(marks.last(), Some(&Mark::Ended(0)), "{}", host.shell);
    });
}

#[test]
fn a_command_whose_supervisor_was_killed_keeps_the_host_busy_until_its_group_is_gone() {
    under_every_shell(|host| {
        let fifo = host.home.join("fifo");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        // All that supervises it is killed: it is the parent of the command, and the parent of that.
        let line = format!(
            "exec <'{}' >/dev/null 2>&1; up() {{ ps -o ppid= -p $1 | tr -d ' '; }}; one=$(up $$); two=$(up $one); \
             case $(ps -o pgid= -p $two | tr -d ' ') in $(ps -o pgid= -p $$ | tr -d ' ')) ;; *) two=$one ;; esac; \
             kill -KILL $one $two; read -r line",
            fifo.display()
        );
        let session = host.session(17, &line);
        let mut child = host.spawn(&session);
        let group = child.id();
        child.stdin.take().unwrap().write_all(GO.as_bytes()).unwrap();
        let mut gate = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        child.wait().unwrap();
        let (marks, output) = host.run(18, "echo ran", GO);
        let [_, Mark::Busy(who)] = &marks[..] else {
            panic!("{}: {marks:?}", host.shell);
        };
        // Of ksh a third process supervises, which holds the lock.
        let by_group = who.ends_with(&format!(" default.0 {group}"));
        assert!(by_group || host.shell == "ksh", "{}: {who}", host.shell);
        assert_eq!(output.stdout, b"", "{}", host.shell);
        gate.write_all(b"end\n").unwrap();
        drop(gate);
        // It ends at once, but not before this line does.
        let next = (18..200).find(|&number| {
            let (marks, _) = host.run(number, "true", GO);
            marks.last() == Some(&Mark::Ended(0))
        });
        assert!(next.is_some(), "{}: still busy", host.shell);
    });
}

#[test]
fn what_a_command_leaves_in_the_background_does_not_keep_the_host_busy() {
    under_every_shell(|host| {
        let line = "sleep 600 </dev/null >/dev/null 2>&1 & echo $!";
        let (_, output) = host.run(17, line, GO);
        let (marks, _) = host.run(18, "true", GO);
        let left = String::from_utf8(output.stdout).unwrap();
        let killed = std::process::Command::new("kill").arg(left.trim()).status().unwrap();
        assert!(killed.success(), "{}: {left}", host.shell);
        assert_eq!(marks.last(), Some(&Mark::Ended(0)), "{}", host.shell);
    });
}

#[test]
fn a_number_begins_once_and_none_begins_after_a_higher_one() {
    under_every_shell(|host| {
        host.run(17, "true", GO);
        for (number, word) in [(17, "again 17"), (16, "superseded 17")] {
            let (marks, output) = host.run(number, "echo ran", GO);
            assert_eq!(marks[1..], [Mark::Never(word.to_owned())], "{}", host.shell);
            assert_eq!(output.stdout, b"", "{}", host.shell);
        }
    });
}

#[test]
fn numbers_compare_within_one_restore_of_a_namespace_alone() {
    under_every_shell(|host| {
        let run = |(number, incarnation, restore): (u64, u64, Option<u64>)| {
            let mut attempt = attempt(number, "true");
            (attempt.incarnation, attempt.restore) = (incarnation, restore.map(RestoreId));
            host.run_attempt(&attempt, GO).0.pop().unwrap()
        };
        let (of_before, one, another) = ((17, 0, None), (17, 1, Some(1)), (17, 1, Some(2)));
        for attempt in [of_before, one, another] {
            assert_eq!(run(attempt), Mark::Ended(0), "{}: {attempt:?}", host.shell);
        }
        for attempt in [of_before, one, another] {
            assert_eq!(run(attempt), Mark::Never("again 17".to_owned()), "{}", host.shell);
        }
        // That a later incarnation has begun there lets no overtaken number of an earlier one begin, and keeps no later
        // one from it.
        assert_eq!(
            run((16, 0, None)),
            Mark::Never("superseded 17".to_owned()),
            "{}",
            host.shell
        );
        assert_eq!(run((18, 0, None)), Mark::Ended(0), "{}", host.shell);
    });
}

#[test]
fn a_host_without_flock_says_so_and_runs_the_command() {
    under_every_shell(|host| {
        let name = host.shell.split(' ').next().unwrap();
        if name == "busybox" {
            // It finds its own.
            return;
        }
        let bin = host.home.join("bin");
        fs::create_dir(&bin).unwrap();
        for program in ["sleep", "cat", "uname", "id", "date", "printf", name] {
            let places = ["/usr/bin", "/bin"].map(|at| Path::new(at).join(program));
            let from = places.iter().find(|path| path.exists()).unwrap();
            std::os::unix::fs::symlink(from, bin.join(program)).unwrap();
        }
        let session = host.session(17, "echo ran");
        let mut command = host.command(&session);
        let mut child = command.env("PATH", &bin).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(GO.as_bytes());
        let output = child.wait_with_output().unwrap();
        let (_, marks) = stderr_of(&session, &output);
        let without = Ready {
            host_lock: false,
            reports_end: false,
        };
        let wanted = [Mark::Ready(without), Mark::Phase(Phase::Command)];
        assert_eq!(marks.get(1..), Some(&wanted[..]), "{}: {output:?}", host.shell);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n", "{}", host.shell);
    });
}

#[test]
fn records_of_namespaces_that_ended_are_removed_after_a_week_unless_something_runs() {
    under_every_shell(|host| {
        host.run(17, "true", GO);
        let locks = host.home.join(".local/state/pogo");
        let own = fs::read_dir(&locks).unwrap().map(|file| file.unwrap().path());
        let own = own
            .map(|path| path.display().to_string())
            .find(|path| path.ends_with(".default.0"))
            .unwrap();
        let name = own.strip_suffix("default.0").unwrap();
        let add = |namespace: &str, state: &str, days: u64| {
            let path = format!("{name}{namespace}.0");
            let words = format!("1 {namespace}.0 3 2 3 - 4711 group 1 100 {state}");
            fs::write(&path, format!("{words:<255}\n")).unwrap();
            let written = std::time::SystemTime::now() - Duration::from_secs(days * 86_400 + 3_600);
            fs::File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(written)
                .unwrap();
            path
        };
        let over: Vec<String> = (0..28)
            .map(|x| add(&format!("memory-{x}"), "ended command ended 0", 8))
            .collect();
        let kept = [
            add("memory-runs", "begun", 8),
            add("memory-young", "ended command ended 0", 6),
            add("a-store", "ended command ended 0", 1000),
        ];
        let run = |namespace: &str| {
            let session = host.session_of(namespace, 1, "true");
            let mut child = host.spawn(&session);
            let _ = child.stdin.take().unwrap().write_all(GO.as_bytes());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}: {output:?}", host.shell);
        };
        run("memory-before");
        assert!(
            over.iter().all(|path| fs::exists(path).unwrap()),
            "{}: 31 records",
            host.shell
        );
        run("memory-now");
        assert!(
            over.iter().all(|path| !fs::exists(path).unwrap()),
            "{}: 32 records",
            host.shell
        );
        assert!(kept.iter().all(|path| fs::exists(path).unwrap()), "{}", host.shell);
        assert!(
            fs::exists(&own).unwrap() && fs::exists(format!("{name}memory-now.0")).unwrap(),
            "{}",
            host.shell
        );
    });
}

/// What goes over standard input is read byte by byte.
#[test]
fn a_usual_session_is_one_line() {
    let mut attempt = attempt(
        1 << 40,
        "systemctl restart web.service && curl -sf http://localhost/health",
    );
    attempt.pre_hooks = Some("/etc/pogo/pre.d".into());
    attempt.post_hooks = Some("/etc/pogo/post.d".into());
    for session in Session::all_of(&attempt, None, Some(&GateOptions::default())) {
        let line = session.line();
        assert_eq!(line.input, None, "{} bytes", line.input.as_ref().unwrap().len());
    }
}
