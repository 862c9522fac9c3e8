//! Inputs of all running jobs of a transport.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use pogo_core::plan::ExecOptions;

use super::Secrets;
use super::error::JobInputsError;
use super::job::JobInputs;

type SharedRead = Shared<BoxFuture<'static, Result<Arc<JobInputs>, JobInputsError>>>;

/// Reads the inputs of each job once, whichever attempt is first.
///
/// All attempts of a job share one allocation of their options, and two jobs never do. A weak reference keeps the
/// allocation, so its address identifies the job.
#[derive(Debug, Default)]
pub(crate) struct SharedInputs {
    /// Secrets of the only job whose inputs these are; those that are provided have their own.
    secrets: Secrets,
    jobs: Mutex<Jobs>,
    nothing: Arc<JobInputs>,
}

#[derive(Debug, Default)]
struct Jobs {
    known: HashMap<usize, (Weak<ExecOptions>, SharedRead)>,
    /// Inputs provided for jobs without an attempt so far.
    provided: Vec<Arc<JobInputs>>,
}

impl SharedInputs {
    /// The inputs of a job with these secrets.
    pub(crate) fn with_secrets(secrets: Secrets) -> Self {
        Self {
            secrets,
            ..Self::default()
        }
    }

    /// Provides the inputs of a job that is about to begin.
    pub(crate) fn provide(&self, inputs: JobInputs) {
        self.jobs().provided.push(Arc::new(inputs));
    }

    /// The inputs of the job with these options.
    pub(crate) async fn of(&self, exec_options: &Arc<ExecOptions>) -> Result<Arc<JobInputs>, JobInputsError> {
        if exec_options.stdin.is_empty() && exec_options.files.is_empty() && exec_options.secret_environment.is_empty()
        {
            return Ok(Arc::clone(&self.nothing));
        }
        let reading = self.jobs().reading(exec_options, &self.secrets);
        reading.await
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jobs {
    fn reading(&mut self, exec_options: &Arc<ExecOptions>, secrets: &Secrets) -> SharedRead {
        let address = Arc::as_ptr(exec_options).addr();
        if let Some((_, reading)) = self.known.get(&address) {
            return reading.clone();
        }
        self.known
            .retain(|_, (exec_options, _)| exec_options.strong_count() > 0);
        let provided = self
            .provided
            .iter()
            .position(|inputs| inputs.exec_options == **exec_options);
        let reading = match provided {
            Some(at) => futures::future::ready(Ok(self.provided.remove(at))).boxed(),
            None => read(Arc::clone(exec_options), secrets.clone()),
        };
        let reading = reading.shared();
        self.known
            .insert(address, (Arc::downgrade(exec_options), reading.clone()));
        reading
    }
}

/// Starts to read at once, and reads to the end even if the caller is dropped: a pipe cannot be read twice.
fn read(
    exec_options: Arc<ExecOptions>,
    secrets: Secrets,
) -> BoxFuture<'static, Result<Arc<JobInputs>, JobInputsError>> {
    let read = move || JobInputs::read(&exec_options).map(|inputs| Arc::new(inputs.with_secrets(secrets)));
    let reading = tokio::task::spawn_blocking(read);
    let cut = |_| JobInputsError::Unreadable {
        path: "the job's input".to_owned(),
        reason: "the runtime has ended".to_owned(),
    };
    reading.map(move |read| read.map_err(cut)?).boxed()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pogo_core::plan::Stdin;

    use super::*;

    fn reads(path: &str) -> Arc<ExecOptions> {
        Arc::new(ExecOptions::new().stdin(Stdin::File(path.to_owned())))
    }

    async fn text(inputs: &SharedInputs, exec_options: &Arc<ExecOptions>) -> String {
        let inputs = inputs.of(exec_options).await.unwrap();
        String::from_utf8(inputs.stdin.as_ref().unwrap().block(0).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn all_attempts_of_a_job_get_what_the_first_got_and_the_next_job_reads_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file").display().to_string();
        let (inputs, job) = (SharedInputs::default(), reads(&path));
        fs::write(&path, "one").unwrap();
        assert_eq!(text(&inputs, &job).await, "one");
        fs::write(&path, "two").unwrap();
        assert_eq!(text(&inputs, &job).await, "one");
        let next = reads(&path);
        assert_eq!(text(&inputs, &next).await, "two");
        fs::remove_file(&path).unwrap();
        assert_eq!(text(&inputs, &job).await, "one");
        assert!(inputs.of(&reads(&path)).await.is_err());
    }

    #[tokio::test]
    async fn what_was_provided_belongs_to_one_job() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file").display().to_string();
        let inputs = SharedInputs::default();
        fs::write(&path, "one").unwrap();
        inputs.provide(JobInputs::read(&reads(&path)).unwrap());
        fs::write(&path, "two").unwrap();
        let (first, second) = (reads(&path), reads(&path));
        assert_eq!(text(&inputs, &first).await, "one");
        assert_eq!(text(&inputs, &second).await, "two");
        assert_eq!(text(&inputs, &first).await, "one");
    }

    #[tokio::test]
    async fn a_job_that_is_over_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file").display().to_string();
        fs::write(&path, "one").unwrap();
        let inputs = SharedInputs::default();
        for _ in 0..10 {
            let job = reads(&path);
            text(&inputs, &job).await;
            assert_eq!(inputs.jobs().known.len(), 1);
        }
    }
}
