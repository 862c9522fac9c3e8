//! Field paths: `metadata.name`, `addresses[type=InternalIP].address`.

use crate::tree::{Entry, Node, Value};

/// The value at the path. Keys are separated by dots; of keys that contain dots the longest match is
/// used. `[key=value]` selects the first object of a list in which that key has that value, `[0]` the first item.
pub(super) fn find<'n, 'a>(fields: &'n [Entry<'a>], path: &str) -> Option<&'n Node<'a>> {
    // The whole path first: labels of Kubernetes are keys with dots and slashes.
    let exact = fields.iter().find(|entry| entry.key.text == path);
    if exact.is_some() || !path.contains(['.', '[']) {
        return exact.map(|entry| &entry.value);
    }
    let fits = |entry: &&Entry<'_>| {
        path.strip_prefix(&*entry.key.text)
            .is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let entry = fields.iter().filter(fits).max_by_key(|entry| entry.key.text.len())?;
    below(&entry.value, path.strip_prefix(&*entry.key.text)?)
}

/// The value at the rest of a path, which begins with a dot or a bracket.
fn below<'n, 'a>(node: &'n Node<'a>, rest: &str) -> Option<&'n Node<'a>> {
    if rest.is_empty() {
        return Some(node);
    }
    match (&node.value, rest.strip_prefix('.'), rest.strip_prefix('[')) {
        (Value::Map(fields), Some(path), _) => find(fields, path),
        (Value::List(items), _, Some(chosen)) => {
            let (which, rest) = chosen.split_once(']')?;
            below(choose(items, which)?, rest)
        }
        _ => None,
    }
}

fn choose<'n, 'a>(items: &'n [Node<'a>], which: &str) -> Option<&'n Node<'a>> {
    let Some((key, value)) = which.split_once('=') else {
        return items.get(which.parse::<usize>().ok()?);
    };
    items.iter().find(|item| match &item.value {
        Value::Map(fields) => find(fields, key)
            .and_then(Node::scalar)
            .is_some_and(|found| found == value),
        _ => false,
    })
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use super::*;
    use crate::source::{Problems, SourceText};

    fn found(text: &str, path: &str) -> Option<String> {
        let mut problems = Problems::new(SourceText::new("test", text));
        let root = crate::yaml::load(&mut problems)?;
        let Value::Map(fields) = &root.value else { return None };
        find(fields, path)?.scalar().map(|text| text.clone().into_owned())
    }

    #[test]
    fn paths_lead_into_objects_and_lists() {
        let text = r#"{"a": {"b": 1, "b.c": 2, "b.c/d": {"e": 3}}, "a.x": 4, "l": [{"k": "v", "w": 5}, {"k": "u", "w": 6}], "m": [[7]]}"#;
        let of = |path| found(text, path);
        assert_eq!(of("a.b").as_deref(), Some("1"));
        assert_eq!(of("a.b.c").as_deref(), Some("2"));
        assert_eq!(of("a.b.c/d.e").as_deref(), Some("3"));
        assert_eq!(of("a.x").as_deref(), Some("4"));
        assert_eq!(of("l[k=u].w").as_deref(), Some("6"));
        assert_eq!(of("l[0].w").as_deref(), Some("5"));
        assert_eq!(of("m[0][0]").as_deref(), Some("7"));
        for nothing in [
            "a.z", "l[k=x].w", "l[9].w", "l.w", "a[0]", "l[k=u", "l[]", "", ".", "[", "a.", "a..b",
        ] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }
}
