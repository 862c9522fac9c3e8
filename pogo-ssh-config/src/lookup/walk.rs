//! Walks the lines that apply to a host: `Host`, `Match` and `Include`.

use crate::lines::file::{ConfigFile, FileLine};
use crate::lines::keyword::Keyword;
use crate::lines::lex::Word;
use crate::lines::line::ConfigLine;
use crate::lines::scope::ConfigScope;
use crate::value::pattern_list::matches_words;

/// Receives the lines that apply to a host.
pub(crate) trait LineVisitor<'a> {
    type Error;

    /// The host to compare with `Host` lines.
    fn host(&self) -> &str;

    /// Whether a `Match` holds; `never` where its file is included in a block that does not apply.
    fn holds(&mut self, line: &'a ConfigLine, never: bool) -> Result<bool, Self::Error>;

    /// A `Host` line that matches this host.
    fn named(&mut self, line: &'a ConfigLine);

    /// A line with an unknown keyword, whether it applies or not.
    fn unknown(&mut self, line: &'a ConfigLine) -> Result<(), Self::Error>;

    /// A line that applies.
    fn apply(&mut self, keyword: Keyword, line: &'a ConfigLine, scope: ConfigScope) -> Result<(), Self::Error>;
}

/// The effect of the lines before.
#[derive(Debug, Clone, Copy)]
struct BlockState {
    /// The line applies to this host.
    active: bool,
    /// No line of this file applies: it is included from a block that does not.
    never: bool,
    scope: ConfigScope,
}

/// Visits the lines of a file and of all that it includes.
pub(crate) fn walk<'a, V: LineVisitor<'a>>(
    file: &'a ConfigFile,
    scope: ConfigScope,
    visitor: &mut V,
) -> Result<(), V::Error> {
    let outermost = BlockState {
        active: true,
        never: false,
        scope,
    };
    walk_within(file, outermost, visitor)
}

fn walk_within<'a, V: LineVisitor<'a>>(
    file: &'a ConfigFile,
    mut block: BlockState,
    visitor: &mut V,
) -> Result<(), V::Error> {
    let host = visitor.host().to_owned();
    for FileLine { line, included } in file.lines_for(&host) {
        match line.keyword {
            None => visitor.unknown(line)?,
            Some(Keyword::Host) => {
                block.active = !block.never && is_for_host(&line.words, &host);
                if block.active {
                    visitor.named(line);
                }
            }
            Some(Keyword::Match) => block.active = visitor.holds(line, block.never)? && !block.never,
            Some(Keyword::Include) => {
                for file in included {
                    let inner = BlockState {
                        // Lines of an inactive include are still walked: unknown keywords and
                        // errors there make OpenSSH refuse the file.
                        never: block.never || !block.active,
                        ..block
                    };
                    walk_within(file, inner, visitor)?;
                }
            }
            Some(keyword) if block.active => visitor.apply(keyword, line, block.scope)?,
            Some(_) => {}
        }
    }
    Ok(())
}

fn is_for_host(patterns: &[Word], host: &str) -> bool {
    matches_words(host, patterns.iter().map(|word| word.text.as_str()))
}
