//! The transport's builder.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::LONGEST;
use super::agent::{Agent, AgentSource};
use super::connect_options::ConnectOptions;
use super::gate_options::GateOptions;
use crate::first_contacts::FirstContacts;
use crate::host_key_policy::HostKeyPolicy;
use crate::question::{Prompter, Question, SharedPrompter};

/// Builder of an [`SshTransport`](crate::SshTransport). A host's own [`Connection`](pogo_core::fleet::Connection)
/// settings come first; these are the defaults.
///
/// ```no_run
/// use std::time::Duration;
/// use pogo_ssh::{HostKeyPolicy, SshTransport};
///
/// let transport = SshTransport::builder()
///     .user("deploy")
///     .identity("/home/deploy/.ssh/id_ed25519")
///     .host_keys(HostKeyPolicy::AcceptNew)
///     .connect_timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), pogo_ssh::SetupError>(())
/// ```
#[derive(Clone)]
#[must_use = "settings do nothing until `build` makes a transport of them"]
pub struct SshTransportBuilder {
    pub(crate) user: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) identities: Option<Vec<PathBuf>>,
    pub(crate) agent: Option<Agent>,
    /// Set by whoever makes transports for jobs.
    pub(crate) agents: Option<Arc<dyn AgentSource>>,
    pub(crate) identities_only: Option<bool>,
    pub(crate) password: Option<SecretString>,
    pub(crate) sudo_password: Option<SecretString>,
    pub(crate) asker: Option<SharedPrompter>,
    pub(crate) auth_tries: usize,
    pub(crate) known_hosts: Option<Vec<PathBuf>>,
    pub(crate) host_keys: Option<HostKeyPolicy>,
    pub(crate) first_contacts: FirstContacts,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) max_connections: Option<usize>,
    pub(crate) max_handshakes: usize,
    pub(crate) keep_idle: Option<Duration>,
    pub(crate) keepalive: Option<Option<Duration>>,
    pub(crate) output_limit: u64,
    pub(crate) stop_grace: Duration,
    pub(crate) detached_directory: String,
    pub(crate) gate: GateOptions,
    pub(crate) connect: ConnectOptions,
}

impl Default for SshTransportBuilder {
    fn default() -> Self {
        Self {
            user: None,
            port: None,
            identities: None,
            agent: None,
            agents: None,
            identities_only: None,
            password: None,
            sudo_password: None,
            asker: None,
            // OpenSSH's `MaxAuthTries`: a server that allows less closes the connection, which
            // shows as a refusal.
            auth_tries: 6,
            known_hosts: None,
            host_keys: None,
            first_contacts: FirstContacts::default(),
            connect_timeout: None,
            max_connections: None,
            max_handshakes: 32,
            keep_idle: None,
            keepalive: None,
            output_limit: 4 << 20,
            stop_grace: Duration::from_secs(5),
            detached_directory: ".cache/pogo".to_owned(),
            gate: GateOptions::default(),
            connect: ConnectOptions::default(),
        }
    }
}

impl SshTransportBuilder {
    /// Sets the login user. Default: the user this process runs as, by `USER`, `LOGNAME` or the user database.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the port. Default: 22.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Adds a private key file; an OpenSSH certificate beside it, in the file with the suffix `-cert.pub`,
    /// is used with it. A leading `~/` is the home directory. Default: those of `~/.ssh/id_ed25519`,
    /// `id_ecdsa` and `id_rsa` that exist.
    ///
    /// A key file that cannot be read, or that others can read, is an error when the transport is built; so is an
    /// encrypted one without anybody to [ask](Self::ask) for its passphrase. If there is an agent that may hold its
    /// key, it is a [warning](crate::SshTransport::warnings). For a key in an agent, its public key file (`.pub`) is
    /// enough.
    pub fn identity(mut self, path: impl Into<PathBuf>) -> Self {
        self.identities.get_or_insert_default().push(path.into());
        self
    }

    /// Uses no key files, not even the default ones.
    pub fn no_identities(mut self) -> Self {
        self.identities = Some(Vec::new());
        self
    }

    /// Sets the ssh-agent. Default: [`Agent::Environment`].
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Limits the agent's keys to those of the key files (a `.pub` file beside an encrypted one is enough).
    /// Default: all of them.
    pub fn identities_only(mut self, only: bool) -> Self {
        self.identities_only = Some(only);
        self
    }

    /// Sets a function that answers questions: for the passphrase of an encrypted key file, once per file and only
    /// after a host has accepted its key; and for prompts during login, other than for the password. It may block, and
    /// is called from several threads at once (see [`Prompter`]). Without an answer, the key or the method is skipped.
    /// Default: nobody.
    ///
    /// ```no_run
    /// use pogo_ssh::{Question, SshTransport};
    /// # fn ask_on_terminal(what: String) -> Option<pogo_ssh::SecretString> { None }
    ///
    /// let transport = SshTransport::builder()
    ///     .identity("~/.ssh/id_ed25519")
    ///     .ask(|question| match question {
    ///         Question::Passphrase { file, .. } => ask_on_terminal(format!("passphrase of {}", file.display())),
    ///         _ => None,
    ///     })
    ///     .build()?;
    /// # Ok::<(), pogo_ssh::SetupError>(())
    /// ```
    pub fn ask(mut self, ask: impl Fn(Question<'_>) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        self.asker = Some(SharedPrompter::of_closure(ask));
        self
    }

    /// Sets a [`Prompter`], which can also say why there is no answer. Replaces [`ask`](Self::ask).
    pub fn prompter(mut self, prompter: impl Prompter + 'static) -> Self {
        self.asker = Some(SharedPrompter::new(prompter));
        self
    }

    /// Sets a password for hosts that accept one, as such or as the answer to a single hidden prompt; tried last. Never
    /// part of an event, a message or a `Debug` text.
    pub fn password(mut self, password: SecretString) -> Self {
        self.password = Some(password);
        self
    }

    /// Sets the sudo password, for jobs that run as another user. Sent once per attempt, and
    /// only to sudo's own prompt. Without it, the [prompter](Self::ask) is asked.
    /// Never part of an event, a message or a `Debug` text.
    pub fn sudo_password(mut self, password: SecretString) -> Self {
        self.sudo_password = Some(password);
        self
    }

    /// Sets how many keys and passwords are tried per connection, at least 1. Default: 6, the limit of OpenSSH's
    /// server.
    pub fn auth_tries(mut self, tries: usize) -> Self {
        self.auth_tries = tries.max(1);
        self
    }

    /// Sets the known_hosts files; new keys are added to the first. Each must exist unless new keys are accepted.
    /// Default: those of `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts` that exist.
    pub fn known_hosts<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.known_hosts = Some(files.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the policy for hosts without a known key. Default: [`HostKeyPolicy::Strict`].
    pub fn host_keys(mut self, policy: HostKeyPolicy) -> Self {
        self.host_keys = Some(policy);
        self
    }

    /// Collects hosts without a known key here, and whether their keys were accepted.
    pub fn first_contacts(mut self, contacts: &FirstContacts) -> Self {
        self.first_contacts = contacts.clone();
        self
    }

    /// Sets the time limit for connecting and logging in, without the wait for a handshake slot. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout.min(LONGEST));
        self
    }

    /// Sets how many connections are open at once, at least 1; further hosts wait, at no cost. Default, and
    /// upper limit: as many as the process's file-descriptor limit allows.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = Some(connections.max(1));
        self
    }

    /// Sets how long the connection of a failed attempt is kept for the job's next attempt on the host, which then
    /// needs no handshake. What changed on the host for new logins only, such as the user's groups, does not show in a
    /// kept connection. Default: `None`, each attempt opens a new connection.
    pub fn keep_idle(mut self, time: Option<Duration>) -> Self {
        self.keep_idle = time.map(|time| time.min(LONGEST));
        self
    }

    /// Sets how many handshakes (key exchange and login) run at once, at least 1, besides the rollout's own limits.
    /// A host that accepts a connection and then sends nothing takes no slot. Default: 32.
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.max_handshakes = handshakes.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// Sets the keepalive interval for silent hosts; after three unanswered keepalives the connection
    /// counts as lost. `None` disables keepalives. Default: 15 seconds.
    pub fn keepalive(mut self, interval: Option<Duration>) -> Self {
        self.keepalive = Some(interval.map(|interval| interval.min(LONGEST)));
        self
    }

    /// Sets how many bytes of output an attempt may pass on: above that, the head as it arrives and the tail at the
    /// end, with a [note] between them that says how much is missing. Default: 4 MiB.
    ///
    /// [note]: pogo_core::dispatcher::Stream::Note
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Sets the time between TERM and KILL when a command is ended. Default: 5 seconds.
    ///
    /// When an attempt's time limit ends it, this and two more seconds are part of the time limit (at most a quarter of
    /// it), so that the end is confirmed within the limit.
    pub fn stop_grace(mut self, grace: Duration) -> Self {
        self.stop_grace = grace.min(LONGEST);
        self
    }

    /// Sets the directory on hosts for the state of [detached](field@pogo_core::plan::ExecOptions::detached) attempts;
    /// a relative path starts at the home directory. Default: `.cache/pogo`.
    pub fn detached_directory(mut self, directory: impl Into<String>) -> Self {
        self.detached_directory = directory.into();
        self
    }

    /// Sets the directory on hosts for the [lock](crate#one-command-at-a-time) and its records; a relative path starts
    /// at the home directory. Default: `.local/state/pogo`. Commands exclude each other only if all dispatchers use the
    /// same directory.
    pub fn lock_directory(mut self, directory: impl Into<String>) -> Self {
        self.gate.directory = directory.into();
        self
    }

    /// Sets how long a host waits for `go` after it is ready, by its own clock: in whole seconds, at least
    /// one. Later, the attempt never begins. Default: 30 seconds.
    pub fn begin_timeout(mut self, patience: Duration) -> Self {
        self.gate.patience = patience;
        self
    }
}

impl fmt::Debug for SshTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshTransportBuilder")
            .field("user", &self.user)
            .field("port", &self.port)
            .field("identities", &self.identities)
            .field("agent", &self.agent)
            .field("password", &self.password.as_ref().map(|_| "set"))
            .field("sudo_password", &self.sudo_password.as_ref().map(|_| "set"))
            .field("known_hosts", &self.known_hosts)
            .field("host_keys", &self.host_keys)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_handshakes", &self.max_handshakes)
            .finish_non_exhaustive()
    }
}
