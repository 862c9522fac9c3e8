//! The INI form: `[group]`, `[group:children]`, `[group:vars]`.

use std::collections::BTreeMap;

use super::model::{Model, set};
use super::vars::{Setting, Vars, known};
use super::words::Word;
use super::{groups, literal, pattern, words};
use crate::origins::SourceNumber;
use crate::source::{Problems, Span, column, narrow};

/// What the lines below a header are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// `[group]`: a host a line.
    Hosts,
    /// `[group:children]`: a group a line.
    Children,
    /// `[group:vars]`: a variable a line.
    Vars,
}

/// Reads the text into the model.
pub(super) fn read(problems: &mut Problems<'_>, model: &mut Model) {
    let text = problems.source.text;
    let source = model.origins.open(&problems.source.name);
    model.reserve(problems.source.rows());
    let mut reader = IniReader {
        problems,
        source,
        at: model.number("ungrouped", source.at(Span::START)),
        model,
        group: "ungrouped".to_owned(),
        section: Section::Hosts,
        words: Vec::new(),
        pending: BTreeMap::new(),
    };
    let mut start = 0;
    for (number, line) in text.split('\n').enumerate() {
        reader.line(IniLine::new(line, start, number + 1));
        start += line.len() + 1;
    }
    // At the end, as for Ansible: a group may be declared after its variables, and after the group
    // whose child it is.
    for (name, (span, message)) in std::mem::take(&mut reader.pending) {
        let hint = format!("add a section `[{name}]`, or `[{name}:children]`");
        reader.problems.report_with(span, message, hint);
    }
}

/// A line without its indentation and trailing white space.
struct IniLine<'a> {
    text: &'a str,
    start: usize,
    number: usize,
    indentation: usize,
}

impl<'a> IniLine<'a> {
    fn new(line: &'a str, start: usize, number: usize) -> Self {
        let text = line.trim_start();
        let indentation = line.len() - text.len();
        Self {
            text: text.trim_end(),
            start: start + indentation,
            number,
            indentation: line.get(..indentation).map_or(0, |space| space.chars().count()),
        }
    }

    /// The bytes `from..to` of the text.
    fn span(&self, from: usize, to: usize) -> Span {
        let column = narrow(self.indentation).saturating_add(column(self.text, from));
        Span::new(self.start + from..self.start + to, self.number, column)
    }

    fn whole(&self) -> Span {
        self.span(0, self.text.len())
    }
}

struct IniReader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    model: &'r mut Model,
    source: SourceNumber,
    group: String,
    /// The group's number.
    at: usize,
    section: Section,
    words: Vec<Word<'a>>,
    /// Groups that are referenced but not declared so far.
    pending: BTreeMap<String, (Span, String)>,
}

impl<'a> IniReader<'_, 'a> {
    fn line(&mut self, line: IniLine<'a>) {
        if line.text.is_empty() || line.text.starts_with(['#', ';']) {
            return;
        }
        // Before hosts: `[web]` would be a pattern of a range as well.
        if let Some(header) = header(line.text) {
            return self.header(&line, header);
        }
        if line.text.starts_with('[') && line.text.ends_with(']') {
            let hint = "write [group], [group:children] or [group:vars], without spaces";
            return self.problems.report_with(line.whole(), "this is not a section", hint);
        }
        match self.section {
            Section::Hosts => self.hosts(&line),
            Section::Children => self.child(&line),
            Section::Vars => self.var(&line),
        }
    }

    fn header(&mut self, line: &IniLine<'_>, (name, kind): (&str, Option<&str>)) {
        let span = line.span(1, 1 + name.len());
        self.section = match kind {
            None | Some("hosts") => Section::Hosts,
            Some("children") => Section::Children,
            Some("vars") => Section::Vars,
            Some(other) => {
                let message = format!("`{other}` is no kind of section");
                let hint = "write [group], [group:children] or [group:vars]";
                let from = name.len() + 2;
                return self
                    .problems
                    .report_with(line.span(from, from + other.len()), message, hint);
            }
        };
        self.group = name.to_owned();
        let is_new = !self.model.groups.contains_key(name) && !matches!(name, "all" | "ungrouped");
        self.at = self.model.number(name, self.source.at(span));
        if self.section != Section::Vars {
            self.pending.remove(name);
        } else if is_new {
            let message = format!("variables are set for the group `{name}`, which is not there");
            self.pending.insert(name.to_owned(), (span, message));
        }
    }

    fn hosts(&mut self, line: &IniLine<'a>) {
        // A reused buffer, as there may be very many lines.
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        match words::split(line.text, &mut words) {
            Ok(()) => self.listed(line, &words),
            Err(why) => self.problems.report(line.whole(), why),
        }
        self.words = words;
    }

    fn listed(&mut self, line: &IniLine<'a>, words: &[Word<'a>]) {
        let Some((first, assignments)) = words.split_first() else {
            return;
        };
        let span = line.span(first.start, first.end);
        let position = self.source.at(span);
        let vars = self.assignments(line, assignments);
        if pattern::is_name(&first.text) {
            self.model.join(self.at, &first.text, position, None);
            return self.model.set_vars(&first.text, vars);
        }
        let (hosts, port) = match pattern::expand(&first.text) {
            Ok(expanded) => expanded,
            Err(message) => return self.problems.report(span, message),
        };
        for host in hosts {
            self.model.join(self.at, &host, position, port);
            self.model.set_vars(&host, vars.clone());
        }
    }

    fn assignments(&mut self, line: &IniLine<'_>, assignments: &[Word<'_>]) -> Vars {
        let mut vars = Vars::with_capacity(assignments.len());
        for word in assignments {
            let span = || line.span(word.start, word.end);
            let at = word.text.bytes().position(|byte| byte == b'=');
            let parts = at.and_then(|at| Some((word.text.get(..at)?, word.text.get(at + 1..)?)));
            let Some((name, value)) = parts else {
                // Not shown: the word may be part of a password.
                let hint = "one host, or one range of hosts, stands on a line";
                self.problems.report_with(span(), "expected `name=value`", hint);
                continue;
            };
            if let Some(name) = known(name) {
                let position = self.source.at(span());
                let value = literal::read(value);
                vars.insert(name, Setting { value, position });
            }
        }
        vars
    }

    fn child(&mut self, line: &IniLine<'_>) {
        let name = line.text.split('#').next().unwrap_or_default().trim_end();
        let span = line.span(0, name.len());
        if name.is_empty() || name.contains([':', ']']) || name.contains(char::is_whitespace) {
            let message = format!("`{}` is not the name of a group", name.escape_debug());
            return self.problems.report(span, message);
        }
        if let Some(refused) = groups::refused_child(&self.group, name) {
            return self.problems.report_with(span, refused.message, refused.hint);
        }
        let position = self.source.at(span);
        if !self.model.groups.contains_key(name) {
            let message = format!("`{name}` is a child of `{}`, but there is no such group", self.group);
            self.pending.entry(name.to_owned()).or_insert((span, message));
        }
        self.model.group(name, position);
        self.model.group(&self.group, position).children.insert(name.to_owned());
    }

    fn var(&mut self, line: &IniLine<'_>) {
        // The whole line is one variable: its value may have spaces, and needs no quotes as it does
        // beside a host.
        let Some((name, value)) = line.text.split_once('=') else {
            let message = "expected `name=value`";
            return self.problems.report(line.whole(), message);
        };
        let position = self.source.at(line.whole());
        let group = self.model.group(&self.group, position);
        set(&mut group.vars, name.trim(), literal::read(value.trim()), position);
    }
}

/// The group and the kind of a section header.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    // Ansible's expression, to the letter: no white space within the brackets, and a comment may
    // follow.
    let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
    let after = after.trim_start();
    if !(after.is_empty() || after.starts_with('#')) || inside.contains(char::is_whitespace) {
        return None;
    }
    let (name, kind) = match inside.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (inside, None),
    };
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    (!name.is_empty() && kind.is_none_or(word)).then_some((name, kind))
}
