//! `pogo plan`

use pogo_core::plan::Plan;
use pogo_inventory::merge::Gathered;
use pogo_picture::StageGraph;
use serde::Serialize;

use super::assumed_down::AssumedDown;
use crate::cli::{JobArgs, PlanArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::guard;
use crate::report::{self, WithWarnings};
use crate::submission;

pub(crate) fn plan(args: &PlanArgs) -> Result<Exit, CliError> {
    let (plan, gathered, down) = compiled(&args.job)?;
    if let Some(path) = &args.graph {
        let graph = StageGraph::of(&plan);
        let is_svg = path.extension().is_some_and(|extension| extension == "svg");
        super::pictures::write(path, &if is_svg { graph.svg() } else { graph.dot() })?;
        return Ok(Exit::Succeeded);
    }
    match args.format {
        PlanFormat::Text => report::print(&described(&plan, down.as_ref()))?,
        PlanFormat::Json => {
            let planned = PlanOutput {
                plan: &plan,
                assumed_down: down.as_ref(),
            };
            report::print_json(&WithWarnings::of(&planned, &gathered))?;
        }
    }
    Ok(Exit::Succeeded)
}

/// A plan for a program.
#[derive(Serialize)]
struct PlanOutput<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_down: Option<&'p AssumedDown>,
}

/// A plan for a person.
pub(super) fn described(plan: &Plan, down: Option<&AssumedDown>) -> String {
    let plan = guard::described(plan);
    down.map_or_else(|| plan.clone(), |down| format!("{plan}\n{down}"))
}

fn compiled(args: &JobArgs) -> Result<(Plan, Gathered, Option<AssumedDown>), CliError> {
    let targets = args.targets.read()?;
    let gathered = args.sources.gather()?;
    let (fleet, policy) = submission::namespace(args, &targets, &gathered, args.sources.resolvers()?.as_ref())?;
    let spec = submission::imagined_job(args, &targets);
    let plan = Plan::compile(&fleet, &policy, &spec).map_err(|error| submission::plan_error(&error))?;
    let down = AssumedDown::of(args, (&fleet, &policy), spec)?;
    Ok((plan, gathered, down))
}
