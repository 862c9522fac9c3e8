//! Prompts on the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
#[cfg(feature = "store")]
use std::sync::{MutexGuard, TryLockError};
use std::time::Duration;

use secrecy::SecretString;

use super::tty;
use crate::report::{OpenPrompt, Screen, visible_lines};

/// Asks one question at a time on the terminal, below the screen's output.
#[derive(Default)]
pub(crate) struct TerminalPrompter {
    screen: OnceLock<Arc<Screen>>,
    /// ^C was pressed at a prompt: further questions are not asked.
    gone: AtomicBool,
    /// Whoever has this may read the terminal: a question takes what is typed for itself.
    keyboard: Mutex<()>,
    /// Whether the job has stopped, with a condition variable.
    stopped: (Mutex<bool>, Condvar),
}

/// The job stops at once after ^C. This limits the wait if it does not.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

impl TerminalPrompter {
    /// Shows questions below the output of this screen from now on.
    pub(crate) fn meet(&self, screen: Arc<Screen>) {
        let _ = self.screen.set(screen);
    }

    /// Whether there is a terminal.
    pub(super) fn are_there() -> bool {
        tty::open().is_some()
    }

    /// Asks a question, which may contain a host's own text.
    pub(crate) fn ask(&self, question: &str, echo: bool) -> io::Result<SecretString> {
        if self.gone.load(Ordering::SeqCst) {
            self.wait_for_stop();
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let tty = tty::open().ok_or_else(|| io::Error::other("there is no terminal"))?;
        let text = visible_lines(question).into_owned();
        // The last line is the prompt.
        let (before, text) = match text.rsplit_once('\n') {
            Some((before, last)) => (Some(before.to_owned()), last.to_owned()),
            None => (None, text),
        };
        if let Some(before) = before {
            self.print(&before);
        }
        let _keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        let hidden = tty::EchoOff::new(&tty);
        let screen = self.screen.get();
        if let (Some(screen), Ok(tty)) = (screen, tty.try_clone()) {
            let text = text.clone();
            screen.open_prompt(OpenPrompt::new(tty, text));
        }
        let answer = hidden.read_line(&text, echo);
        drop(hidden);
        if let Some(screen) = screen {
            screen.close_prompt();
        }
        if answer
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::Interrupted)
        {
            self.gone.store(true, Ordering::SeqCst);
            self.wait_for_stop();
        }
        answer
    }

    /// The right to read the terminal, if no question is open.
    #[cfg(feature = "store")]
    pub(super) fn try_keyboard(&self) -> Option<MutexGuard<'_, ()>> {
        match self.keyboard.try_lock() {
            Ok(keyboard) => Some(keyboard),
            Err(TryLockError::Poisoned(keyboard)) => Some(keyboard.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Ends the wait of prompts after ^C: the job starts no more hosts.
    pub(crate) fn stopped(&self) {
        let (stopped, sign) = &self.stopped;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        sign.notify_all();
    }

    /// Waits until the job stops. A host that failed at once after ^C would free its slot for the next, which would
    /// fail too.
    fn wait_for_stop(&self) {
        let (stopped, sign) = &self.stopped;
        let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        if self.screen.get().is_some() {
            let _ = sign.wait_timeout_while(stopped, STOPS_WITHIN, |stopped| !*stopped);
        }
    }

    /// Prints a remark above the question.
    pub(super) fn print(&self, text: &str) {
        match self.screen.get() {
            Some(screen) => screen.say(text),
            None => crate::report::remark(text),
        }
    }

    /// Restores the terminal when the program ends, where a question may still be open.
    pub(crate) fn leave() {
        tty::restore();
    }
}
