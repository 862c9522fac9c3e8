//! Rejects addresses and users that are certainly mistakes.

use pogo_core::fleet::{Connection, is_invisible};

/// The problem with an address, and the cure.
pub(crate) fn wrong_address(text: &str) -> Option<(String, &'static str)> {
    // Fast path: nearly every address consists of these characters, and there may be very many.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
    if text.bytes().all(plain) {
        return None;
    }
    let shown = text.escape_debug();
    if let Some((host, prefix)) = text.split_once('/')
        && !prefix.is_empty()
        && prefix.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !host.is_empty()
    {
        let message = format!("`{shown}` is a network, an address with the length of its prefix");
        return Some((message, "write the address alone, without `/` and what follows"));
    }
    if text.contains('/') {
        let message = format!("`{shown}` is no address of a host");
        return Some((message, "write a name or an address, without a scheme or a path"));
    }
    if text.contains('@') {
        let message = format!("`{shown}` holds a user");
        return Some((message, "write the address alone, and the user as a setting of its own"));
    }
    if text.contains(char::is_whitespace) {
        let message = format!("the address `{shown}` holds white space");
        return Some((message, "write one name or address"));
    }
    unseen("address", text)
}

/// The problem with a user, and the cure.
pub(crate) fn wrong_user(text: &str) -> Option<(String, &'static str)> {
    unseen("user", text)
}

/// The problem with the address or the user, and the cure.
pub(crate) fn wrong(connection: &Connection) -> Option<(String, &'static str)> {
    let address = connection.address.as_deref().and_then(wrong_address);
    address.or_else(|| connection.user.as_deref().and_then(wrong_user))
}

fn unseen(what: &str, text: &str) -> Option<(String, &'static str)> {
    let hidden = |character: char| character.is_control() || is_invisible(character);
    let (position, character) = (1..).zip(text.chars()).find(|(_, character)| hidden(*character))?;
    // Only hidden characters are escaped: a name in another script than Latin stays readable.
    let mut shown = String::new();
    for character in text.chars() {
        match hidden(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    let character = character.escape_unicode();
    let message =
        format!("the {what} `{shown}` holds a character that shows nothing (`{character}`, the character {position})");
    Some((message, "take it out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_hosts_are_addresses() {
        for good in [
            "web1",
            "10.0.0.1",
            "fe80::1%eth0",
            "[::1]",
            "::1",
            "web1.example.com",
            "wéb1",
        ] {
            assert_eq!(wrong_address(good), None, "{good}");
        }
        for (bad, expected) in [
            ("10.0.0.1/24", "is a network"),
            ("10.0.0.0/255.255.255.0", "is a network"),
            ("fe80::1/64", "is a network"),
            ("https://web1/", "is no address"),
            ("web1/x", "is no address"),
            ("root@web1", "holds a user"),
            ("web 1", "white space"),
            ("web\u{202e}1", "`\\u{202e}`"),
        ] {
            let (message, _) = wrong_address(bad).unwrap_or_else(|| panic!("{bad} is taken"));
            assert!(message.contains(expected) && !message.contains('\u{202e}'), "{message}");
        }
        assert!(wrong_user("ro\u{200b}ot").is_some() && wrong_user("DOMAIN/me").is_none());
    }
}
