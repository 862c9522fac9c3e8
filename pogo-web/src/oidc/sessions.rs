//! Sessions: who has logged in, for how long.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use tokio::time::Instant;

use super::attempt::NoSeal;
use super::exchange::Person;
use crate::Identity;

/// How long a login lasts, and how many there are at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionLimits {
    /// After this time somebody has to log in again, whatever they do. Groups of the provider are those of the login.
    /// Default: 12 hours.
    pub lifetime: Duration,
    /// After so long without a request of theirs too. A page that is open asks all the time. Default: 2 hours.
    pub idle: Duration,
    /// How many sessions one name has at once; the one that was used least recently ends. Default: 20.
    pub of_one: usize,
    /// How many there are of all. Default: 10,000.
    pub of_all: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(12 * 3_600),
            idle: Duration::from_secs(2 * 3_600),
            of_one: 20,
            of_all: 10_000,
        }
    }
}

impl SessionLimits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets after which time somebody has to log in again.
    #[must_use]
    pub fn lifetime(mut self, time: Duration) -> Self {
        self.lifetime = time;
        self
    }

    /// Sets after which time without a request too.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// Sets how many sessions one name has at once, and all together.
    #[must_use]
    pub fn number(mut self, of_one: usize, of_all: usize) -> Self {
        (self.of_one, self.of_all) = (of_one.max(1), of_all.max(1));
        self
    }
}

/// Sessions, by the digest of what the browser has: who reads this memory cannot take over any.
pub(super) struct Sessions {
    pub(super) limits: SessionLimits,
    known: Mutex<HashMap<[u8; 32], Session>>,
    random: SystemRandom,
}

struct Session {
    identity: Identity,
    provider: String,
    end_session: Option<SecretString>,
    began: Instant,
    used: Instant,
}

/// Somebody with a session.
pub(super) struct ActiveSession {
    pub(super) identity: Identity,
    /// The title of the provider.
    pub(super) provider: String,
    /// How long it lasts at most.
    pub(super) left: Duration,
}

impl Sessions {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            known: Mutex::default(),
            random: SystemRandom::new(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session, under a name that nobody can guess: that of the cookie.
    pub(super) fn begin(&self, person: Person, provider: &str) -> Result<String, NoSeal> {
        let Person { identity, end_session } = person;
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes).map_err(|_| NoSeal)?;
        let cookie = Base64UrlUnpadded::encode_string(&bytes);
        let now = Instant::now();
        let mut known = self.known();
        known.retain(|_, session| !self.is_over(session, now));
        let name = identity.actor.name.clone();
        let is_of_name = |session: &Session| session.identity.actor.name == name;
        while known.values().filter(|session| is_of_name(session)).count() >= self.limits.of_one {
            end_oldest(&mut known, is_of_name);
        }
        while known.len() >= self.limits.of_all {
            end_oldest(&mut known, |_| true);
        }
        let session = Session {
            identity,
            provider: provider.to_owned(),
            end_session,
            began: now,
            used: now,
        };
        known.insert(key(&cookie), session);
        Ok(cookie)
    }

    /// Who has this cookie, if their session is not over.
    pub(super) fn find(&self, cookie: &str) -> Option<ActiveSession> {
        let (key, now) = (key(cookie), Instant::now());
        let mut known = self.known();
        let session = known.get_mut(&key)?;
        if self.is_over(session, now) {
            known.remove(&key);
            return None;
        }
        session.used = now;
        Some(ActiveSession {
            identity: session.identity.clone(),
            provider: session.provider.clone(),
            left: (session.began + self.limits.lifetime).saturating_duration_since(now),
        })
    }

    /// Ends the session of this cookie; where its browser logs out at the provider, if it can.
    pub(super) fn end(&self, cookie: &str) -> Option<SecretString> {
        self.known().remove(&key(cookie))?.end_session
    }

    fn is_over(&self, session: &Session, now: Instant) -> bool {
        now >= session.began + self.limits.lifetime || now >= session.used + self.limits.idle
    }
}

fn end_oldest(known: &mut HashMap<[u8; 32], Session>, among: impl Fn(&Session) -> bool) {
    let sessions = known.iter().filter(|(_, session)| among(session));
    let oldest = sessions.min_by_key(|(_, session)| session.used).map(|(key, _)| *key);
    if let Some(oldest) = oldest {
        known.remove(&oldest);
    }
}

fn key(cookie: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, cookie.as_bytes()).as_ref());
    key
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::Actor;
    use secrecy::ExposeSecret;
    use tokio::time::advance;

    use super::*;

    fn begin(sessions: &Sessions, name: &str) -> String {
        let person = Person {
            identity: Identity::new(Actor::new(name)),
            end_session: Some(format!("https://id.example.com/logout?who={name}").into()),
        };
        sessions.begin(person, "SSO").unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_its_time_without_requests_and_by_logout() {
        let sessions = Sessions::new(SessionLimits::new());
        let (used, idle, left) = (
            begin(&sessions, "alice"),
            begin(&sessions, "alice"),
            begin(&sessions, "bob"),
        );
        assert_eq!(&*sessions.find(&left).unwrap().identity.actor.name, "bob");
        let end_session = sessions.end(&left).unwrap();
        assert_eq!(end_session.expose_secret(), "https://id.example.com/logout?who=bob");
        assert!(sessions.end(&left).is_none());
        assert!(sessions.find(&left).is_none());
        for _ in 0..11 {
            advance(HOUR).await;
            assert!(sessions.find(&used).is_some());
        }
        assert!(sessions.find(&idle).is_none());
        assert_eq!(sessions.find(&used).unwrap().left, HOUR);
        advance(HOUR).await;
        assert!(sessions.find(&used).is_none());
        assert!(sessions.known().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_are_few_and_the_one_that_was_used_least_recently_ends() {
        let sessions = Sessions::new(SessionLimits::new().number(2, 3));
        let of_bob = begin(&sessions, "bob");
        let mut of_alice = vec![];
        for _ in 0..3 {
            advance(Duration::from_secs(1)).await;
            of_alice.push(begin(&sessions, "alice"));
        }
        let is_there = |cookie: &String| sessions.find(cookie).is_some();
        assert_eq!(of_alice.iter().map(is_there).collect::<Vec<_>>(), [false, true, true]);
        assert!(is_there(&of_bob));
        advance(Duration::from_secs(1)).await;
        of_alice.iter().for_each(|cookie| drop(sessions.find(cookie)));
        begin(&sessions, "carol");
        assert!(!is_there(&of_bob));
        assert_eq!(sessions.known().len(), 3);
    }
}
