//! The arguments of `plan`.

use std::path::PathBuf;

use clap::Args;

use super::{JobArgs, PlanFormat};

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Draw the stages, and which wait for which, into this file, and print nothing: SVG, or DOT for Graphviz.
    #[arg(long, value_name = "FILE.svg|FILE.dot", value_parser = graph)]
    pub(crate) graph: Option<PathBuf>,
    /// Ignored; a plan takes the command so that a line for `run` works here too.
    #[arg(last = true, hide = true, value_name = "COMMAND")]
    #[allow(dead_code, reason = "it is accepted, and changes nothing")]
    command: Vec<String>,
}

/// A file whose extension says what to draw into it.
fn graph(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "dot" | "gv") => Ok(path),
        _ => Err("the name must end in .svg for an image, or in .dot for Graphviz".to_owned()),
    }
}
