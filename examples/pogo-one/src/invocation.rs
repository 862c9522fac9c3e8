//! How the arguments say that the command is run.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pogo_core::plan::{Invocation, RunAs, SentFile, Stdin};

#[derive(Debug, Args)]
#[command(next_help_heading = "Command")]
pub(crate) struct InvocationArgs {
    /// User to run the command as on the hosts, through sudo.
    #[arg(long, value_name = "USER")]
    pub(crate) run_as: Option<String>,
    /// Ask for the password that sudo asks for on the hosts.
    #[arg(long, requires = "run_as")]
    pub(crate) ask_sudo_password: bool,
    /// Give the command a terminal.
    #[arg(long)]
    pub(crate) pty: bool,
    /// File or pipe that the command reads on standard input; `-` is that of pogo-one. Read once, before the job begins.
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// File to put on each host for the time of the command: at REMOTE, or in the directory that POGO_FILES names
    /// there; with octal MODE, or the file's own. `-` is the standard input of pogo-one, and needs REMOTE. Read once, before the
    /// job begins. May be given several times.
    #[arg(long, value_name = "FILE[:REMOTE][:MODE]", value_parser = sent_file, allow_hyphen_values = true)]
    pub(crate) send: Vec<SentFile>,
    /// Variable in the environment of hooks and command; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// Directory on the hosts that the command starts in.
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<String>,
    /// Run the command apart from the connection: it outlives a link that breaks, and is found again.
    #[arg(long, alias = "detached", conflicts_with_all = ["run_as", "pty", "stdin", "send"])]
    pub(crate) resumable: bool,
    /// The hosts run a command of their own whatever they are asked for, as for a key that is restricted to one script;
    /// its status counts. No hooks run there. Without this, such a host is refused.
    #[arg(long, conflicts_with_all = ["run_as", "cwd", "env", "send", "resumable"])]
    pub(crate) forced_command: bool,
    /// The command restarts its host: the lost link is expected, and the host counts as running until it answers again in
    /// another boot. Post-hooks run after that.
    #[arg(long, conflicts_with_all = ["resumable", "forced_command"])]
    pub(crate) reboot: bool,
    /// How long a host may take to restart.
    #[arg(long, value_name = "TIME", value_parser = crate::cli::duration, default_value = "10m", requires = "reboot")]
    pub(crate) reboot_timeout: Duration,
}

impl InvocationArgs {
    /// Whether something for the hosts is to be read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.stdin.as_deref() == Some(Path::new("-")) || self.send.iter().any(|file| file.source == "-")
    }

    pub(crate) fn invocation(&self) -> Invocation {
        Invocation {
            environment: self.env.iter().cloned().collect(),
            directory: self.cwd.clone(),
            run_as: self.run_as.clone().map(RunAs::User),
            pty: self.pty,
            stdin: match &self.stdin {
                Some(path) => Stdin::File(path.display().to_string()),
                None => Stdin::Empty,
            },
            files: self.send.clone(),
            detached: self.resumable.then(new_name),
            forced_command: self.forced_command,
            reboot: self.reboot.then_some(self.reboot_timeout),
        }
    }
}

/// A name that no job had before. The hashers of the standard library are keyed from the system's randomness.
fn new_name() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn sent_file(text: &str) -> Result<SentFile, String> {
    let (rest, mode) = match text.rsplit_once(':') {
        Some((rest, mode)) if is_mode(mode) => (rest, u32::from_str_radix(mode, 8).ok()),
        _ => (text, None),
    };
    let (source, destination) = rest.split_once(':').unwrap_or((rest, ""));
    if source.is_empty() {
        return Err("name a file to send".to_owned());
    }
    if source == "-" && destination.is_empty() {
        return Err("what comes on standard input has no name; say where it goes, as in -:/tmp/file".to_owned());
    }
    Ok(SentFile {
        source: source.to_owned(),
        destination: (!destination.is_empty()).then(|| destination.to_owned()),
        mode,
    })
}

/// Whether this is a mode: three or four octal digits.
fn is_mode(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_to_send_may_have_a_place_and_a_mode() {
        let read = |text: &str| {
            let file = sent_file(text).unwrap();
            (file.source, file.destination.unwrap_or_default(), file.mode)
        };
        assert_eq!(read("tool"), ("tool".into(), String::new(), None));
        assert_eq!(read("tool:755"), ("tool".into(), String::new(), Some(0o755)));
        assert_eq!(read("tool:/opt/tool"), ("tool".into(), "/opt/tool".into(), None));
        assert_eq!(
            read("tool:/opt/tool:0640"),
            ("tool".into(), "/opt/tool".into(), Some(0o640))
        );
        assert_eq!(read("-:/opt/tool"), ("-".into(), "/opt/tool".into(), None));
        assert!(sent_file(":/opt").is_err());
        assert!(sent_file("-").is_err());
    }
}
