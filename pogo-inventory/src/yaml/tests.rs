use super::{load, load_with};
use crate::source::{Problems, SourceText};
use crate::tree::{Entry, Node, Value};

/// The tree in short: text in quotes, positions behind an `@`.
fn show(node: &Node<'_>) -> String {
    let position = format!("@{}:{}", node.span.line, node.span.column);
    match &node.value {
        Value::Null => format!("null{position}"),
        Value::Opaque => format!("?{position}"),
        Value::Scalar(text) => format!("{text:?}{position}"),
        Value::List(items) => format!("[{}]{position}", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entry = |entry: &Entry<'_>| {
                let key = &entry.key;
                format!(
                    "{}@{}:{}={}",
                    key.text,
                    key.span.line,
                    key.span.column,
                    show(&entry.value)
                )
            };
            format!(
                "{{{}}}{position}",
                entries.iter().map(entry).collect::<Vec<_>>().join(" ")
            )
        }
    }
}

fn tree(text: &str) -> String {
    let mut problems = Problems::new(SourceText::new("f", text));
    let node = load(&mut problems);
    assert_eq!(problems.into_sorted(), [], "{text}");
    node.as_ref().map(show).unwrap_or_default()
}

/// The problems' first lines, with what they are about, and hints.
fn problems(text: &str) -> Vec<String> {
    let mut problems = Problems::new(SourceText::new("f", text));
    load(&mut problems);
    let first_and_hint = |problem: &crate::Diagnostic| {
        let rendered = problem.to_string();
        let first = rendered.lines().next().unwrap_or_default().to_owned();
        match &problem.hint {
            Some(hint) => format!("{first} ({hint})"),
            None => first,
        }
    };
    problems.into_sorted().iter().map(first_and_hint).collect()
}

#[test]
fn every_key_and_value_knows_its_place() {
    assert_eq!(
        tree("a:\n  é: [x, 'y z']\n  $b : {c: 08}\n"),
        r#"{a@1:1={é@2:3=["x"@2:7 "y z"@2:10]@2:6 $b@3:3={c@3:9="08"@3:12}@3:8}@2:3}@1:1"#
    );
}

#[test]
fn values_are_kept_as_written() {
    assert_eq!(
        tree("[08, 1e3, yes, 0x10, 1.10, '~']"),
        r#"["08"@1:2 "1e3"@1:6 "yes"@1:11 "0x10"@1:16 "1.10"@1:22 "~"@1:28]@1:1"#
    );
    assert_eq!(tree("[~, null, '']"), r#"[null@1:2 null@1:5 ""@1:11]@1:1"#);
}

#[test]
fn an_empty_text_is_no_document() {
    for text in ["", "\n", "# nothing\n"] {
        assert_eq!(tree(text), "", "{text:?}");
    }
}

#[test]
fn an_alias_repeats_what_was_written_with_its_place() {
    assert_eq!(
        tree("a: &x [h]\nb: *x\n"),
        r#"{a@1:1=["h"@1:8]@1:7 b@2:1=["h"@1:8]@1:7}@1:1"#
    );
}

#[test]
fn a_merge_key_adds_what_is_not_there() {
    assert_eq!(
        tree("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n"),
        r#"{a@1:1={b@1:8="1"@1:11 c@1:14="2"@1:17}@1:7 d@2:1={c@2:13="3"@2:16 b@1:8="1"@1:11}@2:4}@1:1"#
    );
    assert_eq!(
        tree("[&x {a: 1}, &y {a: 2, b: 3}, {<<: [*x, *y]}]"),
        r#"[{a@1:6="1"@1:9}@1:5 {a@1:17="2"@1:20 b@1:23="3"@1:26}@1:16 {a@1:6="1"@1:9 b@1:23="3"@1:26}@1:30]@1:1"#
    );
}

#[test]
fn encrypted_values_are_passed_over_where_they_may_stand() {
    let mut problems = Problems::new(SourceText::new("f", "a: !vault |\n  6638\nb: !other x\n"));
    let node = load_with(&mut problems, &["!vault"]);
    assert_eq!(
        node.as_ref().map(show).unwrap_or_default(),
        r#"{a@1:1=?@2:3 b@3:1="x"@3:11}@1:1"#
    );
    assert_eq!(problems.into_sorted().len(), 1);
}

#[test]
fn windows_line_ends_and_byte_order_marks_move_nothing() {
    assert_eq!(tree("\u{feff}a: b\r\nc: d\r\n"), r#"{a@1:1="b"@1:4 c@2:1="d"@2:4}@1:1"#);
}

#[test]
fn broken_yaml_is_explained() {
    let tab = "YAML does not allow tabs in indentation (use spaces)";
    let ranges = "(inside [ ] and { } quote host ranges and selectors with brackets: [\"web[1-3]\", \"$a&($b|$c)\"])";
    let fit = "broken YAML: this line does not fit in with the lines above it \
               (the keys of a map, and the dashes of a list, begin in the same column)";
    let cases = [
        ("tag:\n\tfoo: [a]\n", format!("f:2:1: {tab}")),
        ("tag:\n  foo:\n  \t- a\n", format!("f:3:3: {tab}")),
        (
            "a: [host[1-3], b]\n",
            format!("f:1:9: broken YAML: expected `,` or `]` {ranges}"),
        ),
        (
            "a: {web[1-3]: {x: 1}}\n",
            format!("f:1:8: broken YAML: expected `,` or `}}` {ranges}"),
        ),
        (
            "a: [b\nc: d\n",
            "f:1:4: broken YAML: this bracket is never closed \
             (close it, or begin the list on a line of its own with `- `)"
                .to_owned(),
        ),
        (
            "a: }\n",
            format!("f:1:4: broken YAML: this bracket closes nothing {ranges}"),
        ),
        ("a: 'x\n", "f:1:4: broken YAML: this quote is never closed".to_owned()),
        (
            "a: b: c\n",
            "f:1:5: broken YAML: a `:` cannot stand here \
             (check the indentation, and quote text that holds `: `)"
                .to_owned(),
        ),
        ("a:\n  - b\n c: d\n", format!("f:3:2: {fit}")),
        ("a: 1\n- b\n", format!("f:2:3: {fit}")),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), [expected], "{text:?}");
    }
}

#[test]
fn signs_with_a_meaning_in_yaml_are_explained() {
    let cases = [
        (
            "- @x\n",
            "f:1:3: broken YAML: `@` cannot stand here (quote the value if it belongs to it)",
        ),
        (
            "a: x\0y\n",
            "f:1:5: broken YAML: `\\0` cannot stand here (quote the value if it belongs to it)",
        ),
        (
            "a: *.example.com\n",
            "f:1:4: `*.example.com` is a YAML alias, but nothing is called `&.example.com` \
             (quote a name pattern: \"*.example.com\")",
        ),
        (
            "- *\n",
            "f:1:3: broken YAML: `*` and `&` have a meaning of their own at the start of a value \
             (quote it: \"*\")",
        ),
        (
            "- !$web\n",
            "f:1:3: `!$web` is a YAML type tag, which has no meaning here \
             (quote a selector that begins with `!`: \"!$frontend\")",
        ),
        (
            "---\na: b\n---\nc: d\n",
            "f:3:1: a second YAML document begins here; a file holds one \
             (remove the `---` line, or move what follows it to a file of its own)",
        ),
        (
            "a: 1\nb: 2\na: 3\n",
            "f:3:1: the key `a` is there twice (it was first given in line 1; merge the two)",
        ),
        (
            "a: {<<: 1}\n",
            "f:1:9: `<<` repeats maps only (for example `<<: *limits`)",
        ),
        (
            "? [a]\n: b\n",
            "f:1:3: a key must be text (quote keys that begin with `[` or `{`: \"{web,db}.example.com\")",
        ),
        (": b\n", "f:1:1: a key is missing before the `:`"),
        (
            "a: &x [*x]\n",
            "f:1:8: this alias stands inside the very value that it repeats",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), [expected], "{text:?}");
    }
}

#[test]
fn aliases_cannot_blow_a_file_up() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let found = problems(&bomb);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("aliases repeat more than 1000000 values"),
        "{found:?}"
    );
}

#[test]
fn a_chain_of_aliases_cannot_nest_without_end() {
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..2_000 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let found = problems(&chain);
    assert!(
        found[0].contains("aliases nest more than 64 levels deep here"),
        "{found:?}"
    );
}

#[test]
fn nesting_has_an_end() {
    let blocks: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    for text in ["[".repeat(100_000), "{a: ".repeat(10_000), "- ".repeat(10_000), blocks] {
        let found = problems(&text);
        assert!(found.len() == 1 && found[0].contains("nested too deep"), "{found:?}");
    }
}
