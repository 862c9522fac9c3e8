//! Evaluates the conditions of a `Match` line.

use super::exec::ExecAnswers;
use crate::lines::criteria::{Criterion, CriterionKind};
use crate::value::networks::is_in_one_of;
use crate::value::pattern_list::{matches_host_list, matches_list};

/// The supported release of OpenSSH, for `Match version`.
const RELEASE: &str = "OpenSSH_10.5p1";

/// The values that conditions are compared with.
#[derive(Clone, Copy)]
pub(crate) struct MatchSubject<'a> {
    /// The host's address so far.
    pub(crate) host: &'a str,
    /// The host name of the query.
    pub(crate) original: &'a str,
    pub(crate) user: &'a str,
    pub(crate) local_user: &'a str,
    /// The value of `Tag`, or empty.
    pub(crate) tag: &'a str,
    /// The command to run, or empty.
    pub(crate) command: &'a str,
    /// The session type.
    pub(crate) session: &'a str,
    /// Whether this is the second pass.
    pub(crate) is_final: bool,
    /// Replaces the tokens of a command.
    pub(crate) expand: &'a dyn Fn(&str) -> Result<String, String>,
    /// Results of commands.
    pub(crate) answers: &'a ExecAnswers,
}

/// The result of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) holds: bool,
    /// It requires a second pass.
    pub(crate) wants_final: bool,
    /// It needs the result of this command.
    pub(crate) asks: Option<String>,
}

/// Evaluates all conditions. A command is needed only if all conditions before it hold, as in OpenSSH.
pub(crate) fn judge(criteria: &[Criterion], subject: &MatchSubject<'_>) -> Result<Matched, String> {
    let mut matched = Matched {
        holds: true,
        wants_final: false,
        asks: None,
    };
    for criterion in criteria {
        matched.wants_final |= criterion.is_final();
        let holds = match criterion.kind {
            CriterionKind::Exec => {
                let command = (subject.expand)(&criterion.argument)?;
                match subject.answers.get(&command) {
                    // After expanding, since an unknown token is an error in OpenSSH even where the
                    // command does not run.
                    _ if !matched.holds => continue,
                    Some(holds) => *holds,
                    None => {
                        matched.asks = Some(command);
                        matched.holds = false;
                        return Ok(matched);
                    }
                }
            }
            _ => subject.satisfies(criterion),
        };
        matched.holds &= holds != criterion.negated;
    }
    Ok(matched)
}

impl MatchSubject<'_> {
    /// Evaluates a condition before negation. Runs no command.
    fn satisfies(&self, criterion: &Criterion) -> bool {
        let argument = &criterion.argument;
        match criterion.kind {
            CriterionKind::All => true,
            CriterionKind::Canonical | CriterionKind::Final => self.is_final,
            CriterionKind::Host => matches_host_list(self.host, argument),
            CriterionKind::OriginalHost => matches_host_list(self.original, argument),
            CriterionKind::User => matches_list(self.user, argument),
            CriterionKind::LocalUser => matches_list(self.local_user, argument),
            CriterionKind::Tagged => fits_or_both_empty(self.tag, argument),
            CriterionKind::Command => fits_or_both_empty(self.command, argument),
            CriterionKind::SessionType => matches_list(self.session, argument),
            CriterionKind::Version => matches_list(RELEASE, argument),
            CriterionKind::LocalNetwork => is_in_one_of(argument).unwrap_or(false),
            CriterionKind::Exec => false,
        }
    }
}

fn fits_or_both_empty(text: &str, patterns: &str) -> bool {
    match text {
        "" => patterns.is_empty(),
        text => matches_list(text, patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::criteria::parse_criteria;
    use crate::lines::lex::Rest;

    fn judged(text: &str, answers: &[(&str, bool)]) -> Result<Matched, String> {
        let answers = answers
            .iter()
            .map(|(command, holds)| ((*command).to_owned(), *holds))
            .collect();
        let subject = MatchSubject {
            host: "web1.example.com",
            original: "web1",
            user: "deploy",
            local_user: "me",
            tag: "blue",
            command: "uptime -p",
            session: "exec",
            is_final: false,
            expand: &|text| Ok(text.replace("%n", "web1")),
            answers: &answers,
        };
        let criteria = parse_criteria(Rest { text, at: 0 }).map_err(|(_, _, problem)| problem)?;
        judge(&criteria, &subject)
    }

    fn holds(text: &str) -> bool {
        judged(text, &[]).unwrap().holds
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
            ("tagged blue,red", true),
            ("tagged \"\"", false),
            ("command uptime*", true),
            ("!command \"\" sessiontype exec", true),
            ("sessiontype shell,subsystem", false),
            ("version OpenSSH_9.*,OpenSSH_10.*", true),
            ("localnetwork 127.0.0.0/8", true),
            ("!localnetwork 127.0.0.0/8", false),
            ("user nobody exec \"anything at all\"", false),
        ] {
            assert_eq!(holds(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_command_is_asked_for_once_all_before_it_holds() {
        let line = "host web1.* exec \"test %n = web1\"";
        let matched = judged(line, &[]).unwrap();
        assert_eq!(
            (matched.holds, matched.asks.as_deref()),
            (false, Some("test web1 = web1"))
        );
        for answer in [true, false] {
            let answers = [("test web1 = web1", answer)];
            let matched = judged(line, &answers).unwrap();
            assert_eq!((matched.holds, matched.asks), (answer, None));
            assert_eq!(judged(&line.replace("exec", "!exec"), &answers).unwrap().holds, !answer);
        }
        assert_eq!(judged(&format!("user nobody {line}"), &[]).unwrap().asks, None);
    }

    #[test]
    fn conditions_that_make_no_sense_are_refused() {
        for text in [
            "",
            "host",
            "host x user y all",
            "nobody x",
            "all host x",
            "canonical final all",
            "user \"\"",
            "localnetwork 10.0.0.1/8",
        ] {
            assert!(judged(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_second_reading_is_asked_for_even_where_it_does_not_match() {
        assert!(judged("user nobody final", &[]).unwrap().wants_final);
        assert!(!judged("canonical", &[]).unwrap().wants_final);
    }
}
