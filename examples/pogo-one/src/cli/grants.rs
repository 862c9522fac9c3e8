//! The arguments of `grants`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use pogo_core::fleet::Selector;
use pogo_web::Verb;

use super::SourceArgs;

/// Where grants are if nobody says otherwise.
pub(crate) const GRANTS_FILE: &str = "/etc/pogo/grants.yaml";

#[derive(Debug, Args)]
pub(crate) struct GrantsArgs {
    #[command(subcommand)]
    pub(crate) command: GrantsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GrantsCommand {
    /// Run the tests of a file of grants; with --as, say whether somebody may do something.
    #[command(after_help = format!("{}\n\n{CHECK_EXIT_CODES}", super::examples::GRANTS))]
    Check(Box<GrantsCheckArgs>),
}

const CHECK_EXIT_CODES: &str = "\
Exit codes:
  0   every test holds; or it is allowed
  1   a test fails
  64  the command line or the file is wrong
  77  it is not allowed";

#[derive(Debug, Args)]
pub(crate) struct GrantsCheckArgs {
    /// What: view, 'view output', run, 'steer own', 'steer all' or admin
    #[arg(value_name = "VERB", requires = "name")]
    pub(crate) verb: Option<Verb>,
    /// On which hosts, as a selector [default: all]
    #[arg(value_name = "HOSTS")]
    pub(crate) hosts: Option<Selector>,
    /// The file of grants
    #[arg(long, value_name = "FILE", default_value = GRANTS_FILE, value_hint = ValueHint::FilePath)]
    pub(crate) grants: PathBuf,
    /// Who
    #[arg(long = "as", value_name = "NAME", requires = "verb")]
    pub(crate) name: Option<String>,
    /// A group that their login says they are in; may be given several times
    #[arg(long, value_name = "NAME", requires = "name")]
    pub(crate) group: Vec<String>,
    /// By this recipe alone, and not with any command
    #[arg(long, value_name = "NAME", requires = "name")]
    pub(crate) recipe: Option<String>,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
}
