//! What a dispatcher is called among owners: who runs it, which process it is, and where it answers.

use std::fmt;

use pogo_core::journal::OwnerId;

/// The name of an owner, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnerName {
    /// The account and its machine.
    pub(super) account: String,
    pub(super) process: u32,
    /// The address for clients, where it has one.
    pub(super) url: Option<String>,
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}", self.account, self.process)?;
        match &self.url {
            Some(url) => write!(f, ", {url})"),
            None => f.write_str(")"),
        }
    }
}

impl From<OwnerName> for OwnerId {
    fn from(name: OwnerName) -> Self {
        Self(name.to_string().into())
    }
}

/// The address for clients that an owner has in its name. The store has names of owners as people read them, which is
/// the one place that every version of this program reads and writes.
pub(super) fn url_of(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once(" (process ")?;
    let (process, url) = rest.strip_suffix(')')?.split_once(", ")?;
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    (process.parse::<u32>().is_ok() && is_url && !url.contains(char::is_whitespace)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_in_a_name_is_the_one_that_was_put_there() {
        let mut name = OwnerName {
            account: "ada@db1 (process 7, http://elsewhere)".to_owned(),
            process: 4711,
            url: Some("https://db1.example.com:7646".to_owned()),
        };
        assert_eq!(url_of(&name.to_string()), Some("https://db1.example.com:7646"));
        name.url = None;
        assert_eq!(url_of(&name.to_string()), None);
        for other in ["", "ada@db1", "x (process y, https://a)", "x (process 1, ftp://a)"] {
            assert_eq!(url_of(other), None, "{other}");
        }
    }
}
