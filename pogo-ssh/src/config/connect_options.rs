//! Connection options: OpenSSH's configuration, jump hosts, rates, retries.

use std::sync::Arc;

use pogo_ssh_config::{ClientConfig, Hop};

/// Connection options, besides those of each host.
#[derive(Debug, Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) client_config: Option<Arc<ClientConfig>>,
    pub(crate) jump: Option<Vec<Hop>>,
    pub(crate) jump_channels: usize,
    pub(crate) jump_handshakes: usize,
    pub(crate) handshake_rate: Option<u32>,
    pub(crate) jump_handshake_rate: Option<u32>,
    pub(crate) connect_retries: Option<u32>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            client_config: None,
            jump: None,
            jump_channels: 256,
            jump_handshakes: 16,
            handshake_rate: None,
            jump_handshake_rate: None,
            connect_retries: None,
        }
    }
}
