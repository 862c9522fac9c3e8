//! Merge keys of maps.

use std::collections::{HashMap, HashSet};

use crate::source::{Problems, Span};
use crate::tree::{Entry, Node, Value};

pub(super) fn refuse_duplicates(problems: &mut Problems<'_>, entries: &[Entry<'_>]) {
    let mut first: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
    for Entry { key, .. } in entries {
        match first.get(&*key.text) {
            Some(span) => {
                let message = format!("the key `{}` is there twice", key.text.escape_debug());
                let hint = format!("it was first given in line {}; merge the two", span.line);
                let problem = problems.source.diagnostic(key.span, message).with_hint(hint);
                problems.report_content(key.span, problem);
            }
            None => {
                first.insert(&key.text, key.span);
            }
        }
    }
}

/// Replaces a `<<` key by the entries of the referenced maps; existing keys take precedence.
pub(super) fn merge<'a>(problems: &mut Problems<'a>, mut entries: Vec<Entry<'a>>) -> Vec<Entry<'a>> {
    let Some(at) = entries.iter().position(|entry| entry.key.text == "<<") else {
        return entries;
    };
    // `remove` and no swap: the order of the file is that of the hosts.
    let merged = entries.remove(at);
    let sources = match merged.value.value {
        Value::List(items) => items,
        _ => vec![merged.value],
    };
    let mut known: HashSet<String> = entries
        .iter()
        .map(|entry| entry.key.text.clone().into_owned())
        .collect();
    for Node { span, value } in sources {
        let Value::Map(more) = value else {
            let problem = problems.source.diagnostic(span, "`<<` repeats maps only");
            problems.report_content(span, problem.with_hint("for example `<<: *limits`"));
            continue;
        };
        entries.extend(
            more.into_iter()
                .filter(|entry| known.insert(entry.key.text.clone().into_owned())),
        );
    }
    entries
}
