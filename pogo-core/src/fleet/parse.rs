//! The parser of selectors.

use std::str::FromStr;

use super::range::RangeReader;
use super::visible;
use super::{Selector, SelectorError, TagPath};

/// How deep `!` and parentheses may nest; no person writes more, and the stack has an end.
const MAX_DEPTH: u32 = 64;

fn selector(text: &str) -> Result<Selector, SelectorError> {
    visible::check(text)?;
    let mut parser = SelectorParser {
        reader: RangeReader { text, at: 0 },
        depth: 0,
    };
    let selector = parser.union()?;
    match parser.peek() {
        None => Ok(selector),
        Some(')') => Err(parser.error("this `)` closes nothing; take it out, or add a `(`")),
        Some(other) => Err(parser.error(format!(
            "`{other}` does not belong here; join selectors with `,` or `&`"
        ))),
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        selector(text)
    }
}

struct SelectorParser<'a> {
    reader: RangeReader<'a>,
    depth: u32,
}

impl SelectorParser<'_> {
    fn union(&mut self) -> Result<Selector, SelectorError> {
        let mut parts = vec![self.intersection()?];
        while self.eat(',') || self.eat('|') {
            parts.push(self.intersection()?);
        }
        Ok(if parts.len() == 1 {
            parts.swap_remove(0)
        } else {
            Selector::Or(parts)
        })
    }

    fn intersection(&mut self) -> Result<Selector, SelectorError> {
        let mut parts = vec![self.factor()?];
        while self.eat('&') {
            parts.push(self.factor()?);
        }
        Ok(if parts.len() == 1 {
            parts.swap_remove(0)
        } else {
            Selector::And(parts)
        })
    }

    fn factor(&mut self) -> Result<Selector, SelectorError> {
        // Here alone, since each way down leads through a factor.
        if self.depth == MAX_DEPTH {
            return Err(self.error("this nests too deeply; name the group with a tag instead"));
        }
        self.depth += 1;
        let factor = match self.peek() {
            None => {
                Err(self.error("a selector is missing here; write hosts (`web[1-3]`), a tag (`$web` or `@web`) or `*`"))
            }
            Some('!') => {
                self.eat('!');
                self.factor().map(|inner| Selector::Not(Box::new(inner)))
            }
            Some('(') => self.group(),
            Some(sigil @ ('$' | '@')) => self.tag(sigil),
            Some(_) => self.hosts(),
        };
        self.depth -= 1;
        factor
    }

    fn group(&mut self) -> Result<Selector, SelectorError> {
        let open = self.reader.at;
        self.eat('(');
        let inner = self.union()?;
        if self.eat(')') {
            Ok(inner)
        } else {
            Err(SelectorError::new(open, "this `(` is not closed; add a `)`"))
        }
    }

    /// A lone `*` is all hosts; with more text around it, it is a pattern.
    fn hosts(&mut self) -> Result<Selector, SelectorError> {
        let start = self.reader.at;
        let range = self.reader.range()?;
        let text = &self.reader.text[start..self.reader.at];
        Ok(if text == "*" {
            Selector::All
        } else {
            Selector::Hosts(range)
        })
    }

    /// `@` is for command lines, where a shell would replace `$web`, in double quotes too.
    fn tag(&mut self, sigil: char) -> Result<Selector, SelectorError> {
        let start = self.reader.at;
        self.eat(sigil);
        let rest = &self.reader.text[self.reader.at..];
        let end = rest.find(|c| c != '.' && !TagPath::allows(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return Err(SelectorError::new(
                start,
                format!("a tag is missing after `{sigil}`, as in `{sigil}colo.east`"),
            ));
        }
        self.reader.at += end;
        if let Some(args) = after.strip_prefix('(') {
            return self.external(start, name, args);
        }
        TagPath::new(name)
            .map(Selector::Tag)
            .map_err(|error| SelectorError::new(start, error.to_string()))
    }

    fn external(&mut self, start: usize, resolver: &str, rest: &str) -> Result<Selector, SelectorError> {
        // What a resolver is asked is its own language, in which only `)` has an end.
        let Some(end) = rest.find(')') else {
            return Err(SelectorError::new(self.reader.at, "this `(` is not closed; add a `)`"));
        };
        // A resolver is looked up by its name, and has no tags below it.
        if resolver.contains('.') {
            return Err(SelectorError::new(
                start,
                format!("`{resolver}` cannot name a resolver; it has a dot"),
            ));
        }
        self.reader.at += 1 + end + 1;
        Ok(Selector::External {
            resolver: resolver.to_owned(),
            args: rest[..end].trim().to_owned(),
        })
    }

    /// The next character that is not white space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.reader.text[self.reader.at..];
        self.reader.at += rest.len() - rest.trim_start().len();
        self.reader.text[self.reader.at..].chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.reader.at += wanted.len_utf8();
        }
        found
    }

    fn error(&self, message: impl Into<String>) -> SelectorError {
        SelectorError::new(self.reader.at, message)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fleet::HostName;

    #[test]
    fn operators_bind_as_in_the_grammar() {
        for (text, canonical) in [
            ("a,b&c", "a, b & c"),
            ("(a,b)&c", "(a, b) & c"),
            ("!a&b", "!a & b"),
            ("!(a&b)", "!(a & b)"),
            (" $x.y | *", "$x.y, *"),
            ("web*", "web*"),
            ("$rolesdb(mysql 5)", "$rolesdb(mysql 5)"),
            ("((a))", "a"),
            ("@web & !@colo.east", "$web & !$colo.east"),
            ("@rolesdb(mysql 5)", "$rolesdb(mysql 5)"),
            ("joe@web", "joe@web"),
        ] {
            assert_eq!(selector(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        for (text, offset, message) in [
            ("", 0, "a selector is missing"),
            ("a,,b", 2, "cannot"),
            ("a b", 2, "does not belong"),
            ("(a", 0, "not closed"),
            ("a)", 1, "closes nothing"),
            ("$", 0, "a tag is missing"),
            ("a,@", 2, "a tag is missing after `@`"),
            ("$a..b", 0, "empty part"),
            ("web[3-1]", 4, "runs backwards"),
            ("web[1-", 3, "not closed"),
            ("web[]", 4, "no number"),
            ("a,web[1,x]", 8, "no number"),
            ("web{1..3}", 4, "`[1-3]`"),
            ("$r(x", 2, "not closed"),
        ] {
            let error = selector(text).unwrap_err();
            assert_eq!(error.offset(), offset, "{text}: {error}");
            if text != "a,,b" {
                assert!(error.to_string().contains(message), "{text}: {error}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in ["(".repeat(100_000), "!".repeat(100_000)] {
            assert!(selector(&text).unwrap_err().to_string().contains("nests too deeply"));
        }
    }

    #[test]
    fn ten_bytes_that_name_a_million_million_hosts_are_refused_at_once() {
        for text in [
            "a[1-1000000000000]",
            "[1-10000000]{a,b}",
            "[0-9999999][0-9]",
            "x[0-18446744073709551615]",
        ] {
            assert!(
                selector(text).unwrap_err().to_string().contains("the most is 10000000"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_whose_name_starts_like_a_tag_stays_a_host() {
        let name: HostName = "@web".parse().unwrap();
        let host = Selector::hosts([&name]);
        assert_eq!(host.to_string(), "{@web}");
        assert_eq!(selector(&host.to_string()).unwrap(), host);
        let range: super::super::HostRange = "@web[1-2]".parse().unwrap();
        assert_eq!(range.expand().collect::<Vec<_>>(), ["@web1", "@web2"]);
        assert_eq!(selector(&range.to_string()).unwrap(), Selector::Hosts(range));
    }

    #[test]
    fn the_original_spelling_of_a_resolver_is_read() {
        let read = Selector::parse_original("$rolesdb mysql").unwrap();
        assert_eq!(read.externals(), [("rolesdb", "mysql")]);
        assert_eq!(Selector::parse_original("$a , $b").unwrap().to_string(), "$a, $b");
    }

    proptest! {
        #[test]
        fn what_is_displayed_reads_back(text in "[ab1$@.*?!(),&|\\[\\]{}-]{0,24}") {
            if let Ok(read) = selector(&text) {
                prop_assert_eq!(selector(&read.to_string()).unwrap(), read);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = selector(&text);
        }
    }
}
