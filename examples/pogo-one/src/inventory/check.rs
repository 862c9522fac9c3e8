//! `pogo inventory check`

use pogo_core::fleet::{Fleet, FleetBuilder, Selector};
use pogo_core::plan::{JobSpec, Plan, PlanError, RemoteCommand, Warning};
use pogo_core::policy::{Origin, Policy};
use pogo_inventory::Diagnostic;
use pogo_inventory::diagnostic::with_line;
use pogo_inventory::merge::{Conflict, Gathered};
use serde::Serialize;

use crate::cli::{Color, GraphArgs, PlanFormat, SourceArgs};
use crate::exit::{CliError, Exit};
use crate::report;
use crate::sources::now;

/// The problems and warnings of all sources.
#[derive(Default, Serialize)]
struct CheckReport {
    hosts: usize,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

pub(super) fn check(args: &GraphArgs) -> Result<Exit, CliError> {
    if args.sources.is_empty() {
        return Err(CliError::usage(
            "no source is named; name a policy file with -c, or a source with -i",
        ));
    }
    let mut found = CheckReport::default();
    for sources in args.sources.each_namespace() {
        found.look(&sources)?;
    }
    match args.format {
        PlanFormat::Text if Color::is_on(&std::io::stdout()) => report::print_styled(&found.text(true))?,
        PlanFormat::Text => report::print(&found.text(false))?,
        PlanFormat::Json => report::print_json(&found)?,
    }
    Ok(if found.problems.is_empty() {
        Exit::Succeeded
    } else {
        Exit::Usage
    })
}

impl CheckReport {
    fn look(&mut self, sources: &SourceArgs) -> Result<(), CliError> {
        let survey = now(sources.sources()?.survey())?;
        let (gathered, mut missing) = (&survey.gathered, Vec::new());
        for (at, error) in &survey.failed {
            error.diagnostics().iter().for_each(|problem| self.problem(problem));
            missing.push(*at);
        }
        survey.conflicts.iter().for_each(|problem| self.problem(problem));
        self.hosts += gathered.fleet.len();
        self.warnings.extend(gathered.warnings().cloned());
        let decided = gathered.conflicts.iter().filter(|conflict| conflict.kept.is_some());
        self.warnings.extend(decided.map(Conflict::diagnostic));
        if sources.has_rules_despite(&missing) {
            let before = self.problems.len();
            self.rules(sources, gathered);
            // The rules may be about hosts of the missing source.
            for problem in self.problems.iter_mut().skip(before).filter(|_| !missing.is_empty()) {
                let hint = "a source that cannot be read may have what is missing here";
                problem.hint.get_or_insert_with(|| hint.to_owned());
            }
        }
        Ok(())
    }

    /// Whether the rules fit the hosts.
    fn rules(&mut self, sources: &SourceArgs, gathered: &Gathered) {
        let policy = match sources.policy(gathered) {
            Ok(policy) => policy,
            Err(CliError::Unread) => return,
            Err(error) => return self.problem(&Diagnostic::new("rules", error.to_string())),
        };
        let fleet = match answered(sources, gathered, &policy) {
            Ok(fleet) => fleet,
            Err(CliError::Unread) => return,
            Err(error) => return self.problem(&Diagnostic::new("resolvers", error.to_string())),
        };
        // A job on all hosts is subject to all rules.
        let job = JobSpec::new(Selector::All, RemoteCommand::shell("true"));
        match Plan::compile(&fleet, &policy, &job) {
            Ok(plan) => {
                let located = |warning: &Warning| located(&warning.message, warning.origin.as_ref());
                let warnings = plan.warnings.iter().map(located);
                self.warnings.extend(warnings);
            }
            Err(PlanError::Policy { problems }) => {
                problems
                    .iter()
                    .for_each(|problem| self.problem(&located(&problem.message, problem.origin.as_ref())));
            }
            Err(PlanError::NoTargets { .. }) => self.problem(&Diagnostic::new("inventory", "there are no hosts")),
            Err(error) => self.problem(&Diagnostic::new("rules", error.to_string())),
        }
    }

    /// Adds a problem once, even if several namespaces have it.
    fn problem(&mut self, problem: &Diagnostic) {
        if !self.problems.contains(problem) {
            self.problems.push(problem.clone());
        }
    }

    fn text(&self, colour: bool) -> String {
        let mut text: String = self
            .problems
            .iter()
            .map(|problem| problem.render(colour) + "\n")
            .collect();
        for warning in report::warning_lines(&self.warnings, colour) {
            text.push_str(&format!("{warning}\n"));
        }
        let (problems, warnings) = (self.problems.len(), self.warnings.len());
        text.push_str(&format!(
            "hosts: {}, problems: {problems}, warnings: {warnings}\n",
            self.hosts
        ));
        text
    }
}

/// Something about the rules, with its line.
fn located(message: &str, origin: Option<&Origin>) -> Diagnostic {
    match origin {
        Some(origin) => with_line(Diagnostic::at(origin, message)),
        None => Diagnostic::new("rules", message),
    }
}

/// The fleet with the resolved tags of the rules.
fn answered(sources: &SourceArgs, gathered: &Gathered, policy: &Policy) -> Result<Fleet, CliError> {
    let resolvers = sources.resolvers()?;
    let rules = (policy, &Selector::All);
    let fleet = crate::sources::answered(resolvers.as_ref(), FleetBuilder::from(&*gathered.fleet), rules)?;
    fleet.build().map_err(CliError::usage)
}
