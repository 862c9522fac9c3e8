//! Characters that show nothing, or show other characters in another order.

use std::fmt::{self, Write};

use super::SelectorError;

/// Whether a character shows nothing by itself (zero-width spaces, fillers, variation selectors, a byte order mark) or
/// changes the direction of its neighbours: two names that differ in nothing else look alike, or like a third.
///
/// These are Unicode's default-ignorable characters, its other formatting characters that have no glyph, and the two
/// blanks that are no white space. Names of hosts and tags cannot hold them.
///
/// ```
/// use pogo_core::fleet::is_invisible;
///
/// assert!(is_invisible('\u{200b}') && is_invisible('\u{202e}'));
/// assert!(!is_invisible('e') && !is_invisible('é') && !is_invisible('東'));
/// ```
pub const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The first character of a text that cannot be seen as it is, and which one it is, from 1.
pub(super) fn first_unseen(text: &str) -> Option<(char, usize)> {
    // Nearly every text is made of these alone, and there may be very many.
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return None;
    }
    let mut characters = text.chars().zip(1..);
    characters.find(|(character, _)| is_unseen(*character))
}

/// Refuses a text that holds a character that shows nothing, where it stands.
pub(super) fn check(text: &str) -> Result<(), SelectorError> {
    if text.is_ascii() {
        return Ok(());
    }
    match text.char_indices().find(|(_, character)| is_invisible(*character)) {
        None => Ok(()),
        Some((offset, hidden)) => {
            let message = format!(
                "a character that shows nothing (`{}`) stands here; take it out",
                hidden.escape_unicode()
            );
            Err(SelectorError::new(offset, message))
        }
    }
}

/// A text of somebody on one line, with what cannot be seen in it written as `\n` or `\u{200b}`.
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                character if character.is_control() => write!(f, "{}", character.escape_debug())?,
                character if is_invisible(character) => write!(f, "{}", character.escape_unicode())?,
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn is_unseen(character: char) -> bool {
    is_invisible(character) || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_standard_library_knows_to_show_nothing_is_invisible() {
        // White space and control characters have rules of their own; private and unassigned characters show a box.
        let hidden = [
            '\u{ad}',
            '\u{200b}',
            '\u{200e}',
            '\u{202a}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0001}',
        ];
        assert!(
            hidden
                .iter()
                .all(|&character| is_invisible(character) && character.escape_debug().count() > 1)
        );
        let ascii = (0..128_u8).map(char::from);
        assert!(ascii.into_iter().all(|character| !is_invisible(character)));
    }

    #[test]
    fn texts_are_shown_with_what_is_hidden_in_them() {
        assert_eq!(Escaped("web\u{202e}1\n").to_string(), "web\\u{202e}1\\n");
        assert_eq!(first_unseen("wéb\u{200b}1"), Some(('\u{200b}', 4)));
        assert_eq!(first_unseen("a b"), None);
    }
}
