//! Errors of the database, and what they mean to whoever asked.

use pogo_core::journal::JournalError;
use sqlx::Error;
use sqlx::error::DatabaseError;
use thiserror::Error as ThisError;

use crate::remote::{Failed, FailedStage};

/// Why a store in PostgreSQL cannot be used. No message has a password in it.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum PostgresError {
    /// The text is no address.
    #[error("this is no address of a store in PostgreSQL: {message}; one is `postgres://pogo@db.example.com/pogo`")]
    InvalidAddress {
        /// What is wrong with it.
        message: String,
    },
    /// The database has no tables of ours.
    #[error("there is no store in {store}; `pogo store migrate ADDRESS` creates it, with this address")]
    Missing {
        /// The database.
        store: String,
    },
    /// The tables are those of an earlier version.
    #[error(
        "the tables in {store} are of version {version}, and this program needs version {known}; end what uses the \
         store, and run `pogo store migrate ADDRESS` with this address"
    )]
    Older {
        /// The database.
        store: String,
        /// The version of its tables.
        version: u32,
        /// The version that is needed.
        known: u32,
    },
    /// The tables are those of a later version.
    #[error(
        "the tables in {store} are of version {version}, and this program knows version {known}; use the version of \
         pogo that made them, or a newer one"
    )]
    Newer {
        /// The database.
        store: String,
        /// The version of its tables.
        version: u32,
        /// The newest version that is known.
        known: u32,
    },
    /// The server or the role is set up in a way that would lose what was acknowledged.
    #[error("{store} cannot have a store: {message}")]
    Unfit {
        /// The database.
        store: String,
        /// What is wrong, and the cure.
        message: String,
    },
    /// The database cannot be reached, or refuses.
    #[error("{store} cannot be used: {message}")]
    Unavailable {
        /// The database.
        store: String,
        /// What was seen.
        message: String,
    },
    /// What is stored is not what was written.
    #[error("the store in {store} is damaged: {message}")]
    Damaged {
        /// The database.
        store: String,
        /// What, and the cure.
        message: String,
    },
    /// A copy was not made.
    #[error("{message}")]
    Copy {
        /// Why not, and the cure.
        message: String,
    },
    /// A name that no namespace can have.
    #[error(
        "`{}` is no name of a namespace: use up to 100 letters, digits, `-`, `_` and `.`, the first of them a letter \
         or digit",
        name.escape_debug()
    )]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The journal cannot be owned or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let Error::Database(said) = &error else {
            return Self {
                message: error.to_string(),
                stage: FailedStage::Broken,
            };
        };
        let code = said.code().unwrap_or_default();
        // The connection ends with these. A commit that waited for a standby may be there nevertheless.
        let is_ending = code.starts_with("57P") || code.starts_with("08");
        Self {
            message: format!("{}{}", said.message(), cure(&**said)),
            stage: match is_ending {
                true => FailedStage::Broken,
                false => FailedStage::Refused,
            },
        }
    }
}

/// What to do about an error of the server.
fn cure(said: &dyn DatabaseError) -> &'static str {
    match said.code().as_deref() {
        Some("25006") => "; it is a standby, or set to be read only",
        Some("28000" | "28P01") => "; see that role and password are right: PGPASSWORD, PGPASSFILE, or password_file=",
        Some("3D000") => "; create it: `createdb`",
        Some("3F000" | "42P01") => "; `pogo store migrate ADDRESS` creates what is missing",
        Some("42501") => "; the role of the store owns its schema",
        Some("53100") => "; free some space",
        Some("53300") => "; a namespace takes up to six connections",
        Some("55P03") => "; somebody else has it locked",
        _ => "",
    }
}
