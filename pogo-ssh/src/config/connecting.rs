//! The settings of how hosts are connected to.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::builder::SshTransportBuilder;
use pogo_ssh_config::{ClientConfig, Hop};

impl SshTransportBuilder {
    /// OpenSSH's client configuration, asked for each host. What the host's own connection or these settings say comes
    /// before it, as `ssh` does with its command line. Default: none, no file is read.
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

    /// Hosts to pass on the way to every host, the first first; one connection to each is shared by all that is behind
    /// it. A host's own setting `proxy_jump` comes first (`none` for none). Default: as the client configuration
    /// says, or none.
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

    /// How many connections go through one jump host at once, at least 1. Default: 256.
    pub fn max_jump_channels(mut self, channels: usize) -> Self {
        self.connect.jump_channels = channels.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How many handshakes go through one jump host at once, at least 1, and no more than
    /// [`max_handshakes`](Self::max_handshakes) of all. Default: 16.
    pub fn max_jump_handshakes(mut self, handshakes: usize) -> Self {
        self.connect.jump_handshakes = handshakes.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How many connections are begun per second, evenly spread, at least 1; the wait does not count against the
    /// connect timeout. `None`, the default: as many as the other limits allow.
    pub fn handshake_rate(mut self, per_second: Option<u32>) -> Self {
        self.connect.handshake_rate = per_second.map(|rate| rate.max(1));
        self
    }

    /// How many connections are begun per second through each jump host. Default: `None`, as many as the other limits
    /// allow.
    pub fn jump_handshake_rate(mut self, per_second: Option<u32>) -> Self {
        self.connect.jump_handshake_rate = per_second.map(|rate| rate.max(1));
        self
    }

    /// How often it is tried again to reach a host that is unreachable, within the same attempt and before anything has
    /// run; a refused key or login is not tried again. The pause grows from a quarter of a second to 8 seconds, each
    /// between half and all of it by chance, so that hosts do not come back all at once. Default: as the client
    /// configuration says (`ConnectionAttempts`), or never.
    pub fn connect_retries(mut self, retries: u32) -> Self {
        self.connect.connect_retries = Some(retries);
        self
    }
}
