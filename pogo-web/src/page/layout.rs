//! Files without what is there for those who read them.

use std::iter::Peekable;
use std::str::Chars;

/// Without indentation, empty lines and lines that are a comment, and with lines joined that cannot end where they do.
/// No text of the page goes over lines, and no comment stands behind code.
pub(super) fn without_layout(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines().map(str::trim_start) {
        if !line.starts_with("//") {
            add_line(&mut text, line);
        }
    }
    text
}

/// A script, without spaces around marks and marks before the end of a list or a block as well: an eighth of what is
/// compressed goes with all of this. Names are as they were, so that an error that a browser reports is still found.
pub(super) fn script_without_layout(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let line = without_spaces(line.trim_start());
        if line.starts_with(['.', '?', ':', '&', '|', ')', ']', '}']) && text.ends_with('\n') {
            text.pop();
        }
        let ends =
            line.starts_with([')', ']', '}']) && text.ends_with(',') || line.starts_with('}') && text.ends_with(';');
        if ends {
            text.pop();
        }
        add_line(&mut text, &line);
    }
    text
}

fn add_line(text: &mut String, line: &str) {
    text.push_str(line);
    if !line.is_empty() && !line.ends_with(['{', '(', '[', ',', ';']) {
        text.push('\n');
    }
}

/// Marks that end a name, and that no space around them changes. Not signs: `a - -b` is not `a--b`.
fn is_mark(char: char) -> bool {
    ",;:?{}()[]=<>*&|!".contains(char)
}

/// A line of a script, of which strings, templates and regular expressions are as they were.
fn without_spaces(line: &str) -> String {
    if line.starts_with("//") {
        return String::new();
    }
    let mut line = ScriptLine {
        rest: line.chars().peekable(),
        out: String::with_capacity(line.len()),
        templates: vec![],
    };
    while let Some(char) = line.rest.next() {
        line.take(char);
    }
    line.out
}

struct ScriptLine<'l> {
    rest: Peekable<Chars<'l>>,
    out: String,
    /// Of each template that is open, how many braces are open in the code inside of it.
    templates: Vec<usize>,
}

impl ScriptLine<'_> {
    fn take(&mut self, char: char) {
        let next = self.rest.peek().copied();
        match char {
            '"' | '\'' => self.copy_to(char),
            '`' => self.copy_template(char),
            '{' | '}' if !self.templates.is_empty() => self.brace(char),
            // Divisions have spaces around them.
            '/' if next.is_some_and(|next| !" =*".contains(next)) => self.copy_to(char),
            ' ' if next.is_none_or(is_mark) || self.out.ends_with(is_mark) => {}
            char => self.out.push(char),
        }
    }

    /// Copies a string or a regular expression.
    fn copy_to(&mut self, end: char) {
        self.out.push(end);
        let mut in_class = false;
        while let Some(char) = self.rest.next() {
            self.out.push(char);
            match char {
                '\\' => self.out.extend(self.rest.next()),
                '[' if end == '/' => in_class = true,
                ']' => in_class = false,
                char if char == end && !in_class => return,
                _ => {}
            }
        }
    }

    /// Copies a template up to its end, or to code inside of it.
    fn copy_template(&mut self, begin: char) {
        self.out.push(begin);
        while let Some(char) = self.rest.next() {
            self.out.push(char);
            match char {
                '\\' => self.out.extend(self.rest.next()),
                '`' => return,
                '$' if self.rest.next_if_eq(&'{').is_some() => {
                    self.out.push('{');
                    self.templates.push(0);
                    return;
                }
                _ => {}
            }
        }
    }

    /// A brace of code inside of a template, or the end of that code.
    fn brace(&mut self, brace: char) {
        match (brace, self.templates.pop()) {
            ('}', Some(0)) => return self.copy_template(brace),
            ('}', Some(open)) => self.templates.push(open - 1),
            (_, Some(open)) => self.templates.push(open + 1),
            (_, None) => {}
        }
        self.out.push(brace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_templates_and_expressions_are_as_they_were() {
        for (line, left) in [
            (r#"const a = b ? "x : y" : 'c, "d"';"#, r#"const a=b?"x : y":'c, "d"';"#),
            (
                "say(`, at ${x.map((y) => `${y} { `)} , ${z}`, 1);",
                "say(`, at ${x.map((y)=>`${y} { `)} , ${z}`,1);",
            ),
            (
                r"if (/^[\w@%+=:, /-]+ \/$/.test(text)) return !x;",
                r"if(/^[\w@%+=:, /-]+ \/$/.test(text))return!x;",
            ),
            ("return a / (b - -c) / 2 + d;", "return a /(b - -c)/ 2 + d;"),
            ("  // of a / b", ""),
            ("import { el } from \"./dom.js\";", "import{el}from \"./dom.js\";"),
        ] {
            assert_eq!(without_spaces(line.trim_start()), left, "{line}");
        }
    }

    #[test]
    fn lines_are_joined_where_they_cannot_end() {
        let source = "if (f(\n  a,\n  // why\n\n  b,\n)) {\n  g()\n  h();\n}\na\n  .b()\n";
        assert_eq!(script_without_layout(source), "if(f(a,b)){g()\nh()}\na.b()\n");
        assert_eq!(without_layout("a, b {\n  c: d;\n}\n"), "a, b {c: d;}\n");
    }
}
