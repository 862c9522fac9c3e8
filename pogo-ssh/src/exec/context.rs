//! The context of an attempt's steps on a connected host.

use std::sync::Arc;

use pogo_core::dispatcher::Reporter;
use secrecy::SecretString;

use super::stop::StopSignal;
use crate::config::SshTransportBuilder;
use crate::link::{Connector, Link};
use crate::question::{Question, SharedPrompter};
use crate::target::Target;

/// A connected host, and what its steps share: passwords, the stop signal, the reporter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExecContext<'a> {
    pub(crate) link: &'a Link,
    pub(crate) connector: &'a Connector,
    pub(crate) target: &'a Arc<Target>,
    pub(crate) passwords: &'a Passwords,
    pub(crate) stop: &'a StopSignal,
    pub(crate) report: &'a Reporter,
}

/// A connected host for commands beside an attempt's steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SideContext<'a> {
    pub(crate) link: &'a Link,
    pub(crate) target: &'a Arc<Target>,
    pub(crate) passwords: &'a Passwords,
}

impl<'a> From<ExecContext<'a>> for SideContext<'a> {
    fn from(context: ExecContext<'a>) -> Self {
        Self {
            link: context.link,
            target: context.target,
            passwords: context.passwords,
        }
    }
}

/// Passwords that programs on a host ask for.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    sudo: Option<SecretString>,
    asker: Option<SharedPrompter>,
}

impl Passwords {
    pub(crate) fn new(config: &SshTransportBuilder) -> Self {
        Self {
            sudo: config.sudo_password.clone(),
            asker: config.asker.clone(),
        }
    }

    /// The sudo password of the target's user, from the settings or by asking.
    pub(super) fn for_sudo(
        &self,
        target: &Arc<Target>,
        user: &str,
    ) -> impl Future<Output = Option<SecretString>> + Send + 'static {
        let Self { sudo, asker } = self.clone();
        // Owned by the future: it outlives the mark that asked for it.
        let (target, user) = (Arc::clone(target), user.to_owned());
        async move {
            if sudo.is_some() {
                return sudo;
            }
            let asker = asker?;
            // Asking blocks until a person has answered.
            let asking = tokio::task::spawn_blocking(move || {
                asker.ask(Question::Sudo {
                    host: &target.host,
                    user: &target.user,
                    run_as: &user,
                })
            });
            asking.await.ok().flatten()
        }
    }
}
