//! Secret header values and addresses.

use std::path::PathBuf;

use pogo_core::inventory::{Diagnostic, InventoryError};
use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::file;

/// A header's value, or the file that contains it.
#[derive(Clone)]
pub(super) enum Secret {
    /// The value itself.
    Given(SecretString),
    /// Read each time, so that a token may be replaced while this runs.
    File(PathBuf),
}

impl Secret {
    /// Reads the value.
    pub(super) fn value(&self, source: &str, header: &str) -> Result<HeaderValue, InventoryError> {
        let value = match self {
            Self::Given(secret) => HeaderValue::from_str(secret.expose_secret()),
            Self::File(path) => {
                HeaderValue::from_str(SecretString::from(file::read_text(path)?).expose_secret().trim())
            }
        };
        let mut value = value.map_err(|_| {
            let message = format!("the value of the header `{header}` holds characters that a header cannot have");
            InventoryError::Invalid(vec![Diagnostic::new(source, message)])
        })?;
        // The library leaves it out of what it prints for debugging.
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The address without user, password, query and fragment.
pub(super) fn shown(url: &SecretString) -> String {
    match Url::parse(url.expose_secret()) {
        Ok(url) => without_secrets(url),
        // Where the parts are not known, nobody can tell which of them is a password.
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

pub(super) fn without_secrets(mut url: Url) -> String {
    // Fails only for addresses that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
