//! `pogo grants check`

use pogo_core::fleet::Fleet;
use pogo_web::{AccessQuestion, Decision, GrantsFile, Uncovered};

use crate::cli::{GrantsArgs, GrantsCheckArgs, GrantsCommand};
use crate::exit::{CliError, Exit};
use crate::report;
use crate::store::counted;

pub(crate) fn grants(args: &GrantsArgs) -> Result<Exit, CliError> {
    match &args.command {
        GrantsCommand::Check(args) => check(args),
    }
}

fn check(args: &GrantsCheckArgs) -> Result<Exit, CliError> {
    let file = GrantsFile::read(&args.grants).map_err(CliError::usage)?;
    let fleet = match args.sources.is_empty() {
        true => None,
        false => Some(args.sources.gather()?.fleet),
    };
    match question(args) {
        Some(question) => ask(&file, &question, fleet.as_deref()),
        None => run_tests(args, &file, fleet.as_deref()),
    }
}

fn question(args: &GrantsCheckArgs) -> Option<AccessQuestion> {
    let (name, verb) = (args.name.as_deref()?, args.verb?);
    let mut question = AccessQuestion::new(name, verb).in_groups(args.group.iter().map(String::as_str));
    if let Some(namespace) = &args.sources.namespace {
        question = question.namespace(namespace);
    }
    question.on.clone_from(&args.hosts);
    question.recipe = args.recipe.as_deref().map(Into::into);
    Some(question)
}

fn ask(file: &GrantsFile, question: &AccessQuestion, fleet: Option<&Fleet>) -> Result<Exit, CliError> {
    let hosts = question.on.as_ref().map(|on| format!(" on {on}"));
    let recipe = question
        .recipe
        .as_ref()
        .map(|recipe| format!(" by the recipe {recipe}"));
    let asked = format!(
        "{} in {}{}{}",
        question.verb,
        question.namespace,
        hosts.unwrap_or_default(),
        recipe.unwrap_or_default()
    );
    let name = &question.name;
    let refused = match file.grants().decide(question, fleet) {
        Decision::Allowed { by } => {
            let by: Vec<String> = by.iter().map(ToString::to_string).collect();
            report::print(&format!("{name} may {asked}, by {}\n", by.join(", ")))?;
            return Ok(Exit::Succeeded);
        }
        Decision::NoGrant => format!("{name} has no grant to {asked}"),
        Decision::NotOnHosts(Uncovered { hosts, of, .. }) => {
            format!(
                "{name} has no grant to {asked}: {hosts} of these {} are not among those of the grants",
                counted(of, "host")
            )
        }
        Decision::NeedsFleet => {
            return Err(CliError::usage(format!(
                "whether {name} may {asked} depends on which hosts these are; name them with -i SOURCE or -c FILE"
            )));
        }
        Decision::UnknownHosts(error) => return Err(CliError::usage(error)),
        _ => return Err(CliError::usage("the file has no recipe of this name")),
    };
    Err(CliError::NotAllowed(refused))
}

fn run_tests(args: &GrantsCheckArgs, file: &GrantsFile, fleet: Option<&Fleet>) -> Result<Exit, CliError> {
    let failed = file.check(fleet);
    let (grants, tests) = (file.grants().grants().len(), file.tests().len());
    if failed.is_empty() {
        let (grants, tests) = (counted(grants, "grant"), counted(tests, "test"));
        report::print(&format!(
            "{}: {grants}, and {tests} of them hold\n",
            args.grants.display()
        ))?;
        return Ok(Exit::Succeeded);
    }
    for problem in &failed {
        report::print(&format!("{problem}\n"))?;
    }
    report::print(&format!(
        "{} of {}\n",
        counted(failed.len(), "problem"),
        counted(tests, "test")
    ))?;
    Ok(Exit::Failed)
}
