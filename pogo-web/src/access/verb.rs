//! What may be done.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! verbs {
    ($( $(#[$meta:meta])* $name:ident $text:literal; )*) => {
        /// What somebody may do. None of them stands for another, but [`SteerAll`](Self::SteerAll) for
        /// [`SteerOwn`](Self::SteerOwn).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[non_exhaustive]
        pub enum Verb {
            $( $(#[$meta])* $name, )*
        }

        impl Verb {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As it is written in a file of grants.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

verbs! {
    /// See jobs, hosts, limits, fleet and policy of a namespace.
    View "view";
    /// Read what hosts wrote.
    ViewOutput "view output";
    /// Submit jobs.
    Run "run";
    /// Give orders to jobs that they submitted themselves.
    SteerOwn "steer own";
    /// Give orders to all jobs, hold hosts and mark them; without targets also freeze and thaw.
    SteerAll "steer all";
    /// Change fleet and policy, and run without regard to limits.
    Admin "admin";
}

impl Verb {
    /// Whether it is about a namespace as a whole, so that no grant that is limited to hosts or recipes has it.
    pub const fn is_of_namespace(self) -> bool {
        matches!(self, Self::View | Self::Admin)
    }

    /// Whether whoever may do this may do the other.
    pub(super) fn includes(self, other: Self) -> bool {
        self == other || (self == Self::SteerAll && other == Self::SteerOwn)
    }
}

/// Text that names no verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is nothing that can be granted; there are {}", text.escape_debug(), names())]
#[non_exhaustive]
pub struct UnknownVerb {
    /// The text as given.
    pub text: String,
}

fn names() -> String {
    let names: Vec<&str> = Verb::ALL.iter().map(|verb| verb.name()).collect();
    names.join(", ")
}

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        let found = Self::ALL.iter().find(|verb| verb.name() == text);
        found.copied().ok_or_else(|| UnknownVerb { text: text.to_owned() })
    }
}

impl TryFrom<String> for Verb {
    type Error = UnknownVerb;

    fn try_from(text: String) -> Result<Self, UnknownVerb> {
        text.parse()
    }
}

impl From<Verb> for String {
    fn from(verb: Verb) -> Self {
        verb.name().to_owned()
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
