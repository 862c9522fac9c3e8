//! Expands tokens, variables and `~`.

use std::path::PathBuf;

use sha1::{Digest, Sha1};

use crate::local::LocalAccount;

/// The values of tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens<'a> {
    pub(crate) local: &'a LocalAccount,
    /// The host name of the query.
    pub(crate) original: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    /// Its `HostKeyAlias`, if any.
    pub(crate) alias: Option<&'a str>,
    /// Its last jump host, or empty.
    pub(crate) jump: &'a str,
}

impl Tokens<'_> {
    /// Expands a file name: home directory, variables, then all tokens.
    pub(crate) fn path(&self, text: &str) -> Result<PathBuf, String> {
        self.percent(&self.at_home(text)?, true, "%CLdhijklnpru")
            .map(PathBuf::from)
    }

    /// Expands a command of `Match exec`: all tokens, nothing else.
    pub(crate) fn command(&self, text: &str) -> Result<String, String> {
        self.percent(text, false, "%CLdhijklnpru")
    }

    /// Expands a jump host: a few tokens only.
    pub(crate) fn hop(&self, text: &str) -> Result<String, String> {
        self.percent(text, false, "%hnpr")
    }

    fn at_home(&self, text: &str) -> Result<String, String> {
        self.local.at_home(text)
    }

    /// `%C`: a digest of both ends.
    fn digest(&self) -> String {
        // SHA-1 because OpenSSH's `%C` is: the name of a socket, and no protection.
        let mut digest = Sha1::new();
        for part in [
            &self.local.machine,
            self.host,
            &self.port.to_string(),
            self.user,
            self.jump,
        ] {
            digest.update(part);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn percent(&self, text: &str, with_variables: bool, known: &str) -> Result<String, String> {
        expand(text, with_variables, |token| {
            if !known.contains(token) {
                return None;
            }
            Some(match token {
                '%' => "%".to_owned(),
                'h' => self.host.to_owned(),
                'n' => self.original.to_owned(),
                'p' => self.port.to_string(),
                'r' => self.user.to_owned(),
                'u' => self.local.user.clone(),
                'd' => self.local.home_text(),
                'i' => self.local.uid.to_string(),
                'k' => self.alias.unwrap_or(self.original).to_owned(),
                'j' => self.jump.to_owned(),
                'C' => self.digest(),
                'l' => self.local.machine.clone(),
                'L' => self.local.machine.split('.').next().unwrap_or_default().to_owned(),
                _ => return None,
            })
        })
    }
}

/// Expands `HostName`, which may contain the host name of the query.
pub(crate) fn host_name(text: &str, asked: &str) -> Result<String, String> {
    expand(text, false, |token| match token {
        '%' => Some("%".to_owned()),
        'h' => Some(asked.to_owned()),
        _ => None,
    })
}

/// One pass from left to right: expanded text is not expanded again.
fn expand(text: &str, with_variables: bool, value: impl Fn(char) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['%', '$']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        expanded.push_str(before);
        if let Some(after) = from.strip_prefix('%') {
            let mut characters = after.chars();
            let token = characters.next();
            let Some(value) = token.and_then(&value) else {
                let token = token.map_or_else(String::new, String::from);
                return Err(format!("`%{token}` in `{text}` is not supported there"));
            };
            expanded.push_str(&value);
            rest = characters.as_str();
        } else if let (true, Some(after)) = (with_variables, from.strip_prefix("${")) {
            let open = || format!("`${{` in `{text}` is never closed");
            let (name, after) = after.split_once('}').ok_or_else(open)?;
            expanded.push_str(&variable(name, text)?);
            rest = after;
        } else {
            expanded.push('$');
            rest = from.strip_prefix('$').unwrap_or_default();
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn variable(name: &str, within: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the variable `{name}` in `{within}` is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_knows_only_its_own_token() {
        assert_eq!(host_name("%h.example.com", "web1").unwrap(), "web1.example.com");
        assert_eq!(host_name("100%%", "web1").unwrap(), "100%");
        assert!(host_name("%p", "web1").unwrap_err().contains("`%p`"));
        assert!(host_name("x%", "web1").is_err());
    }

    #[test]
    fn an_unset_variable_is_named() {
        let variables = |text| expand(text, true, |_| None);
        let problem = variables("a${POGO_NO_SUCH_VARIABLE}b").unwrap_err();
        assert!(problem.contains("POGO_NO_SUCH_VARIABLE"), "{problem}");
        assert!(variables("${open").is_err());
        assert_eq!(variables("$HOME$").unwrap(), "$HOME$");
    }
}
