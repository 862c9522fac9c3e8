//! `user@host:port` in targets, as for `ssh`.

use std::collections::BTreeMap;

use pogo_core::fleet::{FleetBuilder, HostId, HostRange};

/// User and port for some hosts, which override the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    hosts: HostRange,
    user: Option<String>,
    port: Option<u16>,
}

impl Login {
    /// Sets these logins for the fleet's hosts.
    ///
    /// # Errors
    /// A host has two different logins.
    pub(crate) fn apply(all: &[Self], mut fleet: FleetBuilder) -> Result<FleetBuilder, String> {
        let mut applied: BTreeMap<HostId, &Self> = BTreeMap::new();
        for login in all {
            for name in login.hosts.expand() {
                let host = fleet.find(&name);
                let Some((host, connection)) = host.and_then(|host| Some((host, fleet.connection_mut(host)?))) else {
                    continue;
                };
                let before = applied.insert(host, login);
                if before.is_some_and(|before| (&before.user, before.port) != (&login.user, login.port)) {
                    return Err(format!("`{name}` is named with two different logins; leave one out"));
                }
                connection.user = login.user.clone().or_else(|| connection.user.take());
                connection.port = login.port.or(connection.port);
            }
        }
        Ok(fleet)
    }
}

/// Splits targets and logins. Logins are replaced by spaces, so that error positions stay the same.
pub(super) fn split(text: &str) -> Result<(String, Vec<Login>), String> {
    let (mut plain, mut logins) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let end = match next {
            '$' | '@' => tag_end(rest),
            next if is_between(next) => next.len_utf8(),
            _ => word_end(rest),
        };
        let (word, after) = rest.split_at(end);
        match next == '$' || next == '@' || is_between(next) {
            true => plain.push_str(word),
            false => plain.push_str(&host(word, &mut logins)?),
        }
        rest = after;
    }
    Ok((plain, logins))
}

fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '|' | '&' | '!' | '(' | ')')
}

/// The end of a tag, including the argument of its resolver.
fn tag_end(text: &str) -> usize {
    let name = text.char_indices().skip(1).find(|(_, c)| is_between(*c));
    match name {
        Some((at, '(')) => text[at..].find(')').map_or(text.len(), |close| at + close + 1),
        Some((at, _)) => at,
        None => text.len(),
    }
}

/// The end of a host or range, whose brackets and braces may contain commas.
fn word_end(text: &str) -> usize {
    let mut close = None;
    for (at, character) in text.char_indices() {
        match (close, character) {
            (Some(wanted), found) if found == wanted => close = None,
            (Some(_), _) => {}
            (None, '[') => close = Some(']'),
            (None, '{') => close = Some('}'),
            (None, found) if is_between(found) => return at,
            (None, _) => {}
        }
    }
    text.len()
}

/// One host or range without its login.
fn host(word: &str, logins: &mut Vec<Login>) -> Result<String, String> {
    if let Some(file) = word.strip_prefix('^') {
        return Err(format!(
            "`{word}` is no host here; a list of hosts is --targets-file {file}"
        ));
    }
    if word.contains(';') {
        return Err(format!(
            "`;` joins no targets; write `,`, as in {}",
            word.replace(';', ",")
        ));
    }
    let without_scheme = word.strip_prefix("ssh://").unwrap_or(word);
    let (user, address) = match without_scheme.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, without_scheme),
    };
    let (name, port) = port_of(word, address)?;
    // Replaced by spaces, so that the rest keeps its position.
    let before = name.as_ptr() as usize - word.as_ptr() as usize;
    let after = word.len() - before - name.len();
    let plain = format!("{}{name}{}", " ".repeat(before), " ".repeat(after));
    if user.is_none() && port.is_none() {
        return Ok(plain);
    }
    if user.is_some_and(str::is_empty) || name.is_empty() {
        return Err(format!("`{word}` lacks a part; write user@host or user@host:port"));
    }
    let hosts: HostRange = name.parse().map_err(|error| format!("in `{word}`: {error}"))?;
    if hosts.has_wildcards() {
        return Err(format!(
            "`{word}` gives a login to a pattern; name the hosts, or give all of them a user with -u and a port with \
             --port"
        ));
    }
    logins.push(Login {
        hosts,
        user: user.map(str::to_owned),
        port,
    });
    Ok(plain)
}

/// Splits name and port. IPv6 addresses with a port are in brackets.
fn port_of<'w>(word: &str, address: &'w str) -> Result<(&'w str, Option<u16>), String> {
    let bracketed = address.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((address, after)) = bracketed.filter(|(address, _)| address.contains(':')) {
        let port = match after.strip_prefix(':') {
            Some(port) => Some(number(word, port)?),
            None if after.is_empty() => None,
            None => return Err(format!("in `{word}`: behind `]` comes `:` and a port")),
        };
        return Ok((address, port));
    }
    match address.split_once(':') {
        // Several colons are an address.
        Some((name, port)) if !port.contains(':') => Ok((name, Some(number(word, port)?))),
        _ => Ok((address, None)),
    }
}

fn number(word: &str, port: &str) -> Result<u16, String> {
    let number = port.parse().ok().filter(|port| *port != 0);
    number.ok_or_else(|| format!("in `{word}`: `{port}` is no port; write a number from 1 to 65535, as in web1:2222"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shown = (String, Option<String>, Option<u16>);

    fn read(text: &str) -> (String, Vec<Shown>) {
        let (plain, logins) = split(text).unwrap();
        assert_eq!(plain.len(), text.len(), "{text}");
        let logins = logins
            .into_iter()
            .map(|login| (login.hosts.to_string(), login.user, login.port));
        (plain.split_whitespace().collect::<Vec<_>>().join(" "), logins.collect())
    }

    #[test]
    fn logins_are_taken_out_and_leave_the_rest_where_it_stood() {
        let root = || Some("root".to_owned());
        for (text, plain, logins) in [
            ("web1", "web1", vec![]),
            ("root@web1", "web1", vec![("web1", root(), None)]),
            ("root@web1:22,db1", "web1 ,db1", vec![("web1", root(), Some(22))]),
            ("web[1,3]:2222", "web[1,3]", vec![("web[1,3]", None, Some(2222))]),
            ("ssh://root@web1:22", "web1", vec![("web1", root(), Some(22))]),
            ("fe80::1", "fe80::1", vec![]),
            ("[fe80::1]:22", "fe80::1", vec![("fe80::1", None, Some(22))]),
            ("root@[fe80::1]", "fe80::1", vec![("fe80::1", root(), None)]),
            ("@web & !@colo.east", "@web & !@colo.east", vec![]),
            ("$roles(a@b:1),x", "$roles(a@b:1),x", vec![]),
            ("a@b@web1", "web1", vec![("web1", Some("a@b".to_owned()), None)]),
            ("(root@web1|web2)", "( web1|web2)", vec![("web1", root(), None)]),
        ] {
            let logins: Vec<_> = logins
                .into_iter()
                .map(|(hosts, user, port)| (hosts.to_owned(), user, port))
                .collect();
            assert_eq!(read(text), (plain.to_owned(), logins), "{text}");
        }
    }

    #[test]
    fn a_login_counts_before_what_an_inventory_says() {
        let fleet = FleetBuilder::default().host("web1").user("joe").port(22).hosts("web2");
        let (_, logins) = split("root@web1, web[1-2]:2222, ann@db1").unwrap();
        assert!(
            Login::apply(&logins, fleet.clone())
                .unwrap_err()
                .contains("two different")
        );
        let (_, logins) = split("root@web1, web2:2222, ann@db1").unwrap();
        let fleet = Login::apply(&logins, fleet).unwrap();
        let login = |name| {
            let connection = fleet.known_connection(fleet.find(name)?)?;
            Some((connection.user.clone(), connection.port))
        };
        assert_eq!(login("web1"), Some((Some("root".to_owned()), Some(22))));
        assert_eq!(login("web2"), Some((None, Some(2222))));
        assert_eq!(login("db1"), None);
    }

    #[test]
    fn a_login_that_lacks_a_part_is_refused() {
        for text in [
            "root@",
            "root@:22",
            "web1:",
            "web1:0",
            "web1:70000",
            "web1:ssh",
            "[::1]x",
            "root@web*",
            ":22",
            "^hosts",
            "a;b",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
