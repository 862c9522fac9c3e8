//! The text of a token.

use std::fmt::Write;

use pogo_core::Digest;
use secrecy::{ExposeSecret, SecretString};

/// A token that was just made. It is shown once: nobody can find it again.
#[derive(Debug)]
pub struct NewSecret(SecretString);

/// What every token begins with, so that whoever looks for secrets in texts finds it.
const PREFIX: &str = "pogo_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

impl NewSecret {
    /// A token of 256 bits from the system, and the number that it begins with.
    pub(super) fn random() -> Result<(String, Self), getrandom::Error> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        // Of other bytes than the secret: the number stands in lists and in records.
        let (id, secret) = bytes.split_at(ID_BYTES);
        let id = hex(id);
        let text = format!("{PREFIX}{id}_{}", hex(secret));
        Ok((id, Self(text.into())))
    }

    /// The token, for whoever it is for.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.expose().as_bytes())
    }
}

/// The number that a token begins with, if it has the form of one.
pub(super) fn id_of(token: &str) -> Option<&str> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex =
        |text: &str, bytes: usize| text.len() == 2 * bytes && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES)).then_some(id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
