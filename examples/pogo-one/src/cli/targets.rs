//! Targets, as they are typed.

use pogo_core::fleet::Selector;

/// Targets with the place of a mistake in their message.
pub(crate) fn targets(text: &str) -> Result<Selector, String> {
    text.parse::<Selector>().map_err(|error| {
        let before: String = text
            .chars()
            .take(text.get(..error.offset()).map_or(0, |head| head.chars().count()))
            .collect();
        format!("{error}\n\n    {text}\n    {}^", " ".repeat(before.chars().count()))
    })
}
