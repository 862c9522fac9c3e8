//! How full the limits of a job were, for a window.

use pogo_core::policy::Rule;
use serde::Serialize;

use super::bands::Axis;
use super::job::JobCourse;
use super::known::Known;
use super::limits::LimitStep;

/// The most charts.
const MOST: usize = 24;

/// How full a limit was.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct LimitChart {
    /// Its number in the policy in force; left out where that has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    group: String,
    rule: Rule,
    /// `[column, running, unavailable, slots, kept out]`: what was true from a column on. What is unavailable runs, is
    /// kept out (marked down, or held), or has failed or is in doubt.
    steps: Vec<[u32; 5]>,
}

/// The charts of the limits that count hosts of a job.
pub(super) fn charts(known: &Known, course: &JobCourse, axis: Axis) -> Vec<LimitChart> {
    let limits = course
        .limits
        .iter()
        .filter_map(|&number| Some((number, known.limits.course(number)?)));
    let charts = limits.take(MOST).map(|(number, limit)| LimitChart {
        limit: known.limits.limit(number),
        group: limit.group.clone(),
        rule: limit.rule,
        steps: steps(&limit.steps, axis),
    });
    charts.collect()
}

/// The last step before the window, and one for each column in which something changes.
fn steps(of: &[LimitStep], axis: Axis) -> Vec<[u32; 5]> {
    let first = of.partition_point(|step| step.at <= axis.from).saturating_sub(1);
    let seen = of.get(first..).unwrap_or_default().iter();
    let mut steps: Vec<[u32; 5]> = vec![];
    for step in seen.take_while(|step| step.at <= axis.to) {
        let column = axis.column(step.at);
        let next = [column, step.running, step.unavailable, step.slots, step.kept_out];
        match steps.last_mut() {
            Some(last) if last[0] == next[0] => *last = next,
            _ => steps.push(next),
        }
    }
    steps
}
