//! Whom a grant is for.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Whom a grant is for.
///
/// ```
/// use pogo_web::Who;
///
/// assert_eq!("group:dba".parse::<Who>()?, Who::Group("dba".into()));
/// assert_eq!("*".parse::<Who>()?, Who::Anybody);
/// assert_eq!("alice".parse::<Who>()?.to_string(), "alice");
/// assert!("ali*".parse::<Who>().is_err());
/// # Ok::<(), pogo_web::InvalidWho>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Who {
    /// Everybody who is known.
    Anybody,
    /// Whoever has this name.
    Name(Arc<str>),
    /// The members of this group.
    Group(Arc<str>),
}

/// Text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` names nobody; write a name, `group:NAME`, or `*` for everybody who is known", text.escape_debug())]
#[non_exhaustive]
pub struct InvalidWho {
    /// The text as given.
    pub text: String,
}

impl Who {
    /// Whether it is for somebody of this name and these groups. Names are compared as they are, with their case.
    pub(super) fn is(&self, name: &str, groups: &[Arc<str>]) -> bool {
        match self {
            Self::Anybody => true,
            Self::Name(known) => **known == *name,
            Self::Group(group) => groups.contains(group),
        }
    }
}

impl FromStr for Who {
    type Err = InvalidWho;

    fn from_str(text: &str) -> Result<Self, InvalidWho> {
        let invalid = || InvalidWho { text: text.to_owned() };
        // A star within a name is no pattern, and whoever writes one expects that it is.
        let is_name = |name: &str| {
            let seen = !name.is_empty() && name.trim() == name && !name.contains(['*', '\\']);
            seen && !name.chars().any(char::is_control)
        };
        match (text, text.strip_prefix("group:")) {
            ("*", _) => Ok(Self::Anybody),
            (_, Some(group)) if is_name(group) => Ok(Self::Group(group.into())),
            (name, None) if is_name(name) => Ok(Self::Name(name.into())),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => f.write_str("*"),
            Self::Name(name) => f.write_str(name),
            Self::Group(group) => write!(f, "group:{group}"),
        }
    }
}
