//! Appends to a known_hosts file that other processes may append to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A locked known_hosts file. Unlocked when dropped.
#[derive(Debug)]
pub(super) struct LockedFile {
    file: File,
    ends_in_newline: bool,
    len: u64,
}

impl LockedFile {
    /// Opens the file, creates it (mode 0600) if it does not exist, and waits for the lock. Blocks.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        // Before its length and its end are looked at: another pogo may be in the middle of its
        // line.
        file.lock()?;
        let len = file.metadata()?.len();
        let ends_in_newline = len == 0 || {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            last == *b"\n"
        };
        Ok(Self {
            file,
            ends_in_newline,
            len,
        })
    }

    /// Length of the file in bytes when it was locked.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Appends a line in one write. Returns the new length.
    pub(super) fn append(mut self, line: &str) -> io::Result<u64> {
        let start = if self.ends_in_newline { "" } else { "\n" };
        let text = format!("{start}{line}\n");
        // In append mode: ssh itself takes no lock, and its line must not be written over.
        self.file.write_all(text.as_bytes())?;
        Ok(self.len + text.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_its_newline_is_ended_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("known_hosts");
        LockedFile::open(&path).unwrap().append("one").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
        fs::write(&path, "one\ntwo").unwrap();
        let len = LockedFile::open(&path).unwrap().append("three").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        assert_eq!(len, 14);
    }

    #[test]
    fn many_writers_never_mix_their_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("known_hosts");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for line in 0..20 {
                        let text = format!("{writer}-{line}-{}", "x".repeat(500));
                        LockedFile::open(path).unwrap().append(&text).unwrap();
                    }
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 160);
        assert!(
            text.lines()
                .all(|line| line.ends_with(&"x".repeat(500)) && line.len() < 510)
        );
    }
}
