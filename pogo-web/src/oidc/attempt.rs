//! A login that has begun: what only the browser in which it did has.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// How long a login may take at the provider.
pub(super) const TIME: Duration = Duration::from_secs(600);
/// So many logins that have come back are remembered, so that none comes back twice.
const REMEMBERED: usize = 10_000;

/// A login that has begun. It travels in a cookie that nobody but this process can read or make: however many are begun
/// by whoever likes to, none takes memory here, and none drives out another.
#[derive(Serialize, Deserialize)]
pub(super) struct LoginAttempt {
    /// What the provider sends back.
    pub(super) state: String,
    pub(super) nonce: String,
    /// What the code can be exchanged with, by nobody else.
    pub(super) verifier: String,
    pub(super) provider: String,
    /// Where to go on, within the page.
    pub(super) to: String,
    /// In seconds since the Unix epoch.
    until: u64,
}

/// Why a login that comes back is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RejectedLogin {
    /// This browser has begun none, or before this process was started.
    NotBegun,
    /// It was begun longer ago than a login may take.
    TooLate,
    /// It is of another login, or one that somebody else has begun.
    AnotherState,
    /// It has come back before.
    Again,
}

/// Seals attempts, and opens each once.
pub(super) struct LoginAttempts {
    key: LessSafeKey,
    random: SystemRandom,
    // In the order in which they came back, so that the oldest goes first. Only what opened with
    // our key gets here, so that looking through ten thousand texts is not something that others
    // can make us do.
    used: Mutex<VecDeque<String>>,
}

/// There is no source of randomness, or the text is longer than any that is sealed.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoSeal;

impl LoginAttempts {
    pub(super) fn new() -> Result<Self, NoSeal> {
        let random = SystemRandom::new();
        let mut key = [0; 32];
        // A key of this process alone: a restart in the middle of a login makes its person begin
        // again, and there is no key that would have to be kept and could be stolen.
        random.fill(&mut key).map_err(|_| NoSeal)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| NoSeal)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            random,
            used: Mutex::default(),
        })
    }

    pub(super) fn begin(&self, attempt: NewLoginAttempt<'_>) -> Result<String, NoSeal> {
        let NewLoginAttempt {
            state,
            nonce,
            verifier,
            provider,
            to,
        } = attempt;
        let attempt = LoginAttempt {
            state: state.to_owned(),
            nonce: nonce.to_owned(),
            verifier: verifier.to_owned(),
            provider: provider.to_owned(),
            to: to.to_owned(),
            until: now() + TIME.as_secs(),
        };
        self.seal(&attempt)
    }

    fn seal(&self, attempt: &LoginAttempt) -> Result<String, NoSeal> {
        let mut bytes = serde_json::to_vec(attempt).map_err(|_| NoSeal)?;
        let mut sealed = vec![0; NONCE_LEN];
        self.random.fill(&mut sealed).map_err(|_| NoSeal)?;
        // 96 random bits: that two of them are alike is beyond what a server seals in its life.
        let nonce = Nonce::try_assume_unique_for_key(&sealed).map_err(|_| NoSeal)?;
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut bytes)
            .map_err(|_| NoSeal)?;
        // The nonce is no secret, and has to be in front to open the rest.
        sealed.extend(bytes);
        Ok(Base64UrlUnpadded::encode_string(&sealed))
    }

    /// The attempt of a browser that comes back with this state from this provider.
    pub(super) fn finish(
        &self,
        cookie: Option<&str>,
        state: &str,
        provider: &str,
    ) -> Result<LoginAttempt, RejectedLogin> {
        let attempt = cookie
            .and_then(|cookie| self.open(cookie))
            .ok_or(RejectedLogin::NotBegun)?;
        // In constant time: the state is what keeps somebody else's code out of this browser.
        let is_ours = bool::from(attempt.state.as_bytes().ct_eq(state.as_bytes()));
        if !is_ours || attempt.provider != provider {
            return Err(RejectedLogin::AnotherState);
        }
        if attempt.until < now() {
            return Err(RejectedLogin::TooLate);
        }
        // Last: one that is refused for another reason uses nothing up, and may still come back
        // rightly.
        match self.is_first(&attempt.state) {
            true => Ok(attempt),
            false => Err(RejectedLogin::Again),
        }
    }

    fn open(&self, cookie: &str) -> Option<LoginAttempt> {
        let mut bytes = Base64UrlUnpadded::decode_vec(cookie).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.key.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }

    fn is_first(&self, state: &str) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.iter().any(|known| known == state) {
            return false;
        }
        if used.len() == REMEMBERED {
            used.pop_front();
        }
        used.push_back(state.to_owned());
        true
    }
}

/// What a login begins with.
pub(super) struct NewLoginAttempt<'a> {
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    pub(super) verifier: &'a str,
    pub(super) provider: &'a str,
    pub(super) to: &'a str,
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(attempts: &LoginAttempts, state: &str) -> String {
        let begun = attempts.begin(NewLoginAttempt {
            state,
            nonce: "n",
            verifier: "v",
            provider: "sso",
            to: "",
        });
        begun.unwrap()
    }

    #[test]
    fn an_attempt_comes_back_once_to_whoever_began_it() {
        let attempts = LoginAttempts::new().unwrap();
        let (ours, other) = (begun(&attempts, "s1"), begun(&attempts, "s2"));
        let finish = |cookie: Option<&str>, state: &str| attempts.finish(cookie, state, "sso").err();
        assert_eq!(finish(None, "s1"), Some(RejectedLogin::NotBegun));
        assert_eq!(finish(Some(&other), "s1"), Some(RejectedLogin::AnotherState));
        assert_eq!(
            attempts.finish(Some(&ours), "s1", "x").err(),
            Some(RejectedLogin::AnotherState)
        );
        assert_eq!(finish(Some(&ours), "s1"), None);
        assert_eq!(finish(Some(&ours), "s1"), Some(RejectedLogin::Again));
        // Another process has another key.
        let restarted = LoginAttempts::new().unwrap();
        assert_eq!(
            restarted.finish(Some(&other), "s2", "sso").err(),
            Some(RejectedLogin::NotBegun)
        );
        let mut forged = other.into_bytes();
        forged[30] = if forged[30] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(finish(Some(&forged), "s2"), Some(RejectedLogin::NotBegun));
    }

    #[test]
    fn an_attempt_that_took_too_long_is_over() {
        let attempts = LoginAttempts::new().unwrap();
        let old = LoginAttempt {
            state: "s".to_owned(),
            nonce: String::new(),
            verifier: String::new(),
            provider: "sso".to_owned(),
            to: String::new(),
            until: now() - 1,
        };
        let old = attempts.seal(&old).unwrap();
        assert_eq!(
            attempts.finish(Some(&old), "s", "sso").err(),
            Some(RejectedLogin::TooLate)
        );
    }
}
