//! The conditions of `Match`.

use std::rc::Rc;

use super::line::Word;
use super::pattern::{Names, Subject};

/// Conditions without an argument.
const BARE: [&str; 3] = ["all", "canonical", "final"];

/// Conditions with one.
const WITH_ARGUMENT: [&str; 10] = [
    "host",
    "originalhost",
    "user",
    "localuser",
    "exec",
    "localnetwork",
    "tagged",
    "command",
    "version",
    "sessiontype",
];

/// What a `Match` line asks for.
#[derive(Default)]
pub(super) struct Condition {
    /// All of them must match.
    pub(super) names: Vec<Rc<Names>>,
    /// The first thing that is not known before somebody connects.
    pub(super) unknown: Option<String>,
}

/// Reads the arguments of a `Match` line; what is wrong stands in one of its words.
pub(super) fn read(words: &[Word]) -> Result<Condition, (&Word, String)> {
    let mut condition = Condition::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (inverted, text) = match word.text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word.text.as_str()),
        };
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let name = name.to_ascii_lowercase();
        if name == "all" {
            if condition.names.len() > 1 || words.next().is_some() {
                return Err((word, "`all` stands alone, or behind one other condition".to_owned()));
            }
            // `!all` holds for nobody, as does an empty list of names.
            condition.names.extend(inverted.then(Rc::default));
            continue;
        }
        if BARE.contains(&name.as_str()) {
            condition.add(
                name,
                Names {
                    inverted,
                    subject: Subject::Unknown,
                    ..Names::default()
                },
            );
            continue;
        }
        if !WITH_ARGUMENT.contains(&name.as_str()) {
            return Err((word, format!("OpenSSH has no condition `{}`", word.text.escape_debug())));
        }
        let Some(value) = joined.or_else(|| words.next().map(|next| next.text.as_str())) else {
            return Err((word, format!("the condition `{name}` needs an argument")));
        };
        let subject = match name.as_str() {
            "host" => Subject::Address,
            "originalhost" => Subject::Name,
            _ => Subject::Unknown,
        };
        let value = value.to_ascii_lowercase();
        let patterns = value.split(',').filter(|pattern| !pattern.is_empty());
        condition.add(
            name,
            Names {
                subject,
                inverted,
                any_case: true,
                ..Names::new(patterns)
            },
        );
    }
    Ok(condition)
}

impl Condition {
    fn add(&mut self, name: String, names: Names) {
        if names.subject == Subject::Unknown {
            self.unknown.get_or_insert(name);
        }
        self.names.push(Rc::new(names));
    }
}
