//! Numbers from one to another, as formats of host lists write them in brackets.
//!
//! Their grammars differ: `[1:50:2]` is Ansible's and `[1-50/2]` is ClusterShell's, and each refuses other paddings.
//! What the numbers come to is the same. `pogo_core::fleet::HostRange` has a grammar of its own, and finds one name of
//! millions without listing the others.

/// Numbers from one to another in steps, padded with zeros to as many digits as the first has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    first: u64,
    last: u64,
    step: usize,
    width: usize,
}

impl Numbers {
    /// All numbers from one to another, both in digits alone; `None` where they are not.
    pub(crate) fn read(first: &str, last: &str) -> Option<Self> {
        Some(Self {
            first: number(first)?,
            last: number(last)?,
            step: 1,
            // Only a leading zero asks for padding.
            width: if first.starts_with('0') { first.len() } else { 1 },
        })
    }

    /// Those that are this many apart; all where the step is 0.
    pub(crate) fn every(self, step: usize) -> Self {
        Self {
            step: step.max(1),
            ..self
        }
    }

    pub(crate) fn run_backwards(self) -> bool {
        self.first > self.last
    }

    /// Whether there are more than this, without listing them.
    pub(crate) fn are_more_than(self, most: usize) -> bool {
        // The steps are one fewer than the numbers, hence `>=`.
        self.last.saturating_sub(self.first) / self.step as u64 >= most as u64
    }

    pub(crate) fn names(self) -> impl Iterator<Item = String> {
        let width = self.width;
        let numbers = (self.first..=self.last).step_by(self.step);
        numbers.map(move |number| format!("{number:0width$}"))
    }
}

/// A number that is written in digits alone: without a sign, which `parse` would take.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_as_the_first_one_is() {
        let names = |first, last, step| -> Vec<String> {
            let numbers = Numbers::read(first, last).unwrap();
            numbers.every(step).names().collect()
        };
        assert_eq!(names("8", "10", 1), ["8", "9", "10"]);
        assert_eq!(names("08", "10", 1), ["08", "09", "10"]);
        assert_eq!(names("0", "4", 2), ["0", "2", "4"]);
        assert_eq!(Numbers::read("+1", "2"), None);
        assert_eq!(Numbers::read("", "2"), None);
    }

    #[test]
    fn numbers_are_counted_without_listing_them() {
        let numbers = Numbers::read("1", "99999999999").unwrap();
        assert!(numbers.are_more_than(1_000_000));
        assert!(!Numbers::read("1", "1000000").unwrap().are_more_than(1_000_000));
        assert!(!Numbers::read("1", "2000000").unwrap().every(2).are_more_than(1_000_000));
    }
}
