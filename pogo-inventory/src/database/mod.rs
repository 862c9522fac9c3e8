//! Hosts from a database, through SQL.

mod ask;
mod driver;
mod query;
mod resolver;
mod source;
mod table;

pub use resolver::DatabaseResolver;
pub use source::DatabaseSource;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use pogo_core::inventory::InventoryError;
use secrecy::{ExposeSecret, SecretString};

use crate::file;

/// A database address with credentials.
///
/// The address begins with `sqlite:` (feature `sqlite`), `postgres:` or `postgresql:` (feature `postgres`), or `mysql:`
/// or `mariadb:` (feature `mysql`), as in `sqlite:/var/lib/assets.db` or `postgres://pogo@db.example.com/assets`. What
/// follows a `?` are settings of the driver; over a network, ask for `sslmode=verify-full` (PostgreSQL) or
/// `ssl-mode=VERIFY_IDENTITY` (MySQL), since both use encryption without a check of certificates otherwise.
///
/// Each query has its own connection, runs in a read-only transaction, and has a time limit that
/// includes connecting (default: 30 seconds). A result is limited to 64 MiB. Messages name the database without
/// user, password and settings.
#[derive(Clone)]
pub struct Database {
    url: SecretString,
    password: Option<PathBuf>,
    timeout: Duration,
}

impl Database {
    /// The database at this address.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: SecretString::from(url.into()),
            password: None,
            timeout: Duration::from_secs(30),
        }
    }

    /// Reads the password from a file before each query, without surrounding white space.
    pub fn password_from_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.password = Some(path.into());
        self
    }

    /// Sets the time limit of each query.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The address without secrets.
    fn name(&self) -> String {
        // Settings of drivers may hold passwords and paths of keys, too.
        let url = self.url.expose_secret().split('?').next().unwrap_or_default();
        match url
            .split_once("://")
            .map(|(scheme, rest)| (scheme, rest.rsplit_once('@')))
        {
            Some((scheme, Some((_, address)))) => format!("{scheme}://{address}"),
            _ => url.to_owned(),
        }
    }

    /// The text before the first colon.
    fn scheme(&self) -> &str {
        self.url.expose_secret().split(':').next().unwrap_or_default()
    }

    fn secret(&self) -> Result<Option<SecretString>, InventoryError> {
        let Some(path) = &self.password else {
            return Ok(None);
        };
        let text = SecretString::from(file::read_text(path)?);
        // Editors and `echo` end a file with a line break, which is no part of a password.
        Ok(Some(SecretString::from(text.expose_secret().trim())))
    }
}

impl fmt::Debug for Database {
    /// Omits secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &self.name())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Database;

    #[test]
    fn names_hold_no_secrets() {
        for (url, expected) in [
            ("postgres://me:p@ss@db/assets?password=x", "postgres://db/assets"),
            ("postgres://db/assets", "postgres://db/assets"),
            ("sqlite:/var/lib/a@b.db?mode=ro", "sqlite:/var/lib/a@b.db"),
            ("sqlite:///var/a.db", "sqlite:///var/a.db"),
        ] {
            let database = Database::new(url);
            assert_eq!(database.name(), expected);
            assert!(format!("{database:?}").contains(expected));
        }
    }
}
