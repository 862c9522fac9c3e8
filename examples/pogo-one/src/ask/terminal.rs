//! Whoever sits at the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use secrecy::SecretString;

use super::tty;
use crate::report::{OpenPrompt, Screen, visible_lines};

/// Asks one question at a time on the terminal, beside what the screen shows.
#[derive(Default)]
pub(crate) struct People {
    screen: OnceLock<Arc<Screen>>,
    /// Nobody wants to be asked any more.
    gone: AtomicBool,
    /// Whether the job has been told to stop, and a sign of it.
    stopped: (Mutex<bool>, Condvar),
}

/// An interrupt is dealt with at once; this is for when nobody does.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

impl People {
    /// From now on, questions get out of the way of what is shown here.
    pub(crate) fn meet(&self, screen: Arc<Screen>) {
        let _ = self.screen.set(screen);
    }

    /// Whether there is a terminal to ask on.
    pub(super) fn are_there() -> bool {
        tty::open().is_some()
    }

    /// Asks. The question may hold a host's own words.
    pub(crate) fn ask(&self, question: &str, echo: bool) -> io::Result<SecretString> {
        if self.gone.load(Ordering::SeqCst) {
            self.wait_for_stop();
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let tty = tty::open().ok_or_else(|| io::Error::other("there is no terminal"))?;
        let text = visible_lines(question).into_owned();
        // Of several lines, the last is the one that waits.
        let (before, text) = match text.rsplit_once('\n') {
            Some((before, last)) => (Some(before.to_owned()), last.to_owned()),
            None => (None, text),
        };
        if let Some(before) = before {
            self.tell(&before);
        }
        let hidden = tty::Hidden::new(&tty);
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

    /// The job begins no more hosts.
    pub(crate) fn stopped(&self) {
        let (stopped, sign) = &self.stopped;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        sign.notify_all();
    }

    /// A host that fails for want of an answer must not make room for the next, which would fail as well.
    fn wait_for_stop(&self) {
        let (stopped, sign) = &self.stopped;
        let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        if self.screen.get().is_some() {
            let _ = sign.wait_timeout_while(stopped, STOPS_WITHIN, |stopped| !*stopped);
        }
    }

    /// Tells something about what follows.
    pub(super) fn tell(&self, text: &str) {
        match self.screen.get() {
            Some(screen) => screen.say(text),
            None => crate::report::remark(text),
        }
    }

    /// The program ends; a question may still be open.
    pub(crate) fn leave() {
        tty::restore();
    }
}
