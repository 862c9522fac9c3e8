//! The lines of all files, indexed by name.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Algorithm, PublicKey};

use super::line::{EntryKind, KnownHostsLine};
use super::names::{Names, lookup_name};
use crate::trust::refusal::{RecordedAt, fingerprint};

/// A known_hosts file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the known_hosts file {}: {source}", path.display())]
pub(crate) struct FileError {
    pub(crate) path: PathBuf,
    pub(crate) source: std::io::Error,
}

#[derive(Debug)]
pub(super) struct KnownHostsEntry {
    pub(super) line: KnownHostsLine,
    file: Arc<PathBuf>,
    number: usize,
}

/// The verdict on a host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyVerdict {
    /// The key is the host's.
    Trusted,
    /// No key of this host is known.
    Unknown,
    /// Only other keys of this host are known.
    Changed(Vec<RecordedAt>),
    /// The key is not to be trusted.
    Revoked(RecordedAt),
}

/// The lines of several files.
#[derive(Debug, Default)]
pub(crate) struct KnownHosts {
    entries: Vec<KnownHostsEntry>,
    /// The files, each with its number of lines.
    files: Vec<(Arc<PathBuf>, usize)>,
    /// Entries by plain name.
    exact: HashMap<String, Vec<usize>>,
    /// Entries without an index: patterns and hashed names.
    others: Vec<usize>,
    /// Lines that were skipped, and why.
    warnings: Vec<String>,
}

impl KnownHosts {
    /// Adds the lines of a file and returns its length in bytes. Malformed lines are skipped with a warning,
    /// as OpenSSH does.
    pub(crate) fn read(&mut self, path: &Path) -> Result<u64, FileError> {
        // Comments need not be UTF-8.
        let bytes = fs::read(path).map_err(|source| FileError {
            path: path.to_owned(),
            source,
        })?;
        self.add_text(path, &String::from_utf8_lossy(&bytes));
        Ok(bytes.len() as u64)
    }

    /// Adds a line that was just appended to this file.
    pub(crate) fn add_last_line(&mut self, path: &Path, line: &str) {
        if !self.files.iter().any(|(file, _)| file.as_path() == path) {
            self.files.push((Arc::new(path.to_owned()), 0));
        }
        let Some((file, lines)) = self.files.iter_mut().find(|(file, _)| file.as_path() == path) else {
            return;
        };
        *lines += 1;
        let (file, number) = (Arc::clone(file), *lines);
        if let Ok(Some(line)) = KnownHostsLine::parse(line) {
            self.add(KnownHostsEntry { line, file, number });
        }
    }

    fn add_text(&mut self, path: &Path, text: &str) {
        let file = Arc::new(path.to_owned());
        self.files.push((Arc::clone(&file), text.lines().count()));
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            match KnownHostsLine::parse(line) {
                Ok(Some(line)) => self.add(KnownHostsEntry {
                    line,
                    file: Arc::clone(&file),
                    number,
                }),
                Ok(None) => {}
                Err(error) => self
                    .warnings
                    .push(format!("{}:{number}: line skipped: {error}", path.display())),
            }
        }
    }

    fn add(&mut self, entry: KnownHostsEntry) {
        let position = self.entries.len();
        match &entry.line.names {
            Names::Exact(names) => {
                for name in names {
                    self.exact.entry(name.clone()).or_default().push(position);
                }
            }
            // Each lookup goes through all of these: a hashed name cannot be found but by hashing
            // with its own salt.
            Names::Patterns(_) | Names::Hashed { .. } => self.others.push(position),
        }
        self.entries.push(entry);
    }

    /// Skipped lines, with file and line number.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The lines for the host with this lookup name.
    pub(super) fn about<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a KnownHostsEntry> {
        let exact = self.exact.get(name).into_iter().flatten();
        let exact = exact.filter_map(|position| self.entries.get(*position));
        let others = self.others.iter().filter_map(|position| self.entries.get(*position));
        exact.chain(others.filter(move |entry| entry.line.names.include(name)))
    }

    /// Judges the key that a host shows.
    pub(crate) fn judge(&self, host: &str, port: u16, key: &PublicKey) -> KeyVerdict {
        let name = lookup_name(host, port);
        match self.judge_name(&name, key) {
            // As OpenSSH does: a key that is known for the host is valid at every port.
            KeyVerdict::Unknown if port != 22 => match self.judge_name(&lookup_name(host, 22), key) {
                // Another key at port 22 says nothing of this port, where another server may
                // listen.
                KeyVerdict::Changed(_) => KeyVerdict::Unknown,
                verdict => verdict,
            },
            verdict => verdict,
        }
    }

    fn judge_name(&self, name: &str, key: &PublicKey) -> KeyVerdict {
        let mut trusted = false;
        let mut others = Vec::new();
        for entry in self.about(name) {
            let same = entry.line.key.key_data() == key.key_data();
            match (entry.line.standing, same) {
                (EntryKind::Revoked, true) => return KeyVerdict::Revoked(entry.on_record()),
                (EntryKind::Revoked, false) | (EntryKind::Authority, _) => {}
                (EntryKind::Trusted, true) => trusted = true,
                (EntryKind::Trusted, false) => others.push(entry.on_record()),
            }
        }
        match (trusted, others.is_empty()) {
            (true, _) => KeyVerdict::Trusted,
            (false, true) => KeyVerdict::Unknown,
            (false, false) => KeyVerdict::Changed(others),
        }
    }

    /// The algorithms of a host's known keys, in the order of their lines.
    pub(crate) fn algorithms(&self, host: &str, port: u16) -> Vec<Algorithm> {
        let mut found = self.algorithms_of(&lookup_name(host, port));
        if found.is_empty() && port != 22 {
            found = self.algorithms_of(&lookup_name(host, 22));
        }
        found
    }

    fn algorithms_of(&self, name: &str) -> Vec<Algorithm> {
        let mut found: Vec<Algorithm> = Vec::new();
        for entry in self
            .about(name)
            .filter(|entry| entry.line.standing == EntryKind::Trusted)
        {
            let algorithm = entry.line.key.algorithm();
            if !found.contains(&algorithm) {
                found.push(algorithm);
            }
        }
        found
    }
}

impl KnownHostsEntry {
    pub(super) fn on_record(&self) -> RecordedAt {
        RecordedAt {
            algorithm: self.line.key.algorithm(),
            fingerprint: fingerprint(&self.line.key),
            file: Arc::clone(&self.file),
            line: self.number,
        }
    }
}
