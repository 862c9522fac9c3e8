//! The arguments for executing the command.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs, SentFile, Stdin};
use secrecy::SecretString;

use super::duration;
use crate::exit::CliError;

#[derive(Debug, Args)]
#[command(next_help_heading = "Command")]
pub(crate) struct ExecArgs {
    /// User to run the command as on the hosts, through sudo [default: the user who is logged in]
    #[arg(long, value_name = "USER")]
    pub(crate) run_as: Option<String>,
    /// Ask for the password that sudo asks for on the hosts.
    #[arg(long, requires = "run_as")]
    pub(crate) ask_sudo_password: bool,
    /// Give the command a terminal.
    #[arg(long)]
    pub(crate) pty: bool,
    /// File or pipe that the command reads on standard input; `-` is this program's own [default: nothing]
    ///
    /// It is read once, before the job begins.
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// File to copy to each host while the command runs: to REMOTE, or in the directory that POGO_FILES names
    /// there; with octal MODE, or the file's own. `-` is this program's standard input, and needs REMOTE. Read once,
    /// before the job begins. May be given several times.
    #[arg(long, value_name = "FILE[:REMOTE][:MODE]", value_parser = sent_file, allow_hyphen_values = true)]
    pub(crate) send: Vec<SentFile>,
    /// Variable in the environment of hooks and command; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// Variable of pogo's own environment that the command gets too, without its value showing anywhere; may be given
    /// several times
    ///
    /// The value is in no log, event, error or list of processes, neither here nor on the hosts, and hooks do not get
    /// it.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["resumable", "forced_command"])]
    pub(crate) secret_env: Vec<String>,
    /// Local script to run on the hosts; its arguments follow `--`
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        value_parser = script,
        conflicts_with_all = ["resumable", "forced_command"],
    )]
    pub(crate) script: Option<String>,
    /// Directory on the hosts that the command starts in [default: the login directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<String>,
    /// Run the command detached from the connection: it survives a broken link, and is found again.
    #[arg(long, alias = "detached", conflicts_with_all = ["run_as", "pty", "stdin", "send"])]
    pub(crate) resumable: bool,
    /// The hosts run a command of their own whatever they are asked for, as for a key that is restricted to one script;
    /// its status counts. No hooks run there. Without this, such a host is refused.
    #[arg(long, conflicts_with_all = ["run_as", "cwd", "env", "send", "resumable"])]
    pub(crate) forced_command: bool,
    /// The command restarts its host: the lost link is expected, and the host counts as running until it answers again
    /// in another boot. Post-hooks run after that.
    #[arg(long, conflicts_with_all = ["resumable", "forced_command"])]
    pub(crate) reboot: bool,
    /// How long a host may take to restart.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10m", requires = "reboot")]
    pub(crate) reboot_timeout: Duration,
}

impl ExecArgs {
    /// Whether something for the hosts is to be read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.stdin.as_deref() == Some(Path::new("-")) || self.send.iter().any(|file| file.source == "-")
    }

    /// Refuses `NAME=VALUE` without repeating the value, which clap's message would.
    pub(crate) fn check_secrets(&self) -> Result<(), String> {
        let with_value = self.secret_env.iter().find_map(|text| text.split_once('='));
        match with_value {
            Some((name, _)) => Err(format!(
                "--secret-env {name} takes the name alone: a value that is typed shows in the list of processes; write \
                 `export {name}=…` before"
            )),
            None => Ok(()),
        }
    }

    /// The values of the secret variables, from this process's environment.
    pub(crate) fn secrets(&self) -> Result<Vec<(String, SecretString)>, String> {
        let value = |name: &String| match std::env::var(name) {
            Ok(value) => Ok((name.clone(), SecretString::from(value))),
            Err(std::env::VarError::NotPresent) => Err(format!(
                "--secret-env {name}: the variable is not set here; write `read -rs {name} && export {name}` before, \
                 or take it from where it is kept"
            )),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("--secret-env {name}: its value is not text")),
        };
        self.secret_env.iter().map(value).collect()
    }

    /// Variables of `--env` whose names look like secrets, which are visible there.
    pub(crate) fn exposed(&self) -> impl Iterator<Item = &str> {
        let names = self.env.iter().map(|(name, _)| name.as_str());
        names.filter(|name| looks_secret(name))
    }

    /// The command, for this line or these words.
    pub(crate) fn command(&self, words: &[String]) -> Option<RemoteCommand> {
        if let Some(script) = &self.script {
            let name = script.rsplit('/').next().unwrap_or(script);
            // The directory of uploaded files is known only on the host.
            let start = ["/bin/sh", "-c", r#"exec "$POGO_FILES/$0" "$@""#, name];
            return Some(RemoteCommand::argv(
                start.into_iter().chain(words.iter().map(String::as_str)),
            ));
        }
        match words {
            [] => None,
            [line] => Some(RemoteCommand::shell(line)),
            words => Some(RemoteCommand::argv(words)),
        }
    }

    /// The error of an input of this path, with its flag.
    pub(crate) fn unread(&self, path: &str, error: &str) -> CliError {
        let files = self.send.iter().map(|file| ("--send", file.source.clone()));
        let stdin = self.stdin.iter().map(|path| ("--stdin", path.display().to_string()));
        let script = self.script.iter().map(|path| ("--script", path.clone()));
        let mut named = script.chain(stdin).chain(files);
        match named.find(|(_, named)| named == path) {
            Some((flag, _)) => CliError::Usage(format!("{flag}: {error}")),
            None => CliError::Usage(error.to_owned()),
        }
    }

    fn files(&self) -> Vec<SentFile> {
        let script = self
            .script
            .iter()
            .map(|path| SentFile::new(path.clone()).mode(if self.run_as.is_some() { 0o755 } else { 0o700 }));
        script.chain(self.send.iter().cloned()).collect()
    }

    pub(crate) fn exec_options(&self) -> ExecOptions {
        let mut exec_options = ExecOptions::new().pty(self.pty).forced_command(self.forced_command);
        exec_options.environment = self.env.iter().cloned().collect();
        exec_options.secret_environment.clone_from(&self.secret_env);
        exec_options.directory.clone_from(&self.cwd);
        exec_options.run_as = self.run_as.clone().map(RunAs::User);
        if let Some(path) = &self.stdin {
            exec_options.stdin = Stdin::File(path.display().to_string());
        }
        exec_options.files = self.files();
        exec_options.detached = self.resumable.then(new_name);
        exec_options.reboot = self.reboot.then_some(self.reboot_timeout);
        exec_options
    }
}

/// A unique name. The standard library keys its hashers from the system's randomness.
pub(crate) fn new_name() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

/// Whether a name looks like that of a secret.
fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.split('_');
    let whole = ["KEY", "PASS", "PWD", "PIN", "AUTH", "CRED", "CREDS"];
    let parts = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "CREDENTIAL",
        "APIKEY",
    ];
    words.any(|word| whole.contains(&word)) || parts.iter().any(|part| name.contains(part))
}

fn script(text: &str) -> Result<String, String> {
    match text {
        "-" => Err(
            "a script on standard input has no name; write it into a file, or give it to a shell: --stdin - -- sh"
                .to_owned(),
        ),
        "" => Err("name a script".to_owned()),
        text if text.ends_with('/') => Err("this is a directory; name a script".to_owned()),
        text => Ok(text.to_owned()),
    }
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
    let mut file = SentFile::new(source);
    file.destination = (!destination.is_empty()).then(|| destination.to_owned());
    file.mode = mode;
    Ok(file)
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
