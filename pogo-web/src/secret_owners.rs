//! Whose secrets are whose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_api::wire::{ProblemKind, Secrets};
use pogo_core::dispatcher::Handle;
use pogo_core::scheduler::JobView;

use crate::refusal::Refusal;

/// The most that are remembered which no job may have named yet; the oldest are forgotten.
const MOST: usize = 1_000;
/// The longest id.
const LONGEST: usize = 128;

/// Who gave which secrets: the id of secrets stands in the job that uses them, where many see it, and a job of nobody
/// else may name it.
#[derive(Default)]
pub(crate) struct SecretOwners(Mutex<VecDeque<(String, Arc<str>)>>);

impl SecretOwners {
    /// Somebody gives secrets under this id.
    pub(crate) async fn give(&self, handle: &Handle, id: &str, owner: &Arc<str>) -> Result<(), Refusal> {
        if id.is_empty() || id.len() > LONGEST {
            let said = format_args!("the id of secrets has 1 to {LONGEST} bytes; make a random one");
            return Err(Refusal::new(ProblemKind::InvalidBody, said));
        }
        // Before the lock is taken: it asks the dispatcher, and a lock must not be held over that.
        let known = self.owner(handle, id).await?;
        if known.is_some_and(|known| known != *owner) {
            let said = "somebody else has given secrets under this id; make a random one";
            return Err(Refusal::new(ProblemKind::NotAllowed, said));
        }
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|(known, _)| known != id);
        if given.len() == MOST {
            given.pop_front();
        }
        given.push_back((id.to_owned(), Arc::clone(owner)));
        Ok(())
    }

    /// Refuses a job that names secrets which its sender has not given.
    pub(crate) async fn check(&self, handle: &Handle, id: &str, owner: &Arc<str>) -> Result<(), Refusal> {
        match self.owner(handle, id).await? {
            Some(known) if known == *owner => Ok(()),
            _ => {
                let said = "the job names secrets that you have not given; give them first, under an id of your own";
                Err(Refusal::new(ProblemKind::NotAllowed, said))
            }
        }
    }

    /// Whose secrets have this id: those of the user of the job that names it, or of whoever has given them.
    async fn owner(&self, handle: &Handle, id: &str) -> Result<Option<Arc<str>>, Refusal> {
        let named = id.to_owned();
        let of_job = handle.query(move |scheduler| {
            let settings = |job: &JobView<'_>| job.spec().transport_settings.value(Secrets::SETTING) == Some(&*named);
            let found = scheduler.jobs().find(settings);
            found.map(|job| Arc::from(job.spec().user.as_str()))
        });
        // The job first: it is durable, and says whose it is after a restart, when nobody remembers
        // who gave what.
        if let Some(user) = of_job.await? {
            return Ok(Some(user));
        }
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(given
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, owner)| Arc::clone(owner)))
    }
}
