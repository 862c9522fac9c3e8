//! `ProxyJump`: jump hosts.

use std::fmt;
use std::str::FromStr;

/// One jump host, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Hop {
    /// Login user; if absent, that of the host's own settings.
    pub user: Option<String>,
    /// Its name.
    pub host: String,
    /// Its port; if absent, that of the host's own settings.
    pub port: Option<u16>,
}

/// As OpenSSH prints it.
impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let is_number = self.host.contains(':') || self.host.chars().all(|c| c.is_ascii_digit() || c == '.');
        match is_number {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A text that is not a jump host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no jump host; write [user@]host[:port]")]
pub struct HopError(String);

/// `[user@]host[:port]`, an IPv6 address in brackets, or `ssh://` before it.
impl FromStr for Hop {
    type Err = HopError;

    fn from_str(text: &str) -> Result<Self, HopError> {
        hop(text).ok_or_else(|| HopError(text.to_owned()))
    }
}

/// Parses the jump hosts of a `ProxyJump` line, in order; `none` is an empty list. `None` for a text that OpenSSH
/// refuses.
pub fn jump_hosts(text: &str) -> Option<Vec<Hop>> {
    // As OpenSSH does: a comment starts here even within a word.
    let text = text.split('#').next().unwrap_or_default().trim_end();
    if text.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    text.split(',').map(hop).collect()
}

fn hop(text: &str) -> Option<Hop> {
    let (text, is_uri) = match text.strip_prefix("ssh://") {
        Some(rest) => (rest.strip_suffix('/').unwrap_or(rest), true),
        None => (text, false),
    };
    if text.contains(|c: char| c.is_whitespace() || c == '/' || c == '"' || (is_uri && c == '%')) {
        return None;
    }
    let (user, address) = match text.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, text),
    };
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':')?),
            };
            (host, port)
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    if host.is_empty() || user.is_some_and(str::is_empty) {
        return None;
    }
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
    };
    Some(Hop {
        user: user.map(str::to_owned),
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Option<String> {
        let hops = jump_hosts(text)?;
        Some(hops.iter().map(Hop::to_string).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn hops_are_read_in_order_with_user_and_port() {
        assert_eq!(printed("a,me@b:2222").as_deref(), Some("a,me@b:2222"));
        assert_eq!(printed("ssh://me@b:22/").as_deref(), Some("me@b:22"));
        assert_eq!(printed("[::1]:2200").as_deref(), Some("[::1]:2200"));
        assert_eq!(printed("a@b@c").as_deref(), Some("a@b@c"));
        assert_eq!(printed("a # why").as_deref(), Some("a"));
        assert_eq!(jump_hosts("NONE"), Some(Vec::new()));
    }

    #[test]
    fn hops_that_make_no_sense_are_refused() {
        for bad in [
            "",
            "a,",
            ",a",
            "@a",
            "a:0",
            "a:x",
            "a:99999",
            "[a",
            "[a]b",
            "ssh://a/b",
            "a, b",
            "a/b",
        ] {
            assert_eq!(jump_hosts(bad), None, "{bad}");
        }
    }
}
