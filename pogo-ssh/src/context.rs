//! State shared by all attempts of a transport.

use std::sync::Arc;

use pogo_core::dispatcher::Stream;
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
        tokio::select! {
            biased;
            reason = prepared.stop.wait() => Err(not_started(Phase::Connect, NotStarted::Stopped(reason))),
            connected = self.connector.connect(&prepared.target) => {
                let link = connected.map_err(Outcome::from)?;
                // Once the link is there: the remark goes into the output of a host that was in
                // fact reached.
                if let Some(remark) = self.config.first_contacts.remark(&prepared.attempt.host.name) {
                    prepared.report.output(Stream::Note, remark.as_bytes()).await;
                }
                Ok(link)
            }
        }
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
