//! The builder of transports.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::LONGEST;
use super::agent::Agent;
use super::connect_options::ConnectOptions;
use super::gate_options::GateOptions;
use crate::first_contacts::FirstContacts;
use crate::host_key_policy::HostKeyPolicy;
use crate::question::{Prompter, Question, SharedPrompter};

/// Settings of an [`SshTransport`](crate::SshTransport). What a host's own [`Connection`](pogo_core::fleet::Connection) sets comes first;
/// these are the defaults behind it.
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
            identities_only: None,
            password: None,
            sudo_password: None,
            asker: None,
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
    /// User to log in as. Default: the user this process runs as, by `USER`, `LOGNAME` or the user database.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Port to connect to. Default: 22.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Adds a private key file; an OpenSSH certificate beside it, in the file of the same name with `-cert.pub` at its
    /// end, is used with it. `~/` at its start is the home directory. Default: those of `~/.ssh/id_ed25519`,
    /// `id_ecdsa` and `id_rsa` that exist.
    ///
    /// A key file that cannot be read, or that others can read, is an error when the transport is built; so is an
    /// encrypted one without anybody to [ask](Self::ask) for its passphrase. If an agent is there that may hold its
    /// key, it is a [warning](crate::SshTransport::warnings). For a key in an agent, the public half (`.pub`) is enough.
    pub fn identity(mut self, path: impl Into<PathBuf>) -> Self {
        self.identities.get_or_insert_default().push(path.into());
        self
    }

    /// No key files, not even the usual ones.
    pub fn no_identities(mut self) -> Self {
        self.identities = Some(Vec::new());
        self
    }

    /// Which ssh-agent to ask. Default: [`Agent::Environment`].
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Of the agent's keys, only those of the key files are used (a `.pub` file beside an encrypted one is enough).
    /// Default: all of them.
    pub fn identities_only(mut self, only: bool) -> Self {
        self.identities_only = Some(only);
        self
    }

    /// Who answers questions: for the passphrase of an encrypted key file, once for each file and no sooner than a host
    /// takes its key; and for what hosts ask during login, other than for the password. May block, and is called from
    /// several threads at once (see [`Prompter`]). Without an answer, the file or the way to log in is passed over.
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

    /// Sets who answers questions, and can say why there is no answer. Replaces [`ask`](Self::ask).
    pub fn prompter(mut self, prompter: impl Prompter + 'static) -> Self {
        self.asker = Some(SharedPrompter::new(prompter));
        self
    }

    /// A password for hosts that take one, as such or as the answer to a single hidden question; tried last. Never part
    /// of an event, a message or a `Debug` text.
    pub fn password(mut self, password: SecretString) -> Self {
        self.password = Some(password);
        self
    }

    /// The password that `sudo` asks for on the hosts, for jobs that run as another user. Given once per attempt, and
    /// only to the prompt that sudo was told to use. Without it, whoever answers [questions](Self::ask) is asked.
    /// Never part of an event, a message or a `Debug` text.
    pub fn sudo_password(mut self, password: SecretString) -> Self {
        self.sudo_password = Some(password);
        self
    }

    /// How many keys and passwords are tried per connection, at least 1. Default: 6, as many as OpenSSH's server takes.
    pub fn auth_tries(mut self, tries: usize) -> Self {
        self.auth_tries = tries.max(1);
        self
    }

    /// The known_hosts files, the one that new keys are added to first. Each must exist unless new keys are accepted.
    /// Default: those of `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts` that exist.
    pub fn known_hosts<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.known_hosts = Some(files.into_iter().map(Into::into).collect());
        self
    }

    /// Policy for hosts whose key is not known. Default: [`HostKeyPolicy::Strict`].
    pub fn host_keys(mut self, policy: HostKeyPolicy) -> Self {
        self.host_keys = Some(policy);
        self
    }

    /// Tells here which hosts are met for the first time, and whether their keys were taken.
    pub fn first_contacts(mut self, contacts: &FirstContacts) -> Self {
        self.first_contacts = contacts.clone();
        self
    }

    /// Time to reach a host and log in, not counting the wait for a slot among the handshakes. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout.min(LONGEST));
        self
    }

    /// How many connections are open at once, at least 1; further hosts wait, and cost nothing meanwhile. Default, and
    /// never more: as many as the process's limit of open files leaves room for.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = Some(connections.max(1));
        self
    }

    /// How long the connection of a failed attempt is kept for the job's next attempt at the host, which then needs no
    /// handshake. What changed on the host for new logins only, such as the user's groups, does not show in a kept
    /// connection. Default: `None`, each attempt makes a connection of its own.
    pub fn keep_idle(mut self, time: Option<Duration>) -> Self {
        self.keep_idle = time.map(|time| time.min(LONGEST));
        self
    }

    /// How many handshakes (key exchange and login) run at once, at least 1, whatever the rollout's own limits.
    /// A host that accepts a connection and then sends nothing takes no slot. Default: 32.
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.max_handshakes = handshakes.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How often a silent host is asked whether it is still there; after three questions without an answer the link
    /// counts as lost. `None`: never asked. Default: every 15 seconds.
    pub fn keepalive(mut self, interval: Option<Duration>) -> Self {
        self.keepalive = Some(interval.map(|interval| interval.min(LONGEST)));
        self
    }

    /// How many bytes of output an attempt may pass on: of more, the head as it comes and the tail when the attempt ends,
    /// with a [note] between them that says how much is missing. Default: 4 MiB.
    ///
    /// [note]: pogo_core::dispatcher::Stream::Note
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Time between TERM and KILL when a command is ended. Default: 5 seconds.
    ///
    /// When an attempt's time limit ends it, this and two seconds more come out of the time limit (at most a quarter of
    /// it), so that the attempt is over, and known to be, within the limit.
    pub fn stop_grace(mut self, grace: Duration) -> Self {
        self.stop_grace = grace.min(LONGEST);
        self
    }

    /// Where hosts keep what they know of [detached](field@pogo_core::plan::ExecOptions::detached) attempts; a relative
    /// directory is one of the home directory's. Default: `.cache/pogo`.
    pub fn detached_directory(mut self, directory: impl Into<String>) -> Self {
        self.detached_directory = directory.into();
        self
    }

    /// Where hosts keep the [lock](crate#one-command-at-a-time) and what it says; a relative directory is one of the home
    /// directory's. Default: `.local/state/pogo`. Commands exclude each other only if all who run them agree on it.
    pub fn lock_directory(mut self, directory: impl Into<String>) -> Self {
        self.gate.directory = directory.into();
        self
    }

    /// How long a host waits for the word to go, by its own clock, once it has taken its lock: in whole seconds, at least
    /// one. What comes later never begins. Default: 30 seconds.
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
