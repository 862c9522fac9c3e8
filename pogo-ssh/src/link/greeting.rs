//! Recognizes other protocols by a server's first bytes.

use std::fmt::Write;

/// How many bytes are examined.
pub(super) const LONGEST: usize = 256;
/// How many characters are shown in a message.
const SHOWN: usize = 60;

/// The message for first bytes that certainly are not SSH: there is nothing to wait for.
pub(super) fn foreign(first: &[u8], port: u16) -> Option<String> {
    // Servers of both versions say 1.99, of which the last digit may not have come yet.
    if first.starts_with(b"SSH-1.") && !first.starts_with(b"SSH-1.9") && first.len() > 7 {
        return Some("it speaks SSH 1, which is not safe and not supported: update its server".to_owned());
    }
    Some(not_ssh(protocol(first)?, port))
}

/// The message for a failed handshake after these first bytes. `None` if they are SSH.
pub(super) fn unfinished(first: &[u8], port: u16) -> Option<String> {
    if let Some(foreign) = foreign(first, port) {
        return Some(foreign);
    }
    let mut lines = first.split(|&byte| byte == b'\n');
    if first.is_empty() || lines.any(|line| line.starts_with(b"SSH-2.0") || line.starts_with(b"SSH-1.99")) {
        return None;
    }
    Some(not_ssh(&format!("`{}`", escaped(first)), port))
}

fn not_ssh(what: &str, port: u16) -> String {
    format!("it answers {what}, not SSH: is {port} the right port?")
}

fn protocol(first: &[u8]) -> Option<&'static str> {
    let begins = |start: &str| first.starts_with(start.as_bytes());
    // Both begin with 220; only the words of the greeting tell them apart, and either explains a
    // wrong port.
    let mail = || {
        let line = first.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let says = |word: &[u8]| line.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
        match () {
            () if says(b"SMTP") => "SMTP",
            () if says(b"FTP") => "FTP",
            () => "SMTP or FTP",
        }
    };
    // MySQL's handshake packet: length, sequence number 0, protocol 10, version text.
    let mysql = matches!(first, [_, _, 0, 0, 10, b'0'..=b'9', ..]);
    // A TLS alert or handshake record, 1.0 to 1.3.
    let tls = matches!(first, [0x15 | 0x16, 3, 0..=4, ..]);
    Some(match () {
        () if begins("HTTP/") || begins("<!DOCTYPE") || begins("<html") || begins("<HTML") => "HTTP",
        () if begins("220 ") || begins("220-") => mail(),
        () if begins("+OK ") => "POP3",
        () if begins("* OK ") => "IMAP",
        () if begins("RFB 0") => "VNC",
        // It says nothing by itself: this is its answer to our identification line.
        () if begins("-ERR ") => "Redis",
        () if begins("AMQP") => "AMQP",
        () if tls => "TLS",
        () if mysql => "MySQL",
        // IAC, followed by a negotiation command.
        () if matches!(first, [0xff, 0xfb..=0xfe, ..]) => "Telnet",
        () => return None,
    })
}

/// The first line, escaped and shortened.
fn escaped(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    let mut shown = String::new();
    for character in text.chars().take(SHOWN) {
        match character {
            // Everything else is escaped: control characters, bidirectional overrides, zero-width characters.
            ' '..='~' => shown.push(character),
            character if character.is_alphanumeric() => shown.push(character),
            character => _ = write!(shown, "{}", character.escape_unicode()),
        }
    }
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 8080;

    #[test]
    fn what_answers_is_named() {
        for (first, name) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
            (b"<!DOCTYPE HTML>", "HTTP"),
            (b"220 mail.example.com ESMTP Postfix\r\n", "SMTP"),
            (b"220 (vsFTPd 3.0.3)\r\n", "FTP"),
            (b"220 ready\r\n", "SMTP or FTP"),
            (b"+OK ready\r\n", "POP3"),
            (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
            (b"RFB 003.008\n", "VNC"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
            (b"\x4a\x00\x00\x00\x0a8.0.36\x00", "MySQL"),
            (b"\xff\xfd\x18", "Telnet"),
        ] {
            let said = foreign(first, PORT).unwrap();
            assert_eq!(said, format!("it answers {name}, not SSH: is 8080 the right port?"));
            assert_eq!(unfinished(first, PORT), Some(said));
        }
        let old = foreign(b"SSH-1.5-OpenSSH_2.9\n", PORT).unwrap();
        assert!(old.starts_with("it speaks SSH 1, which"), "{old}");
    }

    #[test]
    fn what_may_still_become_ssh_is_waited_for() {
        for first in [
            &b"SSH-2.0-x\r\n"[..],
            b"SSH-1.99-x\r\n",
            b"S",
            b"SSH-1.",
            b"Welcome to this host\r\nSSH-2.0-x\r\n",
            b"",
        ] {
            assert_eq!(foreign(first, PORT), None);
        }
        assert_eq!(unfinished(b"Welcome\r\nSSH-2.0-x\r\n", PORT), None);
        assert_eq!(unfinished(b"", PORT), None);
    }

    #[test]
    fn nothing_of_it_steers_a_terminal() {
        let said = unfinished("\x1b[2J\u{202e}abc\u{9b}1m\r\nmore".as_bytes(), PORT).unwrap();
        assert_eq!(
            said,
            r"it answers `\u{1b}[2J\u{202e}abc\u{9b}1m`, not SSH: is 8080 the right port?"
        );
        let long = unfinished(&[b'x'; 200], PORT).unwrap();
        assert!(long.chars().count() < 120, "{long}");
    }
}
