//! Escapes text of hosts, files and requests for the terminal.
//!
//! Hosts, inventories and logs hold any characters at all. Those that steer a terminal (controls, also of the C1 kind),
//! turn the direction of reading, end a line, or are not seen (zero-width characters, byte order marks, fillers,
//! variation selectors, tags) are written out, as in `\u{202e}`. All else passes as it is: letters of all scripts,
//! combining characters, and the zero-width joiner and variation selectors inside of emoji, where they are seen.
//! Scripts that use joiners between letters show them written out: two names that look alike can be distinguished.

use std::borrow::Cow;
use std::fmt::Write;

/// Text of one line: an end of line in it is written out as well.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_plain)
}

/// Text of several lines.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |byte| is_plain(byte) || byte == b'\n')
}

/// Text of several lines in colours, which nothing but our own renderer may have set.
pub(super) fn visible_styled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        let (before, style) = rest.split_at(at);
        out.push_str(&visible_lines(before));
        let length = style
            .find(|c: char| !matches!(c, '\x1b' | '[' | ';' | '0'..='9'))
            .unwrap_or(style.len());
        let (codes, more) = style.split_at(length);
        let is_style = more.starts_with('m') && codes.rfind('\x1b') == Some(0);
        let end = if is_style { length + 1 } else { 1 };
        let (style, more) = style.split_at(end);
        if is_style {
            out.push_str(style);
        } else {
            out.push_str(&visible(style));
        }
        rest = more;
    }
    out.push_str(&visible_lines(rest));
    out
}

/// JSON whose strings hold escapes for the same characters, and mean the same.
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    let passes = |byte| is_plain(byte) || byte == b'\n';
    if plain_len(json.as_bytes(), passes) == json.len() {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    let mut units = [0; 2];
    for c in json.chars() {
        if c == '\n' || c == '\t' || !is_hidden(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            // Writing to a text cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

/// Adds text as it stands inside of a string of JSON, with the same escapes.
pub(super) fn push_json_text(out: &mut Vec<u8>, mut text: &str) {
    let passes = |byte| is_plain(byte) && !matches!(byte, b'"' | b'\\' | b'\t');
    let mut units = [0; 2];
    loop {
        let (plain, rest) = text.split_at(plain_len(text.as_bytes(), passes));
        out.extend_from_slice(plain.as_bytes());
        let mut characters = rest.chars();
        let Some(c) = characters.next() else { return };
        match c {
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            '"' | '\\' => out.extend_from_slice(&[b'\\', u8::try_from(c).unwrap_or_default()]),
            c if is_hidden(c) => {
                for unit in c.encode_utf16(&mut units) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        text = characters.as_str();
    }
}

/// Adds bytes of one line. What is no UTF-8 is shown as U+FFFD.
pub(super) fn push_visible(out: &mut Vec<u8>, line: &[u8]) {
    push(out, line, is_plain);
}

fn escaped(text: &str, passes: impl Fn(u8) -> bool + Copy) -> Cow<'_, str> {
    if plain_len(text.as_bytes(), passes) == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    push(&mut out, text.as_bytes(), passes);
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn push(out: &mut Vec<u8>, mut bytes: &[u8], passes: impl Fn(u8) -> bool + Copy) {
    loop {
        let (plain, rest) = bytes.split_at(plain_len(bytes, passes));
        out.extend_from_slice(plain);
        let odd = rest.iter().position(|&byte| passes(byte)).unwrap_or(rest.len());
        if odd == 0 {
            return;
        }
        let (odd, rest) = rest.split_at(odd);
        for chunk in odd.utf8_chunks() {
            push_odd(out, chunk.valid());
            if !chunk.invalid().is_empty() {
                out.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
        bytes = rest;
    }
}

/// Adds characters that are not plain. Emoji hold none that are, so a sequence of them is in one piece.
fn push_odd(out: &mut Vec<u8>, text: &str) {
    let mut characters = text.chars().peekable();
    let mut in_emoji = false;
    while let Some(c) = characters.next() {
        let joins = match c {
            '\u{200d}' => in_emoji && characters.peek().is_some_and(|next| is_pictograph(*next)),
            '\u{fe0e}' | '\u{fe0f}' => in_emoji,
            _ => false,
        };
        if joins || !is_hidden(c) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.extend(c.escape_default().map(|c| c as u8));
        }
        // After a joiner the next one is an emoji; after a variation selector only a joiner is left.
        in_emoji = is_pictograph(c) || (joins && c != '\u{200d}' && characters.peek() == Some(&'\u{200d}'));
    }
}

/// How many bytes at the start need no second look.
fn plain_len(bytes: &[u8], passes: impl Fn(u8) -> bool) -> usize {
    let mut length = 0;
    for block in bytes.chunks_exact(32) {
        // Without a way out of the loop, many bytes are looked at at once.
        if !block.iter().fold(true, |all, &byte| all & passes(byte)) {
            break;
        }
        length += block.len();
    }
    let rest = bytes.get(length..).unwrap_or_default();
    length + rest.iter().take_while(|&&byte| passes(byte)).count()
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Controls, ends of lines, and what Unicode calls `Default_Ignorable_Code_Point`, among which are all that turn the
/// direction of reading.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind that must not be seen raw.
    const HOSTILE: &str = "\0\x07\x08\r\x0b\x1b\x7f\u{80}\u{9b}\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{200b}\
        \u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2064}\
        \u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{206f}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\u{1d173}\
        \u{e0001}\u{e0041}\u{e0100}";

    fn push_all(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        push_visible(&mut out, bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_steers_turns_or_hides_is_written_out() {
        for c in HOSTILE.chars().chain(['\n']) {
            for around in [("", ""), ("web", "1"), ("日", "本"), ("é", "é")] {
                let text = format!("{}{c}{}", around.0, around.1);
                let wanted = format!("{}{}{}", around.0, c.escape_default(), around.1);
                assert_eq!(visible(&text), wanted);
                assert_eq!(push_all(text.as_bytes()), wanted);
            }
        }
    }

    #[test]
    fn ordinary_text_passes_as_it_is() {
        for text in [
            "plain text, with\ttabs and a \\ backslash",
            "Grüße, 日本語のログ, العربية, हिन्दी, e\u{301}",
            "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 👩🏽\u{200d}🚀 🏳\u{fe0f}\u{200d}🌈 ⚠\u{fe0f}",
        ] {
            assert_eq!(visible(text), text);
            assert_eq!(push_all(text.as_bytes()), text);
        }
    }

    #[test]
    fn a_joiner_passes_only_between_emoji() {
        assert_eq!(visible("👩\u{200d}"), "👩\\u{200d}");
        assert_eq!(visible("👩\u{200d}\u{200d}💻"), "👩\\u{200d}\\u{200d}💻");
        assert_eq!(visible("⚠\u{fe0f}\u{fe0f}"), "⚠\u{fe0f}\\u{fe0f}");
        assert_eq!(visible("日\u{fe0f}"), "日\\u{fe0f}");
    }

    #[test]
    fn lines_stay_lines_where_they_are_ours() {
        assert_eq!(visible_lines("one\ntwo\u{202e}\r\n"), "one\ntwo\\u{202e}\\r\n");
        assert_eq!(visible("one\ntwo"), "one\\ntwo");
    }

    #[test]
    fn of_styles_only_colours_pass() {
        assert_eq!(
            visible_styled("\x1b[1m\x1b[91merror\x1b[0m: x\u{202e}\n"),
            "\x1b[1m\x1b[91merror\x1b[0m: x\\u{202e}\n"
        );
        for hostile in ["\x1b[2J", "\x1b]0;title\x07", "\x1b[", "\x1b[\x1b[m", "\x1b[1", "\x1bc"] {
            let shown = visible_styled(hostile);
            assert!(
                shown.replace("\x1b[m", "").chars().all(|c| !c.is_control()),
                "{shown:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_such() {
        assert_eq!(push_all(b"a\xffb\x9b2J\xe2\x80"), "a\u{fffd}b\u{fffd}2J\u{fffd}");
    }

    #[test]
    fn json_means_the_same_and_holds_nothing_raw() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE, "日本", "👩\u{200d}💻"], "n": 1 });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = visible_json(&json);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
            assert!(!shown.chars().any(|c| is_hidden(c) && c != '\n'), "{shown}");
        }
    }

    #[test]
    fn every_length_of_plain_text_comes_through_with_what_is_odd_at_each_position() {
        for length in 0..100 {
            let plain = "x".repeat(length);
            assert_eq!(visible(&plain), plain);
            for at in 0..length {
                let text = format!("{}\x1b{}", &plain[..at], &plain[at..]);
                assert_eq!(visible(&text), text.replace('\x1b', "\\u{1b}"));
            }
        }
    }
}
