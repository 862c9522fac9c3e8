//! A folder of inventories, read as if its files were one.

use std::path::{Path, PathBuf};

use pogo_core::inventory::{Diagnostic, InventoryError};

use super::var_files::list;

/// Folders that Ansible skips, besides hidden files and ignored extensions.
const OTHERS: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];
// Ansible's own list (`INVENTORY_IGNORE_EXTS`): what it reads and what pogo reads have to be the
// same files.
const ENDINGS: [&str; 12] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

/// The deepest nesting of folders: a link may lead back.
const MAX_DEPTH: usize = 16;

/// The most files in a folder and its subfolders.
const MAX_FILES: usize = 1_000;

/// Skipped extensions that are worth a warning, as such files may contain hosts.
const TELLING: [&str; 2] = [".cfg", ".txt"];

/// The files to read, sorted by name.
pub(super) fn files(path: &Path, warnings: &mut Vec<Diagnostic>) -> Result<Vec<PathBuf>, InventoryError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files, warnings)?;
    if files.is_empty() {
        let hint = "files that end in .cfg, .md or .txt are passed over in a folder, as by Ansible";
        return Err(refused(path, "holds no inventory".to_owned(), hint));
    }
    Ok(files)
}

fn collect(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), InventoryError> {
    if depth > MAX_DEPTH {
        let message = format!("folders nest more than {MAX_DEPTH} deep");
        return Err(refused(folder, message, "does a link lead back?"));
    }
    for path in list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || OTHERS.contains(&&*name) {
            continue;
        }
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            if TELLING.iter().any(|ending| name.ends_with(ending)) {
                let warning = Diagnostic::new(path.display().to_string(), "is passed over, as by Ansible");
                warnings.push(warning.with_hint("in a folder, give an inventory another ending, or none"));
            }
            continue;
        }
        if path.is_dir() {
            collect(&path, depth + 1, files, warnings)?;
        } else if files.len() == MAX_FILES {
            let message = format!("holds more than {MAX_FILES} files");
            return Err(refused(folder, message, "name the inventory itself"));
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn refused(path: &Path, message: String, hint: &str) -> InventoryError {
    InventoryError::Invalid(vec![
        Diagnostic::new(path.display().to_string(), message).with_hint(hint),
    ])
}
