//! Text that fits so many columns of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A text of at most so many columns, which ends with `…` where it was cut.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut taken = 0;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken >= columns {
            break;
        }
        kept.push(c);
    }
    // What a terminal makes of a sequence of emoji is less than its parts.
    while width(&kept) + 1 > columns && kept.pop().is_some() {}
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// The text cut to this width, and padded with spaces.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let room = columns - width(&text).min(columns);
    text + &" ".repeat(room)
}

/// How many columns standard output has, if it is a terminal.
pub(crate) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_and_combining_characters_are_counted_as_they_are_seen() {
        assert_eq!(cut("日本語のホスト", 7), "日本語…");
        assert_eq!(cut("日本語のホスト", 8), "日本語…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(padded("日本", 6), "日本  ");
        assert_eq!([cut("web", 0), cut("web", 1), cut("web", 3)], ["", "…", "web"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_wider_than_asked(text in "(\\PC|👩\u{200d}💻|日){0,20}", columns in 0_usize..24) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert_eq!(width(&padded(&text, columns)), columns);
        }
    }
}
