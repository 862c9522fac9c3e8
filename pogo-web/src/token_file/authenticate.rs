//! Lets people in by the tokens of a file.

use std::fs::File;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_core::Digest;
use subtle::ConstantTimeEq;

use super::loaded::{FileVersion, Loaded};
use super::secret::id_of;
use super::{TokenEntry, TokenFile, TokenFileError};
use crate::bearer::bearer;
use crate::{AuthError, Authenticator, Identity};

impl TokenFile {
    /// The tokens in force. Asks the system for little more than whether the file is another.
    fn tokens(&self) -> Result<Arc<Vec<TokenEntry>>, TokenFileError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(version) = FileVersion::at(&self.path).map_err(|error| self.io(error))? else {
            *loaded = None;
            return Ok(Arc::default());
        };
        if let Some(known) = &*loaded
            && known.version == version
        {
            return Ok(Arc::clone(&known.tokens));
        }
        // What cannot be read lets nobody in, whoever was let in before.
        *loaded = None;
        let file = File::open(&self.path).map_err(|error| self.io(error))?;
        // Of what was opened, and not of the path: a file that is renamed into place in between
        // would never be read.
        let version = FileVersion::of(&file.metadata().map_err(|error| self.io(error))?);
        let tokens = Arc::new(self.read(&file)?);
        *loaded = Some(Loaded {
            version,
            tokens: Arc::clone(&tokens),
        });
        Ok(tokens)
    }
}

#[async_trait]
impl Authenticator for TokenFile {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let unknown = || AuthError::unauthenticated("the token is not known here, or no longer");
        let token = bearer(request)?;
        let id = id_of(token).ok_or_else(unknown)?;
        // Before anything is looked up, so that a token whose number is known takes no longer than
        // one whose number is not.
        let given = Digest::of(token.as_bytes());
        let tokens = self.tokens().map_err(|_| {
            // What is wrong with a file of the server is nothing for whoever asks.
            AuthError::unauthenticated(
                "the tokens of this server cannot be read; `pogo token list` on its machine says why",
            )
        })?;
        let found = tokens.iter().find(|known| known.id == id).ok_or_else(unknown)?;
        // How long it takes says nothing of the digest that is kept.
        if !bool::from(given.as_bytes().ct_eq(found.digest.as_bytes())) {
            return Err(unknown());
        }
        if found.is_expired(self.clock.now()) {
            return Err(AuthError::unauthenticated(
                "the token has expired; ask whoever gave it for another",
            ));
        }
        Ok(found.identity())
    }
}

impl std::fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
