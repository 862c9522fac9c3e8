//! Those who follow a namespace and never take over, so that nothing is written that they do not read.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::journal::{Nonce, OwnerId};
use zookeeper_client::{Client, CreateMode, Error};

use super::formats::WaitingNode;
use super::namespace_shared::NamespaceShared;
use super::tree::options;
use crate::copy::random_number;
use crate::remote::FollowerRegistration;

/// A session may have ended, and its node with it.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Lists somebody until the registration is dropped.
pub(super) fn register(shared: &Arc<NamespaceShared>, who: OwnerId) -> FollowerRegistration {
    let nonce = Nonce(random_number());
    let (registration, mut dropped) = FollowerRegistration::new();
    let listed = Arc::clone(shared);
    shared.store.runtime.spawn(move || async move {
        let sessions = &listed.store.sessions;
        loop {
            // An ensemble that is away lists it when it is back.
            let _ = sessions
                .ask(async |client| list(client, &listed, (nonce, &who)).await)
                .await;
            tokio::select! {
                _ = &mut dropped => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let path = listed.paths.standby(nonce);
        // The session ends with the process otherwise.
        let _ = sessions.ask(async |client| client.delete(&path, None).await).await;
    });
    registration
}

async fn list(client: &Client, shared: &NamespaceShared, (nonce, who): (Nonce, &OwnerId)) -> Result<(), Error> {
    let path = shared.paths.standby(nonce);
    // Ephemeral, so that whoever dies is listed no more.
    let options = options(CreateMode::Ephemeral, shared.store.address.is_private());
    let node = WaitingNode::of_follower(who.clone()).json();
    match client.create(&path, &node, &options).await {
        Err(Error::NodeExists) => {}
        listed => return listed.map(drop),
    }
    let stat = client.check_stat(&path).await?;
    if stat.is_none_or(|stat| stat.ephemeral_owner == client.session_id().0) {
        return Ok(());
    }
    // Of an earlier session, with which it ends.
    match client.delete(&path, None).await {
        Ok(()) | Err(Error::NoNode) => client.create(&path, &node, &options).await.map(drop),
        failed => failed,
    }
}
