//! A folder with files, which is removed after the test.

use std::fs;

use tempfile::TempDir;

/// A folder whose name begins so, with these files, each a name and a text; names may have folders.
pub(crate) fn folder_of_files(name: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}
