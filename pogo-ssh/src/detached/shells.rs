//! The shell text of detached attempts under every shell that is installed here.

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use pogo_core::dispatcher::{Attempt, Stream};
use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, JobId};

use super::commands::DetachedCommands;
use super::frames::{FrameParser, HostFrame};
use crate::config::GateOptions;
use crate::exec::{CommandLine, GO, Ready};
use crate::shells;

/// Runs with each shell in the place of `/bin/sh`, and a home of its own.
fn under_every_shell(case: impl Fn(&Shell<'_>)) {
    for shell in shells::installed(shells::COMMON.iter().copied()) {
        let home = tempfile::tempdir().unwrap();
        case(&Shell {
            name: shell,
            home: home.path(),
        });
    }
}

struct Shell<'a> {
    name: &'a str,
    home: &'a Path,
}

/// What a host reported: output, then all else.
#[derive(Debug, Default, PartialEq)]
struct ShellReport {
    out: String,
    err: String,
    cuts: Vec<(Stream, u64)>,
    last_state: String,
    last: Option<HostFrame>,
    ready: Vec<Ready>,
}

/// A file with these bytes, to be read.
fn read_from(bytes: &[u8]) -> fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

impl Shell<'_> {
    /// Runs a line with this shell in the place of `/bin/sh`.
    fn run(&self, line: &CommandLine) -> ShellReport {
        self.sh(&line.decoded().replace("/bin/sh", self.name))
    }

    /// Runs a line as a server does for somebody with this login shell.
    fn log_in(&self, line: &CommandLine) -> ShellReport {
        let input = line.input.clone().unwrap_or_default();
        let words = [input.as_bytes(), GO.as_bytes()].concat();
        self.hear(
            shells::command(self.name)
                .args(["-c", &line.text])
                .stdin(read_from(&words)),
        )
    }

    /// Forgets what the host has written down of its last attempt.
    fn forget_record(&self) {
        let _ = fs::remove_dir_all(self.home.join(".local"));
    }

    fn sh(&self, text: &str) -> ShellReport {
        self.hear(
            shells::command(self.name)
                .args(["-c", text])
                .stdin(read_from(GO.as_bytes())),
        )
    }

    fn hear(&self, command: &mut Process) -> ShellReport {
        let output = command.env("HOME", self.home).env("SHELL", "/bin/sh").output().unwrap();
        let mut report = ShellReport::default();
        for frame in FrameParser::new(AttemptId::new(17)).take(&output.stdout).unwrap() {
            match frame {
                HostFrame::Ready(ready) => report.ready.push(ready),
                HostFrame::Output(Stream::Stdout, bytes) => report.out += &String::from_utf8_lossy(&bytes),
                HostFrame::Output(_, bytes) => report.err += &String::from_utf8_lossy(&bytes),
                HostFrame::Cut(stream, missing) => report.cuts.push((stream, missing)),
                HostFrame::State(state) => report.last_state = state,
                other => report.last = Some(other),
            }
        }
        report
    }
}

/// More time than any of these takes.
const LIMIT: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(5));

fn commands_of(line: &str) -> DetachedCommands {
    numbered(0, line)
}

/// The line with a number in front of it, by which tests tell commands apart.
fn numbered(x: usize, line: &str) -> DetachedCommands {
    commands_of_job(format!("job{x}"), RemoteCommand::shell(format!("X={x}; {line}")))
}

fn commands_of_job(job: String, command: RemoteCommand) -> DetachedCommands {
    let (id, host) = (AttemptId::new(17), Host::new("web1".parse().unwrap()));
    let attempt = Attempt::new(JobId::new(3), id, host, command, Duration::from_secs(1));
    DetachedCommands::of(&attempt, &job, ("cache/it's", 10_000), &GateOptions::default()).unwrap()
}

#[test]
fn an_attempt_runs_once_however_often_it_is_launched() {
    under_every_shell(|shell| {
        let commands = commands_of("echo ran >>~/ran; printf 'a\\nb'; echo e >&2; exit 7");
        for _ in 0..3 {
            let report = shell.run(&commands.launch_line((0, 0), LIMIT));
            assert_eq!(report.out, "a\nb", "{}", shell.name);
            assert!(report.err.ends_with("group\ne\n"), "{}: {report:?}", shell.name);
            assert_eq!(report.last_state, "ended command 7", "{}", shell.name);
            assert_eq!(report.last, Some(HostFrame::End), "{}", shell.name);
        }
        assert_eq!(fs::read_to_string(shell.home.join("ran")).unwrap(), "ran\n");
        assert_eq!(shell.run(&commands.find_line((2, 0))).out, "b", "{}", shell.name);
    });
}

#[test]
fn what_was_looked_for_before_it_began_never_begins() {
    under_every_shell(|shell| {
        let commands = commands_of("echo ran >>~/ran");
        for line in [commands.find_line((0, 0)), commands.launch_line((0, 0), LIMIT)] {
            let report = shell.run(&line);
            assert_eq!(report.last_state, "never stopped connect", "{}", shell.name);
            assert_eq!(report.last, Some(HostFrame::End), "{}", shell.name);
        }
        assert!(!shell.home.join("ran").exists(), "{}", shell.name);
    });
}

#[test]
fn of_output_over_the_limit_the_host_keeps_head_and_tail_and_never_holds_up_the_command() {
    under_every_shell(|shell| {
        let flood = "i=0; while [ $i -lt 300 ]; do head -c 10000 /dev/zero; i=$((i+1)); done; echo the end; exit 5";
        let report = shell.run(&commands_of(flood).launch_line((0, 0), LIMIT));
        assert_eq!(report.last_state, "ended command 5", "{}", shell.name);
        // A block over 10,000 bytes, and an eighth of them.
        assert!(
            report.out.len() <= 10_000 + 4096 + 1250,
            "{}: {}",
            shell.name,
            report.out.len()
        );
        assert!(report.out.ends_with("\0the end\n"), "{}", shell.name);
        let [(Stream::Stdout, missing)] = report.cuts[..] else {
            panic!("{}: {:?}", shell.name, report.cuts);
        };
        assert_eq!(report.out.len() as u64 + missing, 3_000_008, "{}", shell.name);
    });
}

#[test]
fn what_fits_behind_the_limit_is_all_there() {
    under_every_shell(|shell| {
        for size in [9_999, 10_000, 10_001, 12_288, 13_000] {
            // Each is the first of its number.
            shell.forget_record();
            let report =
                shell.run(&numbered(size, "head -c $X /dev/zero | tr '\\0' x; echo e >&2").launch_line((0, 0), LIMIT));
            assert_eq!(
                (report.out.len(), report.cuts.as_slice()),
                (size, [].as_slice()),
                "{}",
                shell.name
            );
            assert!(report.err.ends_with("group\ne\n"), "{}: {report:?}", shell.name);
        }
    });
}

#[test]
fn output_that_comes_in_small_pieces_is_kept_within_the_same_bound() {
    under_every_shell(|shell| {
        let lines = "i=0; while [ $i -lt 4000 ]; do echo line $i; i=$((i+1)); done";
        let report = shell.run(&commands_of(lines).launch_line((0, 0), LIMIT));
        assert!(report.out.starts_with("line 0\nline 1\n"), "{}", shell.name);
        assert!(report.out.ends_with("line 3998\nline 3999\n"), "{}", shell.name);
        assert!(
            report.out.len() <= 10_000 + 4096 + 1250,
            "{}: {}",
            shell.name,
            report.out.len()
        );
        let missing: u64 = report.cuts.iter().map(|(_, missing)| missing).sum();
        assert_eq!(report.out.len() as u64 + missing, 38_890, "{}", shell.name);
    });
}

#[test]
fn the_end_is_written_down_in_the_host_s_record_as_well() {
    under_every_shell(|shell| {
        for (line, end) in [
            ("exit 3", "ended 3"),
            ("kill -KILL $$", "killed KILL"),
            ("exit 200", "ended 200"),
        ] {
            shell.forget_record();
            fs::remove_dir_all(shell.home.join("cache")).unwrap_or_default();
            let report = shell.run(&commands_of(line).launch_line((0, 0), LIMIT));
            assert_eq!(report.last, Some(HostFrame::End), "{}: {report:?}", shell.name);
            let files = fs::read_dir(shell.home.join(".local/state/pogo")).unwrap();
            let lines: Vec<String> = files
                .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
                .collect();
            assert_eq!(lines.len(), 2, "{}", shell.name);
            for line in lines {
                assert!(line.starts_with("1 default.0 17 "), "{}: {line}", shell.name);
                assert!(
                    line.trim_end().ends_with(&format!(" ended command {end}")),
                    "{}: {line}",
                    shell.name
                );
            }
        }
    });
}

#[test]
fn the_end_is_found_again_over_another_link() {
    under_every_shell(|shell| {
        let commands = commands_of("head -c 1000000 /dev/zero; echo the end");
        let all = shell.run(&commands.launch_line((0, 0), LIMIT));
        let head = all.out.len() as u64 - 1250;
        for (seen, cuts) in [(head - 1, 1), (head, 1), (head + 1, 0)] {
            let report = shell.run(&commands.find_line((seen, 0)));
            assert_eq!(report.cuts.len(), cuts, "{}", shell.name);
            assert_eq!(report.out, all.out[seen as usize..], "{}", shell.name);
        }
    });
}

#[test]
fn an_attempt_whose_keeper_was_killed_is_dead() {
    under_every_shell(|shell| {
        let kill = "kill -KILL $(ps -o ppid= -p $$); sleep 0.2";
        let report = shell.run(&commands_of(kill).launch_line((0, 0), LIMIT));
        assert_eq!(report.last, Some(HostFrame::Dead), "{}: {report:?}", shell.name);
    });
}

#[test]
fn what_nobody_ends_is_ended_by_the_host_at_its_time_limit() {
    under_every_shell(|shell| {
        let deaf = "trap '' TERM; sleep 600 & echo $!; wait; wait; sleep 600";
        let launched = |(number, seconds): (usize, u64)| {
            shell.forget_record();
            let limit = (Duration::from_secs(seconds), Duration::from_millis(200));
            shell.run(&numbered(number, deaf).launch_line((0, 0), limit))
        };
        // On a busy machine a short limit is over before it is deaf.
        let mut reports = (0..).zip([1, 4, 16, 64]).map(launched);
        let report = reports.find(|report| !report.out.is_empty()).unwrap();
        assert_eq!(report.last_state, "ended command 137 limit", "{}", shell.name);
        assert_eq!(report.last, Some(HostFrame::End), "{}", shell.name);
        let gone = shell.sh(&format!(
            "if kill -0 {} 2>/dev/null; then exit 1; fi",
            report.out.trim()
        ));
        assert_eq!(gone, ShellReport::default(), "{}", shell.name);
    });
}

#[test]
fn every_line_reaches_the_host_through_every_login_shell() {
    let login = shells::COMMON
        .iter()
        .chain(shells::KORN)
        .chain(shells::FOREIGN)
        .copied();
    for name in shells::installed(login) {
        let home = tempfile::tempdir().unwrap();
        let shell = Shell {
            name,
            home: home.path(),
        };
        let words = ["it's!", "a\\", "$x `id`", "a\nb\n", "ü\u{1f600}", &"'".repeat(100_000)];
        let wanted: String = words.iter().map(|word| format!("{word}|")).collect();
        let commands = commands_of_job(
            "job".to_owned(),
            RemoteCommand::argv([&["printf", "%s|"], words.as_slice()].concat()),
        );
        let report = shell.log_in(&commands.launch_line((0, 0), LIMIT));
        assert_eq!(
            (report.last_state.as_str(), report.last),
            ("ended command 0", Some(HostFrame::End)),
            "{name}"
        );
        // Of what is over the limit the end is kept.
        let kept = report.out.len();
        assert!(
            kept >= 10_000 && wanted.starts_with(&report.out[..10_000]),
            "{name}: {}",
            report.out
        );
        let report = shell.log_in(&commands.find_line((0, 0)));
        assert_eq!(
            (report.last_state.as_str(), report.out.len()),
            ("ended command 0", kept),
            "{name}"
        );
        assert_eq!(shell.log_in(&commands.stop_line(LIMIT.1)).last, None, "{name}");
    }
}

#[test]
fn what_an_earlier_version_launched_is_found_and_keeps_the_host_busy_until_it_has_ended() {
    under_every_shell(|shell| {
        let name = Process::new("uname").arg("-n").output().unwrap().stdout;
        let base = shell
            .home
            .join("cache/it's")
            .join(String::from_utf8(name).unwrap().trim());
        let keep = |token: &str, state: &str| {
            let at = base.join(token);
            fs::create_dir_all(&at).unwrap();
            for (file, text) in [
                ("out", "a\nb"),
                ("err", ""),
                ("alive", ""),
                ("state", &format!("{state:<79}\n")),
            ] {
                fs::write(at.join(file), text).unwrap();
            }
        };
        keep("job0.a17", "ended command 7");
        let report = shell.run(&commands_of("true").find_line((0, 0)));
        assert_eq!(
            (report.out.as_str(), report.last_state.as_str()),
            ("a\nb", "ended command 7"),
            "{}",
            shell.name
        );
        keep("job8.a16", "begun command 4711 1 -");
        fs::write(base.join("holder"), "job8.a16\n").unwrap();
        let lock = fs::File::create(base.join("lock")).unwrap();
        lock.lock().unwrap();
        let next = numbered(9, "echo ran >>~/ran");
        let report = shell.run(&next.launch_line((0, 0), LIMIT));
        assert_eq!(
            report.last,
            Some(HostFrame::Busy("earlier job8.a16".to_owned())),
            "{}",
            shell.name
        );
        assert_eq!(report.ready, [], "{}", shell.name);
        // A child that another test has just forked has a copy of the file for a moment.
        lock.unlock().unwrap();
        assert_eq!(
            shell.run(&next.launch_line((0, 0), LIMIT)).last_state,
            "ended command 0",
            "{}",
            shell.name
        );
        assert_eq!(fs::read_to_string(shell.home.join("ran")).unwrap(), "ran\n");
        assert!(!base.join("lock").exists(), "{}", shell.name);
    });
}
