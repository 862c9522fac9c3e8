//! What a host says where nothing begins, for a person.

use pogo_core::scheduler::{AttemptId, LockHolder};

use super::key::shown_key;

/// A host that another command keeps busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BusyHost {
    pub(crate) message: String,
    /// Whose that is, if the host knows.
    pub(crate) holder: Option<LockHolder>,
}

/// Who keeps the host busy, by its words: `NUMBER SECONDS KEY`, and a process group where it has outlived its
/// supervisor; or `earlier TOKEN`.
pub(crate) fn busy_host(words: &str) -> BusyHost {
    if let Some(token) = words.strip_prefix("earlier ") {
        // The words are the host's, and are shown on terminals.
        let token: String = token.chars().filter(char::is_ascii_graphic).collect();
        return BusyHost {
            message: format!("an attempt that an earlier version launched still runs on the host: {token}"),
            holder: None,
        };
    }
    let mut words = words.split(' ');
    let number: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let namespace = shown_key(words.next().unwrap_or_default());
    let holder = format!("attempt a{number} of namespace {namespace}");
    let message = match words.next().and_then(|word| word.parse::<u32>().ok()) {
        None => format!("{holder} has held the host's lock for {seconds} s"),
        Some(group) => format!(
            "process group {group} of {holder}, which began {seconds} s ago, still runs, and what supervised it is \
             gone; end the group, or wait for it"
        ),
    };
    BusyHost {
        message,
        holder: Some(LockHolder::new(namespace, AttemptId::new(number))),
    }
}

/// Why the host lets an attempt of this number not begin, by its words.
pub(crate) fn never_message(words: &str) -> String {
    let mut words = words.split(' ');
    let (word, number) = (words.next().unwrap_or_default(), words.next());
    let number: u64 = number.and_then(|word| word.parse().ok()).unwrap_or(0);
    match word {
        "late" => "the word to go did not come while the host waited for it".to_owned(),
        "superseded" => format!(
            "the host has seen a later attempt of this namespace, a{number}, or was told of one: another dispatcher \
             runs in its name; give each store a namespace of its own"
        ),
        "again" => format!("attempt a{number} began there before, and begins once"),
        "unwritten" => "the host could not write down that it begins; is its disk full?".to_owned(),
        _ => "the host would not let it begin".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_host_says_who_keeps_it_busy_and_since_when() {
        let lock = busy_host("17 35 default.0");
        assert_eq!(
            lock.message,
            "attempt a17 of namespace default has held the host's lock for 35 s"
        );
        assert_eq!(lock.holder, Some(LockHolder::new("default", AttemptId::new(17))));
        let group = busy_host("17 35 web%2ffront.4 4711");
        assert!(
            group
                .message
                .starts_with("process group 4711 of attempt a17 of namespace web%2ffront"),
            "{group:?}"
        );
        let earlier = busy_host("earlier x\u{1b}y");
        assert!(
            earlier.message.ends_with("still runs on the host: xy") && earlier.holder.is_none(),
            "{earlier:?}"
        );
        let hostile = busy_host("what\u{1b}[2J");
        assert!(
            hostile.message.starts_with("attempt a0"),
            "no word of the host's own: {hostile:?}"
        );
    }
}
