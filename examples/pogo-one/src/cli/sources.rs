//! The arguments that name sources of hosts and rules.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use pogo_core::policy::Limit;
use pogo_inventory::SourceSpec;
use pogo_inventory::merge::MergeRules;

use super::{duration, source};

/// Where hosts and rules come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy and inventory")]
pub(crate) struct SourceArgs {
    /// Policy file: tags, sequences, constraints; `pogo4:FILE` for one of Pogo 4.0 [default: none, so there are no
    /// rules]
    #[arg(short = 'c', long, alias = "config", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Namespace of the policy file, and of the store
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Further hosts: `TYPE:LOCATION`, or a path whose name implies the type; may be given several times
    ///
    /// Any inventory of Ansible: `ansible-inventory -i X --list`, piped into `-i ansible-list:-`.
    #[arg(short, long, value_name = "SOURCE", value_parser = source, value_hint = ValueHint::AnyPath)]
    pub(crate) inventory: Vec<SourceSpec>,
    /// File that names sources and resolvers which need more than a location: databases, fields, headers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) sources: Option<PathBuf>,
    /// Which source wins when two give different values: `error`, `first` or `last`; `address=last` for one setting.
    #[arg(long, value_name = "RULE", value_parser = merge_rule)]
    pub(crate) merge: Vec<String>,
}

/// Following sources while a job runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy and inventory")]
pub(crate) struct FollowArgs {
    /// Read hosts, tags and settings again when their sources change; the rules and the job's hosts stay.
    #[arg(long)]
    pub(crate) watch_inventory: bool,
    /// Ask before a change by which more hosts than this are gone or in other groups (a number or a share of the
    /// hosts).
    #[arg(long, value_name = "N|P%", default_value = "10%", requires = "watch_inventory")]
    pub(crate) max_inventory_change: Limit,
    /// How often to check the files of the sources for changes.
    #[arg(long, value_name = "TIME", default_value = "2s", requires = "watch_inventory", value_parser = duration)]
    pub(crate) watch_interval: Duration,
}

fn merge_rule(text: &str) -> Result<String, String> {
    let rules = MergeRules::default().and(text);
    rules.map(|_| text.to_owned()).map_err(|error| error.to_string())
}
