//! What a job needs of whoever follows it: an agent, secrets, answers.

use std::os::unix::net::UnixStream;

use pogo_api::wire::Secrets;
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::plan::JobSpec;
use pogo_core::scheduler::{Event, NeverBegan, Record, TaskEvent, TaskEventKind};

use super::follower::{FollowedJob, is_watched};

impl FollowedJob {
    /// Gives a dispatcher what it needs of whoever is here.
    pub(super) async fn give_secrets(&self, client: &NamespaceClient) {
        for secrets in self.secrets.iter().chain(&self.agent) {
            // Contact that is lost again is found out by whoever follows.
            let _ = client.give_secrets(secrets).await;
        }
    }

    /// Lets the job log in with the agent of this login, where its own no longer answers.
    pub(super) async fn offer_agent(&mut self, spec: &JobSpec) -> Result<(), ClientError> {
        let named = spec.transport_settings.value("agent").filter(|named| *named != "none");
        let (Some(named), Some(own)) = (named, own_agent()) else {
            return Ok(());
        };
        if named == own {
            return Ok(());
        }
        let agent = self.agent.insert(Secrets::agent(named, own));
        match self.client.give_secrets(agent).await {
            // A server that connects with keys of its own takes none.
            Ok(()) | Err(ClientError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether it lacks what neither this program nor a terminal can give.
    pub(super) fn waits_for_a_person(&self, record: &Record) -> bool {
        let is_missing = matches!(
            &record.event,
            Event::Task(TaskEvent {
                kind: TaskEventKind::NeverBegan {
                    reason: NeverBegan::NotReady,
                    ..
                },
                ..
            })
        );
        is_missing && self.person.is_none() && self.secrets.is_none() && self.agent.is_none() && !is_watched()
    }
}

/// The socket of the agent of this login, if it answers.
pub(crate) fn own_agent() -> Option<String> {
    let socket = std::env::var_os("SSH_AUTH_SOCK")?.into_string().ok()?;
    UnixStream::connect(&socket).is_ok().then_some(socket)
}
