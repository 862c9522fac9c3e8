//! `pogo plan`

use std::sync::Arc;

#[cfg(feature = "store")]
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan};
use pogo_core::policy::Policy;
use pogo_core::sim::DryRun;
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
    let (plan, gathered, met) = compiled(&args.job)?;
    if let Some(path) = &args.graph {
        let graph = StageGraph::of(&plan);
        let is_svg = path.extension().is_some_and(|extension| extension == "svg");
        super::pictures::write(path, &if is_svg { graph.svg() } else { graph.dot() })?;
        return Ok(Exit::Succeeded);
    }
    match args.format {
        PlanFormat::Text => report::print(&described(&plan, &met))?,
        PlanFormat::Json => {
            let planned = PlanOutput {
                plan: &plan,
                assumed_down: met.down(),
                now: met.dry_run(),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<&'p DryRun>,
}

/// A plan for a person.
pub(super) fn described(plan: &Plan, met: &Met) -> String {
    let plan = guard::described(plan);
    match met {
        Met::Nobody => plan,
        Met::Down(down) => format!("{plan}\n{down}"),
        #[cfg(feature = "store")]
        Met::Now(tried) => format!("{plan}{}", crate::verbs::dry_run(tried, SystemClock.now())),
    }
}

/// What a job meets, as far as that is known.
pub(super) enum Met {
    /// Nobody: it is planned for itself.
    Nobody,
    /// Hosts that are assumed to be down, and whoever holds slots of the store's namespace.
    Down(AssumedDown),
    /// Whoever holds slots of the store's namespace.
    #[cfg(feature = "store")]
    Now(Box<DryRun>),
}

impl Met {
    /// Tries the job on a copy of the namespace. It must compile.
    pub(super) fn of(args: &JobArgs, namespace: (&Arc<Fleet>, &Arc<Policy>), spec: JobSpec) -> Result<Self, CliError> {
        if let Some(down) = AssumedDown::of(args, namespace, spec.clone())? {
            return Ok(Self::Down(down));
        }
        Self::now(args, namespace, spec)
    }

    #[cfg(feature = "store")]
    fn now(args: &JobArgs, namespace: (&Arc<Fleet>, &Arc<Policy>), spec: JobSpec) -> Result<Self, CliError> {
        let Some(world) = submission::world_now(args, namespace)? else {
            return Ok(Self::Nobody);
        };
        let tried = DryRun::of(world, spec).map_err(|error| submission::input_error(&error))?;
        Ok(Self::Now(Box::new(tried)))
    }

    #[cfg(not(feature = "store"))]
    #[allow(clippy::unnecessary_wraps, reason = "as in a build with a store")]
    fn now(_: &JobArgs, _: (&Arc<Fleet>, &Arc<Policy>), _: JobSpec) -> Result<Self, CliError> {
        Ok(Self::Nobody)
    }

    fn down(&self) -> Option<&AssumedDown> {
        match self {
            Self::Down(down) => Some(down),
            _ => None,
        }
    }

    fn dry_run(&self) -> Option<&DryRun> {
        match self {
            #[cfg(feature = "store")]
            Self::Now(tried) => Some(tried),
            _ => None,
        }
    }
}

fn compiled(args: &JobArgs) -> Result<(Plan, Gathered, Met), CliError> {
    let targets = args.targets.read()?;
    let gathered = args.sources.gather()?;
    let (fleet, policy) = submission::namespace(args, &targets, &gathered, args.sources.resolvers()?.as_ref())?;
    let spec = submission::imagined_job(args, &targets);
    let plan = Plan::compile(&fleet, &policy, &spec).map_err(|error| submission::plan_error(&error))?;
    let met = Met::of(args, (&fleet, &policy), spec)?;
    Ok((plan, gathered, met))
}
