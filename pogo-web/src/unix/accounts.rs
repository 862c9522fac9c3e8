//! Accounts of this machine as actors.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::request::Parts;
use nix::unistd::{Uid, User};
use pogo_core::scheduler::Actor;
use tokio::time::Instant;

use super::Peer;
use crate::{AuthError, Authenticator, Identity};

/// Knows whoever asks by the account at the other end of the Unix socket, as `alice@laptop`. No request can say
/// otherwise.
///
/// It is the account that runs the program: with `sudo`, that is `root`. Who logged in is not asked of the process,
/// since its number may be another's by the time it is looked at.
#[derive(Debug)]
pub struct PeerAccounts {
    /// This process's account, which alone is let in if the socket is its own. Its files are those that jobs may name.
    own: u32,
    only_own: bool,
    machine: Arc<str>,
    names: Mutex<BTreeMap<u32, (Instant, Arc<str>)>>,
}

impl PeerAccounts {
    /// How long the name of an account is known before the system is asked again, which may ask a directory over the
    /// network.
    const KNOWN_FOR: Duration = Duration::from_secs(60);

    /// Lets in the account of this process, and root, which could take its place anyhow.
    pub fn personal() -> Self {
        Self::new(true)
    }

    /// Lets in every account: for a socket whose permissions say who may open it.
    pub fn shared() -> Self {
        Self::new(false)
    }

    fn new(only_own: bool) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            own: rustix::process::geteuid().as_raw(),
            only_own,
            machine: cut(machine).into(),
            names: Mutex::default(),
        }
    }

    /// The name of an account, or its number if it has none.
    async fn name(&self, uid: u32) -> Arc<str> {
        let known = self
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&uid)
            .cloned();
        if let Some((at, name)) = known
            && at.elapsed() < Self::KNOWN_FOR
        {
            return name;
        }
        // It may ask LDAP or the like, and wait for that: other requests go on meanwhile.
        let found = tokio::task::spawn_blocking(move || User::from_uid(Uid::from_raw(uid)));
        let found = found.await.ok().and_then(Result::ok).flatten();
        let name: Arc<str> = found.map_or_else(|| format!("uid {uid}"), |user| cut(user.name)).into();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(uid, (Instant::now(), Arc::clone(&name)));
        name
    }
}

#[async_trait]
impl Authenticator for PeerAccounts {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let peer = request.extensions.get::<Peer>();
        let peer = *peer.ok_or_else(|| AuthError::unauthenticated("the request has not come over a Unix socket"))?;
        // Root could become the account, or read its memory: to refuse it would keep nobody out,
        // and confuse `sudo`.
        let may_be_owner = peer.uid == self.own || peer.uid == 0;
        if self.only_own && !may_be_owner {
            let said = format!(
                "this server is of one account, and not of uid {}; start one of your own",
                peer.uid
            );
            return Err(AuthError::not_allowed(said));
        }
        let actor = Actor::new(self.name(peer.uid).await).at_host(Arc::clone(&self.machine));
        let identity = Identity::new(actor);
        Ok(match may_be_owner {
            true => identity.with_local_files().as_owner(),
            false => identity,
        })
    }
}

/// A text of any system, as long as an actor's may be.
fn cut(mut text: String) -> String {
    let fits = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=Actor::MAX_LEN.min(text.len())).rev().find(fits);
    text.truncate(end.unwrap_or(0));
    text
}
