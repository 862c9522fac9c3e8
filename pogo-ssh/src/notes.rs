//! Remarks on the configuration. Each is made once, however many hosts it is about.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::algorithms::unknown_names;
use pogo_ssh_config::HostSettings;

#[derive(Debug, Default)]
pub(crate) struct ConfigNotes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    made: HashSet<String>,
    new: Vec<String>,
}

impl ConfigNotes {
    /// Makes those remarks on a host's settings that are new.
    pub(crate) fn note(&self, settings: &HostSettings) {
        let unknown = unknown_names(&settings.algorithms);
        if settings.notes.is_empty() && unknown.is_empty() {
            return;
        }
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for note in settings.notes.iter().chain(&unknown) {
            if notes.made.insert(note.clone()) {
                notes.new.push(note.clone());
            }
        }
    }

    /// Those that nobody has been told yet.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).new)
    }
}
