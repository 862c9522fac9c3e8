//! Runs the commands of `Match exec`.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_ssh_config::{
    ClientConfig, ClientConfigError, ExecAnswers, HostQuery, HostSettings, Lookup, match_exec_answer, match_exec_shell,
};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a result is reused: hosts that are connected to together share one run of a command with the same text
/// for all of them, and a change of network or certificate is still noticed.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// How many commands run at once: the first hosts of a rollout arrive together.
const MOST_AT_ONCE: usize = 8;

/// Expired results are removed above this number.
const MANY: usize = 1024;

type Slot = Arc<tokio::sync::Mutex<Option<CommandAnswer>>>;

#[derive(Debug, Clone, Copy)]
struct CommandAnswer {
    holds: bool,
    at: Instant,
}

/// Runs the commands of `Match exec`, each text once at a time, and shares the result for a short time.
#[derive(Debug)]
pub(crate) struct MatchCommands {
    running: Semaphore,
    slots: Mutex<HashMap<String, Slot>>,
}

impl Default for MatchCommands {
    fn default() -> Self {
        Self {
            running: Semaphore::new(MOST_AT_ONCE),
            slots: Mutex::default(),
        }
    }
}

impl MatchCommands {
    /// The configuration of a host, using shared results.
    pub(crate) async fn settings(
        &self,
        config: &ClientConfig,
        query: &HostQuery,
    ) -> Result<HostSettings, ClientConfigError> {
        let mut answers = ExecAnswers::new();
        loop {
            match config.lookup(query, &answers)? {
                Lookup::Settings(settings) => return Ok(*settings),
                Lookup::Exec(command) => {
                    let holds = self.answer(&command).await?;
                    answers.insert(command, holds);
                }
            }
        }
    }

    /// Whether the command succeeds. Dropping the future kills it.
    async fn answer(&self, command: &str) -> Result<bool, ClientConfigError> {
        let slot = self.slot(command);
        // Held while the command runs: others with the same text wait for its answer instead of
        // running it too.
        let mut known = slot.lock().await;
        if let Some(answer) = *known
            && answer.at.elapsed() < GOOD_FOR
        {
            return Ok(answer.holds);
        }
        // After the slot: those who wait for the same command take no permit from other commands.
        let _permit = self.running.acquire().await;
        let status = tokio::process::Command::new(match_exec_shell())
            .arg("-c")
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await;
        let holds = match_exec_answer(command, status)?;
        let at = Instant::now();
        *known = Some(CommandAnswer { holds, at });
        Ok(holds)
    }

    fn slot(&self, command: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MANY {
            // Entries that are in use are locked, and kept.
            let is_good = |answer: CommandAnswer| answer.at.elapsed() < GOOD_FOR;
            slots.retain(|_, slot| slot.try_lock().map_or(true, |answer| answer.is_some_and(is_good)));
        }
        Arc::clone(slots.entry(command.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(directory: &std::path::Path, more: &str) -> String {
        format!("echo x >>{}/runs; {more}", directory.display())
    }

    fn runs(directory: &std::path::Path) -> usize {
        std::fs::read_to_string(directory.join("runs")).unwrap().lines().count()
    }

    #[tokio::test]
    async fn those_who_ask_the_same_at_once_share_one_run() {
        let directory = tempfile::tempdir().unwrap();
        let commands = MatchCommands::default();
        let (yes, no) = (counted(directory.path(), "true"), counted(directory.path(), "exit 3"));
        let all = (0..20).map(|_| commands.answer(&yes));
        let answers = futures::future::join_all(all).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap()));
        assert_eq!(runs(directory.path()), 1);
        assert!(!commands.answer(&no).await.unwrap());
        assert_eq!(runs(directory.path()), 2);
    }

    #[tokio::test]
    async fn an_old_answer_is_asked_for_again() {
        let directory = tempfile::tempdir().unwrap();
        let commands = MatchCommands::default();
        let command = counted(directory.path(), "true");
        commands.answer(&command).await.unwrap();
        let slot = commands.slot(&command);
        if let Some(answer) = &mut *slot.lock().await {
            answer.at -= GOOD_FOR;
        }
        commands.answer(&command).await.unwrap();
        assert_eq!(runs(directory.path()), 2);
    }

    #[tokio::test]
    async fn a_command_that_a_signal_ends_is_no_answer() {
        let problem = MatchCommands::default().answer("kill -9 $$").await.unwrap_err();
        assert!(problem.to_string().contains("kill -9 $$"), "{problem}");
    }
}
