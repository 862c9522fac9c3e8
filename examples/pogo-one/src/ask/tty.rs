//! The terminal of this process, whatever its standard streams are.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::OnceLock;

use rpassword::ConfigBuilder;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

/// As it was before the first question.
static BEFORE: OnceLock<Termios> = OnceLock::new();

/// The terminal, if this process has one; that is what `ssh` asks on, too.
pub(super) fn open() -> Option<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

/// Reads a line. ^C gives up, and interrupts the process like any other ^C.
pub(super) fn read_line(tty: &mut File, prompt: &str, echo: bool) -> io::Result<SecretString> {
    if let Ok(before) = tcgetattr(&*tty) {
        let _ = BEFORE.set(before);
    }
    tty.write_all(prompt.as_bytes())?;
    tty.flush()?;
    let config = ConfigBuilder::new();
    let config = match echo {
        true => config.password_feedback_partial_mask('*', usize::MAX),
        false => config.password_feedback_hide(),
    };
    rpassword::read_password_with_config(config.build()).map(SecretString::from)
}

/// Shows what is typed again, should the program end in the middle of a question.
pub(super) fn restore() {
    if let (Some(before), Some(tty)) = (BEFORE.get(), open()) {
        let _ = tcsetattr(&tty, OptionalActions::Now, before);
    }
}
