//! Host ranges: many names in one expression.

use std::fmt;
use std::str::FromStr;

use super::{HostName, SelectorError};

/// Names in one expression: `web[1-3,7].{east,west}.example.com`.
///
/// The leftmost part varies fastest, and zero padding is kept. `*` and `?` stand for any text and any one
/// character of names that an inventory knows.
///
/// ```
/// use pogo_core::fleet::HostRange;
///
/// let range: HostRange = "web[08-10].{east,west}".parse()?;
/// let names: Vec<String> = range.expand().collect();
/// assert_eq!(names, ["web08.east", "web09.east", "web10.east", "web08.west", "web09.west", "web10.west"]);
/// # Ok::<(), pogo_core::fleet::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRange {
    parts: Vec<RangePart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RangePart {
    /// Characters as they are.
    Text(String),
    /// Numbers of one bracket.
    Numbers(Vec<NumberSpan>),
    /// Words of one brace.
    Words(Vec<String>),
    /// `*`
    Any,
    /// `?`
    One,
}

/// One item of a bracket: from, to, and the digits to pad to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NumberSpan {
    from: u64,
    to: u64,
    width: usize,
}

impl HostRange {
    /// The most names that one expression may stand for.
    pub const MAX_HOSTS: u64 = 10_000_000;

    /// A range that is one plain name.
    pub fn single(name: &HostName) -> Self {
        Self {
            parts: vec![RangePart::leading(name.as_str().to_owned())],
        }
    }

    /// Whether it has `*` or `?`, so that it matches names instead of listing them.
    pub fn has_wildcards(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, RangePart::Any | RangePart::One))
    }

    /// How many names it lists; wildcards count as one.
    pub fn count(&self) -> u64 {
        self.parts.iter().map(RangePart::count).fold(1, u64::saturating_mul)
    }

    /// All names, the leftmost part varying fastest. Wildcards are left as they are.
    pub fn expand(&self) -> impl Iterator<Item = String> + '_ {
        // Worked out once, since a bracket may list as many numbers as there are names.
        let ends: Vec<Vec<u64>> = self.parts.iter().map(RangePart::ends).collect();
        (0..self.count()).map(move |at| self.nth(at, &ends))
    }

    // By position, so that nothing is kept but the ranges themselves while millions of names go by.
    fn nth(&self, mut at: u64, ends: &[Vec<u64>]) -> String {
        let mut name = String::new();
        for (part, ends) in self.parts.iter().zip(ends) {
            let count = ends.last().copied().unwrap_or(1);
            part.write(at % count, ends, &mut name);
            at /= count;
        }
        name
    }
}

impl RangePart {
    /// The first text of a range. A selector that starts with `@` names a tag, so such a host stands in braces.
    fn leading(text: String) -> Self {
        match text.starts_with('@') {
            true => Self::Words(vec![text]),
            false => Self::Text(text),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Text(_) | Self::Any | Self::One => 1,
            Self::Numbers(items) => items
                .iter()
                .map(|item| (item.to - item.from).saturating_add(1))
                .fold(0, u64::saturating_add),
            Self::Words(words) => words.len() as u64,
        }
    }

    /// Whether it can stand for no text at all.
    fn may_be_empty(&self) -> bool {
        matches!(self, Self::Words(words) if words.iter().any(String::is_empty))
    }

    /// How many texts each item stands for together with those before it; the last is how many the part stands for.
    fn ends(&self) -> Vec<u64> {
        let Self::Numbers(items) = self else {
            return vec![self.count()];
        };
        let ends = items.iter().scan(0_u64, |end, item| {
            *end = end.saturating_add((item.to - item.from).saturating_add(1));
            Some(*end)
        });
        ends.collect()
    }

    fn write(&self, at: u64, ends: &[u64], name: &mut String) {
        match self {
            Self::Text(text) => name.push_str(text),
            Self::Any => name.push('*'),
            Self::One => name.push('?'),
            Self::Words(words) => {
                name.extend(
                    usize::try_from(at)
                        .ok()
                        .and_then(|at| words.get(at))
                        .map(String::as_str),
                );
            }
            Self::Numbers(items) => {
                let nth = ends.partition_point(|&end| end <= at);
                let before = nth.checked_sub(1).and_then(|last| ends.get(last)).copied();
                if let Some(item) = items.get(nth) {
                    let number = item.from + (at - before.unwrap_or(0));
                    name.push_str(&format!("{number:0width$}", width = item.width));
                }
            }
        }
    }
}

impl fmt::Display for HostRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                RangePart::Text(text) => f.write_str(text)?,
                RangePart::Any => f.write_str("*")?,
                RangePart::One => f.write_str("?")?,
                RangePart::Words(words) => write!(f, "{{{}}}", words.join(","))?,
                RangePart::Numbers(items) => {
                    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                    write!(f, "[{}]", items.join(","))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for NumberSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.width;
        write!(f, "{:0width$}", self.from)?;
        if self.to > self.from {
            write!(f, "-{:0width$}", self.to)
        } else {
            Ok(())
        }
    }
}

impl FromStr for HostRange {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        super::visible::check(text)?;
        let mut reader = RangeReader { text, at: 0 };
        let range = reader.range()?;
        match reader.text[reader.at..].chars().next() {
            Some(other) => Err(SelectorError::new(
                reader.at,
                format!("`{other}` cannot be part of a host name"),
            )),
            None => Ok(range),
        }
    }
}

/// Reads host ranges within a longer text, such as a selector.
pub(super) struct RangeReader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl RangeReader<'_> {
    /// Reads one range, up to the first character that cannot be part of it.
    pub(super) fn range(&mut self) -> Result<HostRange, SelectorError> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(next) = self.peek() {
            let part = match next {
                '[' => self.numbers()?,
                '{' => self.words()?,
                '*' => self.one(RangePart::Any),
                '?' => self.one(RangePart::One),
                c if HostName::allows(c) => self.literal(),
                _ => break,
            };
            parts.push(part);
        }
        if let Some(first) = parts.first_mut()
            && let RangePart::Text(text) = first
        {
            *first = RangePart::leading(std::mem::take(text));
        }
        if parts.is_empty() {
            return Err(SelectorError::new(start, "a host name is missing here"));
        }
        let range = HostRange { parts };
        if range.parts.iter().all(RangePart::may_be_empty) {
            return Err(SelectorError::new(
                start,
                format!("`{range}` stands for a host without a name"),
            ));
        }
        let count = range.count();
        // When it is read and not when it is expanded: the message can still say where in the text
        // it stands.
        if count > HostRange::MAX_HOSTS {
            let message = format!(
                "`{range}` stands for {count} hosts; the most is {}",
                HostRange::MAX_HOSTS
            );
            return Err(SelectorError::new(start, message));
        }
        Ok(range)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn one(&mut self, part: RangePart) -> RangePart {
        // `*` and `?` are one byte each.
        self.at += 1;
        part
    }

    fn literal(&mut self) -> RangePart {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !HostName::allows(c)).unwrap_or(rest.len());
        self.at += end;
        RangePart::Text(rest[..end].to_owned())
    }

    /// The text between an opening character and its closing one.
    fn inside(&mut self, close: char, what: &str) -> Result<(usize, String), SelectorError> {
        let open = self.at;
        let rest = &self.text[open + 1..];
        let Some(end) = rest.find(close) else {
            return Err(SelectorError::new(
                open,
                format!("this {what} is not closed; add a `{close}`"),
            ));
        };
        self.at = open + 1 + end + close.len_utf8();
        Ok((open + 1, rest[..end].to_owned()))
    }

    fn words(&mut self) -> Result<RangePart, SelectorError> {
        let (start, inside) = self.inside('}', "brace")?;
        let words: Vec<String> = inside.split(',').map(|word| word.trim().to_owned()).collect();
        if words.len() == 1 && inside.trim().is_empty() {
            return Err(SelectorError::new(
                start,
                "these braces are empty; list words, as in `{east,west}`",
            ));
        }
        if let Some((from, to)) = inside.split_once("..")
            && !from.is_empty()
            && (from.to_owned() + to).bytes().all(|byte| byte.is_ascii_digit())
        {
            let message = format!("braces list words; numbers from one to another are `[{from}-{to}]`");
            return Err(SelectorError::new(start, message));
        }
        match words
            .iter()
            .flat_map(|word| word.chars())
            .find(|&c| !HostName::allows(c))
        {
            Some(odd) => Err(SelectorError::new(
                start,
                format!("`{odd}` cannot stand in braces; list words, as in `{{east,west}}`"),
            )),
            None => Ok(RangePart::Words(words)),
        }
    }

    fn numbers(&mut self) -> Result<RangePart, SelectorError> {
        let (start, inside) = self.inside(']', "bracket")?;
        let mut items = Vec::new();
        let mut offset = start;
        for item in inside.split(',') {
            items.push(NumberSpan::read(item.trim()).map_err(|message| SelectorError::new(offset, message))?);
            offset += item.len() + 1;
        }
        Ok(RangePart::Numbers(items))
    }
}

impl NumberSpan {
    fn read(item: &str) -> Result<Self, String> {
        let (from, to) = item.split_once('-').unwrap_or((item, item));
        let number = |text: &str| -> Result<u64, String> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let parsed = if digits { text.parse().ok() } else { None };
            parsed.ok_or_else(|| format!("`{item}` is no number or range of numbers; write `[1-3,7]`"))
        };
        let (from_number, to_number) = (number(from.trim())?, number(to.trim())?);
        if to_number < from_number {
            return Err(format!("`{item}` runs backwards; write the smaller number first"));
        }
        // Only a leading zero asks for padding.
        let from = from.trim();
        let width = if from.starts_with('0') { from.len() } else { 1 };
        // A few bytes could ask for names with millions of zeros in front.
        if width > HostName::MAX_LEN {
            return Err("this number is longer than a host name may be".to_owned());
        }
        Ok(Self {
            from: from_number,
            to: to_number,
            width,
        })
    }
}
