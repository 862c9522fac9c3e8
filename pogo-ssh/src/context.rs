//! State shared by all attempts of a transport.

use std::sync::Arc;

use pogo_core::scheduler::{Outcome, Phase};

use crate::classify::not_started;
use crate::config::SshTransportBuilder;
use crate::exec::{ExecContext, NotStarted, Passwords, SideContext};
use crate::link::{Connector, Link};
use crate::prepared::PreparedAttempt;
use crate::target::Target;

/// Settings, connections and passwords; keys and known hosts are read once.
#[derive(Debug)]
pub(crate) struct TransportContext {
    pub(crate) config: SshTransportBuilder,
    pub(crate) connector: Connector,
    passwords: Passwords,
}

impl TransportContext {
    pub(crate) fn new(config: SshTransportBuilder, connector: Connector) -> Self {
        Self {
            passwords: Passwords::new(&config),
            config,
            connector,
        }
    }

    /// Connects to the attempt's host, unless the attempt is stopped before.
    pub(crate) async fn connect(&self, prepared: &PreparedAttempt) -> Result<Link, Outcome> {
        let connected = tokio::select! {
            biased;
            reason = prepared.stop.wait() => Err(not_started(Phase::Connect, NotStarted::Stopped(reason))),
            connected = self.connector.connect(&prepared.target) => connected.map_err(Outcome::from),
        };
        // Also where the login failed afterwards or was stopped: the key is trusted from now on.
        if self.config.first_contacts.take_unreported(&prepared.attempt.host.name) {
            prepared.report.host_key_recorded();
        }
        connected
    }

    /// The context for running a command on this connection that belongs to no attempt's steps.
    pub(crate) fn side_context<'a>(&'a self, link: &'a Link, target: &'a Arc<Target>) -> SideContext<'a> {
        SideContext {
            link,
            target,
            passwords: &self.passwords,
        }
    }

    /// The context for running the attempt's steps on this connection.
    pub(crate) fn exec_context<'a>(&'a self, link: &'a Link, prepared: &'a PreparedAttempt) -> ExecContext<'a> {
        ExecContext {
            link,
            connector: &self.connector,
            target: &prepared.target,
            passwords: &self.passwords,
            stop: &prepared.stop,
            report: &prepared.report,
        }
    }
}
