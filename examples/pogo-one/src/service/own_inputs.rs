//! Inputs of jobs where this store has them: a job names them by the path that they had in the store that it was
//! submitted to, and this may be a copy of that, or stand elsewhere since.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Fence, Reporter, Transport};
use pogo_core::plan::{ExecOptions, Stdin};
use pogo_core::scheduler::{FenceAnswer, Outcome};

use super::inputs_dir;

/// Runs attempts with the inputs of this store.
pub(super) struct OwnInputs<T> {
    inner: T,
    /// Where those are that came through pipes, and those that were sent for jobs.
    directory: PathBuf,
    sent: PathBuf,
    /// Those of jobs whose inputs were elsewhere. Attempts of a job share one allocation of their options, by which the
    /// transport knows what it has read.
    moved: Mutex<Vec<(Weak<ExecOptions>, Arc<ExecOptions>)>>,
}

impl<T> OwnInputs<T> {
    pub(super) fn new(inner: T, (directory, sent): (PathBuf, PathBuf)) -> Self {
        Self {
            inner,
            directory,
            sent,
            moved: Mutex::default(),
        }
    }

    /// The options of a job, with the paths that its inputs have here.
    fn own(&self, options: Arc<ExecOptions>) -> Arc<ExecOptions> {
        let stdin = match &options.stdin {
            Stdin::File(path) => self.here(path),
            _ => None,
        };
        let files: Vec<Option<String>> = options.files.iter().map(|file| self.here(&file.source)).collect();
        if stdin.is_none() && files.iter().all(Option::is_none) {
            return options;
        }
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let known = moved.iter().find(|(of, _)| of.as_ptr() == Arc::as_ptr(&options));
        if let Some((_, own)) = known {
            return Arc::clone(own);
        }
        moved.retain(|(of, _)| of.strong_count() > 0);
        let mut own = ExecOptions::clone(&options);
        if let Some(path) = stdin {
            own.stdin = Stdin::File(path);
        }
        for (file, here) in own.files.iter_mut().zip(files) {
            if let Some(path) = here {
                file.source = path;
            }
        }
        let own = Arc::new(own);
        moved.push((Arc::downgrade(&options), Arc::clone(&own)));
        own
    }

    /// Where this store has what another one kept at this path; `None` for every other file.
    fn here(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        let here = self.piped(path).or_else(|| self.sent(path))?;
        let is_elsewhere = here != path && here.exists();
        is_elsewhere.then(|| here.into_os_string().into_string().ok())?
    }

    /// `STORE/ns/NAMESPACE/inputs/FILE`
    fn piped(&self, path: &Path) -> Option<PathBuf> {
        let (directory, name) = (path.parent()?, path.file_name()?);
        let namespaces = directory.parent()?.parent()?;
        let is_kept = directory == inputs_dir(directory.parent()?) && namespaces.file_name() == Some(OsStr::new("ns"));
        is_kept.then(|| self.directory.join(name))
    }

    /// `STORE/sent/NAMESPACE/NUMBER/FILE`
    fn sent(&self, path: &Path) -> Option<PathBuf> {
        let (directory, name) = (path.parent()?, path.file_name()?);
        let namespace = directory.parent()?;
        let is_sent = namespace.file_name() == self.sent.file_name()
            && namespace.parent()?.file_name() == self.sent.parent()?.file_name();
        is_sent.then(|| Some(self.sent.join(directory.file_name()?).join(name)))?
    }
}

#[async_trait]
impl<T: Transport> Transport for OwnInputs<T> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn run(&self, mut attempt: Attempt, report: Reporter) -> Outcome {
        attempt.exec_options = self.own(attempt.exec_options);
        self.inner.run(attempt, report).await
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        self.inner.resumes(attempt)
    }

    fn is_outdated(&self) -> bool {
        self.inner.is_outdated()
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        self.inner.fence(fence).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_store_kept_is_found_here_and_nothing_else_is_replaced() {
        let store = tempfile::tempdir().unwrap();
        let directory = inputs_dir(&store.path().join("ns/default"));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("17"), "").unwrap();
        let sent = store.path().join("sent/default");
        std::fs::create_dir_all(sent.join("a1")).unwrap();
        std::fs::write(sent.join("a1/deploy.sh"), "").unwrap();
        let own = OwnInputs::new((), (directory.clone(), sent.clone()));
        let of = |path: &str| {
            let mut options = ExecOptions::default();
            options.stdin = Stdin::File(path.to_owned());
            let options = Arc::new(options);
            (Arc::clone(&options), own.own(options))
        };
        let (before, here) = of("/old/ns/default/inputs/17");
        assert_eq!(here.stdin, Stdin::File(directory.join("17").display().to_string()));
        assert!(Arc::ptr_eq(&own.own(before), &here), "it is read once for a job");
        let own_path = directory.join("17").display().to_string();
        let own_sent = sent.join("a1/deploy.sh").display().to_string();
        let (_, here) = of("/old/sent/default/a1/deploy.sh");
        assert_eq!(here.stdin, Stdin::File(own_sent.clone()));
        for path in [
            "/old/ns/default/inputs/18",
            "/home/alice/inputs/17",
            "/17",
            &own_path,
            "/old/sent/default/a1/other.sh",
            "/old/sent/other/a1/deploy.sh",
            "/a1/deploy.sh",
            &own_sent,
        ] {
            let (before, after) = of(path);
            assert!(Arc::ptr_eq(&before, &after), "{path}");
        }
        // Those of jobs that have left are forgotten.
        drop(of("/other/ns/default/inputs/17"));
        let _last = of("/third/ns/default/inputs/17");
        assert_eq!(own.moved.lock().unwrap().len(), 1);
    }
}
