//! Secrets of jobs: given apart from the job, kept in memory, and given again to the dispatcher that takes over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_api::wire::Secrets;
use pogo_core::dispatcher::Observer;
use pogo_core::scheduler::{JobEventKind, JobId, Record, Scheduler};
use pogo_ssh::{AgentSource, JobSecrets, JobSecretsSource};
use pogo_web::SecretsKeeper;

/// The setting of a job that names its secrets.
pub(crate) const SETTING: &str = "secrets";

/// What a dispatcher has of them. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct KeptSecrets(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    secrets: BTreeMap<String, JobSecrets>,
    /// What each job that has not retired names.
    named: BTreeMap<JobId, String>,
    /// Sockets of agents that stand in for those that jobs name, the oldest first.
    agents: Vec<(String, PathBuf)>,
    /// Those that no job has named yet, the oldest first.
    unnamed: Vec<String>,
}

/// No more are kept for jobs that nobody has submitted.
const UNNAMED: usize = 100;

impl KeptSecrets {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecretsKeeper for KeptSecrets {
    fn keep(&self, given: Secrets) {
        if let Some(socket) = given.agent {
            self.kept().offer(given.id, socket.into());
            return;
        }
        let mut secrets = JobSecrets::new();
        if let Some(password) = given.password {
            secrets = secrets.password(password);
        }
        if let Some(password) = given.sudo_password {
            secrets = secrets.sudo_password(password);
        }
        if let Some(passphrase) = given.passphrase {
            secrets = secrets.passphrase(passphrase);
        }
        for (name, value) in given.environment {
            secrets = secrets.variable(name, value);
        }
        self.kept().keep(given.id, secrets);
    }
}

impl Kept {
    fn keep(&mut self, id: String, secrets: JobSecrets) {
        let is_known = self.secrets.insert(id.clone(), secrets).is_some();
        if is_known || self.named.values().any(|named| *named == id) {
            return;
        }
        self.unnamed.push(id);
        if self.unnamed.len() > UNNAMED {
            let oldest = self.unnamed.remove(0);
            self.secrets.remove(&oldest);
        }
    }

    /// An agent of whoever came last stands in for the one that a job names.
    fn offer(&mut self, named: String, socket: PathBuf) {
        self.agents.retain(|(known, _)| *known != named);
        self.agents.push((named, socket));
        if self.agents.len() > UNNAMED {
            self.agents.remove(0);
        }
    }

    fn name(&mut self, job: JobId, id: &str) {
        self.unnamed.retain(|unnamed| unnamed != id);
        self.named.insert(job, id.to_owned());
    }
}

impl JobSecretsSource for KeptSecrets {
    fn secrets(&self, id: &str) -> Option<JobSecrets> {
        self.kept().secrets.get(id).cloned()
    }
}

impl AgentSource for KeptSecrets {
    fn agent(&self, socket: &Path) -> Option<PathBuf> {
        let kept = self.kept();
        let known = kept.agents.iter().find(|(named, _)| Path::new(named) == socket);
        known.map(|(_, offered)| offered.clone())
    }
}

/// Forgets what no job needs any more.
impl Observer for KeptSecrets {
    fn started(&self, scheduler: &Scheduler) {
        let mut kept = self.kept();
        for job in scheduler.jobs() {
            if let Some(id) = job.spec().transport_settings.value(SETTING) {
                kept.name(job.id(), id);
            }
        }
    }

    fn event(&self, record: &Record) {
        let Some(job) = record.event.job() else { return };
        match record.event.job_kind() {
            Some(JobEventKind::Submitted { spec, .. }) => {
                if let Some(id) = spec.transport_settings.value(SETTING) {
                    self.kept().name(job, id);
                }
            }
            Some(JobEventKind::Retired) => {
                let mut kept = self.kept();
                let id = kept.named.remove(&job);
                // A check of its hosts may have the same.
                if let Some(id) = id.filter(|id| !kept.named.values().any(|named| named == id)) {
                    kept.secrets.remove(&id);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_no_job_names_are_few() {
        let kept = KeptSecrets::default();
        for id in 0..=UNNAMED {
            kept.keep(Secrets::new(id.to_string()));
        }
        assert!(kept.secrets("0").is_none());
        assert!(kept.secrets("1").is_some());
        assert_eq!(kept.kept().secrets.len(), UNNAMED);
    }

    #[test]
    fn an_agent_stands_in_for_the_one_that_is_named() {
        let kept = KeptSecrets::default();
        (0..=UNNAMED).for_each(|nth| kept.keep(Secrets::agent(format!("/gone/{nth}"), "/new")));
        kept.keep(Secrets::agent("/gone/7", "/newer"));
        let agent = |socket: &str| kept.agent(Path::new(socket));
        assert_eq!(agent("/gone/7"), Some("/newer".into()));
        assert_eq!((agent("/gone/0"), agent("/gone/1")), (None, Some("/new".into())));
    }

    #[test]
    fn a_job_keeps_its_secrets_until_it_retires() {
        let kept = KeptSecrets::default();
        kept.keep(Secrets::new("a"));
        kept.kept().name(JobId::new(1), "a");
        (0..=UNNAMED).for_each(|id| kept.keep(Secrets::new(format!("other-{id}"))));
        assert!(kept.secrets("a").is_some());
        let retired: Record = serde_json::from_str(r#"{"at":5,"event":"job_retired","job":1}"#).unwrap();
        kept.event(&retired);
        assert!(kept.secrets("a").is_none());
    }
}
