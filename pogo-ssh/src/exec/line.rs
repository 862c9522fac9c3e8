//! Command lines that every login shell parses alike.
//!
//! POSIX shells, fish and the C shells differ: inside single quotes fish interprets the backslash, the C
//! shells `!` and line breaks, and some limit the length of a word. So a line consists of short words of printable
//! ASCII without any of these, and the host's own `/bin/sh` decodes them.

use super::words::{Encoding, ScriptPart};
use crate::quote::{quote, quote_all};

/// Decodes the words of a line and runs the text. The login shell parses it, so it contains nothing to decode itself.
const DECODE: &str = r#"eval "$(printf %b "$@")""#;

/// Reads the words from standard input instead, one per line, up to a line with a dot. Shells read
/// pipes and terminals byte by byte, so what follows is left for the command.
const READ: &str = r#"pogo_i=$(
while IFS= read -r pogo_i; do
  case $pogo_i in +*) printf %b "${pogo_i#+}" ;; *) break ;; esac
done
[ "$pogo_i" = . ]) || exit 255
eval "unset pogo_i
$pogo_i""#;

/// The longest line in bytes. Dropbear accepts 9,000, OpenSSH on Linux 131,071; longer scripts go over standard input.
const LONGEST_LINE: usize = 8_000;

/// `$0` of the shell, which its error messages and process lists show.
const NAME: &str = "pogo";

/// `$0` of the shell that runs an attempt's command.
const COMMAND_NAME: &str = "pogo-command";

/// A command line for the login shell of a host, and the beginning of its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// The command line.
    pub(crate) text: String,
    /// The beginning of standard input, where the script does not fit into the line.
    pub(crate) input: Option<String>,
}

/// A text for a host's shell, of which parts may be the same in every session.
#[derive(Debug, Clone)]
pub(crate) struct Script<'a>(pub(crate) Vec<ScriptPart<'a>>);

impl<'a> From<&'a str> for Script<'a> {
    fn from(text: &'a str) -> Self {
        Self(vec![text.into()])
    }
}

impl<'a> From<&'a String> for Script<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl CommandLine {
    /// A line that runs this text of the POSIX shell, with these positional parameters.
    pub(crate) fn new<'a>(script: impl Into<Script<'a>>, parameters: &[&str]) -> Self {
        Self::named(NAME, ("", script.into()), parameters)
    }

    /// A line for the steps of an attempt, with or without the command. The first text finds the words of the line as
    /// its own parameters.
    pub(crate) fn of_session<'a>(
        with_command: bool,
        (lead, script): (&str, impl Into<Script<'a>>),
        parameters: &[&str],
    ) -> Self {
        let name = if with_command { COMMAND_NAME } else { NAME };
        Self::named(name, (lead, script.into()), parameters)
    }

    /// A line that is sent unchanged.
    pub(crate) fn raw(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            input: None,
        }
    }

    fn named(name: &str, (lead, script): (&str, Script<'_>), parameters: &[&str]) -> Self {
        let before = format!("set -- {}\n", quote_all(parameters.iter().copied()));
        let words = |encoding: Encoding, before: &str| {
            let mut words = String::with_capacity(LONGEST_LINE);
            ScriptPart::from(before).write_to(&mut words, encoding);
            script.0.iter().for_each(|part| part.write_to(&mut words, encoding));
            words
        };
        let text = line_of(name, &words(Encoding::LoginShell, &format!("{lead}\n{before}")));
        // The usual case: what is read from standard input is read byte by byte by the host's
        // shell, a call for each.
        if text.len() <= LONGEST_LINE {
            return Self { text, input: None };
        }
        let reads = Encoding::LoginShell.words(&format!("{lead}\n{READ}"));
        Self {
            text: line_of(name, &reads),
            input: Some(words(Encoding::Reading, &before) + ".\n"),
        }
    }
}

fn line_of(name: &str, words: &str) -> String {
    // The login shell makes way: the process that the server waits for is then this one.
    format!("exec /bin/sh -c {} {name}{words}", quote(DECODE))
}

/// Whether a command line runs the command of an attempt, rather than a hook or a kill.
#[cfg(any(test, feature = "loopback"))]
pub(crate) fn is_command(line: &str) -> bool {
    line.contains(&format!("{} {COMMAND_NAME} ", quote(DECODE)))
}

/// The decoded text of a line; `None` if it comes over standard input, or is another kind of line.
#[cfg(any(test, feature = "loopback"))]
pub(crate) fn decoded(line: &str) -> Option<String> {
    let (_, words) = line.split_once(&format!("{} ", quote(DECODE)))?;
    let (_, words) = words.split_once(" '")?;
    let words: String = words.strip_suffix('\'')?.split("' '").collect();
    text_of(&words).filter(|text| !text.ends_with(READ))
}

/// Decodes words for `printf %b`.
#[cfg(any(test, feature = "loopback"))]
fn text_of(words: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), words);
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let octal = escape.strip_prefix('0').and_then(|octal| octal.get(..3));
        bytes.push(match octal {
            Some(octal) => u8::from_str_radix(octal, 8).ok()?,
            None => b'\n',
        });
        rest = escape.get(if octal.is_some() { 4 } else { 1 }..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
impl CommandLine {
    /// The line for a host with this shell as `/bin/sh`.
    pub(crate) fn under(&self, shell: &str) -> String {
        let words = Encoding::LoginShell.words(&self.decoded().replace("/bin/sh", shell));
        line_of(NAME, &words).replace("/bin/sh", shell)
    }

    /// The text that the host's `/bin/sh` runs.
    pub(crate) fn decoded(&self) -> String {
        match &self.input {
            Some(input) => {
                let lines = input.strip_suffix(".\n").unwrap().lines();
                let words: String = lines.map(|line| line.strip_prefix('+').unwrap()).collect();
                text_of(&words).unwrap()
            }
            None => decoded(&self.text).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::words::{ConstantText, LONGEST_WORD};
    use super::*;

    proptest! {
        #[test]
        fn a_line_stands_for_exactly_its_text(
            text in "[^\\x00]{0,30}|[ '\"$`\\\\!*;&|<>()\n\t~#-]{0,30}",
            times in prop_oneof![Just(1), 500..1000usize]
        ) {
            let text = text.repeat(times);
            let line = CommandLine::new(text.as_str(), &[]);
            prop_assert_eq!(line.decoded(), format!("{}set -- \n{text}", if line.input.is_none() { "\n" } else { "" }));
        }

        #[test]
        fn a_line_is_short_and_holds_nothing_that_shells_read_differently(
            text in "[^\\x00]{0,200}",
            times in 1..300usize
        ) {
            let line = CommandLine::of_session(true, ("", "echo"), &[&text.repeat(times)]);
            prop_assert!(line.text.len() <= LONGEST_LINE);
            prop_assert!(is_command(&line.text));
            let words: Vec<&str> = line.text.split('\'').skip(1).step_by(2).skip(1).collect();
            prop_assert!(!words.is_empty());
            for word in words {
                prop_assert!(word.len() <= LONGEST_WORD && word.bytes().all(for_login_shell_or_escape), "{}", word);
            }
            for line in line.input.iter().flat_map(|input| input.lines()) {
                prop_assert!(
                    line.len() <= LONGEST_WORD + 1 && line.bytes().all(|byte| matches!(byte, b' '..=b'~')),
                    "{}",
                    line
                );
            }
        }
    }

    #[test]
    fn a_part_that_is_encoded_once_stands_for_its_text_among_others() {
        static CONSTANT: LazyLock<ConstantText> = LazyLock::new(|| ConstantText::new("it's\n\\n\u{e9}!\n"));
        for times in [1, 2_000] {
            let (before, after) = ("'b'\\\n".repeat(times), "a!\n".repeat(times));
            let constant: &'static ConstantText = &CONSTANT;
            let script = Script(vec![before.as_str().into(), constant.into(), after.as_str().into()]);
            let line = CommandLine::new(script, &["x y"]);
            assert_eq!(line.input.is_none(), times == 1);
            let text = format!("set -- 'x y'\n{before}it's\n\\n\u{e9}!\n{after}");
            assert_eq!(line.decoded().trim_start_matches('\n'), text);
        }
    }

    fn for_login_shell_or_escape(byte: u8) -> bool {
        matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'!')
    }
}
