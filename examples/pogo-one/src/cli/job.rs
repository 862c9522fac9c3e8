//! The arguments that every job has.

use std::time::Duration;

use clap::Args;
use pogo_core::fleet::Selector;
use pogo_core::policy::Limit;

use super::targets;
use crate::sources::SourceArgs;

/// What every job needs.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// Hosts to run on: names, ranges and tags, as in `web[1-20],$cache & !$colo.east`.
    #[arg(short, long, value_name = "TARGETS", value_parser = targets)]
    pub(crate) targets: Selector,
    /// Allow targets that no source knows; they are under no rule.
    #[arg(long)]
    pub(crate) allow_unlisted: bool,
    /// Run at most this many hosts at once, whatever the policy would allow (a number or a share of the targets).
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_parallel: Option<Limit>,
    /// Stop when more hosts than this have failed (a number or a share of the targets).
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_failures: Option<Limit>,
    /// Go in waves of these sizes, counted from the start; the last is the step in which the job goes on: `1,20%` is one
    /// host, then up to 20%, 40% and so on, and `1,10%,100%` one, up to a tenth, then all. A wave begins when the one
    /// before it is complete.
    #[arg(long, value_name = "N|P%", value_delimiter = ',')]
    pub(crate) waves: Vec<Limit>,
    /// Watch each wave this long before the next begins.
    #[arg(long, value_name = "TIME", requires = "waves", value_parser = humantime::parse_duration)]
    pub(crate) bake: Option<Duration>,
    /// Let so many hosts of each wave fail without holding back the next (a number or a share of the wave).
    #[arg(long, value_name = "N|P%", requires = "waves")]
    pub(crate) allow_failures: Option<Limit>,
    /// Try a failed host again this often.
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u32>,
    /// Wait this long before trying a host again.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) retry_delay: Option<Duration>,
    /// Time limit for one host; 1 hour unless the policy says otherwise.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Tell when a host takes longer than this, and let it go on; 0 for never. 10 minutes unless the policy says otherwise.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) slow_after: Option<Duration>,
    /// Time limit for the whole job.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) job_timeout: Option<Duration>,
}
