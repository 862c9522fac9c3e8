//! `pogo-one plan`

use std::io::Write;

use pogo_core::picture::StageGraph;
use pogo_core::plan::Plan;

use crate::cli::{PlanArgs, PlanFormat};
use crate::exit::{Exit, Stop};
use crate::source;

pub(crate) fn plan(args: &PlanArgs) -> Result<Exit, Stop> {
    let (fleet, policy) = source::load(&args.job)?;
    let plan = Plan::compile(&fleet, &policy, &source::imagined_job(&args.job)).map_err(|e| source::refused(&e))?;
    if let Some(path) = &args.graph {
        let graph = StageGraph::of(&plan);
        let is_svg = path.extension().is_some_and(|extension| extension == "svg");
        super::pictures::write(path, &if is_svg { graph.svg() } else { graph.dot() })?;
        return Ok(Exit::Succeeded);
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        PlanFormat::Text => write!(out, "{plan}")?,
        PlanFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&plan).map_err(Stop::broken)?)?,
    }
    out.flush()?;
    Ok(Exit::Succeeded)
}
