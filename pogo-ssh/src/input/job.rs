//! The inputs of one job: standard input, files, secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, Stdin};
use secrecy::SecretString;

use super::content::Content;
use super::error::JobInputsError;
use super::source;
use super::{CommandInput, Secrets};

/// The inputs of one job: its standard input and the files to upload, read once, so that all hosts get the same.
///
/// A transport reads them by itself when the first attempt of a job begins. Reading them before, and
/// [providing](crate::SshTransport::provide) them, finds a missing file before the job is submitted:
///
/// ```no_run
/// use pogo_core::plan::{JobSpec, RemoteCommand, Stdin};
/// use pogo_ssh::{JobInputs, SshTransport};
///
/// let mut spec = JobSpec::new("$db".parse()?, RemoteCommand::shell("psql"));
/// spec.exec_options.stdin = Stdin::File("changes.sql".to_owned());
/// let inputs = JobInputs::read(&spec.exec_options)?;
/// let transport = SshTransport::builder().build()?;
/// transport.provide(inputs);
/// // Now the job is submitted.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Up to 256 KiB of each are kept in memory; larger content is copied to an unnamed file in the directory for
/// temporary files (`TMPDIR`), from which every attempt reads 64 KiB at a time.
#[derive(Debug, Default)]
pub struct JobInputs {
    pub(super) exec_options: ExecOptions,
    pub(crate) stdin: Option<Arc<Content>>,
    /// The content of each file to upload, in order.
    pub(crate) files: Vec<Arc<Content>>,
    secrets: Secrets,
}

impl JobInputs {
    /// Reads all inputs that the options name: files, pipes (to their end, once), and for `-` this process's
    /// standard input. Blocks until everything is read. A path that is named twice is read once.
    pub fn read(exec_options: &ExecOptions) -> Result<Self, JobInputsError> {
        let mut read = BTreeMap::new();
        let mut content = |path: &str| {
            // By name: standard input and pipes give what they hold once, whoever asks first.
            let name = source::canonical(path).to_owned();
            if let Some(known) = read.get(&name) {
                return Ok(Arc::clone(known));
            }
            let content = Arc::new(source::read(path)?);
            read.insert(name, Arc::clone(&content));
            Ok(content)
        };
        let stdin = match &exec_options.stdin {
            Stdin::Empty => None,
            Stdin::Text(text) => Some(Arc::new(Content::of(text.clone().into_bytes()))),
            Stdin::Bytes(bytes) => Some(Arc::new(Content::of(bytes.clone()))),
            Stdin::File(path) => Some(content(path)?),
            _ => return Err(JobInputsError::Unknown),
        };
        let files = exec_options.files.iter().map(|file| content(&file.source));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            stdin,
            exec_options: exec_options.clone(),
            secrets: Secrets::default(),
        })
    }

    /// Adds the value of one of the options' [secret variables](ExecOptions::secret_environment). It reaches the host
    /// over the session's standard input, and is in no event, message, `Debug` text or list of processes.
    ///
    /// ```
    /// use pogo_core::plan::ExecOptions;
    /// use pogo_ssh::JobInputs;
    ///
    /// let exec_options = ExecOptions::new().secret_env("TOKEN");
    /// let inputs = JobInputs::read(&exec_options)?.secret("TOKEN", "hush".to_owned().into());
    /// assert!(!format!("{inputs:?}").contains("hush"));
    /// # Ok::<(), pogo_ssh::JobInputsError>(())
    /// ```
    pub fn secret(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.secrets.add(name.into(), value);
        self
    }

    /// Replaces the secrets.
    pub(super) fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Why an attempt cannot run with these inputs.
    pub(crate) fn refusal(&self, exec_options: &ExecOptions) -> Option<String> {
        self.secrets.refusal(exec_options)
    }

    /// The input of a session with or without the command.
    pub(crate) fn for_command(&self, runs_command: bool) -> CommandInput {
        match runs_command {
            true => CommandInput {
                secrets: self.secrets.lines().map(Arc::new),
                stdin: self.stdin.clone(),
            },
            false => CommandInput::default(),
        }
    }
}
