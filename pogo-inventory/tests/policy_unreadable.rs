//! Files that are none, or no text.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use pogo_inventory::PolicyFile;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pogo-inventory-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn assert_unreadable(path: &std::path::Path, expected: &str) {
    let error = PolicyFile::read(path).unwrap_err();
    assert_eq!(error.to_string(), format!("{}{expected}", path.display()));
}

#[test]
fn files_that_are_no_files_are_named() {
    let folder = Folder::new("unreadable");
    assert_unreadable(&folder.0.join("missing.yaml"), ": no such file");
    let below = folder.0.join("no/such.yaml");
    let expected = format!(
        ": no such file; the folder `{}` does not exist",
        folder.0.join("no").display()
    );
    assert_unreadable(&below, &expected);
    assert_unreadable(&folder.0, ": is a directory; name a file in it");
    assert_unreadable(std::path::Path::new(""), ": the file's name is empty");
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let folder = Folder::new("bytes");
    let latin1 = folder.file("latin1.yaml", b"tag:\n  # caf\xe9\n  web: [web1]\n");
    let expected = ":2:8: the byte 0xe9 is not UTF-8 text\n  \
           |\n\
         2 |   # caf\u{fffd}\n  \
           |        ^\n  \
           |\n  \
           = help: save the file as UTF-8";
    assert_unreadable(&latin1, expected);
    let utf16 = folder.file("utf16.yaml", b"\xff\xfet\0a\0g\0");
    assert_unreadable(&utf16, ": is UTF-16 text\n |\n = help: save it as UTF-8");
}

#[test]
fn a_file_without_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let endless = folder.path().join("endless");
    // It takes no room on the disk.
    std::fs::File::create(&endless)
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    assert_unreadable(&endless, ": is larger than 64 MiB, the most that is read");
}
