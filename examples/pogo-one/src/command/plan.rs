//! `pogo-one plan`

use pogo_core::picture::StageGraph;
use pogo_core::plan::Plan;
use pogo_inventory::merge::Gathered;

use crate::cli::{JobArgs, PlanArgs, PlanFormat};
use crate::exit::{Exit, Stop};
use crate::guard;
use crate::report::{self, WithWarnings};
use crate::source;

pub(crate) fn plan(args: &PlanArgs) -> Result<Exit, Stop> {
    let (plan, gathered) = compiled(&args.job)?;
    if let Some(path) = &args.graph {
        let graph = StageGraph::of(&plan);
        let is_svg = path.extension().is_some_and(|extension| extension == "svg");
        super::pictures::write(path, &if is_svg { graph.svg() } else { graph.dot() })?;
        return Ok(Exit::Succeeded);
    }
    match args.format {
        PlanFormat::Text => report::print(&guard::described(&plan))?,
        PlanFormat::Json => report::print_json(&WithWarnings::of(&plan, &gathered))?,
    }
    Ok(Exit::Succeeded)
}

fn compiled(args: &JobArgs) -> Result<(Plan, Gathered), Stop> {
    let targets = args.targets.read()?;
    let gathered = args.sources.gather()?;
    let (fleet, policy) = source::namespace(args, &targets, &gathered)?;
    let spec = source::imagined_job(args, &targets);
    let plan = Plan::compile(&fleet, &policy, &spec).map_err(|error| source::refused(&error))?;
    Ok((plan, gathered))
}
