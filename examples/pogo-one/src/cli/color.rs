//! The `--color` flag, and when output has colours.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ValueEnum;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

static CHOSEN: OnceLock<Color> = OnceLock::new();

impl Color {
    /// Reads the flag before the line is parsed, as its errors may be coloured.
    pub(crate) fn of_line(line: &[OsString]) -> Self {
        let words = line.iter().map_while(|word| word.to_str().filter(|word| *word != "--"));
        let words: Vec<&str> = words.collect();
        let value = words
            .iter()
            .enumerate()
            .find_map(|(at, word)| match word.strip_prefix("--color") {
                Some("") => words.get(at + 1).copied(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            });
        value
            .and_then(|value| Self::from_str(value, false).ok())
            .unwrap_or_default()
    }

    /// Sets the choice.
    pub(crate) fn choose(self) {
        // The command line sets it first.
        let _ = CHOSEN.set(self);
    }

    /// Whether to use colours on this stream.
    pub(crate) fn is_on(stream: &impl IsTerminal) -> bool {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        match CHOSEN.get().copied().unwrap_or_default() {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                stream.is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}
