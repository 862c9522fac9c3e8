//! Builder methods for connecting to hosts.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::builder::SshTransportBuilder;
use pogo_ssh_config::{ClientConfig, Hop};

impl SshTransportBuilder {
    /// Sets OpenSSH's client configuration, looked up for each host. The host's own connection settings and this
    /// builder's come first, as the command line of `ssh` does. Default: none, no file is read.
    ///
    /// ```no_run
    /// use pogo_ssh::{ClientConfig, SshTransport};
    ///
    /// let transport = SshTransport::builder().client_config(ClientConfig::usual()?).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client_config(mut self, config: ClientConfig) -> Self {
        self.connect.client_config = Some(Arc::new(config));
        self
    }

    /// Sets the jump hosts for every host, in order; one connection to each is shared by all hosts behind
    /// it. A host's own setting `proxy_jump` overrides it (`none` for none). Default: the client configuration's,
    /// or none.
    ///
    /// ```no_run
    /// use pogo_ssh::{Hop, SshTransport};
    ///
    /// let bastion: Hop = "ops@bastion.example.com:2222".parse()?;
    /// let transport = SshTransport::builder().jump([bastion]).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn jump(mut self, hops: impl IntoIterator<Item = Hop>) -> Self {
        self.connect.jump = Some(hops.into_iter().collect());
        self
    }

    /// Sets how many connections go through one jump host at once, at least 1. Default: 256.
    pub fn max_jump_channels(mut self, channels: usize) -> Self {
        self.connect.jump_channels = channels.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets how many handshakes go through one jump host at once, at least 1, and at most
    /// [`max_handshakes`](Self::max_handshakes) of all. Default: 16.
    pub fn max_jump_handshakes(mut self, handshakes: usize) -> Self {
        self.connect.jump_handshakes = handshakes.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Limits new connections per second, evenly spread, at least 1; the wait does not count towards the
    /// connect timeout. `None`, the default: no rate limit.
    pub fn handshake_rate(mut self, per_second: Option<u32>) -> Self {
        self.connect.handshake_rate = per_second.map(|rate| rate.max(1));
        self
    }

    /// Limits new connections per second through each jump host. Default: `None`, no rate limit
    /// of its own.
    pub fn jump_handshake_rate(mut self, per_second: Option<u32>) -> Self {
        self.connect.jump_handshake_rate = per_second.map(|rate| rate.max(1));
        self
    }

    /// Sets how often connecting to an unreachable host is retried, within the same attempt and before anything has
    /// run; a refused key or login is not retried. The pause doubles from a quarter of a second to 8 seconds, of which
    /// a random half to all is taken, so that hosts do not come back all at once. Default: the client configuration's
    /// `ConnectionAttempts`, or never.
    pub fn connect_retries(mut self, retries: u32) -> Self {
        self.connect.connect_retries = Some(retries);
        self
    }
}
