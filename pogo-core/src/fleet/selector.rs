//! Selectors: expressions that name hosts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{HostName, HostRange, SelectorError, TagPath};

/// An expression that names hosts: `$frontend & $colo.east, db[1-3], !$retired`.
///
/// ```text
/// selector := term { ("," | "|") term }         union
/// term     := factor { "&" factor }             intersection
/// factor   := "!" factor | "(" selector ")" | "*" | sigil tag | sigil resolver "(" text ")" | host-range
/// sigil    := "$" | "@"
/// ```
///
/// `@web` is `$web`, for command lines: a shell leaves it alone, in double quotes too.
///
/// Displays in a form that reads back to an equal selector.
///
/// ```
/// use pogo_core::fleet::Selector;
///
/// let selector: Selector = "$frontend&!$colo.east | db[1-3]".parse()?;
/// assert_eq!(selector.to_string(), "$frontend & !$colo.east, db[1-3]");
/// # Ok::<(), pogo_core::fleet::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Selector {
    /// `*`: all hosts.
    All,
    /// `$colo.east`: members of a tag.
    Tag(TagPath),
    /// `$rolesdb(mysql)`: what an external tag resolver answers.
    External {
        /// The resolver's name.
        resolver: String,
        /// What it is asked.
        args: String,
    },
    /// `web[1-3]`: hosts by name.
    Hosts(HostRange),
    /// `!…`: all others.
    Not(Box<Selector>),
    /// `… & …`: hosts that all of these name.
    And(Vec<Selector>),
    /// `…, …`: hosts that any of these names.
    Or(Vec<Selector>),
}

impl Selector {
    /// The members of a tag.
    ///
    /// # Errors
    /// The path is not one.
    pub fn tag(path: &str) -> Result<Self, super::TagError> {
        Ok(Self::Tag(path.parse()?))
    }

    /// These hosts, in this order.
    pub fn hosts<'a>(names: impl IntoIterator<Item = &'a HostName>) -> Self {
        let mut all: Vec<Self> = names
            .into_iter()
            .map(|name| Self::Hosts(HostRange::single(name)))
            .collect();
        if all.len() == 1 {
            all.swap_remove(0)
        } else {
            Self::Or(all)
        }
    }

    /// Reads a selector as the original's files spell it: where `$resolver text` stands for `$resolver(text)`.
    ///
    /// # Errors
    /// As [`FromStr`](std::str::FromStr).
    pub fn parse_original(text: &str) -> Result<Self, SelectorError> {
        let trimmed = text.trim();
        if let Some((head, args)) = trimmed
            .strip_prefix('$')
            .and_then(|rest| rest.split_once(char::is_whitespace))
        {
            let name = !head.is_empty() && head.chars().all(TagPath::allows);
            // With an operator in it the text is a selector of today, which may begin with a tag
            // and a space as well.
            let operator = |c: char| matches!(c, ',' | '|' | '&' | '!' | '(' | ')' | '$');
            if name && !args.contains(operator) {
                return Ok(Self::External {
                    resolver: head.to_owned(),
                    args: args.trim().to_owned(),
                });
            }
        }
        text.parse()
    }

    /// What external resolvers have to be asked before this can be resolved, as `(resolver, args)`.
    pub fn externals(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        self.walk(&mut |selector| {
            if let Self::External { resolver, args } = selector {
                found.push((resolver.as_str(), args.as_str()));
            }
        });
        found
    }

    /// The names it lists itself, wildcards and tags aside: those that a caller may allow to be unknown. Not those that
    /// it leaves out: a slip there would let a host run that was to be spared.
    pub(super) fn literals(&self) -> Vec<&HostRange> {
        match self {
            Self::Hosts(range) if !range.has_wildcards() => vec![range],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::literals).collect(),
            Self::Hosts(_) | Self::All | Self::Tag(_) | Self::External { .. } | Self::Not(_) => vec![],
        }
    }

    fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Not(inner) => inner.walk(visit),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Self::All | Self::Tag(_) | Self::External { .. } | Self::Hosts(_) => {}
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Tag(path) => write!(f, "${path}"),
            Self::External { resolver, args } => write!(f, "${resolver}({args})"),
            Self::Hosts(range) => write!(f, "{range}"),
            Self::Not(inner) => match **inner {
                Self::And(_) | Self::Or(_) => write!(f, "!({inner})"),
                _ => write!(f, "!{inner}"),
            },
            Self::And(parts) => join(f, parts, " & ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(parts) => join(f, parts, ", ", |part| matches!(part, Self::Or(_))),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Selector],
    between: &str,
    wrap: impl Fn(&Selector) -> bool,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        f.write_str(if at > 0 { between } else { "" })?;
        if wrap(part) {
            write!(f, "({part})")?
        } else {
            write!(f, "{part}")?
        }
    }
    Ok(())
}

impl TryFrom<String> for Selector {
    type Error = SelectorError;

    fn try_from(text: String) -> Result<Self, SelectorError> {
        text.parse()
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}
