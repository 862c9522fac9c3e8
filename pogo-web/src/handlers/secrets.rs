//! Secrets of jobs.

use axum::body::Body;
use axum::http::HeaderMap;
use pogo_api::wire::{OrderAnswer, ProblemKind, Secrets};
use pogo_core::scheduler::Answer;

use crate::body::receive;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;

pub(crate) async fn secrets(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    std::mem::take(&mut request.parameters).finish()?;
    let namespace = request.dispatched()?;
    let Some(keeper) = &namespace.secrets else {
        let said = "this server takes no secrets for jobs; it connects with those that it has";
        return Err(Refusal::new(ProblemKind::NotAllowed, said));
    };
    let sent: serde_json::Value = receive(request.shared(), &headers, body).await?;
    // The error of a reader may repeat what it has read.
    let secrets: Secrets = serde_json::from_value(sent).map_err(|_| {
        let said = "the body is no document of secrets: it has a version, an id, and texts";
        Refusal::new(ProblemKind::InvalidBody, said)
    })?;
    let identity = &request.access.identity;
    if !identity.local_files {
        // Both are of this machine, and of whoever may read its files.
        if secrets.passphrase.is_some() || secrets.agent.is_some() {
            let said = "key files and agents are the server's own; give passwords and secret variables alone";
            return Err(Refusal::new(ProblemKind::NotAllowed, said));
        }
        let (handle, owner) = (&namespace.handle, &identity.actor.name);
        namespace.secret_owners.give(handle, &secrets.id, owner).await?;
    }
    keeper.keep(secrets);
    document(&OrderAnswer::new(Answer::Done))
}
