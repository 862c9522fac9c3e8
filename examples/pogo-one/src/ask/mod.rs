//! Prompts for passwords, passphrases and the questions of hosts.

mod askpass;
#[cfg(feature = "store")]
mod keys;
mod prompter;
mod queue;
mod terminal;
mod tty;

#[cfg(feature = "store")]
pub(crate) use keys::Keys;
pub(crate) use prompter::CliPrompter;
pub(crate) use terminal::TerminalPrompter;
