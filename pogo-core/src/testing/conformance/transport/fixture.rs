//! What a suite may do with a transport.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::dispatcher::Transport;
use crate::fleet::Host;
use crate::plan::RemoteCommand;

/// A transport, a host that it reaches, and what else a suite may try with them.
///
/// Commands are taken to run in a POSIX shell on the host, unless [`without_shell`](Self::without_shell) says
/// otherwise.
///
/// ```
/// # use std::sync::Arc;
/// # use pogo_core::dispatcher::Transport;
/// use pogo_core::fleet::Host;
/// use pogo_core::testing::conformance::TransportFixture;
///
/// fn fixture(transport: Arc<dyn Transport>, host: Host, gone: Host) -> TransportFixture {
///     TransportFixture::new(transport, host).unreachable(gone)
/// }
/// ```
#[derive(Clone)]
pub struct TransportFixture {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) host: Host,
    pub(super) second: Option<Host>,
    pub(super) unreachable: Option<Host>,
    pub(super) forced: Option<Host>,
    pub(super) cut: Option<Arc<dyn Fn() + Send + Sync>>,
    pub(super) shell: bool,
    pub(super) succeeding: Option<RemoteCommand>,
    pub(super) failing: Option<(RemoteCommand, u32)>,
    pub(super) lasting: Option<RemoteCommand>,
    pub(super) patience: Duration,
    pub(super) time_limit: Duration,
}

impl TransportFixture {
    /// This transport, and a host that it reaches.
    pub fn new(transport: Arc<dyn Transport>, host: Host) -> Self {
        Self {
            transport,
            host,
            second: None,
            unreachable: None,
            forced: None,
            cut: None,
            shell: true,
            succeeding: Some(RemoteCommand::shell("true")),
            failing: Some((RemoteCommand::shell("exit 7"), 7)),
            lasting: Some(RemoteCommand::shell("sleep 300")),
            patience: Duration::from_secs(20),
            time_limit: Duration::from_secs(2),
        }
    }

    /// Gives a second host that it reaches.
    pub fn second_host(mut self, host: Host) -> Self {
        self.second = Some(host);
        self
    }

    /// Gives a host that it cannot reach: nobody listens there, or its name does not resolve.
    pub fn unreachable(mut self, host: Host) -> Self {
        self.unreachable = Some(host);
        self
    }

    /// Gives a host that it reaches, and that runs something of its own in place of every command, with status 0: a
    /// login that is restricted to one script.
    pub fn forced(mut self, host: Host) -> Self {
        self.forced = Some(host);
        self
    }

    /// Gives a function that breaks the links to the host that are open when it is called, as a network that fails
    /// would.
    pub fn cut(mut self, cut: impl Fn() + Send + Sync + 'static) -> Self {
        self.cut = Some(Arc::new(cut));
        self
    }

    /// Says that commands do not run in a POSIX shell. What they are instead is said by
    /// [`succeeding`](Self::succeeding), [`failing`](Self::failing) and [`lasting`](Self::lasting); cases that need one
    /// that is not given are skipped.
    pub fn without_shell(mut self) -> Self {
        (self.shell, self.succeeding, self.failing, self.lasting) = (false, None, None, None);
        self
    }

    /// Gives a command that succeeds.
    pub fn succeeding(mut self, command: RemoteCommand) -> Self {
        self.succeeding = Some(command);
        self
    }

    /// Gives a command that fails with this exit status.
    pub fn failing(mut self, command: RemoteCommand, status: u32) -> Self {
        self.failing = Some((command, status));
        self
    }

    /// Gives a command that runs for minutes, and then succeeds.
    pub fn lasting(mut self, command: RemoteCommand) -> Self {
        self.lasting = Some(command);
        self
    }

    /// Sets how long the suite waits for something that a transport without defects shows: a sign of a command, its end
    /// once it is cancelled or its time limit is over. 20 seconds, unless this says otherwise; little is enough to see
    /// that one never ends.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The time limit of attempts that are to run into it. 2 seconds, in which most hosts are connected to, unless this
    /// says otherwise: a transport that needs no time to begin needs no more than a moment.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }
}

impl fmt::Debug for TransportFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportFixture")
            .field("host", &self.host.name)
            .field("second", &self.second.as_ref().map(|host| &host.name))
            .field("unreachable", &self.unreachable.as_ref().map(|host| &host.name))
            .field("cuts", &self.cut.is_some())
            .field("shell", &self.shell)
            .finish_non_exhaustive()
    }
}
