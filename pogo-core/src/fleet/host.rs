//! Hosts: their names, and how a transport reaches them.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::visible::{Escaped, first_unseen, is_invisible};

/// A host's unique name. Cheap to clone; compares and sorts as text.
///
/// A name is 1 to 255 printable characters without white space, without those that [show nothing](super::is_invisible),
/// and without those that selectors and host ranges give a meaning to: any of `` , | & ! ( ) $ [ ] { } * ? `` and
/// quotes.
///
/// ```
/// use pogo_core::fleet::HostName;
///
/// let name: HostName = "web1.example.com".parse()?;
/// assert_eq!(name.as_str(), "web1.example.com");
/// assert!("web 1".parse::<HostName>().is_err());
/// # Ok::<(), pogo_core::fleet::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(SmolStr);

impl HostName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 255;

    /// A name, if the text is valid as one.
    pub fn new(name: &str) -> Result<Self, NameError> {
        // Nearly every name is made of these alone, and there may be very many.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        // A fold without an early exit compiles to vector instructions; `all` does not.
        let all_plain = |name: &str| name.bytes().fold(true, |all, byte| all & plain(byte));
        if (1..=Self::MAX_LEN).contains(&name.len()) && all_plain(name) {
            // Up to 23 bytes stand in the name itself: most names need no memory of their own.
            return Ok(Self(name.into()));
        }
        // Characters before length: an empty or long text may be made of nothing else, and the
        // character says more.
        match name.chars().find(|c| !Self::allows(*c)) {
            Some(character) => Err(NameError::Character {
                name: name.to_owned(),
                character,
            }),
            None if name.is_empty() => Err(NameError::Empty),
            None if name.len() > Self::MAX_LEN => Err(NameError::TooLong { len: name.len() }),
            None => Ok(Self(name.into())),
        }
    }

    /// Whether a name may hold this character.
    pub(crate) fn allows(character: char) -> bool {
        !(character.is_whitespace()
            || character.is_control()
            || is_invisible(character)
            || matches!(
                character,
                ',' | '|' | '&' | '!' | '(' | ')' | '$' | '[' | ']' | '{' | '}' | '*' | '?' | '"' | '\'' | '`'
            ))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` and not `write_str`, so that widths of columns hold for names too.
        f.pad(&self.0)
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for HostName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for HostName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl TryFrom<String> for HostName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(&name)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0.as_str().to_owned()
    }
}

/// Text that cannot name a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No text at all.
    #[error("a host name is missing")]
    Empty,
    /// A character that a name cannot hold.
    #[error("{} cannot be part of the host name `{}`", named(*character, name), Escaped(name))]
    Character {
        /// The text as given.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// More than [`HostName::MAX_LEN`] bytes.
    #[error("a host name has at most 255 bytes, this one has {len}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// The character; one that cannot be seen with its position.
fn named(character: char, name: &str) -> String {
    match first_unseen(name) {
        Some((unseen, at)) if unseen == character => {
            format!(
                "the character {at}, which shows nothing (`{}`),",
                character.escape_unicode()
            )
        }
        _ => format!("`{character}`"),
    }
}

/// A host's position in its fleet, from 0, in listed order. Means nothing in another fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(u32);

impl HostId {
    /// The host at this position.
    pub const fn new(position: u32) -> Self {
        Self(position)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// The position, for indexing.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A host as a transport sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Host {
    /// Its unique name.
    pub name: HostName,
    /// How to reach it, where that is not plain from the name.
    #[serde(flatten)]
    pub connection: Connection,
}

impl Host {
    /// A host reached by its name, with the transport's defaults.
    pub fn new(name: HostName) -> Self {
        Self {
            name,
            connection: Connection::default(),
        }
    }

    /// Says how to reach it.
    #[must_use]
    pub fn connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }
}

/// How to reach a host. What is `None` is left to the transport's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Connection {
    /// Name or address to connect to, when it is not the host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Port to connect to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// User to log in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Further settings by name, for transports that know them. Never secrets: they are journaled with the fleet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
}

impl Connection {
    /// Everything left to the transport's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name or address to connect to.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sets the port to connect to.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the user to log in as.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Adds a further setting, for transports that know it.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Every setting that has a value, by its name: `address`, `port` and `user`, then the further ones.
    pub fn settings(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let port = self.port.map(|port| Cow::Owned(port.to_string()));
        let plain = [
            ("address", self.address.as_deref().map(Cow::Borrowed)),
            ("port", port),
            ("user", self.user.as_deref().map(Cow::Borrowed)),
        ];
        let plain = plain.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let vars = self.vars.iter();
        plain.chain(vars.map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str()))))
    }

    /// Whether nothing is set, so that the host is reached by its name.
    pub fn is_default(&self) -> bool {
        self.address.is_none() && self.port.is_none() && self.user.is_none() && self.vars.is_empty()
    }
}
