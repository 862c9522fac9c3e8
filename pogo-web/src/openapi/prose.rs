//! Descriptions as readers of documents need them: without what is of Rust.

use serde_json::Value;

/// Leaves examples in Rust and the targets of links away, wherever something is described.
pub(super) fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A field that may be left out has no value to say of.
            fields.retain(|name, value| !(name == "default" && value.is_null()));
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if name == "description" => *text = without_links(text),
                    value => plain(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

fn without_links(text: &str) -> String {
    let (text, _) = text.split_once("```").unwrap_or((text, ""));
    let mut plain = String::new();
    let mut rest = text.trim_end().trim_end_matches(':');
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let closed = link
            .split_once(']')
            // Not each bracket is a link: `[0-9]` and lists of an example stay as they are.
            .filter(|(words, _)| !words.contains(['[', '\n', '"', '-']));
        let Some((words, after)) = closed else {
            plain.push('[');
            rest = link;
            continue;
        };
        plain.push_str(words);
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn a_link_is_its_words() {
        let text = "They are [fenced](super::Fenced) by a [`Holder`]; see `web[1-3]` and [1, 2].";
        assert_eq!(
            without_links(text),
            "They are fenced by a `Holder`; see `web[1-3]` and 1, 2."
        );
        assert_eq!(without_links("Stored:\n```\nlet x;\n```\n"), "Stored");
    }
}
