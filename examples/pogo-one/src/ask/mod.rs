//! Prompts for passwords, passphrases and the questions of hosts.

mod askpass;
mod prompter;
mod queue;
mod terminal;
mod tty;

pub(crate) use prompter::CliPrompter;
pub(crate) use terminal::TerminalPrompter;
