//! Commands that are allowed as they are.

use std::sync::Arc;

use pogo_core::fleet::Selector;
use pogo_core::plan::{ExecOptions, JobSpec, RemoteCommand, RunAs, TransportSettings};

/// A command that somebody may run without being free to run others. A job is of a recipe by what it runs, never by
/// what it says of itself.
///
/// ```
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_web::Recipe;
///
/// let recipe = Recipe::new("restart-db", RemoteCommand::shell("systemctl restart postgresql"));
/// let job = |line: &str| JobSpec::new("$db".parse().unwrap(), RemoteCommand::shell(line));
/// assert!(recipe.is_of(&job("systemctl restart postgresql")));
/// assert!(!recipe.is_of(&job("systemctl restart postgresql; id")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipe {
    /// Its name, which grants refer to.
    pub name: Arc<str>,
    /// What it runs on each host.
    pub command: RemoteCommand,
    /// As whom, through `sudo`; by default as who is logged in.
    pub run_as: Option<String>,
}

impl Recipe {
    /// This command, as who is logged in on the hosts.
    pub fn new(name: impl Into<Arc<str>>, command: RemoteCommand) -> Self {
        Self {
            name: name.into(),
            command,
            run_as: None,
        }
    }

    /// Runs it as this user, through `sudo`.
    #[must_use]
    pub fn run_as(mut self, user: impl Into<String>) -> Self {
        self.run_as = Some(user.into());
        self
    }

    /// A job of it for these hosts.
    pub fn job(&self, targets: Selector) -> JobSpec {
        let mut job = JobSpec::new(targets, self.command.clone());
        job.exec_options.run_as = self.run_as.clone().map(RunAs::User);
        job
    }

    /// Whether a job runs this and nothing else: no other user, environment, directory, input, files or hooks, and
    /// within the limits. How many hosts run at once, waves, time limits and retries are free.
    pub fn is_of(&self, job: &JobSpec) -> bool {
        // Compared with fresh options: one that is added later makes a job differ from its recipe
        // until somebody decides here.
        let mut options = ExecOptions::new();
        options.run_as = self.run_as.clone().map(RunAs::User);
        // That it outlives its connection changes nothing of what runs, nor does a terminal.
        options.detached.clone_from(&job.exec_options.detached);
        options.pty = job.exec_options.pty;
        let hooks = [&job.settings.pre_hooks, &job.settings.post_hooks];
        job.command == self.command
            && job.exec_options == options
            && hooks.iter().all(|hooks| hooks.is_none())
            && job.override_constraints.is_none()
            && job.under_hold.is_none()
            && job.transport_settings == TransportSettings::default()
    }
}
