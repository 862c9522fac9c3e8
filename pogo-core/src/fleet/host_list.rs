//! Lists of host names as they are stored: in their order, as ranges wherever their expansion gives that order.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::Names;
use super::{FleetError, HostName, HostRange};

/// The most digits of a number in a range.
const MAX_DIGITS: usize = 18;

/// Names in their order, as few ranges as that allows: `web[1-3]`, `db`, `h[1-40].rack[1-9]`.
pub(crate) fn fold_in_order<'a>(names: impl IntoIterator<Item = &'a HostName>) -> Vec<String> {
    let mut texts = fold_once(names.into_iter().map(|name| (name.as_str(), 1)));
    loop {
        // What was folded may differ in a number further to the right, which varies more slowly.
        let shorter = fold_once(texts.iter().map(|(text, count)| (text.as_str(), *count)));
        if shorter.len() == texts.len() {
            return texts.into_iter().map(|(text, _)| text).collect();
        }
        texts = shorter;
    }
}

/// The names that such ranges stand for, in their order. A plain name is a range of one.
pub(crate) fn unfold<T: AsRef<str>>(ranges: &[T]) -> Result<Vec<HostName>, FleetError> {
    let mut names = Vec::new();
    for text in ranges.iter().map(AsRef::as_ref) {
        // Most lines of a fleet whose names have no numbers: nothing has to be parsed as a range.
        if text.chars().all(HostName::allows) {
            names.push(HostName::new(text)?);
            continue;
        }
        let range: HostRange = text.parse().map_err(|error| FleetError::Range {
            text: text.to_owned(),
            error,
        })?;
        if range.has_wildcards() {
            return Err(FleetError::Wildcards { text: text.to_owned() });
        }
        // Before anything is expanded: a damaged text may stand for more names than fit into
        // memory.
        if range.count() > Names::MAX.saturating_sub(names.len()) as u64 {
            return Err(FleetError::TooLarge);
        }
        for name in range.expand() {
            names.push(HostName::new(&name)?);
        }
    }
    Ok(names)
}

/// Joins neighbours that differ in one number, each with how many names it stands for.
fn fold_once<'a>(texts: impl Iterator<Item = (&'a str, u64)>) -> Vec<(String, u64)> {
    let mut runs: Vec<NameRun<'a>> = Vec::new();
    for (text, count) in texts {
        if !runs.last_mut().is_some_and(|run| run.take(text, count)) {
            runs.push(NameRun::of(text, count));
        }
    }
    runs.into_iter().map(NameRun::write).collect()
}

/// Neighbours that are equal but for one number.
struct NameRun<'a> {
    first: &'a str,
    /// How many names each of the texts stands for.
    each: u64,
    count: u64,
    /// Where the number stands in the first, and the numbers of all; unknown while there is only one text.
    numbers: Option<(usize, usize, Vec<NumberRange>)>,
}

/// Consecutive numbers, padded alike.
struct NumberRange {
    from: u64,
    to: u64,
    /// Digits that they are padded to; 1 is no padding.
    width: usize,
}

impl<'a> NameRun<'a> {
    fn of(first: &'a str, count: u64) -> Self {
        Self {
            first,
            each: count,
            count,
            numbers: None,
        }
    }

    /// Takes the next text in, if it belongs here.
    fn take(&mut self, next: &str, count: u64) -> bool {
        // A range of more than this is refused when it is read.
        if count != self.each || self.count + count > HostRange::MAX_HOSTS {
            return false;
        }
        if let Some((start, after, items)) = &mut self.numbers {
            let (before, after) = (&self.first[..*start], &self.first[self.first.len() - *after..]);
            let middle = next.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            if !middle.is_some_and(|number| NumberRange::add(items, number)) {
                return false;
            }
        } else {
            let Some((start, after)) = difference(self.first, next) else {
                return false;
            };
            let mut items = Vec::new();
            let number = |text: &str| text[start..text.len() - after].to_owned();
            if !NumberRange::add(&mut items, &number(self.first)) || !NumberRange::add(&mut items, &number(next)) {
                return false;
            }
            self.numbers = Some((start, after, items));
        }
        self.count += count;
        true
    }

    fn write(self) -> (String, u64) {
        let Some((start, after, items)) = self.numbers else {
            return (self.first.to_owned(), self.count);
        };
        let mut text = self.first[..start].to_owned();
        for (at, NumberRange { from, to, width }) in items.iter().enumerate() {
            let before = if at == 0 { '[' } else { ',' };
            // Writing into a text cannot fail.
            _ = match from == to {
                true => write!(text, "{before}{from:0width$}"),
                false => write!(text, "{before}{from:0width$}-{to:0width$}"),
            };
        }
        text.push(']');
        text.push_str(&self.first[self.first.len() - after..]);
        (text, self.count)
    }
}

impl NumberRange {
    /// Whether the text is a number that can stand behind these, where it is put then.
    fn add(items: &mut Vec<Self>, text: &str) -> bool {
        let digits = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = digits.then(|| text.parse::<u64>().ok()).flatten() else {
            return false;
        };
        match items.last_mut() {
            Some(last) if last.to + 1 == number && text.len() == last.width.max(length(number)) => last.to = number,
            _ => items.push(Self {
                from: number,
                to: number,
                width: if text.starts_with('0') { text.len() } else { 1 },
            }),
        }
        true
    }
}

/// How many digits a number has.
fn length(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Where two texts differ in one number: what comes before it, and the length of what comes after. Only to the right of
/// the numbers that were folded before, because the leftmost vary fastest when a range is expanded.
fn difference(one: &str, other: &str) -> Option<(usize, usize)> {
    let (left, right) = (one.as_bytes(), other.as_bytes());
    let mut start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    while start > 0 && left[start - 1].is_ascii_digit() {
        start -= 1;
    }
    let (left, right) = (&left[start..], &right[start..]);
    let pairs = left.iter().rev().zip(right.iter().rev());
    let mut after = pairs.take_while(|(a, b)| a == b).count();
    while after > 0 && left[left.len() - after].is_ascii_digit() {
        after -= 1;
    }
    let number = one.get(start..one.len() - after)?;
    let folded = one[one.len() - after..].contains('[');
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !folded).then_some((start, after))
}

/// For `#[serde(with)]`: lists of hosts are stored as ranges, where there were names alone once.
pub(crate) fn serialize<S: Serializer, H: AsRef<[HostName]>>(hosts: &H, serializer: S) -> Result<S::Ok, S::Error> {
    fold_in_order(hosts.as_ref()).serialize(serializer)
}

pub(crate) fn deserialize<'de, D, H>(deserializer: D) -> Result<H, D::Error>
where
    D: Deserializer<'de>,
    H: From<Vec<HostName>>,
{
    let ranges = Vec::<Arc<str>>::deserialize(deserializer)?;
    unfold(&ranges).map(H::from).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(texts: &[&str]) -> Vec<HostName> {
        unfold(texts).unwrap()
    }

    #[track_caller]
    fn folds(texts: &[&str], folded: &[&str]) {
        let names = names(texts);
        assert_eq!(fold_in_order(&names), folded);
        assert_eq!(unfold(folded).unwrap(), names);
    }

    #[test]
    fn what_is_listed_in_the_order_of_a_range_is_stored_as_that_range() {
        folds(&["web[1-10000]"], &["web[1-10000]"]);
        folds(&["web[08-11].example.com", "db"], &["web[08-11].example.com", "db"]);
        folds(
            &["h[1-40].rack[1-250].example.com"],
            &["h[1-40].rack[1-250].example.com"],
        );
        folds(&["h[1-3].r[1-2].c[1-4]"], &["h[1-3].r[1-2].c[1-4]"]);
        folds(&["10.0.0.[9-11]", "10.0.1.[9-11]"], &["10.0.0.[9-11]", "10.0.1.[9-11]"]);
    }

    #[test]
    fn numbers_in_another_order_share_a_bracket() {
        folds(&["web3", "web1", "web2", "web7"], &["web[3,1-2,7]"]);
        folds(&["a1", "a01", "a1.x", "b"], &["a[1,01]", "a1.x", "b"]);
    }

    #[test]
    fn numbers_to_the_left_of_a_range_are_not_folded_into_it() {
        folds(&["r1-h[1-3]", "r2-h[1-3]"], &["r1-h[1-3]", "r2-h[1-3]"]);
    }

    #[test]
    fn a_name_with_an_at_sign_or_a_long_number_is_kept() {
        folds(&["@a1", "@a2"], &["@a[1-2]"]);
        let long = ["x18446744073709551614", "x18446744073709551615"];
        folds(&long, &long);
    }

    #[test]
    fn no_range_is_written_that_is_too_large_to_be_read() {
        let mut run = NameRun::of("h1", HostRange::MAX_HOSTS / 2);
        assert!(run.take("h2", HostRange::MAX_HOSTS / 2));
        assert!(!run.take("h3", HostRange::MAX_HOSTS / 2));
    }

    #[test]
    fn what_stands_for_no_list_of_hosts_is_refused() {
        for text in ["web*", "web[1-", "web[1-99999999]", "a b", ""] {
            assert!(unfold(&[text]).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_unfolds_to_the_same_list(
            texts in prop::collection::vec("[ab@]{0,2}[01]{0,2}[0-9]{0,3}(-?[0-3]{1,2})?(\\.x[0-9]{1,2})?", 0..40)
        ) {
            let texts = texts.iter().filter(|text| !text.is_empty());
            let names: Vec<HostName> = texts.filter_map(|text| HostName::new(text).ok()).collect();
            let folded = fold_in_order(&names);
            prop_assert!(folded.len() <= names.len());
            prop_assert_eq!(unfold(&folded).unwrap(), names);
        }

        #[test]
        fn a_range_of_any_shape_folds_to_no_more_than_one_for_each_of_its_words(
            one in 1_u64..4, two in 1_u64..30, three in 2_u64..30, words in 1..4_usize, width in 1..4_usize
        ) {
            let words: Vec<_> = [".east", ".west", ""].into_iter().take(words).collect();
            let text = format!("h[{one:0width$}-{}].r[{two}-{}]{{{}}}", one + 30, two + three, words.join(","));
            let names = names(&[text.as_str()]);
            let folded = fold_in_order(&names);
            prop_assert!(folded.len() <= words.len(), "{:?} of {}", folded, text);
            prop_assert_eq!(unfold(&folded).unwrap(), names);
        }
    }
}
