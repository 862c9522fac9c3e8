//! Single keys of whoever watches a job, without Enter.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpgrp, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::terminal::TerminalPrompter;
use super::tty;

/// How long the terminal is waited for before it is looked at whether anybody still listens.
const LOOKED_AT: Duration = Duration::from_millis(100);

/// How long a read may take, in milliseconds.
const READS_WITHIN: u32 = 20;

/// Keys that are pressed on the terminal, until this is dropped. Lines and echo are off meanwhile, and ^C and ^Z work
/// as ever.
///
/// A key counts if it comes alone: what is pasted, or typed ahead of a question, is no order.
pub(crate) struct Keys {
    pressed: mpsc::UnboundedReceiver<char>,
    terminal: Arc<TerminalPrompter>,
    mode: Arc<KeyMode>,
}

/// The terminal while keys are read.
struct KeyMode {
    tty: File,
    before: Termios,
    ended: AtomicBool,
}

impl Keys {
    /// `None` where there is no terminal, or another program has it.
    pub(crate) fn listen(terminal: &Arc<TerminalPrompter>) -> Option<Self> {
        let tty = tty::open()?;
        let before = tcgetattr(&tty).ok()?;
        tty::remember(&before);
        let mode = Arc::new(KeyMode {
            tty,
            before,
            ended: AtomicBool::new(false),
        });
        if !mode.begin() {
            return None;
        }
        let (press, pressed) = mpsc::unbounded_channel();
        let (reader, keyboard) = (Arc::clone(&mode), Arc::clone(terminal));
        std::thread::spawn(move || reader.read(&keyboard, &press));
        tokio::spawn(Arc::clone(&mode).suspend());
        Some(Self {
            pressed,
            terminal: Arc::clone(terminal),
            mode,
        })
    }

    /// The next key; never if the terminal is gone.
    pub(crate) async fn next(&mut self) -> char {
        match self.pressed.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.mode.ended.store(true, Ordering::SeqCst);
        // Behind a read that is under way: nothing is taken any more that is typed for whoever has the terminal next.
        // A question may stay open for longer than anybody waits.
        let _keyboard = (0..READS_WITHIN).find_map(|_| {
            std::thread::sleep(Duration::from_millis(1));
            self.terminal.try_keyboard()
        });
        self.mode.end();
    }
}

impl KeyMode {
    /// Whether this process may change the terminal: one in the background would be stopped.
    fn is_ours(&self) -> bool {
        tcgetpgrp(&self.tty).is_ok_and(|group| group == getpgrp())
    }

    fn begin(&self) -> bool {
        let mut keys = self.before.clone();
        keys.local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        keys.special_codes[SpecialCodeIndex::VMIN] = 0;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        self.is_ours() && tcsetattr(&self.tty, OptionalActions::Now, &keys).is_ok()
    }

    fn end(&self) {
        if self.is_ours() {
            let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
        }
    }

    fn read(&self, keyboard: &TerminalPrompter, press: &mpsc::UnboundedSender<char>) {
        while !self.ended.load(Ordering::SeqCst) && !press.is_closed() {
            if !self.is_ours() {
                // A process in the background that reads is stopped.
                std::thread::sleep(LOOKED_AT);
                continue;
            }
            if !self.is_readable() {
                continue;
            }
            // While a question is open, what is typed is its answer.
            let Some(_keyboard) = keyboard.try_keyboard() else {
                std::thread::sleep(LOOKED_AT);
                continue;
            };
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            let mut typed = [0; 64];
            match rustix::io::read(&self.tty, &mut typed) {
                Ok(0) if !self.is_readable() => {}
                // The terminal has hung up.
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    if let Some(key) = typed.get(..count).and_then(single) {
                        let _ = press.send(key);
                    }
                }
            }
        }
    }

    fn is_readable(&self) -> bool {
        let mut tty = [PollFd::from_borrowed_fd(self.tty.as_fd(), PollFlags::IN)];
        let within = Timespec::try_from(LOOKED_AT).ok();
        poll(&mut tty, within.as_ref()).is_ok_and(|ready| ready > 0)
    }

    /// On ^Z, leaves the terminal to the shell as it was, and takes it again afterwards.
    async fn suspend(self: Arc<Self>) {
        let stop = SignalKind::from_raw(Signal::TSTP.as_raw());
        let (Ok(mut stop), Ok(mut resume)) = (signal(stop), signal(SignalKind::from_raw(Signal::CONT.as_raw()))) else {
            return;
        };
        let is_over = || self.ended.load(Ordering::SeqCst);
        loop {
            tokio::select! {
                _ = stop.recv() => {
                    if !is_over() {
                        self.end();
                    }
                    // The default of the signal that was caught.
                    let _ = kill_process(getpid(), Signal::STOP);
                }
                _ = resume.recv() => {
                    if !is_over() {
                        self.begin();
                    }
                }
            }
        }
    }
}

/// A key that came alone.
fn single(typed: &[u8]) -> Option<char> {
    match typed {
        [key] if key.is_ascii_graphic() => Some(char::from(*key)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_and_what_has_no_sign_is_no_key() {
        assert_eq!(single(b"p"), Some('p'));
        for typed in [&b"ps"[..], b"\x1b[A", b"\x1b", b"\n", b"", "\u{e9}".as_bytes()] {
            assert_eq!(single(typed), None, "{typed:?}");
        }
    }
}
