//! Commits that arrive at the journal.

use std::sync::Arc;

use super::executor::Millis;
use super::judge::ClusterRule;
use super::store::Claim;
use super::world::World;
use crate::journal::{Commit, JournalError, Seq};
use crate::scheduler::TaskEventKind;

impl World {
    /// An append arrives.
    pub(super) fn arrive(self: &Arc<Self>, claim: &Claim, commit: &Commit) -> Result<Seq, JournalError> {
        let process = claim.process;
        let appended = self.with(|state| {
            let is_owner = state.store.is_owned_by(claim);
            let answer = state.store.append(claim, commit);
            match &answer {
                Ok(0) => state.note(format_args!("{process} appended at {} before", commit.at)),
                Ok(_) => {
                    let kinds = summary(commit);
                    state.note(format_args!("{process} appends at {}: {kinds}", commit.at));
                    if !is_owner {
                        state.judge.find(
                            ClusterRule::Fence,
                            format_args!("{process} appends at {}, and does not own the journal", commit.at),
                        );
                    }
                    state.durable(process, &commit.records);
                }
                Err(error) => state.note(format_args!("{process} may not append at {}: {error}", commit.at)),
            }
            answer
        });
        if appended? > 0 {
            let permits = |kind: &TaskEventKind| matches!(kind, TaskEventKind::Permitted { .. });
            if commit
                .records
                .iter()
                .filter_map(|record| record.event.task_kind())
                .any(permits)
            {
                self.permission_is_durable(process);
            }
        }
        Ok(commit.end())
    }

    pub(super) fn arrive_later(self: &Arc<Self>, delay: Millis, claim: &Claim, commit: &Commit) {
        let (world, claim, commit) = (Arc::clone(self), claim.clone(), commit.clone());
        self.spawn(async move {
            world.simulation.sleep(delay).await;
            // Nobody waits for this answer.
            let _ = world.arrive(&claim, &commit);
        });
    }
}

/// What a commit says, for people.
fn summary(commit: &Commit) -> String {
    let records = commit.records.iter();
    let lines = records.map(|record| record.event.to_string());
    lines.collect::<Vec<_>>().join("; ")
}
