//! Asking whoever runs the program: passwords, passphrases, the questions of hosts.

mod askpass;
mod people;
mod prompter;
mod tty;
mod turns;

pub(crate) use people::People;
pub(crate) use prompter::Answers;
