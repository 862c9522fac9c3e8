//! Passes a command's secret environment.
//!
//! It is sent over the session's standard input, before the command's own, and the shell reads it
//! with builtins alone: an argument of any program would show in the host's process list.

use std::collections::BTreeMap;
use std::fmt;

use pogo_core::plan::ExecOptions;
use secrecy::{ExposeSecret, SecretString};

/// Reads variables up to a line with `.`: `=NAME`, then pieces of the value after `+`, `-` for each
/// line break, and `!`. Shells read pipes and terminals byte by byte, so what follows is left for the command.
pub(crate) const READ_SECRETS: &str = r#"pogo_l='
'
while IFS= read -r pogo_i; do
  case $pogo_i in
  =*) pogo_n=${pogo_i#=} pogo_v= ;;
  +*) pogo_v=$pogo_v${pogo_i#+} ;;
  -) pogo_v=$pogo_v$pogo_l ;;
  '!') export "$pogo_n=$pogo_v" ;;
  *) break ;;
  esac
done
[ "$pogo_i" = . ] || exit 255
unset pogo_i pogo_l pogo_n pogo_v
"#;

/// The longest piece in bytes: a BSD terminal accepts lines of 1,024.
const LONGEST: usize = 900;

/// Values by name. Their `Debug` shows no value.
#[derive(Clone, Default)]
pub(crate) struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    pub(crate) fn add(&mut self, name: String, value: SecretString) {
        self.0.insert(name, value);
    }

    /// Why these do not match the variables that the options name.
    pub(crate) fn refusal(&self, exec_options: &ExecOptions) -> Option<String> {
        for name in &exec_options.secret_environment {
            let Some(value) = self.0.get(name) else {
                return Some(format!(
                    "the value of the secret variable {name} is not known here; give it again"
                ));
            };
            // A terminal acts on these instead of passing them on, and the command would get
            // another value.
            let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            let value = value.expose_secret();
            if value.contains('\0') || (exec_options.pty && value.contains(steers)) {
                return Some(format!(
                    "the secret variable {name} holds a character that a terminal acts upon; run without one"
                ));
            }
        }
        None
    }

    /// The text that the command's shell reads; `None` without variables.
    pub(crate) fn lines(&self) -> Option<SecretString> {
        if self.0.is_empty() {
            return None;
        }
        let mut text = String::new();
        for (name, value) in &self.0 {
            text.push_str(&format!("={name}\n"));
            for (at, line) in value.expose_secret().split('\n').enumerate() {
                text.push_str(if at > 0 { "-\n" } else { "" });
                pieces(line, &mut text);
            }
            text.push_str("!\n");
        }
        // The end mark, so that a link which breaks in the middle lets no command run with half of
        // its secrets.
        text.push_str(".\n");
        Some(text.into())
    }
}

fn pieces(mut line: &str, text: &mut String) {
    while !line.is_empty() {
        let end = match line.len() > LONGEST {
            true => (0..=LONGEST)
                .rev()
                .find(|at| line.is_char_boundary(*at))
                .unwrap_or(line.len()),
            false => line.len(),
        };
        let (piece, rest) = line.split_at(end);
        text.push_str(&format!("+{piece}\n"));
        line = rest;
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
