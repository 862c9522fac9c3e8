//! The controlling terminal of this process, whatever its standard streams are.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::OnceLock;

use rpassword::ConfigBuilder;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

/// The settings of the terminal before the first question.
static BEFORE: OnceLock<Termios> = OnceLock::new();

/// Opens the terminal, as `ssh` does, if this process has one.
pub(super) fn open() -> Option<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

/// Takes note of the settings that the terminal is to have when the program ends; the first are those.
#[cfg(feature = "store")]
pub(super) fn remember(before: &Termios) {
    let _ = BEFORE.set(before.clone());
}

/// Turns echo off, and keeps typed text for the question, until it is dropped.
///
/// It must exist before the prompt is shown: an answer that comes at once, as from `expect`, would be echoed, and a ^C
/// would stop the job but leave the question open.
pub(super) struct EchoOff<'a> {
    tty: &'a File,
    before: Option<Termios>,
}

impl<'a> EchoOff<'a> {
    pub(super) fn new(tty: &'a File) -> Self {
        let before = tcgetattr(tty).ok();
        if let Some(before) = &before {
            let _ = BEFORE.set(before.clone());
            let mut hidden = before.clone();
            // The settings that rpassword uses.
            hidden
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
            hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
            hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
            let _ = tcsetattr(tty, OptionalActions::Now, &hidden);
        }
        Self { tty, before }
    }

    /// Reads a line. ^C gives up, and interrupts the process like any other ^C.
    pub(super) fn read_line(&self, prompt: &str, echo: bool) -> io::Result<SecretString> {
        let mut tty = self.tty;
        tty.write_all(prompt.as_bytes())?;
        tty.flush()?;
        let config = ConfigBuilder::new();
        let config = match echo {
            true => config.password_feedback_partial_mask('*', usize::MAX),
            false => config.password_feedback_hide(),
        };
        rpassword::read_password_with_config(config.build()).map(SecretString::from)
    }
}

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(self.tty, OptionalActions::Now, before);
        }
    }
}

/// Restores echo if the program ends during a question.
pub(super) fn restore() {
    if let (Some(before), Some(tty)) = (BEFORE.get(), open()) {
        let _ = tcsetattr(&tty, OptionalActions::Now, before);
    }
}
