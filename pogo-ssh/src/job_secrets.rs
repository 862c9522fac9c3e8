//! Secrets that are given for a job, apart from its description.

use std::fmt;

use secrecy::SecretString;

use crate::config::SshTransportBuilder;
use crate::input::Secrets;
use crate::question::Question;

/// The secrets of a job: passwords, and the values of its secret variables. They are in no event, message or `Debug`
/// text.
///
/// ```
/// use pogo_ssh::JobSecrets;
///
/// let secrets = JobSecrets::new().password("hush".to_owned().into()).variable("TOKEN", "hush too".to_owned().into());
/// assert!(!format!("{secrets:?}").contains("hush"));
/// ```
#[derive(Clone, Default)]
#[must_use = "secrets do nothing until a transport has them"]
pub struct JobSecrets {
    password: Option<SecretString>,
    sudo_password: Option<SecretString>,
    passphrase: Option<SecretString>,
    pub(crate) variables: Secrets,
}

impl JobSecrets {
    /// No secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the password to log in with, as [`SshTransportBuilder::password`].
    pub fn password(mut self, password: SecretString) -> Self {
        self.password = Some(password);
        self
    }

    /// Sets the sudo password, as [`SshTransportBuilder::sudo_password`].
    pub fn sudo_password(mut self, password: SecretString) -> Self {
        self.sudo_password = Some(password);
        self
    }

    /// Sets the passphrase of encrypted key files.
    pub fn passphrase(mut self, passphrase: SecretString) -> Self {
        self.passphrase = Some(passphrase);
        self
    }

    /// Sets the value of a [secret variable](pogo_core::plan::ExecOptions::secret_environment).
    pub fn variable(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.variables.add(name.into(), value);
        self
    }

    /// A builder with these secrets, in place of those that it has.
    pub(crate) fn apply(self, mut builder: SshTransportBuilder) -> SshTransportBuilder {
        if let Some(password) = self.password {
            builder = builder.password(password);
        }
        if let Some(password) = self.sudo_password {
            builder = builder.sudo_password(password);
        }
        match self.passphrase {
            // A second try with the same answer would be of no use; what else is asked, is asked of whoever is there.
            Some(passphrase) => {
                let others = builder.asker.clone();
                builder.ask(move |question| match question {
                    Question::Passphrase { attempt: 1, .. } => Some(passphrase.clone()),
                    other => others.as_ref()?.ask(other),
                })
            }
            None => builder,
        }
    }
}

impl fmt::Debug for JobSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobSecrets")
            .field("password", &self.password.is_some())
            .field("sudo_password", &self.sudo_password.is_some())
            .field("passphrase", &self.passphrase.is_some())
            .field("variables", &self.variables)
            .finish()
    }
}

/// Has the secrets of jobs, in memory alone.
pub trait JobSecretsSource: Send + Sync {
    /// The secrets that were given under this id, which a job names by the setting `secrets`; `None` if there are none
    /// now.
    fn secrets(&self, id: &str) -> Option<JobSecrets>;
}

impl<F: Fn(&str) -> Option<JobSecrets> + Send + Sync> JobSecretsSource for F {
    fn secrets(&self, id: &str) -> Option<JobSecrets> {
        self(id)
    }
}
