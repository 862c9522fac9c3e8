//! Keys that were fetched, and when they are fetched again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::{DecodingKey, Header};
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use super::keys::Keys;
use super::{JwksError, JwksSource, JwtAlgorithm};

/// Keys of an issuer. They are fetched when they are needed, and again when they are old, or when a token names a key
/// that is not among them, as it does when an issuer changes its keys.
pub(super) struct KeyCache {
    source: Box<dyn JwksSource>,
    known: Mutex<CachedKeys>,
    /// One fetches at a time, and knows when that was done last.
    turn: Turn<Option<Instant>>,
}

#[derive(Default)]
struct CachedKeys {
    keys: Option<(Instant, Arc<Keys>)>,
    failed: Option<JwksError>,
}

/// Whoever sends tokens with made-up keys does not make this server ask more often.
const ASKED_AT_MOST: Duration = Duration::from_secs(10);
/// How long keys go on that cannot be fetched again. After that nobody can tell that they were not withdrawn.
const KEPT: Duration = Duration::from_secs(3_600);

impl KeyCache {
    pub(super) fn new(source: Box<dyn JwksSource>) -> Self {
        Self {
            source,
            known: Mutex::default(),
            turn: Turn::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, CachedKeys> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a token, if there is one; or why keys cannot be had.
    pub(super) async fn find(
        &self,
        header: &Header,
        algorithm: JwtAlgorithm,
    ) -> Result<Option<DecodingKey>, JwksError> {
        let find = |younger_than: Duration| {
            let known = self.known();
            let (at, keys) = known.keys.as_ref()?;
            let is_young = at.elapsed() < younger_than;
            is_young.then(|| keys.find(header, algorithm)).flatten()
        };
        if let Some(key) = find(self.source.refresh_after()) {
            return Ok(Some(key));
        }
        match (self.turn.try_lock(), find(KEPT)) {
            (Ok(mut asked), _) => self.fetch(&mut asked).await,
            // Somebody asks already, and this key is good as long as nothing else is known.
            (Err(_), Some(key)) => return Ok(Some(key)),
            (Err(_), None) => self.fetch(&mut *self.turn.lock().await).await,
        }
        match find(KEPT) {
            Some(key) => Ok(Some(key)),
            None => self.why_not(),
        }
    }

    async fn fetch(&self, asked: &mut Option<Instant>) {
        if asked.is_some_and(|at| at.elapsed() < ASKED_AT_MOST) {
            return;
        }
        // Before it is asked: an issuer that answers slowly is not asked again meanwhile.
        *asked = Some(Instant::now());
        let fetched = self.source.fetch().await.and_then(|text| Keys::parse(&text));
        let mut known = self.known();
        match fetched {
            Ok(keys) => (known.keys, known.failed) = (Some((Instant::now(), Arc::new(keys))), None),
            Err(error) => known.failed = Some(error),
        }
    }

    /// Whether there is no such key, or nobody can tell.
    fn why_not(&self) -> Result<Option<DecodingKey>, JwksError> {
        match &self.known().failed {
            Some(error) => Err(error.clone()),
            None => Ok(None),
        }
    }
}
