//! What is shown of a job that goes on after this program.

use pogo_core::Timestamp;
use pogo_core::dispatcher::OutputChunk;
use pogo_core::scheduler::TaskEventKind;

use super::super::progress::Steering;
use super::{Screen, ScreenState};
use crate::cli::LogFormat;

/// Shows output that came some time ago.
pub(crate) trait OutputAt {
    /// Shows a piece that came at this time.
    fn output_at(&self, at: Timestamp, chunk: &OutputChunk<'_>);
}

impl OutputAt for Screen {
    fn output_at(&self, at: Timestamp, chunk: &OutputChunk<'_>) {
        self.show_output(at, chunk);
    }
}

impl Screen {
    /// Says with which verbs a job goes on that is kept when this program has ended.
    pub(crate) fn of_kept_job(self) -> Self {
        self.shown().is_kept = true;
        self
    }

    /// Says below the status lines what keys do, or nothing of them.
    pub(crate) fn show_keys(&self, keys: Option<String>) {
        let ScreenState { pane, progress, .. } = &mut *self.shown();
        pane.keys(keys);
        pane.draw(progress);
    }

    /// Shows that what has happened so far is being read, which takes seconds for thousands of hosts, or how far the
    /// job is.
    pub(crate) fn reads_past(&self, reads: bool) {
        let ScreenState { pane, progress, .. } = &mut *self.shown();
        pane.reads_past(reads);
        pane.draw(progress);
    }

    /// Where the job stands.
    pub(crate) fn steering(&self) -> Steering {
        self.shown().progress.steering
    }

    /// Whether anything is shown of what an attempt wrote that ended like this.
    pub(crate) fn shows_output_of(&self, end: &TaskEventKind) -> bool {
        let shown = self.shown();
        let lines_only = self.format == LogFormat::Text && shown.folded.is_none();
        // Of those that failed the summary has the last words.
        !(lines_only && shown.verbosity.quiet && matches!(end, TaskEventKind::Succeeded { .. }))
    }
}
