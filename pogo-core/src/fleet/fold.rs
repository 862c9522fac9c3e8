//! The reverse of a host range: a list of names as a short text.

use std::collections::BTreeMap;
use std::fmt;

/// Host names, displayed as ranges: `db1,web[1-3,7]`. Every report shows hosts this way.
///
/// ```
/// use pogo_core::fleet::fold;
///
/// assert_eq!(fold(["web1", "web3", "db", "web2", "web7"]).to_string(), "db,web[1-3,7]");
/// assert_eq!(fold(["n08.x", "n10.x", "n09.x"]).to_string(), "n[08-10].x");
/// ```
pub fn fold<I, N>(names: I) -> Folded
where
    I: IntoIterator<Item = N>,
    N: AsRef<str>,
{
    let mut plain = BTreeMap::new();
    let mut groups: BTreeMap<NamePattern, Vec<u64>> = BTreeMap::new();
    for name in names {
        let name = name.as_ref();
        match NamePattern::of(name) {
            Some((pattern, number)) => groups.entry(pattern).or_default().push(number),
            None => _ = plain.insert(name.to_owned(), ()),
        }
    }
    // `08` and `10` belong together: a number without padding joins a padded group of its length.
    let unpadded: Vec<NamePattern> = groups.keys().filter(|pattern| pattern.width == 1).cloned().collect();
    for pattern in unpadded {
        let Some(numbers) = groups.remove(&pattern) else {
            continue;
        };
        for number in numbers {
            let padded = NamePattern {
                width: number.to_string().len(),
                ..pattern.clone()
            };
            let home = if groups.contains_key(&padded) {
                padded
            } else {
                pattern.clone()
            };
            groups.entry(home).or_default().push(number);
        }
    }
    let mut texts: Vec<String> = plain.into_keys().collect();
    texts.extend(groups.into_iter().map(|(pattern, numbers)| pattern.write(numbers)));
    // At the end: groups are sorted by what stands around their numbers, which is another order
    // than a person's.
    texts.sort_by_cached_key(|text| natural_key(text));
    Folded { texts }
}

/// Names folded into ranges; displays them, joined by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    texts: Vec<String>,
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.texts.is_empty() {
            f.write_str("(none)")
        } else {
            f.write_str(&self.texts.join(","))
        }
    }
}

/// What is left of a name when its last number is taken out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct NamePattern {
    before: String,
    after: String,
    /// Digits that the number is padded to; 1 is no padding.
    width: usize,
}

impl NamePattern {
    /// Splits a name at the number that counts hosts: the last of the first label, as in `web12.east2.example.com`;
    /// the last of all where the first label has none, and in addresses.
    fn of(name: &str) -> Option<(Self, u64)> {
        let bytes = name.as_bytes();
        let last_digit = |part: &[u8]| part.iter().rposition(u8::is_ascii_digit);
        let is_address = bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let label = if is_address {
            ""
        } else {
            name.split('.').next().unwrap_or(name)
        };
        let end = last_digit(label.as_bytes()).or_else(|| last_digit(bytes))? + 1;
        let start = bytes[..end]
            .iter()
            .rposition(|byte| !byte.is_ascii_digit())
            .map_or(0, |at| at + 1);
        let text = &name[start..end];
        // With more digits than a number has, the name stands for itself.
        let number: u64 = text.parse().ok()?;
        let width = if text.starts_with('0') { text.len() } else { 1 };
        Some((
            Self {
                before: name[..start].to_owned(),
                after: name[end..].to_owned(),
                width,
            },
            number,
        ))
    }

    fn write(&self, mut numbers: Vec<u64>) -> String {
        numbers.sort_unstable();
        // A name may come twice: hosts of several jobs or groups are folded together.
        numbers.dedup();
        let (before, after, width) = (&self.before, &self.after, self.width);
        let mut items = Vec::new();
        let mut at = 0;
        while let Some(&from) = numbers.get(at) {
            let mut to = from;
            at += 1;
            while let Some(&next) = numbers.get(at).filter(|&&next| to.checked_add(1) == Some(next)) {
                to = next;
                at += 1;
            }
            items.push(if to > from {
                format!("{from:0width$}-{to:0width$}")
            } else {
                format!("{from:0width$}")
            });
        }
        match items.as_slice() {
            [only] if !only.contains('-') => format!("{before}{only}{after}"),
            _ => format!("{before}[{}]{after}", items.join(",")),
        }
    }
}

/// A key that sorts `web2` before `web10`.
fn natural_key(text: &str) -> (String, u64, String) {
    let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (head, tail) = text.split_at(split);
    let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
    (
        head.trim_end_matches('[').to_owned(),
        tail[..digits].parse().unwrap_or(0),
        tail.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::fleet::HostRange;

    #[test]
    fn padding_is_kept() {
        assert_eq!(fold(["n1", "n01", "n001"]).to_string(), "n001,n01,n1");
        assert_eq!(fold(["n8", "n9", "n10"]).to_string(), "n[8-10]");
        assert_eq!(fold(["n08", "n09", "n10", "n100"]).to_string(), "n[08-10],n100");
    }

    #[test]
    fn nothing_folds_to_a_word() {
        assert_eq!(fold(Vec::<String>::new()).to_string(), "(none)");
    }

    #[test]
    fn the_number_of_the_first_label_is_the_one_that_counts() {
        let names = ["web1.east2.example.com", "web2.east2.example.com"];
        assert_eq!(fold(names).to_string(), "web[1-2].east2.example.com");
    }

    #[test]
    fn of_addresses_the_last_number_counts() {
        assert_eq!(
            fold(["10.0.0.9", "10.0.0.10", "10.0.1.1"]).to_string(),
            "10.0.0.[9-10],10.0.1.1"
        );
    }

    proptest! {
        #[test]
        fn what_is_folded_expands_to_the_same_names(
            names in prop::collection::btree_set("[ab]{0,2}[01]{0,2}[0-9]{0,3}(\\.x[0-9])?", 1..40)
        ) {
            let names: BTreeSet<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
            prop_assume!(!names.is_empty());
            let folded = fold(&names);
            let mut back = BTreeSet::new();
            for text in &folded.texts {
                back.extend(text.parse::<HostRange>().unwrap().expand());
            }
            prop_assert_eq!(back, names);
        }
    }
}
