//! Writes XML. Names and texts of logs are escaped.

use std::fmt::{self, Display, Write};

/// An XML document being written.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
    /// Open elements.
    open: Vec<&'static str>,
}

/// An element whose attributes are being written. Completed by the methods that consume it.
#[must_use = "an element is written when it is ended"]
pub(super) struct Element<'a> {
    markup: &'a mut Markup,
    name: &'static str,
}

impl Markup {
    pub(super) fn element(&mut self, name: &'static str) -> Element<'_> {
        self.text.push('<');
        self.text.push_str(name);
        Element { markup: self, name }
    }

    /// Closes the innermost element.
    pub(super) fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.push(&["</", name, ">\n"]);
        }
    }

    /// A tooltip of the open element, which screen readers read as its name.
    pub(super) fn title(&mut self, text: &str) {
        self.element("title").text(text);
    }

    /// Appends text without escaping it. Only for constants of this program.
    pub(super) fn constant(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    /// Appends markup that another [`Markup`] wrote.
    pub(super) fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// Closes all elements.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.text
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.text.push_str(part));
    }

    fn escaped(&mut self, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escape(&mut self.text), "{value}");
    }
}

impl<'a> Element<'a> {
    pub(super) fn attr(self, name: &'static str, value: impl Display) -> Self {
        self.markup.push(&[" ", name, "=\""]);
        self.markup.escaped(value);
        self.markup.text.push('"');
        self
    }

    pub(super) fn class(self, class: impl Display) -> Self {
        self.attr("class", class)
    }

    /// Sets its position.
    pub(super) fn at(self, x: f64, y: f64) -> Self {
        self.attr("x", Px(x)).attr("y", Px(y))
    }

    /// Sets its size.
    pub(super) fn size(self, width: f64, height: f64) -> Self {
        self.attr("width", Px(width)).attr("height", Px(height))
    }

    /// Opens it for child elements.
    pub(super) fn begin(self) {
        self.markup.text.push('>');
        self.markup.open.push(self.name);
    }

    /// Closes it without content.
    pub(super) fn empty(self) {
        self.markup.text.push_str("/>\n");
    }

    /// Closes it with text.
    pub(super) fn text(self, text: impl Display) {
        self.markup.text.push('>');
        self.markup.escaped(text);
        self.markup.push(&["</", self.name, ">\n"]);
    }
}

/// Pixels, to a tenth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() / 10.0;
        // Not `-0`.
        write!(f, "{}", tenths + 0.0)
    }
}

/// Escapes what is written through it.
struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // In attributes XML readers make them spaces anyway, and a line break in a host's
                // message must not change the layout.
                '\t' | '\n' | '\r' => self.0.push(' '),
                // XML cannot represent these.
                character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                    self.0.push('\u{fffd}');
                }
                // Bidirectional overrides reorder the text around them, so that a name can look like another.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.push('\u{fffd}'),
                character => self.0.push(character),
            }
        }
        Ok(())
    }
}

/// Shortens a text in its middle to at most `most` characters.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    // In the middle: names of one fleet often differ at their ends only (`web-eu-1`, `web-eu-2`).
    let head = kept.div_ceil(2);
    let tail: String = text.chars().skip(count - (kept - head)).collect();
    let head: String = text.chars().take(head).collect();
    format!("{head}\u{2026}{tail}")
}

/// The approximate width of a text in pixels, for rather wide fonts.
pub(super) fn breadth(text: &str) -> f64 {
    let each = text.chars().map(|character| match character {
        // Measured fonts would need a font file, and readers' fonts differ. Too wide is harmless,
        // too narrow lets texts overlap.
        'i' | 'l' | 'j' | '.' | ',' | ':' | ' ' | '[' | ']' | '\'' => 3.6,
        'f' | 't' | 'r' | '-' => 4.4,
        'm' | 'w' | 'M' | 'W' | '%' => 10.2,
        _ => 6.9,
    });
    each.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_escaped() {
        let mut markup = Markup::default();
        markup.element("g").attr("a", "\"><script>").begin();
        markup.title("</title>&'\u{1b}\u{202e}");
        assert_eq!(
            markup.finish(),
            "<g a=\"&quot;&gt;&lt;script&gt;\"><title>&lt;/title&gt;&amp;&#39;\u{fffd}\u{fffd}</title>\n</g>\n"
        );
    }

    #[test]
    fn pixels_are_short() {
        assert_eq!(
            [3.0, 0.04, -0.04, 12.25, 1e7].map(|px| Px(px).to_string()),
            ["3", "0", "0", "12.3", "10000000"]
        );
    }

    #[test]
    fn long_text_loses_its_middle() {
        assert_eq!(shorten("frontend", 8), "frontend");
        assert_eq!(shorten("frontends", 8), "fron\u{2026}nds");
        assert_eq!(shorten("ab", 1), "\u{2026}");
        assert_eq!(shorten("ab", 0), "\u{2026}");
    }
}
