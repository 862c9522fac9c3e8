//! The arguments of `config`.

use clap::Args;

use super::PlanFormat;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: PlanFormat,
}
