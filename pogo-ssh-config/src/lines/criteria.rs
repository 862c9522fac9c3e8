//! The conditions of a `Match` line.

use super::lex::{Rest, Word, next_word};
use crate::value::networks::parse_networks;
use crate::value::pattern_list::matches_host_list;

/// One condition of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Criterion {
    pub(crate) kind: CriterionKind,
    /// It is negated with `!`.
    pub(crate) negated: bool,
    /// Its argument; empty for conditions without one.
    pub(crate) argument: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CriterionKind {
    /// Always.
    All,
    /// In the second reading, if something else asks for one: names are not rewritten.
    Canonical,
    /// In the second reading, which it asks for.
    Final,
    /// By the name that is connected to: that of `HostName`, where there was one before.
    Host,
    /// By the name that was given.
    OriginalHost,
    /// By the user who logs in.
    User,
    /// By the user who runs this program.
    LocalUser,
    /// By the `Tag` that was set before.
    Tagged,
    /// By the command that runs there.
    Command,
    /// By what the session runs: a shell, a command or a subsystem.
    SessionType,
    /// By the release of OpenSSH whose rules are followed.
    Version,
    /// By the networks of this machine's interfaces.
    LocalNetwork,
    /// By the exit status of a command of this machine.
    Exec,
}

/// Names in lower case.
const KINDS: [(&str, CriterionKind); 13] = [
    ("all", CriterionKind::All),
    ("canonical", CriterionKind::Canonical),
    ("final", CriterionKind::Final),
    ("host", CriterionKind::Host),
    ("originalhost", CriterionKind::OriginalHost),
    ("user", CriterionKind::User),
    ("localuser", CriterionKind::LocalUser),
    ("tagged", CriterionKind::Tagged),
    ("command", CriterionKind::Command),
    ("sessiontype", CriterionKind::SessionType),
    ("version", CriterionKind::Version),
    ("localnetwork", CriterionKind::LocalNetwork),
    ("exec", CriterionKind::Exec),
];

/// A problem with the bytes from the first to the second offset.
type CriteriaProblem = (usize, usize, String);

/// Parses the conditions of a line, in order.
pub(crate) fn parse_criteria(value: Rest<'_>) -> Result<Vec<Criterion>, CriteriaProblem> {
    let mut rest = Some(value);
    let mut criteria = Vec::new();
    while let Some(word) = next_word(&mut rest).filter(says_something) {
        let (negated, name) = match word.text.strip_prefix('!') {
            Some(name) => (true, name),
            None => (false, word.text.as_str()),
        };
        let wrong = |problem: String| (word.start, word.end, problem);
        let name = name.to_ascii_lowercase();
        let known = KINDS.iter().find(|(known, _)| *known == name);
        let Some((_, kind)) = known else {
            return Err(wrong(format!("OpenSSH knows no condition `{}`", word.text)));
        };
        let argument = match kind {
            CriterionKind::All => {
                let next = next_word(&mut rest).filter(says_something);
                if criteria.len() > 1 || next.is_some() {
                    return Err(wrong("`all` stands alone, or after canonical or final".to_owned()));
                }
                rest = None;
                String::new()
            }
            CriterionKind::Canonical | CriterionKind::Final => String::new(),
            kind => argument(*kind, &mut rest)
                .ok_or_else(|| wrong(format!("the condition `{name}` needs something to compare with")))?,
        };
        if *kind == CriterionKind::LocalNetwork {
            parse_networks(&argument).map_err(wrong)?;
        }
        criteria.push(Criterion {
            kind: *kind,
            negated,
            argument,
        });
    }
    match criteria.is_empty() {
        true => Err((value.at, value.at + value.text.len(), "it needs a condition".to_owned())),
        false => Ok(criteria),
    }
}

fn says_something(word: &Word) -> bool {
    !word.text.is_empty() && !word.text.starts_with('#')
}

fn argument(kind: CriterionKind, rest: &mut Option<Rest<'_>>) -> Option<String> {
    let may_be_empty = matches!(kind, CriterionKind::Tagged | CriterionKind::Command);
    let word = next_word(rest)?;
    let says = (may_be_empty || !word.text.is_empty()) && !word.text.starts_with('#');
    says.then_some(word.text)
}

impl Criterion {
    /// Its name, if it cannot be evaluated without connecting.
    pub(crate) fn name_if_unknown(&self) -> Option<&'static str> {
        let is_known = matches!(
            self.kind,
            CriterionKind::All | CriterionKind::Host | CriterionKind::OriginalHost
        );
        let (name, _) = KINDS.iter().find(|(_, kind)| *kind == self.kind && !is_known)?;
        Some(name)
    }

    pub(crate) fn is_final(&self) -> bool {
        self.kind == CriterionKind::Final
    }

    /// Whether it holds for a host with this name and address so far; `None` if that needs a connection.
    fn holds_offline(&self, original: &str, address: &str) -> Option<bool> {
        let holds = match self.kind {
            CriterionKind::All => true,
            CriterionKind::Host => matches_host_list(address, &self.argument),
            CriterionKind::OriginalHost => matches_host_list(original, &self.argument),
            _ => return None,
        };
        Some(holds != self.negated)
    }
}

/// Whether all conditions hold for a host with this name and address so far. A condition that needs a connection does
/// not hold.
pub(crate) fn hold_offline(criteria: &[Criterion], original: &str, address: &str) -> bool {
    let mut all = criteria.iter();
    all.all(|criterion| criterion.holds_offline(original, address) == Some(true))
}
