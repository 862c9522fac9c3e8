//! What running sessions through the program needs.

use std::path::Path;

use pogo_core::dispatcher::Reporter;

use super::master::Master;
use crate::exec::StopSignal;

/// A connection that the program keeps, and what running sessions on it needs.
pub(super) struct ProgramContext<'a> {
    pub(super) program: &'a Path,
    pub(super) master: &'a Master,
    /// The variables of our own environment that it must not see.
    pub(super) secret: &'a [String],
    pub(super) stop: &'a StopSignal,
    pub(super) report: &'a Reporter,
}
