//! The conditions of a `Match` line.

use super::pattern::{fits_host_list, fits_list};
use super::words::next_word;

/// What conditions are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The host as it is known so far.
    pub(super) host: &'a str,
    /// The host as asked for.
    pub(super) original: &'a str,
    pub(super) user: &'a str,
    pub(super) local_user: &'a str,
    /// Whether everything has been read once already.
    pub(super) is_final: bool,
}

/// What a `Match` line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    pub(super) holds: bool,
    /// It asks for a second reading.
    pub(super) wants_final: bool,
}

/// Why a `Match` line cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MatchProblem {
    /// OpenSSH would not take it either.
    Senseless(String),
    /// OpenSSH would.
    Unsupported(String),
}

/// Whether all conditions of the line hold.
pub(super) fn judge(text: &str, subject: &Subject<'_>) -> Result<Matched, MatchProblem> {
    let senseless = |problem: &str| Err(MatchProblem::Senseless(problem.to_owned()));
    let mut rest = Some(text);
    let mut matched = Matched {
        holds: true,
        wants_final: false,
    };
    let mut conditions = 0;
    while let Some(word) = next_word(&mut rest).filter(|word| !word.is_empty() && !word.starts_with('#')) {
        let (negated, name) = match word.strip_prefix('!') {
            Some(name) => (true, name.to_ascii_lowercase()),
            None => (false, word.to_ascii_lowercase()),
        };
        if name == "all" {
            let next = next_word(&mut rest);
            if conditions > 1 || next.is_some_and(|next| !next.is_empty() && !next.starts_with('#')) {
                return senseless("`all` stands alone in a Match, or after canonical or final");
            }
            matched.holds &= !negated;
            return Ok(matched);
        }
        conditions += 1;
        if name == "canonical" || name == "final" {
            matched.wants_final |= name == "final";
            matched.holds &= subject.is_final != negated;
            continue;
        }
        let argument = next_word(&mut rest).filter(|word| !word.is_empty() && !word.starts_with('#'));
        let Some(argument) = argument else {
            return senseless(&format!("`{name}` in a Match needs something to compare with"));
        };
        let holds = match name.as_str() {
            "host" => fits_host_list(subject.host, &argument),
            "originalhost" => fits_host_list(subject.original, &argument),
            "user" => fits_list(subject.user, &argument),
            "localuser" => fits_list(subject.local_user, &argument),
            // OpenSSH does not run it either then.
            "exec" if !matched.holds => continue,
            "exec" => run_simple(&argument)?,
            _ if NEWER.contains(&name.as_str()) => return Err(MatchProblem::Unsupported(format!("Match {name}"))),
            _ => return senseless(&format!("a Match knows no `{name}`")),
        };
        matched.holds &= holds != negated;
    }
    if conditions == 0 {
        return senseless("a Match needs a condition");
    }
    Ok(matched)
}

/// Conditions of OpenSSH's later versions.
const NEWER: &[&str] = &["tagged", "localnetwork", "command", "sessiontype", "version"];

/// The commands whose outcome is known without running anything; all others are refused. Asking a program about every
/// host of a fleet is a load of its own, and what it answers may differ from run to run.
fn run_simple(command: &str) -> Result<bool, MatchProblem> {
    match command.trim() {
        "true" | "/bin/true" | "/usr/bin/true" | ":" | "exit 0" => Ok(true),
        "false" | "/bin/false" | "/usr/bin/false" | "exit 1" => Ok(false),
        other => Err(MatchProblem::Unsupported(format!("Match exec \"{other}\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'static> = Subject {
        host: "web1.example.com",
        original: "web1",
        user: "deploy",
        local_user: "me",
        is_final: false,
    };

    fn holds(text: &str) -> bool {
        judge(text, &SUBJECT).unwrap().holds
    }

    #[test]
    fn all_conditions_must_hold() {
        for (text, wanted) in [
            ("all", true),
            ("!all", false),
            ("host *.EXAMPLE.com", true),
            ("host=web1", false),
            ("originalhost web1 user deploy,root", true),
            ("originalhost web1 !user deploy", false),
            ("!originalhost web2 localuser m?", true),
            ("host \"*.example.com\" # user nobody", true),
            ("canonical", false),
            ("!canonical", true),
            ("final all", false),
            ("exec \"exit 0\" host *", true),
            ("exec false", false),
            ("user nobody exec \"anything at all\"", false),
        ] {
            assert_eq!(holds(text), wanted, "{text}");
        }
    }

    #[test]
    fn conditions_that_make_no_sense_are_told_from_those_that_are_not_supported() {
        for text in [
            "",
            "host",
            "host x user y all",
            "nobody x",
            "all host x",
            "canonical final all",
        ] {
            assert!(
                matches!(judge(text, &SUBJECT), Err(MatchProblem::Senseless(_))),
                "{text}"
            );
        }
        for text in ["exec \"test -f %d/x\"", "tagged x", "version *"] {
            assert!(
                matches!(judge(text, &SUBJECT), Err(MatchProblem::Unsupported(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_second_reading_is_asked_for_even_where_it_does_not_match() {
        assert!(judge("user nobody final", &SUBJECT).unwrap().wants_final);
        assert!(!judge("canonical", &SUBJECT).unwrap().wants_final);
    }
}
