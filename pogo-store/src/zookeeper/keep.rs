//! The owner lets everybody know that it lives, and hears when it owns nothing any more.

use std::sync::Arc;
use std::time::Duration;

use zookeeper_client::{Client, Error, OneshotWatcher};

use super::acquire::{alive, owner_node};
use super::fence::{Fence, WriteOutcome};
use super::formats::raise_format;
use super::hold::Hold;
use crate::remote::NEWEST;

/// A watch is no promise; what it would have said is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So soon after an ensemble did not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What is known of the session of an owner.
enum Registration {
    /// It is there, until something changes.
    Held([OneshotWatcher; 2]),
    /// Somebody else owns the namespace, or nobody.
    Over,
}

/// Keeps a session for the owner until the ownership ends. Where one ends, as after a pause or while the ensemble was
/// away, and nobody has taken over, the next one says that the owner lives.
pub(super) async fn keep_alive(hold: Arc<Hold>) {
    while !hold.writer.ended.is_over() {
        let kept = hold
            .writer
            .sessions
            .ask(async |client| keep(client, &hold.writer.fence).await)
            .await;
        let pause = match kept {
            Ok(Registration::Over) => {
                hold.lose();
                return;
            }
            Ok(Registration::Held([token, owner])) => {
                choose_format(&hold).await;
                tokio::select! {
                    _ = token.changed() => {}
                    _ = owner.changed() => {}
                    () = hold.writer.ended.wait() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                continue;
            }
            Err(_) => LOOK_AGAIN,
        };
        tokio::select! {
            () = hold.writer.ended.wait() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Those who wait may read more by now: an older one has ended.
async fn choose_format(hold: &Hold) {
    if hold.format() >= NEWEST {
        return;
    }
    let fence = &hold.writer.fence;
    let chosen = hold
        .writer
        .sessions
        .ask(async |client| raise_format(client, fence).await)
        .await;
    // An ensemble that does not answer is asked again.
    if let Ok(format) = chosen {
        hold.set_format(format);
    }
}

/// Registers this session as that of the owner, unless it is.
async fn keep(client: &Client, fence: &Fence) -> Result<Registration, Error> {
    let path = &fence.paths.owner;
    loop {
        client.sync(path).await?;
        let (token, of_token) = client.check_and_watch_stat(&fence.paths.token(fence.nonce)).await?;
        let (owner, of_owner) = client.check_and_watch_stat(path).await?;
        let is_own = owner.is_some_and(|stat| stat.ephemeral_owner == client.session_id().0);
        if token.is_some() && is_own {
            return Ok(Registration::Held([of_token, of_owner]));
        }
        let mut writer = fence.writer(client)?;
        // Of this owner's session before, which the ensemble has not ended yet: its end must not
        // look like that of the owner.
        if owner.is_some() && !is_own {
            writer.add_delete(path, None)?;
        }
        if !is_own {
            writer.add_create(path, &owner_node(fence.nonce), &alive(fence))?;
        }
        match fence.commit(writer).await? {
            WriteOutcome::Fenced => return Ok(Registration::Over),
            // It is looked at again, and then watched.
            WriteOutcome::Done | WriteOutcome::Refused(_, Error::NoNode | Error::NodeExists) => {}
            WriteOutcome::Refused(_, error) => return Err(error),
        }
    }
}
