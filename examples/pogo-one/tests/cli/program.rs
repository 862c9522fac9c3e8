//! Running the binary.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The binary in a directory of its own.
pub(crate) struct Program {
    pub(crate) directory: TempDir,
}

/// What the binary left behind.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// Writes a policy file, for `-c policy.yaml`.
    pub(crate) fn with_policy(policy: &str) -> Self {
        let program = Self::new();
        program.write("policy.yaml", policy);
        program
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.at_home(env!("CARGO_BIN_EXE_pogo"));
        command.args(args);
        command
    }

    /// A shell that runs this line, whose parameters from `$0` on are the arguments that follow.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = self.at_home("/bin/sh");
        command.args(["-c", line]);
        command
    }

    fn at_home(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        // Nothing of the person who runs the tests gets in.
        command
            .env("HOME", self.directory.path())
            .env_remove("SSH_AUTH_SOCK")
            // The program would take it for a misspelt setting.
            .env_remove("POGO_STOP")
            // It means that jobs run in the foreground.
            .env_remove("CI")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("NO_COLOR")
            .env("USER", "nobody")
            // Nothing is left running behind a test that does not ask for it.
            .env("POGO_STORE", "none");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        Done::of(self.command(args).output().unwrap())
    }
}

impl Done {
    pub(crate) fn of(output: Output) -> Self {
        let done = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!done.err.contains("panicked"), "{}", done.err);
        done
    }

    /// Refused as wrong usage, in these words, before anything was printed.
    #[track_caller]
    pub(crate) fn assert_refused(&self, wanted: &[&str]) {
        assert_eq!(self.code, 64, "{}{}", self.out, self.err);
        for wanted in wanted {
            assert!(self.err.contains(wanted), "{wanted:?} is missing in: {}", self.err);
        }
        assert_eq!(self.out, "");
    }

    /// The events, one a line, and output between them; without the summary behind them.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.out.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line.get("summary").is_none()).collect()
    }
}

/// Hosts of events of one kind, in order.
pub(crate) fn hosts(events: &[Value], kind: &str) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event["event"] == kind);
    of_kind
        .map(|event| event["host"].as_str().unwrap().to_owned())
        .collect()
}
