//! The context of sessions through the `ssh` program.

use std::path::Path;

use pogo_core::dispatcher::Reporter;

use super::master::Master;
use crate::exec::StopSignal;

/// A master connection, and what its sessions share.
pub(super) struct ProgramContext<'a> {
    pub(super) program: &'a Path,
    pub(super) master: &'a Master,
    /// Variables of this process's environment that the program must not inherit.
    pub(super) secret: &'a [String],
    pub(super) stop: &'a StopSignal,
    pub(super) report: &'a Reporter,
}
