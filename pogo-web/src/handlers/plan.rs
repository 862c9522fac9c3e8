//! What a job would do, as things are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use pogo_api::wire::{PlanRequest, Problem, ProblemKind, WhatIfRequest};
use pogo_core::Timestamp;
use pogo_core::dispatcher::OrderError;
use pogo_core::plan::{JobSpec, Plan, PlanError};
use pogo_core::scheduler::{InputError, Order, Scheduler};
use pogo_core::sim::what_if::{Questions, Scenario, WhatIf};
use pogo_core::sim::{DryRun, Fault, TaskTimes, World};
use pogo_core::stream::StreamId;
use serde::Serialize;
use tokio::time::Instant;

use crate::body::receive;
use crate::json::{Reply, large_document};
use crate::refusal::Refusal;
use crate::request::Request;

/// The most runs of a simulation.
const MOST_RUNS: u32 = 1_000;

/// A plan, and what it would meet.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Planned {
    version: u32,
    /// As of which id this is.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    as_of: StreamId,
    /// The plan: hosts, stages, limits, budgets, settings and warnings.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    plan: Plan,
    /// The plan for people.
    text: String,
    /// Who holds slots now, which hosts start at once, later, or not as things are.
    now: DryRun,
    /// What simulations say, if any were asked for. Times are in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    what_if: Option<WhatIf>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if_text: Option<String>,
}

pub(crate) async fn plan(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    let namespace = request.namespace()?.clone();
    std::mem::take(&mut request.parameters).finish()?;
    let asked: PlanRequest = receive(request.shared(), &headers, body).await?;
    let questions = asked.what_if.as_ref().map(questions).transpose()?;
    // One at a time: each takes a processor, and the dispatcher needs one too.
    let Ok(_permit) = request.shared().plans.try_acquire() else {
        let said = "another plan is being made at this moment; ask again in a few seconds";
        return Err(Refusal::new(ProblemKind::Busy, said));
    };
    let known = namespace
        .timelines
        .ask_now(&namespace, |known| (known.scheduler.clone(), known.at));
    let known = known.await?;
    let (now, within) = (namespace.handle.now(), request.shared().limits.plan_time);
    let planning = Planning::new(within, now);
    let planned = tokio::task::spawn_blocking(move || planning.plan(known, asked, questions)).await;
    large_document(planned.map_err(|error| Refusal::new(ProblemKind::Internal, error))??).await
}

/// Refuses numbers that mean nothing, or too much.
fn questions(asked: &WhatIfRequest) -> Result<Questions, Refusal> {
    let problem = |said: String| -> Refusal { Problem::new(ProblemKind::InvalidBody, said).into() };
    if !(1..=MOST_RUNS).contains(&asked.runs) {
        return Err(problem(format!("`runs` is a number from 1 to {MOST_RUNS}")));
    }
    if !(0.0..=1.0).contains(&asked.fail_rate) {
        return Err(problem("`fail_rate` is a share from 0 to 1, such as 0.01".to_owned()));
    }
    if !(0.0..=5.0).contains(&asked.spread) {
        return Err(problem("`spread` is a number from 0 to 5, such as 0.8".to_owned()));
    }
    // What rules cost is many runs more, and is asked of `pogo simulate`.
    Ok(Questions::new(asked.seed, asked.runs).cost_runs(0))
}

/// Makes a plan, for so long.
struct Planning {
    until: Instant,
    within: Duration,
    is_late: Arc<AtomicBool>,
    now: Timestamp,
}

impl Planning {
    fn new(within: Duration, now: Timestamp) -> Self {
        Self {
            until: Instant::now() + within,
            within,
            is_late: Arc::default(),
            now,
        }
    }

    fn plan(
        self,
        (known, as_of): (Scheduler, StreamId),
        PlanRequest { job, down, what_if, .. }: PlanRequest,
        questions: Option<Questions>,
    ) -> Result<Planned, Refusal> {
        let plan = Plan::compile(known.fleet(), known.policy(), &job).map_err(refused_plan)?;
        let mut world = World::of(known, self.now).stop_when(self.stop_condition());
        for host in down {
            world = world
                .order(Order::MarkDown { host }.because("taken to be down"))
                .map_err(refused)?;
        }
        let dry_run = DryRun::of(world.clone(), job.clone()).map_err(refused)?;
        self.check_time()?;
        let asked = what_if.zip(questions);
        let what_if = asked.map(|(asked, questions)| self.simulate(world, job, (&asked, &questions)));
        let what_if = what_if.transpose()?;
        Ok(Planned {
            version: 1,
            as_of,
            text: plan.to_string(),
            plan,
            now: dry_run,
            what_if_text: what_if.as_ref().map(ToString::to_string),
            what_if,
        })
    }

    fn simulate(
        &self,
        world: World,
        job: JobSpec,
        (asked, questions): (&WhatIfRequest, &Questions),
    ) -> Result<WhatIf, Refusal> {
        let times = match asked.spread > 0.0 {
            true => TaskTimes::LogNormal {
                median: asked.task_time,
                sigma: asked.spread,
            },
            false => TaskTimes::Fixed(asked.task_time),
        };
        let mut world = world.task_times(times);
        if asked.fail_rate > 0.0 {
            world = world.inject_everywhere(Fault::fails_sometimes(asked.fail_rate));
        }
        let answer = Scenario::new(world, job).what_if(questions).map_err(refused)?;
        self.check_time()?;
        Ok(answer)
    }

    /// A job that is tried again and again, or on very many hosts, must not take a processor for hours.
    fn stop_condition(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let (until, is_late) = (self.until, Arc::clone(&self.is_late));
        move || {
            if Instant::now() >= until {
                is_late.store(true, Ordering::Relaxed);
            }
            is_late.load(Ordering::Relaxed)
        }
    }

    fn check_time(&self) -> Result<(), Refusal> {
        if !self.is_late.load(Ordering::Relaxed) {
            return Ok(());
        }
        let said = format_args!(
            "this takes more than the {:?} that a plan may take here; ask for fewer runs, hosts or retries, or use \
             `pogo simulate`",
            self.within
        );
        Err(Refusal::new(ProblemKind::PlanTooLarge, said))
    }
}

fn refused_plan(error: PlanError) -> Refusal {
    refused(InputError::Plan(error))
}

/// As the order would be refused.
fn refused(error: InputError) -> Refusal {
    OrderError::Refused(error).into()
}
