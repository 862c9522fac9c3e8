//! Passphrases and the questions of hosts: on a terminal, by a program, from a file, or not at all.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use pogo_ssh::loopback::Fault;
use secrecy::ExposeSecret;

use super::program::Done;
use super::ssh::Site;

pub(super) const PASSPHRASE: &str = "open sesame";
const POLICY: &str = "tag: {web: ['web[1-3]']}\n";
const HOSTS: [&str; 3] = ["web1", "web2", "web3"];

/// A word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Site {
    /// The servers' key, encrypted.
    pub(super) fn locked(&self) -> PathBuf {
        let copy = self.program.directory.path().join("locked");
        fs::copy(self.servers.identity_file(), &copy).unwrap();
        let changed = Command::new("ssh-keygen")
            .args(["-q", "-p", "-P", "", "-N", PASSPHRASE, "-f"])
            .arg(&copy)
            .output();
        assert!(changed.unwrap().status.success());
        copy
    }

    /// Words of a command line with this key file, or none.
    pub(super) fn with_key(&self, key: Option<&PathBuf>, more: &[&str]) -> Vec<String> {
        let mut args = self.args("$web", &[&["--ssh-config", "none"], more].concat());
        let at = args.iter().position(|arg| arg == "--identity").unwrap();
        match key {
            Some(key) => args[at + 1] = key.display().to_string(),
            None => _ = args.drain(at..at + 2),
        }
        args
    }

    /// Runs without a terminal.
    pub(super) fn apart(&self, args: &[String]) -> Done {
        let inner = self
            .program
            .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let mut command = Command::new("setsid");
        command.arg("-w").arg(inner.get_program()).args(inner.get_args());
        command.current_dir(self.program.directory.path()).stdin(Stdio::null());
        command
            .env("HOME", self.program.directory.path())
            .env("USER", "nobody")
            .env("POGO_STORE", "none");
        for name in [
            "SSH_AUTH_SOCK",
            "SSH_ASKPASS",
            "SSH_ASKPASS_REQUIRE",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "CI",
        ] {
            command.env_remove(name);
        }
        Done::of(command.output().unwrap())
    }

    /// Runs on a terminal of its own, and returns its exit code and the state of the terminal after it.
    pub(super) fn on_terminal(&self, args: &[String]) -> Terminal {
        let inner = self
            .program
            .command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let words = [inner.get_program()].into_iter().chain(inner.get_args());
        let words: Vec<String> = words.map(|word| quoted(word.to_str().unwrap())).collect();
        let line = format!("stty cols 200; {}; echo code $?; stty -a", words.join(" "));
        let mut child = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(self.program.directory.path())
            .env("HOME", self.program.directory.path())
            .env("POGO_STORE", "none")
            .env("USER", "nobody")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("SSH_ASKPASS")
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        Terminal {
            child,
            output,
            seen: String::new(),
            read: 0,
        }
    }
}

/// What a person sees and types.
pub(super) struct Terminal {
    child: Child,
    output: std::process::ChildStdout,
    seen: String,
    /// Up to where it has been waited for.
    read: usize,
}

impl Terminal {
    /// Waits until this is shown, after what was waited for before; what is shown up to its end.
    #[track_caller]
    pub(super) fn wait_for(&mut self, text: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let new = &self.seen[self.read..];
            if let Some(at) = new.find(text) {
                let shown = new[..at + text.len()].to_owned();
                self.read += shown.len();
                return shown;
            }
            let count = self.output.read(&mut buffer).unwrap();
            assert!(count > 0, "`{text}` is not in: {}", self.seen);
            self.seen += &String::from_utf8_lossy(&buffer[..count]);
        }
    }

    pub(super) fn type_in(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// All that was shown, and the exit code; the terminal must be as it was.
    #[track_caller]
    pub(super) fn end(mut self) -> (i32, String) {
        self.wait_for("code ");
        let code = self.wait_for("\r\n").trim().parse().unwrap();
        let settings = self.wait_for("echoke");
        for wanted in ["icanon", "echo", "isig"] {
            assert!(settings.split_whitespace().any(|word| word == wanted), "{settings}");
        }
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        (code, self.seen)
    }
}

#[test]
fn a_passphrase_is_asked_for_once_for_all_hosts() {
    let site = Site::new(POLICY, &HOSTS);
    let key = site.locked();
    let mut terminal = site.on_terminal(&site.with_key(Some(&key), &["--", "echo here"]));
    terminal.wait_for("Enter passphrase for key '");
    terminal.wait_for("locked': ");
    terminal.type_in("wrong\n");
    terminal.wait_for("Bad passphrase, try again for '");
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(seen.matches("assphrase").count(), 2, "{seen}");
    assert_eq!(seen.matches("| here").count(), 3, "{seen}");
    assert!(!seen.contains(PASSPHRASE) && !seen.contains("wrong"), "{seen}");
}

#[test]
fn a_passphrase_that_does_not_open_the_key_is_asked_for_three_times() {
    let site = Site::new(POLICY, &HOSTS);
    let key = site.locked();
    let mut terminal = site.on_terminal(&site.with_key(Some(&key), &["--", "true"]));
    for _ in 0..3 {
        terminal.wait_for("locked': ");
        terminal.type_in("wrong\n");
    }
    let (code, seen) = terminal.end();
    assert_eq!(code, 1, "{seen}");
    assert!(seen.contains("the passphrase does not open the key file"), "{seen}");
}

#[test]
fn without_a_terminal_the_failure_names_what_gives_the_passphrase() {
    let site = Site::new(POLICY, &HOSTS);
    let key = site.locked();
    let done = site.apart(&site.with_key(Some(&key), &["--", "true"]));
    assert_eq!(done.code, 64, "{}{}", done.out, done.err);
    assert!(
        done.err
            .contains("locked is encrypted, and there is no terminal to ask on; give --passphrase-file FILE"),
        "{}",
        done.err
    );
    // The cure that is named works.
    site.program.write("secret", &format!("{PASSPHRASE}\n"));
    let done = site.apart(&site.with_key(Some(&key), &["--passphrase-file", "secret", "--", "true"]));
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    site.program.write("secret", "another\n");
    let done = site.apart(&site.with_key(Some(&key), &["--passphrase-file", "secret", "--", "true"]));
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(
        done.out
            .contains("the passphrase of --passphrase-file does not open it")
            && !done.out.contains("another"),
        "{}",
        done.out
    );
}

#[test]
fn each_host_s_question_is_asked_by_its_name_one_at_a_time() {
    let site = Site::new(POLICY, &HOSTS);
    for host in HOSTS {
        site.servers.inject(host, Fault::AsksForPassword).unwrap();
    }
    let mut terminal = site.on_terminal(&site.with_key(None, &["--", "echo here"]));
    let mut asked = Vec::new();
    while asked.len() < HOSTS.len() {
        terminal.wait_for("(pogo@");
        let host = terminal.wait_for(") ");
        assert_eq!(terminal.wait_for("assword: "), "Password: ");
        let host = host.trim_end_matches(") ").to_owned();
        // It stands there again when something was printed above it.
        if !asked.contains(&host) {
            asked.push(host);
            let password = site.servers.password();
            terminal.type_in(&format!("{}\n", password.expose_secret()));
        }
    }
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    asked.sort();
    assert_eq!(asked, HOSTS, "{seen}");
    assert!(!seen.contains(site.servers.password().expose_secret()), "{seen}");
    assert_eq!(seen.matches("| here").count(), 3, "{seen}");
}

#[test]
fn output_comes_above_an_open_question_and_status_lines_stay_away() {
    let site = Site::new(POLICY, &HOSTS);
    site.servers.inject("web2", Fault::AsksForPassword).unwrap();
    let key = site.servers.identity_file();
    let gate = site.program.directory.path().join("gate");
    let line = format!("while [ ! -e '{}' ]; do sleep 0.1; done; echo here", gate.display());
    let mut terminal = site.on_terminal(&site.with_key(Some(&key), &["--", &line]));
    terminal.wait_for("(pogo@web2) Password: ");
    site.program.write("gate", "");
    let mut said = String::new();
    for _ in 0..2 {
        said += &terminal.wait_for("| here\r\n");
        // The question stands below again.
        said += &terminal.wait_for("(pogo@web2) Password: ");
    }
    assert!(!said.contains("running"), "{said:?}");
    terminal.type_in(&format!("{}\n", site.servers.password().expose_secret()));
    terminal.wait_for("3 hosts in ");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(seen.matches("| here").count(), 3, "{seen}");
}

#[test]
fn an_interrupt_at_a_question_stops_the_job_and_leaves_the_terminal_as_it_was() {
    let site = Site::new(POLICY, &HOSTS);
    for host in HOSTS {
        site.servers.inject(host, Fault::AsksForPassword).unwrap();
    }
    let key = site.locked();
    for (key, question) in [(None, "assword: "), (Some(&key), "locked': ")] {
        if key.is_some() {
            HOSTS.iter().for_each(|host| site.servers.host(host).unwrap().heal());
        }
        let mut terminal = site.on_terminal(&site.with_key(key, &["--max-parallel", "1", "--", "true"]));
        terminal.wait_for(question);
        terminal.type_in("\x03");
        let (code, seen) = terminal.end();
        assert_eq!(code, 2, "{seen}");
        assert!(
            seen.contains("nobody answered") && seen.contains("interrupted"),
            "{seen}"
        );
        let asked = HOSTS.map(|host| seen.contains(&format!("(pogo@{host}) ")));
        assert!(asked.iter().filter(|asked| **asked).count() <= 1, "{seen}");
        assert!(!seen.contains("Bad passphrase"), "{seen}");
    }
}

#[test]
fn a_program_answers_where_one_is_named() {
    let site = Site::new(POLICY, &HOSTS);
    site.servers.inject("web2", Fault::AsksForPassword).unwrap();
    let key = site.locked();
    let password = site.servers.password();
    let script = format!(
        "#!/bin/sh\necho \"$POGO_HOST|$1\" >>asked\ncase $1 in *assphrase*) echo '{PASSPHRASE}';; *) echo '{}';; \
         esac\n",
        password.expose_secret()
    );
    let program = site.program.write("answer", &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    let done = site.apart(&site.with_key(Some(&key), &["--askpass", &program, "--", "true"]));
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let asked = fs::read_to_string(site.program.directory.path().join("asked")).unwrap();
    let mut asked: Vec<&str> = asked.lines().collect();
    asked.sort_unstable();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0], "web2|(pogo@web2) Password: ", "{asked:?}");
    assert_eq!(asked[1], format!("|Enter passphrase for key '{}': ", key.display()));
    // One that gives no answer.
    let done = site.apart(&site.with_key(Some(&key), &["--askpass", "/bin/false", "--", "true"]));
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.contains("/bin/false gave no answer"), "{}", done.out);
    // Without any, a host that asks something is reported as such.
    let done = site.apart(&site.with_key(None, &["--", "true"]));
    assert!(
        done.out
            .contains("there is no terminal to ask on; give --askpass PROGRAM"),
        "{}",
        done.out
    );
}

#[test]
fn a_variable_that_names_no_agent_is_no_agent() {
    let site = Site::new(POLICY, &HOSTS);
    // The variable, what the configuration says, and whether an agent is looked for.
    for (variable, says, looked_for) in [
        ("", "", false),
        ("", "IdentityAgent SSH_AUTH_SOCK", false),
        ("", "IdentityAgent $SSH_AUTH_SOCK", false),
        ("/no/agent", "", true),
        ("/no/agent", "IdentityAgent SSH_AUTH_SOCK", true),
        ("/no/agent", "IdentityAgent none", false),
        ("/no/agent", "IdentityAgent $NO_SUCH_VARIABLE", false),
        ("", "IdentityAgent /no/other/agent", true),
    ] {
        site.program.write("config", &format!("{says}\n"));
        let mut args = site.with_key(None, &["--", "true"]);
        let at = args.iter().position(|arg| arg == "--ssh-config").unwrap();
        args[at + 1] = "config".to_owned();
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = site.program.command(&words).env("SSH_AUTH_SOCK", variable).output();
        let done = Done::of(output.unwrap());
        assert_eq!(done.code, 1, "{}{}", done.out, done.err);
        let asked = done.out.contains("agent (cannot be asked");
        assert_eq!(asked, looked_for, "{variable:?} {says:?}: {}", done.out);
    }
}

#[test]
fn the_ssh_program_is_given_no_answers() {
    let site = Site::new(POLICY, &HOSTS);
    let done = site.apart(&site.with_key(None, &["--transport", "ssh", "--askpass", "x", "--", "true"]));
    assert_eq!(done.code, 64);
    assert!(
        done.err.contains("--askpass are for the built-in transport"),
        "{}",
        done.err
    );
}
