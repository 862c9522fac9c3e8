//! Which files an `Include` names.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::pattern::{is_wild, matches};

/// What an `Include` names that cannot be followed.
pub(super) struct Unusable(pub(super) String);

/// The files, in the order of their names; `~/` is the home directory, relative names begin at `base`.
pub(super) fn files(base: &Path, written: &str) -> Result<Vec<PathBuf>, Unusable> {
    if written.contains(['[', '$', '%']) {
        let message = format!("`{}` is not supported in a file's name", written.escape_debug());
        return Err(Unusable(message));
    }
    let whole = match written.strip_prefix("~/") {
        Some(rest) => home()
            .ok_or_else(|| Unusable("`~` has no meaning: $HOME is not set".to_owned()))?
            .join(rest),
        None if written.starts_with('~') => {
            let message = format!("the home directory of `{}` is not known here", written.escape_debug());
            return Err(Unusable(message));
        }
        None => base.join(written),
    };
    let mut found = vec![PathBuf::new()];
    for component in whole.components() {
        let wild = match component {
            Component::Normal(name) => name.to_str().filter(|name| is_wild(name)),
            _ => None,
        };
        found = match wild {
            None => found.into_iter().map(|path| path.join(component)).collect(),
            Some(pattern) => expand(&found, pattern).map_err(|error| Unusable(error.to_string()))?,
        };
    }
    found.retain(|path| path.exists());
    Ok(found)
}

/// What is in these folders under names that match.
fn expand(folders: &[PathBuf], pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // As in a shell, a `*` does not find what is hidden.
            let hidden = |name: &str| name.starts_with('.') && !pattern.starts_with('.');
            if name
                .to_str()
                .is_some_and(|name| matches(pattern, name) && !hidden(name))
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}
