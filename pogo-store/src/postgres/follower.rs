//! Those who follow a namespace and never take over, so that nothing is written that they do not read.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::journal::{Nonce, OwnerId};

use super::holder::{follow, stand_down};
use super::shared::NamespaceShared;
use crate::copy::random_number;
use crate::remote::{Failed, FollowerRegistration};

/// Well within the time after which it would count as gone.
const SAY_EVERY: Duration = Duration::from_secs(2);

/// Lists somebody until the registration is dropped.
pub(super) fn register(shared: &Arc<NamespaceShared>, who: OwnerId) -> FollowerRegistration {
    let nonce = Nonce(random_number());
    let (registration, mut dropped) = FollowerRegistration::new();
    let listed = Arc::clone(shared);
    shared.store.runtime.spawn(move || async move {
        loop {
            // A database that is away lists it when it is back.
            let _ = say(&listed, (nonce, &who), true).await;
            tokio::select! {
                _ = &mut dropped => break,
                () = tokio::time::sleep(SAY_EVERY) => {}
            }
        }
        let _ = say(&listed, (nonce, &who), false).await;
    });
    registration
}

async fn say(shared: &NamespaceShared, (nonce, who): (Nonce, &OwnerId), follows: bool) -> Result<(), Failed> {
    let mut pooled = shared.store.pool.get().await?;
    let said = match (shared.find(&mut pooled).await, follows) {
        (Ok(Some(namespace)), true) => follow(&mut pooled, namespace, (nonce, who)).await,
        (Ok(Some(namespace)), false) => stand_down(&mut pooled, namespace, nonce).await,
        (found, _) => found.map(drop),
    };
    pooled.done(said)
}
