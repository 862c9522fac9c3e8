//! Host patterns: `web[01:50].example.com:2222`.

use crate::numbers::Numbers;

/// The most hosts of one pattern.
const MAX_HOSTS: usize = 1_000_000;

/// Whether the pattern is a plain host name, as nearly all are.
pub(super) fn is_name(pattern: &str) -> bool {
    // No early exit: over all the bytes at once this is faster, and it is asked for each host.
    pattern
        .bytes()
        .fold(true, |name, byte| name & !matches!(byte, b'[' | b':'))
}

/// Expands a pattern into hosts and their port.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (name, port) = split_port(pattern)?;
    let mut hosts = vec![name.to_owned()];
    while hosts.first().is_some_and(|host| host.contains('[')) {
        hosts = hosts
            .iter()
            .map(|host| expand_first(host))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        // After each bracket: five of them with a hundred each would fill the memory before the
        // end.
        if hosts.len() > MAX_HOSTS {
            return Err(format!("`{pattern}` names more than {MAX_HOSTS} hosts"));
        }
    }
    Ok((hosts, port))
}

/// Splits `name:port` and `[address]:port`; colons within brackets belong to ranges.
fn split_port(pattern: &str) -> Result<(&str, Option<u16>), String> {
    let Some((name, port)) = pattern.rsplit_once(':') else {
        return Ok((pattern, None));
    };
    // The last colon may stand in a range, as in `web[1:50]`.
    let open = name.matches('[').count() > name.matches(']').count();
    if open || name.replace(|c: char| c.is_ascii_hexdigit(), "").starts_with(':') || is_ipv6(pattern) {
        return Ok((pattern, None));
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) || port.is_empty() {
        return Err(format!(
            "`{port}` in `{pattern}` is not a port; after `:` stands a number"
        ));
    }
    let number = port
        .parse()
        .map_err(|_| format!("`{port}` in `{pattern}` is not a port; ports end at 65535"))?;
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match inner {
        Some(address) if is_ipv6(address) || !address.contains(['[', ']']) && !is_range(address) => {
            Ok((address, Some(number)))
        }
        _ => Ok((name, Some(number))),
    }
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_range(text: &str) -> bool {
    text.split(':').count() >= 2 && !is_ipv6(text)
}

fn expand_first(host: &str) -> Result<Vec<String>, String> {
    let parts = host
        .split_once('[')
        .and_then(|(head, rest)| Some((head, rest.split_once(']')?)));
    let Some((head, (range, tail))) = parts else {
        return Err(format!("`[` in `{host}` is never closed"));
    };
    let items = range_items(range).map_err(|why| format!("`[{range}]` {why}"))?;
    Ok(items.into_iter().map(|item| format!("{head}{item}{tail}")).collect())
}

fn range_items(range: &str) -> Result<Vec<String>, &'static str> {
    const SYNTAX: &str = "is not a range; write [1:50], [01:50], [a:f] or [1:50:2]";
    let mut bounds = range.split(':');
    let (Some(begin), Some(end), step, None) = (bounds.next(), bounds.next(), bounds.next(), bounds.next()) else {
        return Err(SYNTAX);
    };
    let step: usize = step.unwrap_or("1").parse().map_err(|_| SYNTAX)?;
    if step == 0 {
        return Err("has a step of 0; a step is at least 1");
    }
    let letter = |text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii_alphabetic() => Some(*byte),
        _ => None,
    };
    if let (Some(first), Some(last)) = (letter(begin), letter(end)) {
        return letters(first, last, step);
    }
    let numbers = Numbers::read(begin, end).ok_or(SYNTAX)?.every(step);
    // Ansible refuses it too: how wide the names in between are would be a guess.
    if begin.starts_with('0') && begin.len() > 1 && begin.len() != end.len() {
        return Err("begins with zeros; then both ends need as many digits: [01:50]");
    }
    if numbers.run_backwards() {
        return Err("runs backwards; the smaller end comes first");
    }
    if numbers.are_more_than(MAX_HOSTS) {
        return Err("names more than 1000000 hosts");
    }
    Ok(numbers.names().collect())
}

/// Expands letters in the order of Python's `ascii_letters`, as Ansible does: a..z, A..Z.
fn letters(first: u8, last: u8, step: usize) -> Result<Vec<String>, &'static str> {
    let all: Vec<u8> = (b'a'..=b'z').chain(b'A'..=b'Z').collect();
    let position = |letter| all.iter().position(|known| *known == letter);
    let range = position(first)
        .zip(position(last))
        .filter(|(first, last)| first <= last);
    let Some((first, last)) = range else {
        return Err("runs backwards; the smaller end comes first");
    };
    let chosen = all.iter().skip(first).take(last - first + 1).step_by(step);
    Ok(chosen.map(|letter| char::from(*letter).to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn hosts(pattern: &str) -> (String, Option<u16>) {
        let (hosts, port) = expand(pattern).unwrap();
        (hosts.join(" "), port)
    }

    #[test]
    fn ranges_expand_as_ansible_does() {
        for (pattern, expected, port) in [
            ("web1", "web1", None),
            ("web1:2222", "web1", Some(2222)),
            ("web[1:3]", "web1 web2 web3", None),
            ("web[08:10].x:22", "web08.x web09.x web10.x", Some(22)),
            ("db-[a:c][1:2]", "db-a1 db-a2 db-b1 db-b2 db-c1 db-c2", None),
            ("w[1:6:2]", "w1 w3 w5", None),
            ("w[y:B]", "wy wz wA wB", None),
            ("w[0:2]", "w0 w1 w2", None),
            ("::1", "::1", None),
            ("fe80::a:1", "fe80::a:1", None),
            ("[::1]:22", "::1", Some(22)),
            ("[web1]:22", "web1", Some(22)),
            ("[a:b]", "a b", None),
        ] {
            assert_eq!(hosts(pattern), (expected.to_owned(), port), "{pattern}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for pattern in [
            "w[1",
            "w[1:2",
            "w[]",
            "w[1]",
            "w[1:2:3:4]",
            "w[3:1]",
            "w[b:a]",
            "w[1:2:0]",
            "w[01:100]",
            "w[1:x]",
            "w:",
            "w:ssh",
            "w:65536",
            "w[1:99999999999]",
            "w[1:2000][1:2000]",
            "w[-1:2]",
            "w[:3]",
        ] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
    }
}
