//! Why a fleet cannot be built.

use super::names::Names;
use super::visible::Escaped;
use super::{HostName, NameError, SelectorError, TagError};

/// A fleet that contradicts itself, or text that is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// Text that cannot name a host.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Text that is not a tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// Text that is not a host range.
    #[error("in the host range `{}`: {error}", Escaped(text))]
    Range {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        #[source]
        error: SelectorError,
    },
    /// A pattern where names are listed.
    #[error(
        "`{}` has wildcards, but tags list hosts by name; write the names or a range",
        Escaped(text)
    )]
    Wildcards {
        /// The text as given.
        text: String,
    },
    /// Two different values of one setting of one host.
    #[error(
        "host `{host}` has two values for {setting}: `{}` and `{}`; take one out",
        Escaped(first),
        Escaped(second)
    )]
    Conflict {
        /// The host.
        host: HostName,
        /// The setting.
        setting: String,
        /// The value given first.
        first: String,
        /// The value given later.
        second: String,
    },
    /// An address or user with a character that shows nothing, so that it looks like another.
    #[error(
        "the {setting} of the host `{host}` holds a character that shows nothing: `{}`; take it out",
        Escaped(value)
    )]
    Unseen {
        /// The host.
        host: HostName,
        /// The setting.
        setting: String,
        /// Its value.
        value: String,
    },
    /// A setting or tag before the first call of [`host`](super::FleetBuilder::host).
    #[error("a setting or tag comes before any host; call `host` first")]
    NoHost,
    /// More than [`MAX_HOSTS`](super::FleetBuilder::MAX_HOSTS) hosts.
    #[error("the fleet has more than {} hosts", Names::MAX)]
    TooLarge,
}
