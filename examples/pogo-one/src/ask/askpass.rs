//! The askpass program, as `ssh` uses one.

use std::env;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use secrecy::SecretString;

/// The longest answer in bytes.
const LONGEST: u64 = 64 << 10;

/// An askpass program, and when it is used.
pub(super) struct Askpass {
    program: PathBuf,
    /// Whether it is used even if there is a terminal.
    pub(super) always: bool,
}

impl Askpass {
    /// The configured one, or that of the environment, under the conditions of `ssh`.
    pub(super) fn find(named: Option<PathBuf>) -> Option<Self> {
        if let Some(program) = named {
            return Some(Self { program, always: true });
        }
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let has_display = set("DISPLAY").is_some() || set("WAYLAND_DISPLAY").is_some();
        let require = set("SSH_ASKPASS_REQUIRE");
        of_environment(
            set("SSH_ASKPASS"),
            require.as_deref().and_then(|text| text.to_str()),
            has_display,
        )
    }

    /// Runs the program with the question as its argument, and reads its answer.
    pub(super) fn ask(&self, question: &str, host: Option<&str>) -> io::Result<SecretString> {
        let mut command = Command::new(&self.program);
        command.arg(question).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(host) = host {
            command.env("POGO_HOST", host);
        }
        let mut child = command.spawn()?;
        let mut answer = String::new();
        let read = match child.stdout.take() {
            Some(out) => out.take(LONGEST).read_to_string(&mut answer),
            None => Ok(0),
        };
        let status = child.wait()?;
        read?;
        if !status.success() {
            return Err(io::Error::other(format!("it ended with {status}")));
        }
        let line = answer.lines().next().unwrap_or_default();
        Ok(SecretString::from(line))
    }

    pub(super) fn name(&self) -> String {
        self.program.display().to_string()
    }
}

fn of_environment(program: Option<OsString>, require: Option<&str>, has_display: bool) -> Option<Askpass> {
    let program = PathBuf::from(program?);
    match require {
        Some("never") => None,
        Some("force") => Some(Askpass { program, always: true }),
        Some("prefer") if has_display => Some(Askpass { program, always: true }),
        _ if has_display => Some(Askpass { program, always: false }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_counts_as_it_does_for_ssh() {
        let found = |require, display| {
            let found = of_environment(Some("ask".into()), require, display);
            found.map(|askpass| askpass.always)
        };
        assert_eq!(found(None, false), None);
        assert_eq!(found(None, true), Some(false));
        assert_eq!(found(Some("never"), true), None);
        assert_eq!(found(Some("force"), false), Some(true));
        assert_eq!(found(Some("prefer"), true), Some(true));
        assert_eq!(found(Some("prefer"), false), None);
        assert!(of_environment(None, Some("force"), true).is_none());
    }
}
