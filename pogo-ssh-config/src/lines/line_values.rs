//! Parses the arguments of one line into values.

use super::lex::Word;
use super::line::ConfigLine;
use super::line_use::LineUse;
use super::scope::ConfigScope;
use crate::value::algorithm_list::AlgorithmList;
use crate::value::time::time_or_none;
use pogo_core::fleet::matches_pattern;

/// The arguments of one line; unused ones are an error.
#[derive(Debug)]
pub(crate) struct LineValues<'a> {
    pub(crate) line: &'a ConfigLine,
    /// Whose configuration the line is in.
    pub(crate) scope: ConfigScope,
    left: &'a [Word],
    last: Option<&'a Word>,
}

/// The message for an invalid value.
pub(crate) fn invalid_value(value: &str) -> String {
    format!("`{value}` is not a valid value")
}

impl<'a> LineValues<'a> {
    pub(crate) fn new(line: &'a ConfigLine, scope: ConfigScope) -> Self {
        Self {
            line,
            scope,
            left: &line.words,
            last: None,
        }
    }

    /// The word taken last, which problems refer to.
    pub(crate) fn last(&self) -> Option<&'a Word> {
        self.last
    }

    pub(crate) fn next_word(&mut self) -> Option<&'a Word> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        self.last = Some(first);
        Some(first)
    }

    fn next(&mut self) -> Option<&'a str> {
        self.next_word().map(|word| word.text.as_str())
    }

    /// All remaining arguments.
    fn all(&mut self) -> Vec<&'a str> {
        let words = std::mem::take(&mut self.left);
        words.iter().map(|word| word.text.as_str()).collect()
    }

    /// A non-empty argument.
    pub(crate) fn text(&mut self) -> Result<String, String> {
        let text = self.next().filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| "its value is missing".to_owned())
    }

    /// The rest of the line as written, with quotes.
    pub(crate) fn whole_text(&mut self) -> String {
        self.last = self.left.first();
        self.left = &[];
        self.line
            .value()
            .trim_start_matches([' ', '\t', '\r', '\n', '='])
            .to_owned()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, forms: &[(&str, T)]) -> Result<T, String> {
        let text = self.text()?;
        let form = forms.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
        form.map(|(_, value)| *value).ok_or_else(|| invalid_value(&text))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, String> {
        self.one_of_or_flag(&[])
    }

    pub(crate) fn one_of_or_flag(&mut self, forms: &[(&str, bool)]) -> Result<bool, String> {
        let flags = [("yes", true), ("true", true), ("no", false), ("false", false)];
        let all: Vec<(&str, bool)> = flags.iter().chain(forms).copied().collect();
        self.one_of(&all)
    }

    pub(crate) fn port(&mut self) -> Result<u16, String> {
        let text = self.text()?;
        let port = match text.as_str() {
            // OpenSSH looks services up in `/etc/services`; only this name is in use, and no file
            // needs reading for it.
            "ssh" => Some(22),
            text => whole_number(text).and_then(|port| u16::try_from(port).ok()),
        };
        port.filter(|port| *port > 0)
            .ok_or_else(|| format!("`{text}` is not a port, a number from 1 to 65535"))
    }

    pub(crate) fn number(&mut self) -> Result<i64, String> {
        let text = self.text()?;
        // OpenSSH parses these as `int`.
        let number = whole_number(&text).filter(|number| i32::try_from(*number).is_ok());
        number.ok_or_else(|| invalid_value(&text))
    }

    /// An algorithm list.
    pub(crate) fn algorithms(&mut self, allows_patterns: bool) -> Result<AlgorithmList, String> {
        AlgorithmList::new(&self.line.name, &self.text()?, &self.line.position(), allows_patterns)
    }

    /// Seconds; `None` for `none`.
    pub(crate) fn time(&mut self) -> Result<Option<u64>, String> {
        let text = self.text()?;
        time_or_none(&text).ok_or_else(|| invalid_value(&text))
    }

    /// All arguments, if none were set before. `none` must be the only one.
    pub(crate) fn files(&mut self, named: &mut Vec<String>, line_use: LineUse) -> Result<(), String> {
        let files = self.all();
        if files.iter().any(|file| file.is_empty()) {
            return Err("it names an empty file".to_owned());
        }
        if files.len() > 1 && files.iter().any(|file| file.eq_ignore_ascii_case("none")) {
            return Err("`none` must stand alone".to_owned());
        }
        if line_use.applies() && named.is_empty() {
            named.extend(files.into_iter().map(str::to_owned));
        }
        Ok(())
    }

    /// Variable names or patterns; a leading `-` removes earlier ones.
    pub(crate) fn sent_variables(&mut self, sent: &mut Vec<String>, line_use: LineUse) -> Result<(), String> {
        let names = self.all();
        if let Some(bad_name) = names.iter().find(|name| name.is_empty() || name.contains('=')) {
            return Err(format!("`{bad_name}` is no name of a variable"));
        }
        for name in names.iter().filter(|_| line_use.applies()) {
            match name.strip_prefix('-') {
                Some(pattern) => sent.retain(|sent| !matches_pattern(pattern, sent)),
                None => sent.push((*name).to_owned()),
            }
        }
        Ok(())
    }

    /// `NAME=VALUE`, if none were set before; of two with the same name the first one counts.
    pub(crate) fn set_variables(&mut self, set: &mut Vec<(String, String)>, line_use: LineUse) -> Result<(), String> {
        let mut variables: Vec<(String, String)> = Vec::new();
        for text in self.all() {
            let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
            if !variables.iter().any(|(known, _)| known == name) {
                variables.push((name.to_owned(), value.to_owned()));
            }
        }
        if line_use.applies() && set.is_empty() {
            *set = variables;
        }
        Ok(())
    }

    /// Bytes (0 for the default), and optionally a time.
    pub(crate) fn rekey_limit(&mut self) -> Result<(u64, Option<u64>), String> {
        let text = self.text()?;
        let bytes = match text.as_str() {
            "default" => Some(0),
            text => size(text).filter(|bytes| *bytes == 0 || *bytes >= 16),
        };
        let bytes = bytes.ok_or_else(|| invalid_value(&text))?;
        Ok((bytes, if self.left.is_empty() { None } else { self.time()? }))
    }
}

fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `100`, `100K`, `1G`.
fn size(text: &str) -> Option<u64> {
    let (digits, factor) = match text.chars().last()?.to_ascii_uppercase() {
        'B' => (text.get(..text.len() - 1)?, 1),
        'K' => (text.get(..text.len() - 1)?, 1 << 10),
        'M' => (text.get(..text.len() - 1)?, 1 << 20),
        'G' => (text.get(..text.len() - 1)?, 1 << 30),
        'T' => (text.get(..text.len() - 1)?, 1 << 40),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
